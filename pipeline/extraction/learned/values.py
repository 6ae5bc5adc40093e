"""Which values reviewed documents had: as the answer, and anywhere among their candidates."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

COMMON = 2
"""Values that fewer documents had are not told apart from new ones: nearly all values of a document are its own."""
UNKNOWN = 0.02
"""What a value is worth that no document had: about the chance of a candidate of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Values:
    """Values by their hash, with the number of documents that had each."""

    hashes: Ints
    """Ascending; those of right answers, and of what COMMON documents or more had."""
    right: Floats
    """In how many documents the value was the answer."""
    seen: Floats
    """In how many it was a candidate; 0 for fewer than COMMON."""

    @classmethod
    def of(cls, documents: Iterable[tuple[Ints, NDArray[np.bool_]]]) -> "Values":
        """Return the values of documents: the hash of each candidate, and whether it is right."""
        every: list[Ints] = [np.zeros(0, dtype=np.int64)]
        rights: list[Ints] = [np.zeros(0, dtype=np.int64)]
        for hashes, right in documents:
            every.append(np.unique(hashes))
            rights.append(np.unique(hashes[right]))
        found, counts = np.unique(np.concatenate(every), return_counts=True)
        answers, times = np.unique(np.concatenate(rights), return_counts=True)
        right = np.zeros(len(found), dtype=np.float32)
        right[np.searchsorted(found, answers)] = times
        seen = np.where(counts >= COMMON, counts, 0).astype(np.float32)
        kept = (right > 0) | (seen > 0)
        return cls(found[kept], right[kept], seen[kept])

    def figures(self, hashes: Ints, own: Ints | None = None) -> Floats:
        """Return for each value in how many documents it was right, in how many it was at all, and what that is worth.

        Shape (n, 3).

        Args:
            hashes: of the values.
            own: those of the right answer of a document that was counted and is asked about: it is left out.
        """
        found = np.zeros((len(hashes), 3), dtype=np.float32)
        found[:, 2] = UNKNOWN
        if not len(self.hashes):
            return found
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        known = self.hashes[at] == hashes
        found[:, 0], found[:, 1] = np.where(known, self.right[at], 0), np.where(known, self.seen[at], 0)
        if own is not None:
            found[:, 0] -= np.isin(hashes, own)
            others = found[:, 1] - 1
            found[:, 1] = np.where(others >= COMMON, others, 0)
        found[:, 2] = (found[:, 0] + UNKNOWN) / (np.maximum(found[:, 0], found[:, 1]) + 1)
        return found
