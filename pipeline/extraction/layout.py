"""A document's words as lines and segments, with ways to look around: the geometry that every other part uses."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.domain.pages import Page, Word
from pipeline.extraction.printed import Line, Segment, Span, Token, boxes_of, is_spaced

__all__ = ["Layout", "Line", "Segment", "Span", "Token", "boxes_of", "is_spaced"]

WORDS_MAX = 60_000
"""Words looked at in a document; of longer ones the first four fifths and the last fifth."""
SEGMENTS_MAX = 120
"""Segments kept of one line: no printed line has more, and each is compared with its neighbours."""
LINE_OVERLAP = 0.42
SEGMENT_GAP = 0.95
ABOVE_MAX = 12
"""Segments above one another that are looked at."""


@dataclass(slots=True, eq=False)
class _Climb:
    """A look upwards from a value, as far as anybody has asked: most only want to know what is right above."""

    x0: float
    x1: float
    segment: Segment
    far: float
    """How far above the last find the next one may be."""
    line: int
    """The next one to look at."""
    first: int
    """The first one of the page."""
    bottom: float
    """Where the last find begins."""
    found: list[Segment]

    def on(self, lines: list[Line], count: int) -> None:
        """Go on until so many are found, or nothing is near."""
        x0, x1, top = self.x0, self.x1, self.segment.top
        while len(self.found) < count and self.line >= self.first:
            line = lines[self.line]
            if self.bottom - line.bottom > self.far:
                self.line = -1
                return
            self.line -= 1
            best: Segment | None = None
            best_overlap = 0.0
            for other in line.segments[bisect_right(line.rights, x0) :]:
                if other.x0 >= x1:
                    break
                overlap = (x1 if x1 < other.x1 else other.x1) - (x0 if x0 > other.x0 else other.x0)
                if overlap > best_overlap and other.top < top:
                    best, best_overlap = other, overlap
            if best is not None and best_overlap > 0.15 * min(x1 - x0, best.x1 - best.x0):
                self.found.append(best)
                self.bottom = best.top


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
        self.segments = [segment for line in self.lines for segment in line.segments]
        self.tokens = [token for segment in self.segments for token in segment.tokens]
        for number, segment in enumerate(self.segments):
            segment.number = number
        for number, token in enumerate(self.tokens):
            token.number = number
        self._climbs: dict[tuple[int, float, float, float], _Climb] = {}
        self.kept: dict[object, list[Any]] = {}
        """What was found in the document once and is asked for again, by whoever found it."""
        self._first_on_page = {number: lines[0].index for number, lines in self.by_page.items()}

    @cached_property
    def sizes(self) -> dict[int, tuple[float, float]]:
        return {page.number: (max(1.0, page.size.width), max(1.0, page.size.height)) for page in self.pages}

    @cached_property
    def body_size(self) -> float:
        sizes = sorted([token.size or token.height for token in self.tokens])
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
        climb = self._climb(x0, x1, segment, reach)
        if len(climb.found) < count:
            climb.on(self.lines, min(count, ABOVE_MAX))
        return climb.found[:count]

    def upwards(self, x0: float, x1: float, segment: Segment, reach: float = 3.5) -> Iterator[Segment]:
        """Yield what `above` returns, looking no further than is asked for."""
        climb = self._climb(x0, x1, segment, reach)
        for step in range(ABOVE_MAX):
            if step >= len(climb.found):
                climb.on(self.lines, step + 1)
                if step >= len(climb.found):
                    return
            yield climb.found[step]

    def _climb(self, x0: float, x1: float, segment: Segment, reach: float) -> "_Climb":
        key = (id(segment), x0, x1, reach)
        climb = self._climbs.get(key)
        if climb is None:
            # labels, rules and scorers ask about the same words, for more or fewer of what is above
            first, far = self._first_on_page[segment.page], reach * segment.height
            climb = self._climbs[key] = _Climb(x0, x1, segment, far, segment.line - 1, first, segment.top, [])
        return climb

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
            for other in line.segments[bisect_right(line.rights, x0 - 4) :]:
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
    tokens: list[Token] = []
    for word in words:
        if word.text.strip():
            box = word.box
            tokens.append(Token(word.text, box.x0, box.top, box.x1, box.bottom, number, word.size, word.bold, (box,)))
    tokens.sort(key=lambda t: (t.top + t.bottom, t.x0))
    groups: list[list[Token]] = []
    group: list[Token] = []
    centre = height = 0.0
    for token in tokens:
        top, bottom = token.top, token.bottom
        middle = (top + bottom) / 2
        tall = bottom - top
        if tall < 4.0:
            tall = 4.0
        if group and abs(middle - centre) <= LINE_OVERLAP * (tall if tall < height else height):
            group.append(token)
            centre += (middle - centre) / len(group)
        else:
            group = [token]
            groups.append(group)
            centre, height = middle, tall
    lines: list[Line] = []
    for group in groups:
        if len(group) > 1:
            group.sort(key=lambda t: t.x0)
        index = first + len(lines)
        runs = _runs(_rejoined(group))[:SEGMENTS_MAX]
        segments = [Segment(run, number, index, i) for i, run in enumerate(runs)]
        lines.append(
            Line(number, index, segments, min([t.top for t in group]), max([t.bottom for t in group])),
        )
    return lines


_MINUS = frozenset("-−–")
_WHOLE = re.compile(r"-?[\d.]*\d,")
_CENTS = re.compile(r"\d{2}")


def _rejoined(tokens: list[Token]) -> list[Token]:
    """Return the tokens with split numbers joined: "-" + "7,67", "1062," + "60"."""
    found: list[Token] = []
    for token in tokens:
        if found:
            last = found[-1]
            if last.text in _MINUS:
                tall = max(1.0, token.height)
                if token.text[:1].isdigit() and (len(found) == 1 or last.x0 - found[-2].x1 > 1.2 * tall):
                    found[-1] = _joined(last, token)
                    continue
            elif last.text.endswith(",") and _WHOLE.fullmatch(last.text) and _CENTS.fullmatch(token.text):
                near = token.x0 - last.x1 < 0.5 * max(1.0, token.height)
                if near:
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
    run: list[Token] = []
    right = before = 0.0
    """Right edge of the run at hand, and height of its last word."""
    for token in tokens:
        tall = token.bottom - token.top
        gap = token.x0 - right
        if run and (gap <= 5.0 or gap <= SEGMENT_GAP * (tall if tall < before else before)):
            run.append(token)
            if token.x1 > right:
                right = token.x1
        else:
            run = [token]
            runs.append(run)
            right = token.x1
        before = tall
    return runs
