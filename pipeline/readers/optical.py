"""What the OCR process read, as a page: words in points, the notes that say so."""

import re
import unicodedata
from collections.abc import Iterator

from pipeline.domain.geometry import BoundingBox, PageSize
from pipeline.domain.pages import Page, PageSource, Word
from pipeline.readers.cause import Cause
from pipeline.readers.ocr.protocol import ReadImage, ReadWord

DPI = 200
"""Resolution that pages of a PDF are read at: finer ones gain nothing."""
WORD_HEIGHT = 10.0
"""Points that the median word of an image file is high: its own size says nothing, and layout is judged in points."""
UNKNOWN_LONGEST = 842.0
"""Points of the longer side of an image file without words: an A4 sheet's."""
SIDE_POINTS_MAX = 14_000.0
SAME_SIZE = 0.03
"""By how much images of one file may differ in size and still be sheets of one scan."""

READ_NOTES = {
    Cause.NO_TEXT: "This page is an image; its text was read off the image.",
    Cause.GARBLED: "The text of this page is stored without readable characters; it was read off the page's image.",
    Cause.OVERLAY: "The text stored with this page is not what it shows; it was read off the page's image.",
}
SCAN_NOTE = "This page is an image on which a machine finds no text; read it by eye."
LATE_NOTE = "Reading this page off its image took too long and was stopped; read it by eye."
GAVE_UP_NOTE = "This page could not be read off its image; read it by eye."
OFF_NOTE = "This page is an image, and reading images is switched off; read it by eye."

_GLUED = re.compile(
    r"^(?P<left>[(\[]?(?:RM|EUR|USD|GBP|CHF|MYR|SGD|AUD|CAD|INR|JPY|PLN|SEK|NOK|DKK|CZK|HKD|CNY|NZD|Rs\.?|Fr\.?))"
    r"(?P<right>[-+]?\d[\d.,'’]*[)\]]?[-*]?)$"
)
_LABEL = re.compile(r"^(?P<left>[^\W\d_][\w./#()&'’-]*:)(?P<right>[^\s:/\\].*)$")
_LABEL_OF_SIGNS = re.compile(r"^(?P<left>[:;])(?P<right>[\w$€£(+-].*)$")
_YEAR_AND_TIME = re.compile(r"^(?P<left>(?:\d{1,2}[-/.]\w{2,3}[-/.])?(?:19|20)\d\d)(?P<right>\d{1,2}:\d\d.*)$")
_SPLITS = (_GLUED, _LABEL, _LABEL_OF_SIGNS, _YEAR_AND_TIME)


class Scales:
    """How wide a pixel of one file's images is: alike for images of one size, so that columns keep their places."""

    def __init__(self) -> None:
        self._known: list[tuple[float, float, float]] = []

    def of(self, found: ReadImage) -> float:
        """Return the points of a pixel: as in an earlier image of about this size, else by the height of its words."""
        for width, height, points in self._known:
            if abs(found.width / width - 1) < SAME_SIZE and abs(found.height / height - 1) < SAME_SIZE:
                return points
        points = _scale(found)
        if found.lines:
            self._known.append((found.width, found.height, points))
        return points


def optical_page(page: Page, found: ReadImage, points: float | None, cause: str, scales: Scales | None = None) -> Page:
    """Return what was read on a page's image as that page; rules that no longer stand where they did are left out.

    Args:
        page: as its file says it, with whatever its text layer holds.
        found: what the OCR process says, in pixels.
        points: that a pixel is wide; None for image files, whose own size says nothing.
        cause: why it was read.
        scales: those of the file's earlier images.
    """
    scale = points if points is not None else (scales or Scales()).of(found)
    words = tuple(_words(found, scale))
    size = PageSize(width=round(found.width * scale, 2), height=round(found.height * scale, 2))
    return page.model_copy(
        update={
            "size": page.size if points is not None and found.frame is None else size,
            "words": words,
            "rules": page.rules if found.frame is None else (),
            "source": PageSource.OCR if words else PageSource.NONE,
            "note": READ_NOTES.get(cause) if words else SCAN_NOTE,
            "frame": found.frame,
        }
    )


def _scale(found: ReadImage) -> float:
    """Return the points a pixel of an image file is taken to be wide."""
    heights = sorted(word.bottom - word.top for line in found.lines for word in line)
    scale = WORD_HEIGHT / heights[len(heights) // 2] if heights else UNKNOWN_LONGEST / max(found.width, found.height)
    return min(scale, SIDE_POINTS_MAX / max(found.width, found.height))


def _words(found: ReadImage, scale: float) -> Iterator[Word]:
    for line in found.lines:
        for word in line:
            for text, begin, end in split(unicodedata.normalize("NFKC", word.text)):
                yield _word(word, text, begin, end, scale)


def _word(word: ReadWord, text: str, begin: float, end: float, scale: float) -> Word:
    width = word.x1 - word.x0
    return Word(
        text=text,
        box=BoundingBox(
            x0=round((word.x0 + begin * width) * scale, 2),
            top=round(word.top * scale, 2),
            x1=round((word.x0 + end * width) * scale, 2),
            bottom=round(word.bottom * scale, 2),
        ),
        size=round((word.bottom - word.top) * scale, 2),
        confidence=word.score,
    )


def split(text: str) -> list[tuple[str, float, float]]:
    """Return the words in a piece of text, each with begin and end as shares of the piece.

    Blanks that normalising makes separate words, and so do joints where the engine drops a blank: currency and amount,
    label and value, year and time.
    """
    whole = max(len(text), 1)
    out: list[tuple[str, float, float]] = []
    for match in re.finditer(r"\S+", text):
        pending = [(match.group(), match.start())]
        while pending:
            piece, at = pending.pop(0)
            cut = next((found for pattern in _SPLITS if (found := pattern.match(piece))), None)
            if cut is None:
                out.append((piece, at / whole, (at + len(piece)) / whole))
            else:
                out.append((cut["left"], at / whole, (at + len(cut["left"])) / whole))
                pending.insert(0, (cut["right"], at + len(cut["left"])))
    return out
