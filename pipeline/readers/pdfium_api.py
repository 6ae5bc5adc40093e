"""PDFium's C functions as this package uses them: the only place that touches the untyped bindings."""

import ctypes
import importlib
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any

from pipeline.errors import DamagedFileError, EncryptedDocumentError, UnreadableDocumentError
from pipeline.sealed_file import Pieces, Readable, SealedFile

api: Any = importlib.import_module("pypdfium2.raw")  # generated bindings without types
importlib.import_module("pypdfium2")  # initialises the library, and closes it at exit

LOCK = threading.RLock()
"""PDFium is not thread-safe: every call in this process is made under this lock."""

LOCKED_SENTENCE = "This PDF needs a password to open. Remove the password and drop it again."
SECURITY_SENTENCE = (
    "This PDF is protected in a way that cannot be opened here. Print it to a new PDF and drop that one again."
)
BROKEN_SENTENCE = (
    "This PDF is damaged and cannot be opened. Open it in a PDF viewer, print it to a new PDF and drop that again; "
    "if no viewer opens it, ask the sender for another copy."
)
NO_PAGES_SENTENCE = "This PDF has no pages. Ask the sender for another copy."

LOADING_ERRORS: dict[int, tuple[type[UnreadableDocumentError | EncryptedDocumentError], str]] = {
    4: (EncryptedDocumentError, LOCKED_SENTENCE),
    5: (EncryptedDocumentError, SECURITY_SENTENCE),
}


ANNOTATIONS_MAX = 2_000
"""Annotations of a page that are looked at."""
WHOLE = 1.5 * 2.0**52
"""Added to a number and taken away again it leaves the nearest whole one, and the even of two."""


def rounded(value: float) -> float:
    """Return a number to two digits as `round` does, in a quarter of the time.

    PDFium's numbers have 24 bits: times a hundred they are exact, so that ties are ties in both.
    """
    return (value * 100 + WHOLE - WHOLE) / 100


@contextmanager
def opened(file: Readable) -> Generator[Any, None, None]:
    """Yield PDFium's handle on a file's document, holding the lock, and close it afterwards.

    Raises:
        EncryptedDocumentError: it needs a password, or has a protection that PDFium does not know.
        UnreadableDocumentError: it is broken beyond repair, or has no pages.
    """
    with LOCK, ExitStack() as stack:
        if isinstance(file, SealedFile):
            access = _access(stack.enter_context(file.pieces()))  # kept as long as PDFium may ask through it
            document = api.FPDF_LoadCustomDocument(ctypes.byref(access), None)
        else:
            document = api.FPDF_LoadDocument(str(file).encode(), None)
        if not document:
            kind, sentence = LOADING_ERRORS.get(api.FPDF_GetLastError(), (UnreadableDocumentError, BROKEN_SENTENCE))
            raise kind(sentence)
        try:
            if api.FPDF_GetPageCount(document) < 1:
                raise UnreadableDocumentError(NO_PAGES_SENTENCE)
            yield document
        finally:
            api.FPDF_CloseDocument(document)


def _access(pieces: Pieces) -> Any:
    """Return what PDFium reads a sealed file through, a block at a time."""

    def read(_: Any, offset: int, buffer: Any, count: int) -> int:
        try:
            found = pieces.read_at(offset, count)
        except (DamagedFileError, OSError, MemoryError):
            return 0  # C knows no exceptions: what is damaged is told once PDFium has ended
        if len(found) != count:
            return 0
        ctypes.memmove(buffer, found, count)
        return 1

    access: Any = api.FPDF_FILEACCESS()
    access.m_FileLen = pieces.size
    access.m_GetBlock = type(access.m_GetBlock)(read)
    return access


def page_count(document: Any) -> int:
    return int(api.FPDF_GetPageCount(document))


@contextmanager
def loaded(document: Any, number: int) -> Generator[Any, None, None]:
    """Yield PDFium's handle on page `number` (from 1); None where that page cannot be loaded.

    What was typed into form fields and free-text notes is made part of the page: people see it, and PDFium keeps it
    out of a page's text, and form fields out of its image too.
    """
    page = api.FPDF_LoadPage(document, number - 1)
    if page and _has_typed(page) and api.FPDFPage_Flatten(page, api.FLAT_NORMALDISPLAY) == api.FLATTEN_SUCCESS:
        api.FPDF_ClosePage(page)
        page = api.FPDF_LoadPage(document, number - 1)
    try:
        yield page or None
    finally:
        if page:
            api.FPDF_ClosePage(page)


def _has_typed(page: Any) -> bool:
    typed = (api.FPDF_ANNOT_WIDGET, api.FPDF_ANNOT_FREETEXT, api.FPDF_ANNOT_STAMP)
    for index in range(min(api.FPDFPage_GetAnnotCount(page), ANNOTATIONS_MAX)):
        annotation = api.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        kind = api.FPDFAnnot_GetSubtype(annotation)
        api.FPDFPage_CloseAnnot(annotation)
        if kind in typed:
            return True
    return False


class Placement:
    """Turns PDFium's page coordinates into points from the top left of the page as a person sees it.

    The visible area is PDFium's own (crop box within media box, either of them possibly inherited), and /Rotate is
    applied, so that a box lies where the rendered image shows its ink.
    """

    def __init__(self, page: Any) -> None:
        box = api.FS_RECTF()
        api.FPDF_GetPageBoundingBox(page, box)
        self.left, self.bottom = float(box.left), float(box.bottom)
        self.right, self.top = float(box.right), float(box.top)
        self.quarter_turns = int(api.FPDFPage_GetRotation(page)) % 4
        self.width = float(api.FPDF_GetPageWidthF(page))
        self.height = float(api.FPDF_GetPageHeightF(page))

    def seen(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """Return x0, top, x1, bottom as seen, rounded to a hundredth of a point (by `rounded`, in place)."""
        turns = self.quarter_turns
        if turns == 0:
            box = (left - self.left, self.top - top, right - self.left, self.top - bottom)
        elif turns == 1:
            box = (bottom - self.bottom, left - self.left, top - self.bottom, right - self.left)
        elif turns == 2:
            box = (self.right - right, bottom - self.bottom, self.right - left, top - self.bottom)
        else:
            box = (self.top - top, self.right - right, self.top - bottom, self.right - left)
        x0, y0, x1, y1 = box
        return (
            (x0 * 100 + WHOLE - WHOLE) / 100,
            (y0 * 100 + WHOLE - WHOLE) / 100,
            (x1 * 100 + WHOLE - WHOLE) / 100,
            (y1 * 100 + WHOLE - WHOLE) / 100,
        )

    def visible(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float] | None:
        """Return the box as seen, cut to the page; None where its middle is off the page: nobody sees it."""
        x0, top, x1, bottom = seen = self.seen(*box)
        if 0 <= x0 <= x1 <= self.width and 0 <= top <= bottom <= self.height:
            return seen  # nearly always
        return clipped(seen, self.width, self.height)


def clipped(
    box: tuple[float, float, float, float], width: float, height: float
) -> tuple[float, float, float, float] | None:
    """Return the part of a box on a page of this size; None where its middle is off the page, or it is no box."""
    x0, top, x1, bottom = box
    # comparisons with NaN are false, so a box of nonsense is off the page
    if not (0 <= (x0 + x1) / 2 <= width and 0 <= (top + bottom) / 2 <= height and x0 <= x1 and top <= bottom):
        return None
    return max(x0, 0.0), max(top, 0.0), min(x1, round(width, 2)), min(bottom, round(height, 2))
