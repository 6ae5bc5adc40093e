"""What stands around a candidate, as numbers: sparse marks, places, and the figures that trees split on."""

import math
import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.blocks import LEGAL_FORM
from pipeline.extraction.layout import Layout, Segment
from pipeline.extraction.learned.groups import AS_TEXT, IN_SENTENCES, Group
from pipeline.extraction.learned.options import Option
from pipeline.extraction.learned.sentences_marks import Sentences
from pipeline.extraction.learned.sums import SUM_WORDS, sums_of
from pipeline.extraction.prose import Prose
from pipeline.normalise.words import fold

BUCKETS = 1 << 18
"""Marks are hashed into so many places."""
SINGLES = 14
"""Marks of a candidate that are looked up one by one: label, words above, form, place."""
FIGURES = 30 + len(SUM_WORDS)
"""Numbers that the trees split on, for each candidate."""
MARKS_VERSION = 1

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(slots=True)
class Marks:
    """A group's candidates of one document as arrays, one row for each."""

    starts: NDArray[np.int64]
    """Shape (n + 1,): where each row's marks begin in `marks`."""
    marks: Ints
    singles: Ints
    """Shape (n, SINGLES)."""
    bag_starts: NDArray[np.int64]
    bag: Ints
    """Marks of the single words to the left and above, where each row's begin in `bag_starts`."""
    dense: Floats
    """Shape (n, number of figures)."""
    places: Floats
    """Shape (n, 4): page, then left, right and middle height as shares of the page."""
    last_page: int

    def __len__(self) -> int:
        return len(self.starts) - 1


def mark(text: str) -> int:
    """Return a mark's bucket: the same on every machine and in every process."""
    return crc32(text.encode()) % BUCKETS


def marks_of(group: Group, options: list[Option], layout: Layout, prose: Prose) -> Marks:
    """Return what stands around each candidate."""
    writer = _Writer(group, options, layout, prose)
    for index, option in enumerate(options):
        writer.add(index, option)
    return writer.finish()


_DIGITS = str.maketrans("123456789", "000000000")
_RUN = re.compile(r"(.)\1{2,}")


def masked(word: str) -> str:
    """Return a word with its digits hidden: values must not be learned as labels."""
    return word.translate(_DIGITS)


def shape_of(text: str) -> str:
    """Return the form of a text: "INV-00471" is "A-0", "05/12/20" is "00/00/00"."""
    shape = "".join("0" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text[:24])
    return _RUN.sub(r"\1\1\1", shape)


@dataclass(slots=True)
class _Around:
    """The context of a segment's start as marks: computed once for all the candidates that begin there."""

    singles: tuple[int, int, int, int, int, int]
    """Word to the left, two words, label phrase, words above, above those, label phrase with the words above."""
    bag: list[int]
    left1: str
    kind: str


