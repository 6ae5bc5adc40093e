from enum import StrEnum

from pipeline.domain.geometry import BoundingBox, PageSize
from pipeline.domain.value import Frozen


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
    """Why the page was not read, in words, where it was not."""

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


class Reading(Frozen):
    """What a reader found in one file."""

    pages: tuple[Page, ...]
    reader: str
    """Name and version of the reader, stored with each box it made."""
