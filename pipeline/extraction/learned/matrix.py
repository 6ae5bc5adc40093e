"""Sparse marks of many documents as one matrix: a row a candidate, a column each mark that tells anything."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.assurance.fitting import sparse_rows
from pipeline.extraction.learned.columns import BUCKETS
from pipeline.extraction.learned.ragged import entries

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


def marks_at(starts: Longs, marks: Ints, rows: NDArray[np.bool_]) -> Ints:
    """Return the marks of some rows, one row after the other."""
    return marks[entries(starts, np.flatnonzero(rows))[0]]


def telling(documents: Iterable[tuple[Ints, Ints]]) -> Longs:
    """Return the marks that are learned about: those of right candidates, and those that several documents have.

    A mark that one document alone has, at a wrong candidate, says nothing about other documents.

    Args:
        documents: of each the marks that it has, each once, and those of its right candidates.
    """
    every, right = zip(*documents, strict=True)
    count = np.bincount(np.concatenate(every), minlength=BUCKETS)
    count[np.concatenate(right)] += 2
    return np.flatnonzero(count >= 2)


def matrix_of(documents: Sequence[tuple[Longs, Ints]], used: Longs) -> Any:
    """Return the matrix of documents, in single precision: 1 where a candidate has one of the marks `used`.

    Args:
        documents: of each where the marks of its rows begin, and the marks.
        used: the columns.
    """
    place = np.full(BUCKETS, -1, dtype=np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    lengths = np.concatenate([np.diff(starts) for starts, _ in documents])
    columns = place[np.concatenate([marks for _, marks in documents])]
    kept = columns >= 0
    rows = np.repeat(np.arange(len(lengths)), lengths)[kept]
    columns = columns[kept]
    pointers = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(lengths)))])
    return sparse_rows((np.ones(len(columns), dtype=np.float32), columns, pointers), shape=(len(lengths), len(used)))
