"""What is printed on a page: words, segments of words that stand together, lines, and spans within them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from pipeline.domain.extraction import Provenance
from pipeline.domain.geometry import BoundingBox
from pipeline.normalise.words import label_words


@dataclass(slots=True, eq=False)
class Token:
    """A word with its place: page from 1, coordinates in points from the top left."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    page: int
    size: float
    bold: bool
    boxes: tuple[BoundingBox, ...]
    number: int = -1
    """Its place among all words of the layout that it belongs to, in reading order."""

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(slots=True, eq=False)
class Segment:
    """Words of a line that stand together; `words` are folded label words with the index of their token."""

    tokens: list[Token]
    page: int
    line: int
    index: int
    text: str = ""
    x0: float = 0.0
    x1: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    words: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    letters: int = 0
    digits: int = 0
    has_letters: bool = False
    has_digits: bool = False
    is_number: bool = False
    number: int = -1
    """Its place among all segments of the layout that it belongs to, in reading order."""
    _telling: int = -1

    def __post_init__(self) -> None:
        tokens = self.tokens
        texts = [token.text for token in tokens]
        self.text = " ".join(texts)
        self.x0, self.x1 = tokens[0].x0, max([token.x1 for token in tokens])
        self.top = min([token.top for token in tokens])
        self.bottom = max([token.bottom for token in tokens])
        prints = [_print_of(text) for text in texts]
        if is_spaced(texts):
            # Letters spaced out for show are one word.
            self.words = [(word, 0) for word in label_words("".join(texts))]
        else:
            self.words = [(word, i) for i, each in enumerate(prints) for word in each.words]
        self.letters = sum([each.letters for each in prints])
        self.digits = sum([each.digits for each in prints])
        self.has_letters, self.has_digits = self.letters > 0, self.digits > 0
        self.is_number = self.has_digits and bool(_NUMBER.fullmatch(self.text))

    @property
    def height(self) -> float:
        return max(1.0, self.bottom - self.top)

    @property
    def telling(self) -> int:
        """How many words say something, at least 1: a rate such as "20 %" does not count."""
        if self._telling < 0:
            self._telling = max(1, sum(not word.isdigit() for word, _ in self.words))
        return self._telling

    @property
    def size(self) -> float:
        return max(token.size or token.height for token in self.tokens)

    @property
    def bold(self) -> bool:
        return self.tokens[0].bold


def is_spaced(texts: Sequence[str]) -> bool:
    """Return whether a word's letters are spaced out for show, singly or in crumbs: "R E C H N U N G", "RE CE IP T"."""
    if len(texts) > 3 and all(len(text) == 1 for text in texts):
        return True
    return len(texts) > 2 and all(len(text) <= 2 and text.isalpha() and text.isupper() for text in texts)


class _Print(NamedTuple):
    """What is known of a printed word by its text alone."""

    words: tuple[str, ...]
    """Its label words."""
    letters: int
    digits: int


@lru_cache(maxsize=65536)
def _print_of(text: str) -> _Print:
    return _Print(_words_of(text), sum(map(str.isalpha, text)), sum(map(str.isdigit, text)))


def _words_of(text: str) -> tuple[str, ...]:
    """Return the label words of a printed word; addresses of the net hold words that label nothing."""
    if "@" in text or "://" in text or text.startswith("www."):
        return ("@",)
    if _CODE.fullmatch(text):
        # "PO-35695" is a number, not the label "PO" with a number.
        return (text.casefold(),)
    return label_words(text)


_CODE = re.compile(r"[A-Za-z]{1,5}[-/]?\d[\w/-]*|[A-Za-z]{1,5}(?:[-/]\w+)*[-/]\d+\w*")


_NUMBER = re.compile(r"[-−–+(]?\s*(?:[A-Z]{3}|[€$£])?\s*[-−–]?\d[\d.,'’ \u00a0]*\s*[-)]?\s*(?:[A-Z]{3}|[€$£%])?")


@dataclass(slots=True, eq=False)
class Line:
    """One printed line of a page: its segments from left to right."""

    page: int
    index: int
    segments: list[Segment]
    top: float
    bottom: float
    rights: list[float] = field(default_factory=list[float])
    """How far right each segment and those before it reach: what ends left of a place is passed over at once."""

    def __post_init__(self) -> None:
        self.rights = list(accumulate((segment.x1 for segment in self.segments), max))

    @property
    def centre(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def tokens(self) -> list[Token]:
        return [token for segment in self.segments for token in segment.tokens]

    @property
    def text(self) -> str:
        return "  ".join(segment.text for segment in self.segments)


@dataclass(slots=True, eq=False)
class Span:
    """Consecutive words of one segment, or of several lines where a value wraps."""

    segment: Segment
    start: int
    end: int
    more: tuple[Token, ...] = ()
    """Words of further lines that belong to the value."""

    @property
    def tokens(self) -> list[Token]:
        return [*self.segment.tokens[self.start : self.end], *self.more]

    @property
    def text(self) -> str:
        return " ".join(token.text for token in self.tokens)

    @property
    def x0(self) -> float:
        return self.segment.tokens[self.start].x0

    @property
    def x1(self) -> float:
        return self.segment.tokens[self.end - 1].x1

    def provenance(self, reader: str = "") -> Provenance:
        """Return page and boxes: one box for each printed piece."""
        return Provenance(page=self.segment.page, boxes=boxes_of(self.tokens), reader=reader)


def boxes_of(tokens: Sequence[Token]) -> tuple[BoundingBox, ...]:
    """Return one box for each run of tokens that stand on one line."""
    runs: list[list[Token]] = []
    for token in tokens:
        if runs and abs(runs[-1][-1].top - token.top) < 0.6 * max(1.0, token.height) and token.x0 >= runs[-1][-1].x0:
            runs[-1].append(token)
        else:
            runs.append([token])
    return tuple(
        BoundingBox(
            x0=min(t.x0 for t in run),
            top=min(t.top for t in run),
            x1=max(t.x1 for t in run),
            bottom=max(t.bottom for t in run),
        )
        for run in runs
    )
