"""Words and ruled lines through pdfplumber: the reference reader, and the second opinion where PDFium's text is broken.

Measured on ad buys, registration forms and invoices: the defaults glue "05/04/20to05/10/20" and interleave overlapping
text, so the options here differ from them; each page is closed at once, or a dense document takes 160 MB.
"""

import importlib
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from pipeline.readers.pdfium_api import clipped
from pipeline.readers.raw_page import BROKEN, RawPage, RawRule, RawWord
from pipeline.sealed_file import Readable

plumber: Any = importlib.import_module("pdfplumber")  # ships no types

OPTIONS: dict[str, Any] = {
    "x_tolerance_ratio": 0.15,
    "use_text_flow": True,
    "keep_blank_chars": False,
    "return_chars": True,  # asking for extra_attrs instead would split words wherever they change
}

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@contextmanager
def opened(file: Readable) -> Generator[Any, None, None]:
    """Yield pdfplumber's document; errors of pdfminer pass through."""
    with file.open("rb") as stream:
        document = plumber.open(stream)
        try:
            yield document
        finally:
            # closing parses what was not parsed yet, and fails on the same damage once more
            with suppress(Exception):
                document.close()


def read_page(document: Any, number: int) -> RawPage:
    """Return page `number` (from 1) as pdfplumber reads it; errors of pdfminer pass through.

    pdfplumber's coordinates are those of the page as seen, but count from the media box, and its crop box is turned
    about the wrong corner: the crop box is taken off here.
    """
    page = document.pages[number - 1]
    try:
        x, y, width, height = _crop(page)
        found = RawPage(number=number, width=width, height=height)
        for word in page.extract_words(**OPTIONS):
            box = _clipped(word, x, y, found)
            if box is not None:
                first = word["chars"][0]
                bold = "bold" in str(first["fontname"]).lower()
                found.words.append(RawWord(_cleaned(word["text"]), *box, round(float(first["size"]), 2), bold))
        for edge in page.edges:
            box = _clipped(edge, x, y, found)
            if box is not None:
                found.rules.append(RawRule(*box))
        return found
    finally:
        page.close()


def _crop(page: Any) -> tuple[float, float, float, float]:
    """Return left, top, width and height of the crop box within the media box, as seen."""
    media = tuple(float(edge) for edge in page.page_obj.mediabox)
    crop = tuple(float(edge) for edge in page.page_obj.cropbox)
    left, right = sorted((media[0], media[2]))
    bottom, top = sorted((media[1], media[3]))
    margins = (
        max(0.0, min(crop[0], crop[2]) - left),
        max(0.0, top - max(crop[1], crop[3])),
        max(0.0, right - max(crop[0], crop[2])),
        max(0.0, min(crop[1], crop[3]) - bottom),
    )
    turns = int(page.rotation) // 90 % 4
    # clockwise from the left: each quarter turn brings the next margin around
    seen = {name: margins[(name - turns) % 4] for name in range(4)}
    width, height = right - left, top - bottom
    if turns % 2:
        width, height = height, width
    return seen[0], seen[1], width - seen[0] - seen[2], height - seen[1] - seen[3]


def _clipped(thing: dict[str, Any], x: float, y: float, page: RawPage) -> tuple[float, float, float, float] | None:
    box = (thing["x0"] - x, thing["top"] - y, thing["x1"] - x, thing["bottom"] - y)
    clip = clipped((float(box[0]), float(box[1]), float(box[2]), float(box[3])), page.width, page.height)
    return None if clip is None else (round(clip[0], 2), round(clip[1], 2), round(clip[2], 2), round(clip[3], 2))


def _cleaned(text: str) -> str:
    """Return the text with U+FFFD for control characters and halves of surrogate pairs: databases refuse them."""
    return UNPRINTABLE.sub(BROKEN, text)