class _Writer:
    def __init__(self, group: Group, options: list[Option], layout: Layout, prose: Prose) -> None:
        self.group, self.options, self.layout, self.prose = group, options, layout, prose
        self.starts: list[int] = [0]
        self.marks: list[int] = []
        self.singles: list[tuple[int, ...]] = []
        self.bag_starts: list[int] = [0]
        self.bag: list[int] = []
        self.dense: list[tuple[float, ...]] = []
        self.known: dict[str, int] = {}
        self.shapes: dict[str, str] = {}
        self.words: dict[str, str] = {}
        self.looks: dict[str, tuple[float, float, float]] = {}
        self.around: dict[tuple[int, int], _Around] = {}
        self.overhead: dict[tuple[int, int], list[Segment]] = {}
        self.below: dict[int, str] = {}
        self.repeats = Counter(option.key for option in options)
        self.seen_keys: dict[str, int] = {}
        amounts = _amounts(group, options)
        self.ranks = _ranks(amounts, options)
        self.sums = sums_of(options, layout) if group is Group.MONEY else {}
        self.last = max(layout.by_page, default=1)
        self.lines_on = {number: (lines[0].index, len(lines)) for number, lines in layout.by_page.items()}
        self.body = max(1.0, layout.body_size)
        self.order = _distinct_order(options)
        self.is_text = group in AS_TEXT
        self.in_sentences = group in IN_SENTENCES
        self.sentences = Sentences(prose.text if self.in_sentences else "", options)

    def _mark(self, text: str) -> int:
        number = self.known.get(text)
        if number is None:
            number = self.known[text] = crc32(text.encode()) % BUCKETS
        return number

    def _word(self, text: str) -> str:
        """Return a printed word folded, its digits hidden."""
        word = self.words.get(text)
        if word is None:
            word = self.words[text] = masked(fold(text))
        return word

    def add(self, index: int, option: Option) -> None:
        span, segment = option.span, option.segment
        around = self._in_sentence(option) if self.in_sentences else self._about(segment, span.start)
        shape = self.shapes.get(option.text)
        if shape is None:
            shape = self.shapes[option.text] = shape_of(option.text)
        mark = self._mark
        count = len(segment.tokens)
        at_sum = self.sums.get(option.key, "")
        flags = "+".join(option.flags)
        first = segment.tokens[span.start]
        last = span.more[-1] if span.more else segment.tokens[span.end - 1]
        opening, closing = self._word(first.text), self._word(last.text)
        cut = f"{span.start == 0:d}{span.end == count:d}{bool(span.more):d}"
        below, right = self._below(segment), self._right(option)
        rank_max = self.ranks[index][0]
        singles = (
            *around.singles,
            mark("r1:" + right),
            mark("sh:" + shape),
            mark(f"fl:{flags}|{option.note}|{at_sum}"),
            0,  # the place on the page: filled in for all candidates at once
            mark("bl:" + below),
            mark(f"l1s:{around.left1}|{shape[:6]}"),
            mark(f"ct:{cut}|{around.kind}|{opening if self.is_text else ''}"),
            mark(f"rm:{min(6, rank_max)}|{flags}|{around.left1}"),
        )
        self.singles.append(singles)
        self.bag += around.bag
        self.bag_starts.append(len(self.bag))
        more = self.marks
        more += singles
        more += around.bag
        more += (
            mark("wf:" + opening),
            mark("wl:" + closing),
            mark("v:" + option.key),
            mark("w:" + cut),
            mark("s:" + at_sum),
            mark(f"bz:{below}|{shape[:6]}"),
        )
        look = self._look(option) if self.is_text else (0.0, 0.0, 0.0)
        if self.is_text:
            line = min(8, segment.line - self.lines_on[segment.page][0])
            more += (
                mark(f"lf:{look[0]:.0f}:{cut}"),
                mark(f"lu:{look[0]:.0f}:{look[1]:.0f}:{look[2]:.0f}"),
                mark(f"ll:{look[0]:.0f}:{segment.page}:{line}"),
            )
            more += [mark("vw:" + self._word(token.text)) for token in span.tokens[:12]]
        elif self.group is Group.MONEY:
            more += (
                mark(f"sl:{at_sum}|{around.left1}"),
                mark(f"sr:{at_sum}|{min(4, rank_max)}"),
                mark(f"sp:{at_sum}|{min(3, self.repeats[option.key])}"),
            )
        more += [mark("f:" + flag) for flag in option.flags]
        if option.note:
            more.append(mark("note:" + option.note))
        self.starts.append(len(more))
        self._figures(index, option, look)

    def _look(self, option: Option) -> tuple[float, float, float]:
        """Return where a name has its legal form (2: at its end, 1: inside), whether it is in capitals, has digits."""
        kept = self.looks.get(option.text)
        if kept is None:
            forms = [found.end() for found in LEGAL_FORM.finditer(option.text)]
            form = 0.0 if not forms else 2.0 if forms[-1] >= len(option.text.rstrip(" .,")) else 1.0
            letters = [c for c in option.text if c.isalpha()]
            upper = sum(c.isupper() for c in letters) > 0.8 * len(letters)
            kept = self.looks[option.text] = (form, float(upper), float(any(c.isdigit() for c in option.text)))
        return kept

    def _figures(self, index: int, option: Option, look: tuple[float, float, float]) -> None:
        span, segment = option.span, option.segment
        width, height = self.layout.sizes[segment.page]
        first_line, lines = self.lines_on[segment.page]
        line = segment.line - first_line
        at_sum = self.sums.get(option.key, "")
        nth = self.seen_keys.get(option.key, 0)
        self.seen_keys[option.key] = nth + 1
        order, distinct = self.order[index]
        rank_max, rank_min, magnitude, share = self.ranks[index]
        token = segment.tokens[span.start]
        self.dense.append(
            (
                segment.tokens[span.start].x0 / width,
                segment.tokens[span.end - 1].x1 / width,
                (segment.top + segment.bottom) / 2 / height,
                segment.page,
                self.last - segment.page,
                span.end - span.start + len(span.more),
                len(option.key),
                (token.size or token.bottom - token.top) / self.body,
                token.bold,
                segment.index,
                len(self.layout.lines[segment.line].segments),
                line,
                lines - 1 - line,
                self.repeats[option.key],
                nth,
                order,
                order / max(1, distinct - 1),
                rank_max,
                rank_min,
                magnitude,
                share,
                span.start,
                len(segment.tokens) - span.end,
                len(span.more),
                sum(map(str.isdigit, option.key)),
                ("range_start" in option.flags) - ("range_end" in option.flags),
                *(float(word in at_sum) for word in SUM_WORDS),
                *look,
                option.at / max(1, len(self.prose.text)) if option.at >= 0 and self.in_sentences else -1.0,
            )
        )

    def _about(self, segment: Segment, start: int) -> _Around:
        key = (id(segment), start)
        known = self.around.get(key)
        if known is not None:
            return known
        words = [masked(word) for word, token in segment.words if token < start]
        kind = "in" if words else "none"
        if not words:
            other = self.layout.left_of(segment)
            if other is not None:
                words = [masked(word) for word, _ in other.words]
                kind = "left"
        above = self._above(segment, start)
        first = [masked(word) for word, _ in above[0].words[:8]] if above else []
        second = " ".join(masked(word) for word, _ in above[1].words[:8]) if len(above) > 1 else ""
        found = self._packed(words, " ".join(first), second, words[-6:], first, kind)
        self.around[key] = found
        return found

    def _above(self, segment: Segment, start: int) -> list[Segment]:
        """Return what stands above a word; for names, above their line's start."""
        start = 0 if self.is_text else start
        key = (id(segment), start)
        if key not in self.overhead:
            token = segment.tokens[start]
            right = segment.tokens[-1].x1 if self.is_text else token.x1
            self.overhead[key] = self.layout.above(token.x0, right, segment, count=2)
        return self.overhead[key]

    def _packed(
        self, words: list[str], above: str, above2: str, left_words: list[str], above_words: list[str], kind: str
    ) -> _Around:
        mark = self._mark
        left1, phrase = words[-1] if words else "", " ".join(words[-6:])
        singles = (
            mark("l1:" + left1),
            mark("l2:" + " ".join(words[-2:])),
            mark("lp:" + phrase),
            mark("ab:" + above),
            mark("a2:" + above2),
            mark(f"ap:{phrase}|{above}"),
        )
        bag = [mark("lw:" + word) for word in dict.fromkeys(left_words)]
        bag += [mark("aw:" + word) for word in dict.fromkeys(above_words)]
        return _Around(singles, bag, left1, kind)

    def _in_sentence(self, option: Option) -> _Around:
        """Return the words around a value of running text: "above" stands for what follows."""
        before, behind, said = self.sentences.around(option)
        zone = f"z{min(9, int(10 * option.at / max(1, len(self.prose.text))))}"
        packed = self._packed(before[-3:], " ".join(behind[:2]), " ".join(behind[:1]), [], [], zone)
        packed.bag += [self._mark(text) for text in said]
        return packed

    def _right(self, option: Option) -> str:
        segment, span = option.segment, option.span
        if span.end < len(segment.tokens):
            return self._word(segment.tokens[span.end].text)
        other = self.layout.right_of(segment)
        return self._word(other.tokens[0].text) + "|" if other is not None else ""

    def _below(self, segment: Segment) -> str:
        key = id(segment)
        found = self.below.get(key)
        if found is None:
            other = self.layout.below(segment)
            found = " ".join(masked(word) for word, _ in other.words[:2]) if other is not None else ""
            self.below[key] = found
        return found

    def finish(self) -> Marks:
        count = len(self.options)
        dense = np.array(self.dense, dtype=np.float32).reshape(count, FIGURES)
        singles = np.array(self.singles, dtype=np.int32).reshape(count, SINGLES)
        binned = _binned(dense, self.last, self._mark(f"bias:{self.group}"))
        singles[:, PLACE] = binned[:, 0]
        starts = np.array(self.starts, dtype=np.int64)
        marks = np.array(self.marks, dtype=np.int32)
        if count:
            marks[starts[:-1] + PLACE] = binned[:, 0]
            # each row's binned figures go behind its other marks
            marks = np.insert(marks, np.repeat(starts[1:], binned.shape[1]), binned.ravel())
            starts = starts + np.arange(count + 1) * binned.shape[1]
        return Marks(
            starts=starts,
            marks=marks,
            singles=singles,
            bag_starts=np.array(self.bag_starts, dtype=np.int64),
            bag=np.array(self.bag, dtype=np.int32),
            dense=dense,
            places=dense[:, [3, 0, 1, 2]],
            last_page=self.last,
        )


