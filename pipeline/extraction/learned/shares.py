"""How often candidates with a mark were right in the reviewed documents: what a mark is worth, leaving one out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.learned.columns import BUCKETS
from pipeline.extraction.learned.marks import SINGLES, Marks

DOUBT = 1.0
"""So many candidates of average worth are added to each mark's own."""
FIGURES = 2 * SINGLES + 6


@dataclass(slots=True)
class Shares:
    """Counts by mark: how much of its candidates was right, and how many there were, in documents."""

    right: NDArray[np.float32]
    seen: NDArray[np.float32]
    right_bag: NDArray[np.float32]
    seen_bag: NDArray[np.float32]
    base: float = 0.0

    @classmethod
    def empty(cls) -> "Shares":
        right, seen, right_bag, seen_bag = (np.zeros(BUCKETS, dtype=np.float32) for _ in range(4))
        return cls(right, seen, right_bag, seen_bag)

    def add(self, marks: Marks, weights: NDArray[np.float32], sign: float = 1.0) -> None:
        """Count a document; `weights` says how much of the right answer each candidate is, shape (n,)."""
        if not len(marks):
            return
        singles = marks.singles.ravel()
        _count(self.right, singles, sign * np.repeat(weights, marks.singles.shape[1]))
        _count(self.seen, singles, np.full(len(singles), sign, dtype=np.float32))
        rows = np.repeat(np.arange(len(marks)), np.diff(marks.bag_starts))
        _count(self.right_bag, marks.bag, sign * weights[rows])
        _count(self.seen_bag, marks.bag, np.full(len(rows), sign, dtype=np.float32))

    def figures(self, marks: Marks, own: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Return what each candidate's marks are worth, shape (n, FIGURES).

        Args:
            marks: the candidates.
            own: the weights this very document was counted with, to be left out; None where it was not.
        """
        count = len(marks)
        found = np.zeros((count, FIGURES), dtype=np.float32)
        if not count:
            return found
        right, seen = self.right[marks.singles], self.seen[marks.singles]
        rows = np.repeat(np.arange(count), np.diff(marks.bag_starts))
        right_bag, seen_bag = self.right_bag[marks.bag], self.seen_bag[marks.bag]
        if own is not None:
            own_right, own_seen = _own(marks.singles.ravel(), np.repeat(own, marks.singles.shape[1]))
            right = right - own_right.reshape(right.shape)
            seen = seen - own_seen.reshape(seen.shape)
            bag_right, bag_seen = _own(marks.bag, own[rows])
            right_bag, seen_bag = right_bag - bag_right, seen_bag - bag_seen
        base = max(self.base, 1e-3)
        found[:, :SINGLES] = (np.maximum(right, 0) + DOUBT * base) / (np.maximum(seen, 0) + DOUBT)
        found[:, SINGLES : 2 * SINGLES] = np.log1p(np.maximum(seen, 0))
        worth = (np.maximum(right_bag, 0) + DOUBT * base) / (np.maximum(seen_bag, 0) + DOUBT)
        if len(worth):
            most = np.zeros(count, dtype=np.float32)
            filled = np.diff(marks.bag_starts) > 0
            most[filled] = np.maximum.reduceat(worth, marks.bag_starts[:-1][filled])
            sums = np.bincount(rows, worth, count)
            lengths = np.maximum(np.diff(marks.bag_starts), 1)
            found[:, 2 * SINGLES] = most
            found[:, 2 * SINGLES + 1] = sums / lengths
        singles = found[:, :SINGLES]
        ordered = np.sort(singles, axis=1)
        found[:, 2 * SINGLES + 2] = ordered[:, -1]
        found[:, 2 * SINGLES + 3] = ordered[:, -2]
        found[:, 2 * SINGLES + 4] = ordered[:, -3]
        found[:, 2 * SINGLES + 5] = np.log(singles + 1e-6).mean(axis=1)
        return found


def _count(table: NDArray[np.float32], marks: NDArray[np.int32], amounts: NDArray[np.float32]) -> None:
    used, inverse = np.unique(marks, return_inverse=True)
    table[used] += np.bincount(inverse, amounts, len(used)).astype(np.float32)


def _own(marks: NDArray[np.int32], weights: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what a document itself gave to each of its marks."""
    used, inverse = np.unique(marks, return_inverse=True)
    right = np.bincount(inverse, weights, len(used)).astype(np.float32)
    seen = np.bincount(inverse, minlength=len(used)).astype(np.float32)
    return right[inverse], seen[inverse]
