from enum import StrEnum

from pipeline.domain.geometry import BoundingBox, PageSize
from pipeline.domain.value import Frozen, Row


class Word(Frozen):
    """A printed word: its text, where it stands, and its look where the reader knows it."""

    text: str
    box: BoundingBox
    size: float = 0.0
    """Font size in points; 0 where unknown."""
    bold: bool = False
    confidence: float = 1.0
    """1 for a text layer; for optical reading the engine's own score, shown but never multiplied in."""


class Rule(Frozen):
    """A ruled line or the edge of a drawn rectangle, as a thin box."""

    box: BoundingBox


class PageSource(StrEnum):
    TEXT_LAYER = "text_layer"
    OCR = "ocr"
    """Read off the page's image; each word carries the reading engine's own score."""
    NONE = "none"
    """No text a person could see; nothing was read."""


class Page(Frozen):
    """One page as read: numbered from 1 within its document, words in reading order."""

    number: int
    size: PageSize
    words: tuple[Word, ...] = ()
    rules: tuple[Rule, ...] = ()
    source: PageSource = PageSource.TEXT_LAYER
    note: str | None = None
    """Why the page was not read, or was read off its image, in words."""
    hidden: tuple[Word, ...] = ()
    """Text of the layer that nobody can see on the page: kept as metadata, never evidence."""
    frame: tuple[float, ...] | None = None
    """Where the page was turned or straightened before it was read: its four corners (x and y from top left,
    clockwise) on the page as stored, as shares of its sides. Size and boxes are those of the straightened page."""

    @property
    def has_text(self) -> bool:
        return bool(self.words)


class PageSummary(Frozen):
    """A page without its words: what lists and viewers need."""

    number: int
    width: float
    height: float
    has_text: bool
    note: str | None = None
    frame: tuple[float, ...] | None = None
    """As in `Page`."""


class AttachedData(Frozen):
    """An electronic invoice inside the PDF, as data: a second witness to what the page shows."""

    syntax: str
    """CII or UBL."""
    file_name: str
    document_type: str | None = None
    fields: dict[str, str | None] = {}
    """Field name to canonical value; None where the data says that there is none."""
    rows: tuple[Row, ...] = ()
    """The line items."""
    others: dict[str, tuple[str, ...]] = {}
    """Further values that the data gives for a field: a second account, a trading name."""
    row_others: tuple[dict[str, tuple[str, ...]], ...] = ()
    """The same for each of `rows`: the price before discount, the description with its details."""
    problem: str | None = None
    """Why the data can't be read, or not be relied on, in one sentence."""


class Reading(Frozen):
    """What a reader found in one file."""

    pages: tuple[Page, ...]
    reader: str
    """Name and version of the reader, stored with each box it made."""
    attached: AttachedData | None = None
