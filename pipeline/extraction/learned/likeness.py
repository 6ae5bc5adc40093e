"""How alike the first pages of reviewed documents are: computed once for a training, for all who ask."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.assurance.fitting import sparse_rows
from pipeline.extraction.fingerprint import Fingerprint

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Likeness:
    """The similarity of any two of some documents, as `Fingerprint.similarity` says it."""

    place: dict[str, int]
    """Of each document's key in the table."""
    table: Doubles
    """Shape (n, n)."""

    @classmethod
    def of(cls, documents: Iterable[tuple[str, Fingerprint]]) -> "Likeness":
        """Return it for documents given by their keys and fingerprints; of equal keys the last one counts."""
        prints = dict(documents)
        sizes = np.array([len(each.marks) for each in prints.values()], dtype=np.int64)
        marks = np.fromiter((mark for each in prints.values() for mark in each.marks), np.int64, int(sizes.sum()))
        used, columns = np.unique(marks, return_inverse=True)
        pointers = np.concatenate([[0], np.cumsum(sizes)])
        shape = (len(sizes), len(used))
        which = sparse_rows((np.ones(len(columns), dtype=np.int32), columns, pointers), shape=shape)
        both = (which @ which.T).toarray().astype(np.float64)
        either = sizes[:, None] + sizes[None, :] - both
        return cls({key: at for at, key in enumerate(prints)}, both / np.maximum(either, 1.0))

    def among(self, key: str, others: Sequence[str]) -> Doubles:
        """Return how alike a document is to each of the others, shape (number of others,)."""
        return self.table[self.place[key], [self.place[other] for other in others]]

    def nearest(self, key: str, others: Sequence[str]) -> float:
        """Return how alike a document is to the most similar one of the others; 0 where there is none."""
        return float(self.among(key, others).max(initial=0.0))
