"""What stands around a candidate, as numbers: sparse marks, places, and the figures that trees split on."""

import math
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.blocks import LEGAL_FORM
from pipeline.extraction.layout import Segment
from pipeline.extraction.learned.columns import Columns, Distinct, Ints, Longs, flat, joined, mixed, mixed_each, nth
from pipeline.extraction.learned.following import following
from pipeline.extraction.learned.groups import AS_TEXT, IN_SENTENCES, Group
from pipeline.extraction.learned.options import Option
from pipeline.extraction.learned.scene import SAID_WORD, Context, Scene, number_of
from pipeline.extraction.learned.sentences_marks import Sentences
from pipeline.extraction.learned.sums import SUM_WORDS, sums_of
from pipeline.extraction.learned.tally import Tally
from pipeline.extraction.prose import Prose

SINGLES = 14
"""Marks of a candidate that are looked up one by one: label, words above, form, place."""
PLACE = 9
"""Column of the single mark that says where on the page a candidate stands."""
FIGURES = 30 + len(SUM_WORDS)
"""Numbers that the trees split on, for each candidate."""
MARKS_VERSION = 4
WORDS_MAX = 12
"""Words of a name that are looked at one by one."""

Floats = NDArray[np.float32]


@dataclass(slots=True)
class Marks:
    """A group's candidates of one document as arrays, one row for each."""

    starts: Longs
    """Shape (n + 1,): where each row's marks begin in `marks`."""
    marks: Ints
    singles: Ints
    """Shape (n, SINGLES)."""
    bag_starts: Longs
    bag: Ints
    """Marks of the single words to the left and above, where each row's begin in `bag_starts`."""
    word_starts: Longs
    words: Ints
    """Marks of a name's own words, where each row's begin in `word_starts`; other kinds have none."""
    dense: Floats
    """Shape (n, number of figures)."""
    places: Floats
    """Shape (n, 4): page, then left, right and middle height as shares of the page."""
    last_page: int

    def __len__(self) -> int:
        return len(self.starts) - 1


def marks_of(group: Group, options: list[Option], scene: Scene, prose: Prose | None = None) -> Marks:
    """Return what stands around each candidate.

    Args:
        group: of the candidates.
        options: the candidates.
        scene: of the layout that they stand in.
        prose: the running text, for groups whose values stand in sentences.
    """
    return _Candidates(group, options, scene, prose).marks()


_LONG_RUN = re.compile(r"((.)\2\2)\2+")
_ASCII_SHAPE = str.maketrans(
    {
        chr(code): "0" if chr(code).isdigit() else "A" if chr(code).isupper() else "a"
        for code in range(128)
        if chr(code).isalnum()
    }
)


@lru_cache(maxsize=16_384)
def shape_of(text: str) -> str:
    """Return the form of a text: "INV-00471" is "A-0", "05/12/20" is "00/00/00"."""
    text = text[:24]
    if text.isascii():
        shape = text.translate(_ASCII_SHAPE)
    else:
        shape = "".join("0" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text)
    return _LONG_RUN.sub(r"\1", shape)


