"""Counts by mark: how much of its candidates was right, and how many there were, in documents."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.learned.columns import BUCKETS

DOUBT = 1.0
"""So many candidates of average worth are added to each mark's own."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(slots=True)
class Counts:
    """Shape (BUCKETS,) each."""

    right: Floats
    seen: Floats

    @classmethod
    def of(cls, taught: Sequence[tuple[Ints, Floats]], every: Sequence[Ints]) -> "Counts":
        """Return the counts of documents.

        Args:
            taught: of each document the marks of its right candidates, and how much of the answer each of these is.
            every: the marks of all of its candidates.
        """
        return cls(_counted([marks for marks, _ in taught], [amounts for _, amounts in taught]), _counted(every))

    def worth(
        self, asked: Ints, base: float, taught: tuple[Ints, Floats] | None = None, seen: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """Return what marks are worth, and how many candidates had them, in the shape of `asked`.

        Args:
            asked: the marks.
            base: what a candidate is worth of which nothing is known.
            taught: what a document that is asked about gave itself, as in `of`; it is left out.
            seen: how many of that document's candidates have each mark.
        """
        rights, counts = self.right[asked], self.seen[asked]
        if taught is not None:
            rights = rights - _looked_up(*taught, asked)
        if seen is not None:
            counts = np.maximum(counts - seen, 0)
        worth = (np.maximum(rights, 0) + DOUBT * base) / (counts + DOUBT)
        return worth.astype(np.float32), counts


def repeats(marks: Ints) -> Floats:
    """Return how often each of some marks is among them, in their shape."""
    if not marks.size:
        return np.zeros(marks.shape, dtype=np.float32)
    _, inverse, counts = np.unique(marks, return_inverse=True, return_counts=True)
    found: Floats = counts.astype(np.float32)[inverse].reshape(marks.shape)
    return found


def _counted(marks: Sequence[Ints], amounts: Sequence[Floats] | None = None) -> Floats:
    if not marks:
        return np.zeros(BUCKETS, dtype=np.float32)
    amount = np.concatenate(amounts) if amounts is not None else None
    return np.bincount(np.concatenate(marks), amount, BUCKETS).astype(np.float32)


def _looked_up(marks: Ints, amounts: Floats, asked: Ints) -> Floats:
    """Return for each mark that is asked about the sum of its amounts, 0 where it has none."""
    found = np.zeros(asked.shape, dtype=np.float32)
    if not len(marks):
        return found
    used, inverse = np.unique(marks, return_inverse=True)
    sums = np.bincount(inverse, amounts, len(used)).astype(np.float32)
    at = np.minimum(np.searchsorted(used, asked), len(used) - 1)
    return np.where(used[at] == asked, sums[at], found)
