"""Where an amount stands among the lines of a till's list: what its line is called, and what comes before and after."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from pipeline.extraction.layout import Layout, Line
from pipeline.extraction.learned.columns import Columns, Longs, flat, mixed, mixed_each
from pipeline.extraction.learned.options import Option
from pipeline.extraction.learned.scene import number_of
from pipeline.extraction.learned.sums import cents_of
from pipeline.normalise.currencies import CODES

FIGURES = 16
"""Numbers for each amount."""
FAR = 9
"""Lines from which on a distance says nothing more."""
LABEL_WORDS = 6
ITEMS_BACK = 4
"""Amounts that may stand between the last article and the sum of all."""
DUE_BACK, CHANGE_BELOW = 6, 3
"""Amounts between what is due and what was handed over, and between that and the change."""
UNRANKED = 20
FIRST_KIND = 30
"""Marks of this kind and the next ones are the tally's."""

_KIND_WORDS = {
    "cash": "cash tender tendered paid pay payment payments bar gegeben recu especes visa master mastercard debit "
    "credit card carte karte amex maestro",
    "change": "change ruckgeld wechselgeld rendu baki",
    "summary": "summary rate steuersatz taux",
    "discount": "discount disc rabatt remise saving savings coupon voucher",
    "total": "total summe gesamt gesamtbetrag gesamtsumme payable due montant net nett amount",
    "sub": "subtotal zwischensumme",
    "quantity": "qty quantity item items menge anzahl articles",
}
_KIND = {word: kind for kind, words in _KIND_WORDS.items() for word in words.split()}
_PAIRS = {("sub", "total"): "sub", ("sous", "total"): "sub", ("tax", "code"): "summary"}
_ROUNDING = ("round", "rnd", "rundung", "arrond")
_NEAR = ("cash", "change", "round", "sub", "discount")
"""Kinds of lines whose distance is told."""
_OWN = ("total", "sub", "cash", "change", "quantity", "discount")
"""Kinds that an amount's own line may be of."""
_MONEY_WORDS = frozenset(("rm", "rs", *(code.lower() for code in CODES)))


@dataclass(frozen=True, slots=True)
class _Row:
    """A line: its words without currencies and numbers, as numbers, and what it is about."""

    label: int
    words: tuple[int, ...]
    kinds: frozenset[str]


_NOTHING = _Row(0, (), frozenset())


