"""How often candidates with a mark were right in the reviewed documents: what a mark is worth, leaving one out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.learned.columns import BUCKETS
from pipeline.extraction.learned.marks import SINGLES, Marks
from pipeline.extraction.learned.ragged import entries

DOUBT = 1.0
"""So many candidates of average worth are added to each mark's own."""
FIGURES = 2 * SINGLES + 6

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Own:
    """What a document itself gave to the counts: it is left out where the document is learned from."""

    weights: Floats
    """How much of the right answer each candidate is, shape (n,)."""
    seen: Floats
    """How many candidates of the document have each candidate's single marks, shape (n, SINGLES)."""
    seen_bag: Floats
    """The same for each mark of the bag."""


@dataclass(slots=True)
class Shares:
    """Counts by mark: how much of its candidates was right, and how many there were, in documents."""

    right: Floats
    seen: Floats
    right_bag: Floats
    seen_bag: Floats
    base: float = 0.0

    @classmethod
    def of(cls, documents: Sequence[tuple[Marks, Floats]]) -> "Shares":
        """Return the counts of documents; beside its marks, how much of the right answer each candidate is."""
        right = [(marks, weights, np.flatnonzero(weights)) for marks, weights in documents]
        bags = [entries(marks.bag_starts, rows) for marks, _, rows in right]
        total = sum(float(weights.sum()) for _, weights in documents)
        return cls(
            _counted(
                [marks.singles[rows].ravel() for marks, _, rows in right],
                [np.repeat(weights[rows], SINGLES) for _, weights, rows in right],
            ),
            _counted([marks.singles.ravel() for marks, _ in documents]),
            _counted(
                [marks.bag[at] for (marks, _, _), (at, _) in zip(right, bags, strict=True)],
                [np.repeat(weights[rows], many) for (_, weights, rows), (_, many) in zip(right, bags, strict=True)],
            ),
            _counted([marks.bag for marks, _ in documents]),
            total / max(1.0, float(sum(len(weights) for _, weights in documents))),
        )

    def figures(self, marks: Marks, rows: NDArray[np.int64], own: Own | None = None) -> Floats:
        """Return what the marks of some candidates are worth, shape (number of rows, FIGURES).

        Args:
            marks: the document's candidates.
            rows: which of them are asked about.
            own: what the document itself was counted with, to be left out; None where it was not.
        """
        found = np.zeros((len(rows), FIGURES), dtype=np.float32)
        if not len(rows):
            return found
        singles = marks.singles[rows]
        right, seen = self.right[singles], self.seen[singles]
        at, many = entries(marks.bag_starts, rows)
        bag = marks.bag[at]
        right_bag, seen_bag = self.right_bag[bag], self.seen_bag[bag]
        if own is not None:
            taught = np.flatnonzero(own.weights)
            weights = own.weights[taught]
            mine, mine_many = entries(marks.bag_starts, taught)
            right = right - _looked_up(marks.singles[taught].ravel(), np.repeat(weights, SINGLES), singles)
            right_bag = right_bag - _looked_up(marks.bag[mine], np.repeat(weights, mine_many), bag)
            seen, seen_bag = seen - own.seen[rows], seen_bag - own.seen_bag[at]
        base = max(self.base, 1e-3)
        worth = (np.maximum(right, 0) + DOUBT * base) / (np.maximum(seen, 0) + DOUBT)
        found[:, :SINGLES] = worth
        found[:, SINGLES : 2 * SINGLES] = np.log1p(np.maximum(seen, 0))
        if len(bag):
            worth_bag = (np.maximum(right_bag, 0) + DOUBT * base) / (np.maximum(seen_bag, 0) + DOUBT)
            filled = np.flatnonzero(many)
            starts = (np.cumsum(many) - many)[filled]
            found[filled, 2 * SINGLES] = np.maximum.reduceat(worth_bag, starts)
            found[filled, 2 * SINGLES + 1] = np.add.reduceat(worth_bag, starts) / many[filled]
        ordered = np.sort(worth, axis=1)
        found[:, 2 * SINGLES + 2 : 2 * SINGLES + 5] = ordered[:, :-4:-1]
        found[:, 2 * SINGLES + 5] = np.log(worth + 1e-6).mean(axis=1)
        return found


def own_seen(marks: Marks) -> tuple[Floats, Floats]:
    """Return how many of a document's candidates have each of its single marks, and each mark of its bag."""
    return _repeats(marks.singles.ravel()).reshape(marks.singles.shape), _repeats(marks.bag)


def _counted(marks: list[NDArray[np.int32]], amounts: list[Floats] | None = None) -> Floats:
    if not marks:
        return np.zeros(BUCKETS, dtype=np.float32)
    amount = np.concatenate(amounts) if amounts is not None else None
    return np.bincount(np.concatenate(marks), amount, BUCKETS).astype(np.float32)


def _repeats(marks: NDArray[np.int32]) -> Floats:
    _, inverse, counts = np.unique(marks, return_inverse=True, return_counts=True)
    found: Floats = counts.astype(np.float32)[inverse]
    return found


def _looked_up(marks: NDArray[np.int32], amounts: Floats, asked: NDArray[np.int32]) -> Floats:
    """Return for each mark that is asked about the sum of its amounts, 0 where it has none."""
    found = np.zeros(asked.shape, dtype=np.float32)
    if not len(marks):
        return found
    used, inverse = np.unique(marks, return_inverse=True)
    sums = np.bincount(inverse, amounts, len(used)).astype(np.float32)
    at = np.minimum(np.searchsorted(used, asked), len(used) - 1)
    return np.where(used[at] == asked, sums[at], found)