class _Candidates:
    """The candidates of a group as columns: one number a candidate in each, and each column made in one go."""

    def __init__(self, group: Group, options: list[Option], scene: Scene, prose: Prose | None) -> None:
        self.group, self.options, self.scene = group, options, scene
        self.count = len(options)
        self.is_text, self.in_sentences = group in AS_TEXT, group in IN_SENTENCES
        self.length = max(1, len(prose.text)) if prose is not None and self.in_sentences else 1
        self.prose = prose.text if prose is not None else ""
        spans = [option.span for option in options]
        segments = [span.segment for span in spans]
        self.segment: Longs = np.array([segment.number for segment in segments], dtype=np.int64)
        self.start: Longs = np.array([span.start for span in spans], dtype=np.int64)
        self.end: Longs = np.array([span.end for span in spans], dtype=np.int64)
        self.more: Longs = np.array([len(span.more) for span in spans], dtype=np.int64)
        firsts = np.array(scene.first_token, dtype=np.int64)
        self.token = firsts[self.segment] + self.start
        self.stop = firsts[self.segment] + self.end
        self.words: Longs = np.array([*scene.words, 0], dtype=np.int64)
        self.keys = Distinct([option.key for option in options])
        self.texts = Distinct([option.text for option in options])
        self.flags = Distinct(["+".join(option.flags) for option in options])
        sums = sums_of(options, scene.layout) if group is Group.MONEY else {}
        self.sums = [sums.get(key, "") for key in self.keys.texts]
        self.about = scene.segments[self.segment]
        self.ranks = self.keys.each(_ranks(_amounts(group, options), self.keys.texts), 4)
        self.looks = self._looks()
        self._surround(segments)

    def _surround(self, segments: list[Segment]) -> None:
        """Find what stands around each candidate: its context, and the single words of it."""
        scene = self.scene
        if self.in_sentences:
            contexts, bags = self._in_sentences()
            table = np.array(contexts, dtype=np.int64).reshape(self.count, 6)
        else:
            of_name = self.is_text
            starts = self.start.tolist()
            rows = [
                scene.context(segment, start, of_name=of_name) for segment, start in zip(segments, starts, strict=True)
            ]
            table = np.array(scene.contexts[of_name], dtype=np.int64).reshape(-1, 6)[rows]
            known = scene.bags[of_name]
            bags = [known[row] for row in rows]
        self.left1, self.left2, self.label, self.above, self.above2, self.where = table.T
        self.bag_starts, self.bag = flat(40, bags)
        below = [scene.below(segment) for segment in segments]
        self.below: Longs = np.array(below, dtype=np.int64)

    def _in_sentences(self) -> tuple[list[Context], list[list[int]]]:
        """Return the words around values of running text: "above" stands for what follows."""
        sentences = Sentences(self.prose, self.options, self.group)
        contexts: list[Context] = []
        bags: list[list[int]] = []
        for option in self.options:
            before, behind, said = sentences.around(option)
            words = before[-3:]
            zone = 10 + min(9, int(10 * option.at / self.length))
            phrases = (" ".join(words[-1:]), " ".join(words[-2:]), " ".join(words), " ".join(behind[:2]))
            first, second, third, fourth = map(number_of, phrases)
            contexts.append((first, second, third, fourth, number_of(" ".join(behind[:1])), zone))
            bags.append([number_of(text) | SAID_WORD for text in said])
        return contexts, bags

    def marks(self) -> Marks:
        """Return the candidates' marks and figures."""
        scene = self.scene
        dense = self._figures().astype(np.float32)
        shapes = [shape_of(text) for text in self.texts.texts]
        short = self.texts.numbers([shape[:6] for shape in shapes])
        sums = self.keys.numbers(self.sums)
        flags = self.flags.numbers()
        notes = Distinct([option.note for option in self.options])
        note = notes.numbers()
        words = self.about[:, 6].astype(np.int64)
        at_end = self.end == words
        is_last = at_end & (self.about[:, 1] + 1 == self.about[:, 2])
        right = np.where(is_last, 0, self.words[self.stop] * 2 + at_end)
        opening, closing = self.words[self.token], self.words[self.stop - 1]
        wrapped = np.flatnonzero(self.more)
        closing[wrapped] = self.words[[self.options[row].span.more[-1].number for row in wrapped.tolist()]]
        cut = (self.start == 0) * 4 + at_end * 2 + (self.more > 0)
        rank = self.ranks[:, 0].astype(np.int64)
        binned = _binned(dense, scene.last_page, number_of(self.group))
        columns: list[Longs] = [
            mixed(1, self.left1),
            mixed(2, self.left2),
            mixed(3, self.label),
            mixed(4, self.above),
            mixed(5, self.above2),
            mixed(6, self.label, self.above),
            mixed(7, right),
            mixed(8, self.texts.numbers(shapes)),
            mixed(9, flags, note, sums),
            binned[:, 0],
            mixed(10, self.below),
            mixed(11, self.left1, short),
            mixed(12, cut, self.where, opening if self.is_text else 0 * opening),
            mixed(13, np.minimum(6, rank), flags, self.left1),
        ]
        singles = np.column_stack(columns).astype(np.int32).reshape(self.count, SINGLES)
        columns += [
            mixed(14, opening),
            mixed(15, closing),
            mixed(16, self.keys.numbers()),
            mixed(17, cut),
            mixed(18, sums),
            mixed(19, self.below, short),
        ]
        lists = [(self.bag_starts, self.bag)]
        own = self._value_words() if self.is_text else flat(27, [[] for _ in self.options])
        if self.is_text:
            form, upper, digits = self.looks.astype(np.int64).T
            line = np.minimum(8, self.about[:, 3]).astype(np.int64)
            columns += [
                mixed(20, form, cut),
                mixed(21, form, upper, digits),
                mixed(22, form, self.about[:, 0].astype(np.int64), line),
            ]
            behind, beneath = following(scene, self.options)
            columns += [mixed(80, behind), mixed(81, beneath), mixed(82, behind, beneath), mixed(83, cut, beneath)]
            lists.append(own)
        elif self.group is Group.MONEY:
            prints = np.bincount(self.keys.rows)[self.keys.rows] if self.count else self.keys.rows
            columns += [
                mixed(23, sums, self.left1),
                mixed(24, sums, np.minimum(4, rank)),
                mixed(25, sums, np.minimum(3, prints)),
            ]
        if self.group is Group.MONEY:
            tally = Tally(self.options, scene.layout)
            figures = tally.figures()
            dense = np.hstack([dense, figures.astype(np.float32)])
            columns += list(tally.binned(figures).T)
            # relations are rarer and surer than words: they count twice
            relations = [[number_of(word) for word in text.split("+")] * 2 for text in self.sums]
            lists += [tally.said(), flat(28, [relations[row] for row in self.keys.rows.tolist()])]
        lists.append(self._said(flags, notes, note))
        starts, marks = joined(np.column_stack([*columns, binned]).astype(np.int32), lists)
        return Marks(
            starts=starts,
            marks=marks,
            singles=singles,
            bag_starts=self.bag_starts,
            bag=self.bag.astype(np.int32),
            word_starts=own[0],
            words=own[1].astype(np.int32),
            dense=dense,
            places=dense[:, [3, 0, 1, 2]],
            last_page=scene.last_page,
        )

    def _said(self, flags: Longs, notes: Distinct, note: Longs) -> tuple[Longs, Longs]:
        """Return a mark for each flag of a candidate, and one for its note."""
        each = [[number_of(flag) for flag in text.split("+") if text] for text in self.flags.texts]
        noted = [bool(text) for text in notes.texts]
        rows = zip(self.flags.rows.tolist(), notes.rows.tolist(), note.tolist(), strict=True)
        found: list[list[int]] = [[*each[row], number] if noted[at] else each[row] for row, at, number in rows]
        return flat(26, found)

    def _value_words(self) -> tuple[Longs, Longs]:
        """Return a mark for each of the first words of a name."""
        words = self.scene.words
        found: list[list[int]] = []
        for option, begin, stop in zip(self.options, self.token.tolist(), self.stop.tolist(), strict=True):
            own = words[begin : min(stop, begin + WORDS_MAX)]
            more = option.span.more
            found.append(own + [words[token.number] for token in more[: WORDS_MAX - len(own)]] if more else own)
        return flat(27, found)

    def _looks(self) -> Columns:
        """Return where a name has its legal form (2: at its end, 1: inside), whether it is in capitals, has digits."""
        if not self.is_text:
            return np.zeros((self.count, 3))
        return self.texts.each([_look(text) for text in self.texts.texts], 3)

    def _figures(self) -> Columns:
        about, scene = self.about, self.scene
        keys = self.keys
        digits = [(len(key), sum(map(str.isdigit, key))) for key in keys.texts]
        counted = keys.each([(float(a), float(b)) for a, b in digits], 2)
        prints = np.bincount(keys.rows)[keys.rows] if self.count else keys.rows
        words = [text.split("+") for text in self.sums]
        in_sums = keys.each([tuple(float(word in each) for word in SUM_WORDS) for each in words], len(SUM_WORDS))
        ends = [("range_start" in text) - ("range_end" in text) for text in self.flags.texts]
        begin = scene.tokens[self.token]
        at = np.array([option.at for option in self.options], dtype=np.float64)
        found: Columns = np.column_stack(
            [
                begin[:, 0],
                scene.tokens[self.stop - 1, 1],
                about[:, 5],
                about[:, 0],
                scene.last_page - about[:, 0],
                self.end - self.start + self.more,
                counted[:, 0],
                begin[:, 2:4],
                about[:, 1:5],
                prints,
                nth(keys.rows),
                keys.rows,
                keys.rows / max(1, len(keys.texts) - 1),
                self.ranks,
                self.start,
                about[:, 6] - self.end,
                self.more,
                counted[:, 1],
                np.array(ends, dtype=np.float64)[self.flags.rows] if self.count else np.zeros(0),
                in_sums,
                self.looks,
                np.where((at >= 0) & self.in_sentences, at / self.length, -1.0),
            ]
        ).astype(np.float64)
        return found


