"""What a reader hands over inside the reading process: plain tuples, because models would double the time of a page."""

from dataclasses import dataclass, field
from typing import NamedTuple


class RawWord(NamedTuple):
    """A word with its box in points, origin at the top left of the page as a person sees it."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    size: float
    bold: bool


class RawRule(NamedTuple):
    """A ruled line as a thin box, in the coordinates of `RawWord`."""

    x0: float
    top: float
    x1: float
    bottom: float


@dataclass
class RawPage:
    """One page as a reader found it, before it is judged."""

    number: int
    width: float = 612.0
    height: float = 792.0
    words: list[RawWord] = field(default_factory=list[RawWord])
    rules: list[RawRule] = field(default_factory=list[RawRule])
    image_share: float = 0.0
    """The largest image's share of the page area, in [0, 1]."""
    drawn: bool = False
    """Something other than text is on the page: an image, a line, a shape."""
    source: str = "text_layer"
    note: str | None = None
    hidden: list[RawWord] = field(default_factory=list[RawWord])
    """Words of the text layer that nobody can see."""
    optical: str | None = None
    """Why the page is to be read off its image: a name of `pipeline.readers.optical.Cause`; None where it is not."""
    disputed: set[int] = field(default_factory=set[int])
    """Places in `words` of those that a second reader reads otherwise."""


DISPUTED_CONFIDENCE = 0.5
"""Of a word that two readers read differently: a coin's toss between them."""
BROKEN = "�"
"""Stands for a character that is drawn but has no readable code."""


def broken_share(words: list[RawWord]) -> float:
    """Return the share of characters without a readable code, in [0, 1]: drawn, but not known as letters.

    U+FFFD, the private use area and pdfminer's "(cid:12)" all count as such.
    """
    bad = total = 0
    for word in words:
        text = word.text
        total += len(text)
        if text.isascii():
            if "(cid:" in text:
                bad += len(text)
        else:
            bad += sum(1 for char in text if char == BROKEN or "\ue000" <= char <= "\uf8ff")
    return bad / total if total else 0.0