PLACE = 9
"""Column of the single mark that says where on the page a candidate stands."""
_BINS: tuple[tuple[int, float, float], ...] = (
    (0, 8, 7),  # left edge
    (5, 1, 8),  # words
    (7, 2, 5),  # size
    (9, 1, 4),  # place among the segments of its line
    (12, 1, 8),  # lines below
    (13, 1, 5),  # prints of the value
    (14, 1, 3),  # which of them
    (15, 1, 8),  # values before it
    (17, 1, 6),  # rank from the largest
    (18, 1, 4),  # rank from the smallest
)
"""Columns of the figures, what they are multiplied by and the last bin."""


def _binned(dense: Floats, last: int, bias: int) -> Ints:
    """Return the marks that stand for figures, the place on the page first: shape (n, number of marks)."""
    pages = np.where(dense[:, 3] == 1, 1, np.where(dense[:, 3] == last, 9, np.minimum(dense[:, 3], 4)))
    row, column = np.minimum(11, dense[:, 2] * 12).astype(np.int64), np.minimum(7, dense[:, 0] * 8).astype(np.int64)
    pages = pages.astype(np.int64)
    line = np.minimum(dense[:, 11], 12).astype(np.int64)
    columns = [
        _spread(1, (pages * 16 + row) * 16 + column),
        _spread(2, pages * 16 + row),
        _spread(3, pages),
        _spread(4, pages * 16 + line),
        np.full(len(dense), bias, dtype=np.int64),
        _spread(5, (np.minimum(5, dense[:, 7] * 2) * 2 + dense[:, 8]).astype(np.int64)),
        _spread(6, np.minimum(5, dense[:, 16] * (6 - 1e-6)).astype(np.int64)),
    ]
    for number, (figure, factor, most) in enumerate(_BINS):
        columns.append(_spread(10 + number, np.clip(dense[:, figure] * factor, 0, most).astype(np.int64)))
    return np.column_stack(columns).astype(np.int32) if len(dense) else np.zeros((0, len(columns)), dtype=np.int32)