class Tally:
    """All lines of a document that have amounts, gone through once; what is asked of each amount is looked up."""

    def __init__(self, options: Sequence[Option], layout: Layout) -> None:
        self._layout = layout
        self._options = options
        self._cents = [cents_of(str(option.value)) for option in options]
        last: dict[int, int] = {}
        for option, cents in zip(options, self._cents, strict=True):
            if cents is not None:
                last[option.segment.line] = cents
        self._lines = sorted(last)
        self._last = [last[line] for line in self._lines]
        """The last amount of each line, in cents: what its article costs."""
        used = sorted({option.segment.line for option in options})
        near = {line + step for line in used for step in (-1, 0, 1)}
        self._rows = {line: _row(layout.lines[line]) for line in near if 0 <= line < len(layout.lines)}
        self._of_kind: dict[str, list[int]] = {}
        for line in used:
            for kind in self._rows[line].kinds:
                self._of_kind.setdefault(kind, []).append(line)
        self._summaries = sorted(line for line, row in self._rows.items() if "summary" in row.kinds)
        self._sums = self._summed()
        self._due = self._settled()
        self._rank = self._ranked()

    def _summed(self) -> set[tuple[int, int]]:
        """Return line and cents of the amounts that two or more lines right above come to."""
        found: set[tuple[int, int]] = set()
        amounts: dict[int, list[int]] = {}
        for option, cents in zip(self._options, self._cents, strict=True):
            if cents is not None and cents > 0:
                amounts.setdefault(option.segment.line, []).append(cents)
        tops: list[int] = []
        """What the amounts of the page come to, down to each of the last lines."""
        first: dict[int, int] = {}
        """The first line of the page above which they came to so much, by its place."""
        page, total = 0, 0
        for line, cents in zip(self._lines, self._last, strict=True):
            if self._layout.lines[line].page != page:
                page, total, tops, first = self._layout.lines[line].page, 0, [], {}
            count = len(tops)
            for amount in amounts.get(line, ()):
                for end in range(max(0, count - ITEMS_BACK), count):
                    if first.get(tops[end] - amount, count) < end:
                        found.add((line, amount))
            first.setdefault(total, count)
            total += cents
            tops.append(total)
        return found

    def _settled(self) -> set[tuple[int, int]]:
        """Return line and cents of the amounts below which stands what was handed over, and below that the change."""
        found: set[tuple[int, int]] = set()
        for at, handed in enumerate(self._last):
            for change in self._last[at + 1 : at + 1 + CHANGE_BELOW]:
                if 0 <= change < handed:
                    due = handed - change
                    for other in range(max(0, at - DUE_BACK), at):
                        if self._last[other] == due:
                            found.add((self._lines[other], due))
        return found

    def _ranked(self) -> dict[int, int]:
        """Return the place of each amount, the largest first, among those that stand before the payment."""
        paid = [lines[0] for kind in ("cash", "change") if (lines := self._of_kind.get(kind))]
        end = min(paid, default=len(self._layout.lines))
        values = {
            cents
            for option, cents in zip(self._options, self._cents, strict=True)
            if cents is not None and option.segment.line < end
        }
        return {cents: place for place, cents in enumerate(sorted(values, reverse=True))}

    def _gap(self, kind: str, line: int) -> float:
        """Return how many lines below (above: less than 0) the nearest line of a kind stands."""
        lines = self._of_kind.get(kind)
        if not lines:
            return FAR + 1
        at = bisect_left(lines, line)
        gaps = [lines[place] - line for place in (at - 1, at) if 0 <= place < len(lines)]
        return max(-FAR, min(FAR, min(gaps, key=abs)))

    def figures(self) -> Columns:
        """Return the figures, shape (n, FIGURES)."""
        known: dict[int, tuple[float, ...]] = {}
        rows: list[tuple[float, ...]] = []
        for option, cents in zip(self._options, self._cents, strict=True):
            line = option.segment.line
            if line not in known:
                kinds = self._rows[line].kinds
                below = bisect_right(self._summaries, line)
                known[line] = (
                    *(self._gap(kind, line) for kind in _NEAR),
                    min(FAR, line - self._summaries[0]) if below else -1.0,
                    *(float(kind in kinds) for kind in _OWN),
                )
            rows.append(
                (
                    *known[line],
                    float((line, cents) in self._sums),
                    float((line, cents) in self._due),
                    float(self._rank.get(cents, UNRANKED) if cents is not None else UNRANKED),
                    float(cents is not None and cents % 5 == 0),
                )
            )
        return np.array(rows, dtype=np.float64).reshape(len(rows), FIGURES)

    def binned(self, figures: Columns) -> Longs:
        """Return the marks that stand for the figures, shape (n, FIGURES + 1)."""
        whole = figures.astype(np.int64)
        together = mixed(FIRST_KIND + FIGURES, whole[:, 12], whole[:, 13], whole[:, 14])
        return np.column_stack([mixed_each(FIRST_KIND, whole), together])

    def said(self) -> tuple[Longs, Longs]:
        """Return marks of the words before each amount on its line, and of the lines above and below."""
        known: dict[tuple[int, int, int], list[int]] = {}
        found: list[list[int]] = []
        for option in self._options:
            segment = option.segment
            key = (segment.line, segment.index, option.span.start)
            marks = known.get(key)
            if marks is None:
                own = _row_of(_words_before(option, self._layout.lines[segment.line]))
                above = self._rows.get(segment.line - 1, _NOTHING)
                below = self._rows.get(segment.line + 1, _NOTHING)
                rows = enumerate((own, above, below), 1)
                marks = known[key] = [
                    number | place << 32 for place, row in rows for number in (row.label | 4 << 32, *row.words)
                ]
            found.append(marks)
        return flat(FIRST_KIND + FIGURES + 1, found)


def _words_before(option: Option, line: Line) -> list[str]:
    segment = option.segment
    before = [word for other in line.segments[: segment.index] for word, _ in other.words]
    return [*before, *(word for word, token in segment.words if token < option.span.start)]


def _row(line: Line) -> _Row:
    return _row_of(word for segment in line.segments for word, _ in segment.words)


def _row_of(printed: Iterable[str]) -> _Row:
    words = tuple([word for word in printed if len(word) > 1 and word.isalpha() and word not in _MONEY_WORDS])
    return _row_with(words) if words else _EMPTY


@lru_cache(maxsize=16_384)
def _row_with(words: tuple[str, ...]) -> _Row:
    kept = list(dict.fromkeys(words))[-LABEL_WORDS:]
    kinds = {_KIND[word] for word in words if word in _KIND}
    kinds.update(_PAIRS[pair] for pair in pairwise(words) if pair in _PAIRS)
    if any(word.startswith(_ROUNDING) for word in words):
        kinds.add("round")
    return _Row(number_of(" ".join(kept)), tuple(map(number_of, kept)), frozenset(kinds))


_EMPTY = _row_with(())
