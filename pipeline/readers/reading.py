"""One file's pages, each by the reader that suits it.

PDFium reads every page: on ad buys, invoices, forms and contracts its words agree with a third tool's as well as
pdfplumber's do (digits: better on ad buys and forms, a little worse on invoices), its boxes are right where
pdfplumber's drift by up to 20 points (scaled text of OCR layers), and it takes a fifteenth of the time. pdfplumber is
asked for a second opinion where PDFium finds characters without readable codes, and wins where it knows more: rarely,
because what a font does not say neither can know (of some 400 pages two were asked about, and none won).
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from pipeline.errors import DocumentTooLargeError, UnreadableDocumentError
from pipeline.readers import pdfium_api, plumber
from pipeline.readers.pdfium_api import Placement, loaded, page_count
from pipeline.readers.pdfium_shapes import read_shapes
from pipeline.readers.pdfium_words import read_text
from pipeline.readers.plausible import BROKEN_SHARE_MAX
from pipeline.readers.raw_page import RawPage, broken_share
from pipeline.readers.second import disputed, is_doubtful
from pipeline.readers.seen import IMAGE_SHARE_MIN, judge
from pipeline.sealed_file import Readable

PROBE_SECONDS = 2.0
"""After this long a probe has seen enough pages."""

IMAGE_NOTE = "This page is an image without print that a machine can make out; look at it."
DRAWING_NOTE = "This page is drawn without text a machine can read; read it by eye."
BLANK_NOTE = "This page looks blank."
ALL_DAMAGED_SENTENCE = (
    "Every page of this PDF is damaged and cannot be read. Open it in a PDF viewer, print it to a new PDF and drop "
    "that again; if no viewer shows it, ask the sender for another copy."
)


def damaged_note(number: int) -> str:
    return f"Page {number} is damaged and could not be read."


def check_page_count(document: Any, pages_max: int) -> int:
    """Return the number of pages.

    Raises:
        DocumentTooLargeError: there are more than `pages_max`.
    """
    count = page_count(document)
    if count > pages_max:
        raise DocumentTooLargeError(
            f"This PDF has {count} pages, and at most {pages_max} are taken. Split it and drop the parts again."
        )
    return count


def probe(file: Readable, pages_max: int) -> int:
    """Return the number of pages, having loaded each of them (or as many as two seconds allow).

    Raises:
        DocumentError: the file cannot be read; its message says what to do.
    """
    until = time.monotonic() + PROBE_SECONDS
    with pdfium_api.opened(file) as document:
        count = check_page_count(document, pages_max)
        sound = 0
        for number in range(1, count + 1):
            with loaded(document, number) as page:
                sound += page is not None
            if time.monotonic() > until:
                break
        if not sound:
            raise UnreadableDocumentError(ALL_DAMAGED_SENTENCE)
        return count


def read_pages(file: Readable, pages_max: int) -> Iterator[RawPage]:
    """Yield the file's pages in order.

    Raises:
        DocumentError: the file cannot be read, or none of its pages; its message says what to do.
    """
    with ExitStack() as stack:
        document = stack.enter_context(pdfium_api.opened(file))
        count = check_page_count(document, pages_max)
        second = _SecondOpinion(file, count, stack)
        damaged = 0
        for number in range(1, count + 1):
            page = _read_page(document, number, second)
            if page is None:
                damaged += 1
                if damaged == count:
                    raise UnreadableDocumentError(ALL_DAMAGED_SENTENCE)
                page = RawPage(number=number, source="none", note=damaged_note(number))
            yield page


class _SecondOpinion:
    """pdfplumber, opened only when the first page asks for it."""

    def __init__(self, file: Readable, count: int, stack: ExitStack) -> None:
        self.file = file
        self.count = count
        self.stack = stack
        self.document: Any = None
        self.refused = False

    def find_page(self, number: int) -> RawPage | None:
        """Return the page as pdfplumber reads it; None where it cannot."""
        if self.refused:
            return None
        try:
            if self.document is None:
                self.document = self.stack.enter_context(plumber.opened(self.file))
                # it leaves damaged pages out: then its page 3 is another page
                self.refused = len(self.document.pages) != self.count
                if self.refused:
                    return None
            return plumber.read_page(self.document, number)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - pdfminer raises whatever a broken file makes Python raise
            self.refused = self.document is None
            return None


def _read_page(document: Any, number: int, second: _SecondOpinion) -> RawPage | None:
    """Return one page, judged; None where it cannot be loaded."""
    with loaded(document, number) as handle:
        if handle is None:
            # pdfminer might find words there, but nobody could see where: there is no image of this page
            return None
        placement = Placement(handle)
        if placement.width <= 0 or placement.height <= 0:
            return None
        shapes = read_shapes(handle, placement)
        text = read_text(handle, placement)
        page = RawPage(
            number=number,
            width=placement.width,
            height=placement.height,
            words=text.words,
            rules=shapes.rules,
            image_share=shapes.image_share,
            drawn=shapes.drawn,
        )
        judge(handle, placement, page, text, shapes)
    if page.optical is None and is_doubtful(page.words):
        _ask_again(page, second)
    if page.optical is None and not page.words:
        page.source, page.note = "none", _note(page)
    return page


def _note(page: RawPage) -> str:
    if page.image_share > IMAGE_SHARE_MIN:
        return IMAGE_NOTE
    return DRAWING_NOTE if page.drawn else BLANK_NOTE


def _ask_again(page: RawPage, second: _SecondOpinion) -> None:
    """Hear a second reader about a page: its words where ours are broken, else which of ours it reads otherwise."""
    other = second.find_page(page.number)
    if other is None or not other.words:
        return
    share = broken_share(page.words)
    if share > BROKEN_SHARE_MAX and broken_share(other.words) < share:
        page.words = other.words
    else:
        page.disputed = disputed(page.words, other.words)