@lru_cache(maxsize=16_384)
def _look(text: str) -> tuple[float, float, float]:
    forms = [found.end() for found in LEGAL_FORM.finditer(text)]
    form = 0.0 if not forms else 2.0 if forms[-1] >= len(text.rstrip(" .,")) else 1.0
    upper = sum(map(str.isupper, text)) > 0.8 * sum(map(str.isalpha, text))
    return form, float(upper), float(any(map(str.isdigit, text)))


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


def _binned(dense: Floats, last: int, bias: int) -> Longs:
    """Return the marks that stand for figures, the place on the page first: shape (n, number of marks)."""
    pages = np.where(dense[:, 3] == 1, 1, np.where(dense[:, 3] == last, 9, np.minimum(dense[:, 3], 4)))
    row, column = np.minimum(11, dense[:, 2] * 12).astype(np.int64), np.minimum(7, dense[:, 0] * 8).astype(np.int64)
    pages = pages.astype(np.int64)
    line = np.minimum(dense[:, 11], 12).astype(np.int64)
    columns = [
        (pages * 16 + row) * 16 + column,
        pages * 16 + row,
        pages,
        pages * 16 + line,
        np.full(len(dense), bias, dtype=np.int64),
        (np.minimum(5, dense[:, 7] * 2) * 2 + dense[:, 8]).astype(np.int64),
        np.minimum(5, dense[:, 16] * (6 - 1e-6)).astype(np.int64),
    ]
    figures, factors, most = zip(*_BINS, strict=True)
    bins = np.clip(dense[:, figures] * np.array(factors, dtype=np.float32), 0, np.array(most, dtype=np.float32))
    return np.hstack([mixed_each(51, np.column_stack(columns)), mixed_each(60, bins.astype(np.int64))])


def _amounts(group: Group, options: list[Option]) -> dict[str, float]:
    """Return what can be ordered: amounts as they are, dates as days."""
    values: dict[str, float] = {}
    for option in options:
        if option.key in values:
            continue
        try:
            if group is Group.MONEY:
                values[option.key] = float(Decimal(str(option.value)))
            elif group in {Group.DATE, Group.SENTENCE_DATE}:
                values[option.key] = float(str(option.value).replace("-", ""))
        except (InvalidOperation, ValueError):
            continue
    return values


def _ranks(values: dict[str, float], keys: list[str]) -> list[tuple[float, ...]]:
    """Return for each key rank from the largest, rank from the smallest, magnitude, and share of the largest."""
    nothing = (9.0, 9.0, 0.0, 0.0)
    if not values:
        return [nothing] * len(keys)
    order = sorted(set(values.values()), reverse=True)
    place = {value: index for index, value in enumerate(order)}
    top = max(abs(order[0]), 1e-9)
    found: list[tuple[float, ...]] = []
    for key in keys:
        value = values.get(key)
        if value is None:
            found.append(nothing)
        else:
            rank = place[value]
            found.append((rank, len(order) - 1 - rank, math.log10(1 + abs(value)), value / top))
    return found
