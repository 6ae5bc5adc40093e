"""Words and ruled lines through pdfplumber: the reference reader, and the second opinion where PDFium's text is broken.

Measured on ad buys, registration forms and invoices: the defaults glue "05/04/20to05/10/20" and interleave overlapping
text, so the options here differ from them; each page is closed at once, or a dense document takes 160 MB.
"""

import importlib
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipeline.readers.raw_page import RawPage, RawRule, RawWord

plumber: Any = importlib.import_module("pdfplumber")  # ships no types

OPTIONS: dict[str, Any] = {
    "x_tolerance_ratio": 0.15,
    "use_text_flow": True,
    "keep_blank_chars": False,
    "return_chars": True,  # asking for extra_attrs instead would split words wherever they change
}


@contextmanager
def opened(path: Path) -> Generator[Any, None, None]:
    """Yield pdfplumber's document; errors of pdfminer pass through."""
    with path.open("rb") as stream:
        document = plumber.open(stream)
        try:
            yield document
        finally:
            # closing parses what was not parsed yet, and fails on the same damage once more
            with suppress(Exception):
                document.close()


def read_page(document: Any, number: int) -> RawPage:
    """Return page `number` (from 1) as pdfplumber reads it; errors of pdfminer pass through.

    pdfplumber's coordinates are already those of the page as seen, but count from the media box: the crop box is
    taken off here.
    """
    page = document.pages[number - 1]
    try:
        x, y, right, bottom = (float(edge) for edge in page.cropbox)
        return RawPage(
            number=number,
            width=right - x,
            height=bottom - y,
            words=[_word(word, x, y) for word in page.extract_words(**OPTIONS)],
            rules=[RawRule(edge["x0"] - x, edge["top"] - y, edge["x1"] - x, edge["bottom"] - y) for edge in page.edges],
        )
    finally:
        page.close()


def _word(word: dict[str, Any], x: float, y: float) -> RawWord:
    first = word["chars"][0]
    return RawWord(
        word["text"],
        round(word["x0"] - x, 2),
        round(word["top"] - y, 2),
        round(word["x1"] - x, 2),
        round(word["bottom"] - y, 2),
        round(float(first["size"]), 2),
        "bold" in str(first["fontname"]).lower(),
    )
