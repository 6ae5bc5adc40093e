"""Words to lines and segments: the geometry that every other part of the engine looks at."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from pipeline.domain.extraction import Provenance
from pipeline.domain.geometry import BoundingBox
from pipeline.domain.pages import Page, Word
from pipeline.normalise.words import label_words

WORDS_MAX = 60_000
"""Words looked at in a document; of longer ones the first four fifths and the last fifth."""
SEGMENTS_MAX = 120
"""Segments kept of one line: no printed line has more, and each is compared with its neighbours."""
LINE_OVERLAP = 0.42
SEGMENT_GAP = 0.95
ABOVE_MAX = 12
"""Segments above one another that are looked at."""


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
    has_letters: bool = False
    has_digits: bool = False
    is_number: bool = False
    _telling: int = -1

    def __post_init__(self) -> None:
        self.text = " ".join(token.text for token in self.tokens)
        self.x0, self.x1 = self.tokens[0].x0, max(token.x1 for token in self.tokens)
        self.top = min(token.top for token in self.tokens)
        self.bottom = max(token.bottom for token in self.tokens)
        if is_spaced([token.text for token in self.tokens]):
            # Letters spaced out for show are one word.
            self.words = [(word, 0) for word in label_words("".join(token.text for token in self.tokens))]
        else:
            self.words = [(word, i) for i, token in enumerate(self.tokens) for word in _words_of(token.text)]
        self.has_letters = any(map(str.isalpha, self.text))
        self.has_digits = any(map(str.isdigit, self.text))
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


@lru_cache(maxsize=65536)
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


class Layout:
    """All lines of a document in page order, with ways to look around."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = tuple(pages)
        self.lines: list[Line] = []
        self.by_page: dict[int, list[Line]] = {}
        for page, words in _bounded(pages):
            for line in _lines(page.number, words, len(self.lines)):
                self.lines.append(line)
                self.by_page.setdefault(page.number, []).append(line)
        self._above: dict[tuple[int, float, float, float], list[Segment]] = {}
        self.kept: dict[object, list[Any]] = {}
        """What was found in the document once and is asked for again, by whoever found it."""
        self._first_on_page = {number: lines[0].index for number, lines in self.by_page.items()}

    @cached_property
    def segments(self) -> list[Segment]:
        return [segment for line in self.lines for segment in line.segments]

    @cached_property
    def sizes(self) -> dict[int, tuple[float, float]]:
        return {page.number: (max(1.0, page.size.width), max(1.0, page.size.height)) for page in self.pages}

    @cached_property
    def body_size(self) -> float:
        sizes = sorted(token.size or token.height for line in self.lines for token in line.tokens)
        return sizes[len(sizes) // 2] if sizes else 10.0

    def left_of(self, segment: Segment) -> Segment | None:
        """Return the segment before this one on its line."""
        return self.lines[segment.line].segments[segment.index - 1] if segment.index else None

    def right_of(self, segment: Segment) -> Segment | None:
        segments = self.lines[segment.line].segments
        return segments[segment.index + 1] if segment.index + 1 < len(segments) else None

    def above(self, x0: float, x1: float, segment: Segment, reach: float = 3.5, count: int = 2) -> list[Segment]:
        """Return up to `count` segments above that overlap x0 to x1, the nearest first.

        Args:
            x0: left edge of the value.
            x1: right edge of the value.
            segment: where the value stands.
            reach: how far to look, in line heights between neighbouring finds.
            count: how many to return; at most `ABOVE_MAX`.
        """
        key = (id(segment), x0, x1, reach)
        found = self._above.get(key)
        if found is None:
            # labels, rules and scorers ask about the same words, for more or fewer of what is above
            found = self._above[key] = self._look_above(x0, x1, segment, reach)
        return found[:count]

    def _look_above(self, x0: float, x1: float, segment: Segment, reach: float) -> list[Segment]:
        found: list[Segment] = []
        bottom, far = segment.top, reach * segment.height
        for index in range(segment.line - 1, self._first_on_page[segment.page] - 1, -1):
            line = self.lines[index]
            if bottom - line.bottom > far or len(found) == ABOVE_MAX:
                break
            best: Segment | None = None
            best_overlap = 0.0
            for other in line.segments:
                if other.x0 >= x1:
                    break
                if other.x1 <= x0:
                    continue
                overlap = (x1 if x1 < other.x1 else other.x1) - (x0 if x0 > other.x0 else other.x0)
                if overlap > best_overlap and other.top < segment.top:
                    best, best_overlap = other, overlap
            if best is not None and best_overlap > 0.15 * min(x1 - x0, best.x1 - best.x0):
                found.append(best)
                bottom = best.top
        return found

    def below(self, segment: Segment, reach: float = 2.2) -> Segment | None:
        """Return the nearest segment under this one that overlaps it or starts with it."""
        last = self.by_page[segment.page][-1].index
        x0, x1, far = segment.x0, segment.x1, segment.bottom + reach * segment.height
        for index in range(segment.line + 1, last + 1):
            line = self.lines[index]
            if line.top > far:
                return None
            best: Segment | None = None
            best_overlap = 0.0
            for other in line.segments:
                if other.x0 >= x1 and other.x0 - x0 >= 4:
                    break
                overlap = (x1 if x1 < other.x1 else other.x1) - (x0 if x0 > other.x0 else other.x0)
                if -4 < other.x0 - x0 < 4:
                    overlap += 1000
                if overlap > best_overlap:
                    best, best_overlap = other, overlap
            if best is not None and best.top > segment.top:
                return best
        return None


def _bounded(pages: Sequence[Page]) -> Iterable[tuple[Page, Sequence[Word]]]:
    total = sum(len(page.words) for page in pages)
    if total <= WORDS_MAX:
        yield from ((page, page.words) for page in pages)
        return
    head, tail, seen = WORDS_MAX * 4 // 5, WORDS_MAX // 5, 0
    for page in pages:
        start, seen = seen, seen + len(page.words)
        words = [w for i, w in enumerate(page.words, start) if i < head or i >= total - tail]
        if words:
            yield page, words


def _lines(number: int, words: Sequence[Word], first: int) -> list[Line]:
    tokens = [
        Token(w.text, w.box.x0, w.box.top, w.box.x1, w.box.bottom, number, w.size, w.bold, (w.box,))
        for w in words
        if w.text.strip()
    ]
    tokens.sort(key=lambda t: (t.top + t.bottom, t.x0))
    groups: list[list[Token]] = []
    centre = height = 0.0
    for token in tokens:
        middle = (token.top + token.bottom) / 2
        tall = max(4.0, token.height)
        if groups and abs(middle - centre) <= LINE_OVERLAP * min(height, tall):
            group = groups[-1]
            group.append(token)
            centre += (middle - centre) / len(group)
        else:
            groups.append([token])
            centre, height = middle, tall
    lines: list[Line] = []
    for group in groups:
        group.sort(key=lambda t: t.x0)
        index = first + len(lines)
        runs = _runs(_rejoined(group))[:SEGMENTS_MAX]
        segments = [Segment(run, number, index, i) for i, run in enumerate(runs)]
        lines.append(
            Line(number, index, segments, min(t.top for t in group), max(t.bottom for t in group)),
        )
    return lines


def _rejoined(tokens: list[Token]) -> list[Token]:
    """Return the tokens with split numbers joined: "-" + "7,67", "1062," + "60"."""
    found: list[Token] = []
    for token in tokens:
        if found:
            last = found[-1]
            near = token.x0 - last.x1 < 0.5 * max(1.0, token.height)
            minus = last.text in {"-", "−", "–"} and token.text[:1].isdigit()
            if minus and (len(found) == 1 or last.x0 - found[-2].x1 > 1.2 * max(1.0, token.height)):
                found[-1] = _joined(last, token)
                continue
            if near and re.fullmatch(r"-?[\d.]*\d,", last.text) and re.fullmatch(r"\d{2}", token.text):
                found[-1] = _joined(last, token)
                continue
        found.append(token)
    return found


def _joined(one: Token, other: Token) -> Token:
    return Token(
        one.text + other.text,
        one.x0,
        min(one.top, other.top),
        other.x1,
        max(one.bottom, other.bottom),
        one.page,
        one.size,
        one.bold,
        one.boxes + other.boxes,
    )


def _runs(tokens: list[Token]) -> list[list[Token]]:
    runs: list[list[Token]] = []
    right = 0.0
    for token in tokens:
        gap = max(SEGMENT_GAP * min(runs[-1][-1].height, token.height) if runs else 0.0, 5.0)
        if runs and token.x0 - right <= gap:
            runs[-1].append(token)
            right = max(right, token.x1)
        else:
            runs.append([token])
            right = token.x1
    return runs