def _spread(kind: int, bins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return marks for the bins of one figure, spread as hashes of texts are."""
    return ((kind * 1_000_003 + bins + 1) * 2_654_435_761 >> 7) % BUCKETS


def _distinct_order(options: list[Option]) -> list[tuple[int, int]]:
    """Return for each candidate how many other values come before its own, and how many there are."""
    order: dict[str, int] = {}
    for option in options:
        order.setdefault(option.key, len(order))
    return [(order[option.key], len(order)) for option in options]


def _amounts(group: Group, options: list[Option]) -> dict[str, float]:
    """Return what can be ordered: amounts as they are, dates as days."""
    values: dict[str, float] = {}
    for option in options:
        try:
            if group is Group.MONEY:
                values[option.key] = float(Decimal(str(option.value)))
            elif group in {Group.DATE, Group.SENTENCE_DATE}:
                values[option.key] = float(str(option.value).replace("-", ""))
        except (InvalidOperation, ValueError):
            continue
    return values


def _ranks(values: dict[str, float], options: list[Option]) -> list[tuple[int, int, float, float]]:
    """Return rank from the largest, rank from the smallest, magnitude, and share of the largest."""
    if not values:
        return [(9, 9, 0.0, 0.0)] * len(options)
    order = sorted(set(values.values()), reverse=True)
    place = {value: index for index, value in enumerate(order)}
    top = max(abs(order[0]), 1e-9)
    found: list[tuple[int, int, float, float]] = []
    for option in options:
        value = values.get(option.key)
        if value is None:
            found.append((9, 9, 0.0, 0.0))
            continue
        rank = place[value]
        found.append((rank, len(order) - 1 - rank, math.log10(1 + abs(value)), value / top))
    return found
