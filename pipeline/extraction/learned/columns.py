"""Columns of numbers, one row a candidate: texts numbered, numbers hashed to marks, lists of marks put together."""

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.learned.scene import number_of

BUCKETS = 1 << 18
"""Marks are hashed into so many places."""

_FACTOR, _HALF, _USED = np.uint64(0xFF51AFD7ED558CCD), np.uint64(32), np.uint64(7)

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Columns = NDArray[np.float64]


class Distinct:
    """Texts of the candidates numbered in the order in which they come, so that each is looked at once."""

    def __init__(self, texts: list[str]) -> None:
        known: dict[str, int] = {}
        self.rows: Longs = np.array([known.setdefault(text, len(known)) for text in texts], dtype=np.int64)
        """Shape (n,): which of `texts` each candidate has."""
        self.texts = list(known)

    def numbers(self, texts: list[str] | None = None) -> Longs:
        """Return for each candidate the number of its text, or of what `texts` has in the text's place."""
        found = np.array(list(map(number_of, self.texts if texts is None else texts)), dtype=np.int64)
        return found[self.rows] if len(found) else np.zeros(0, dtype=np.int64)

    def each(self, values: list[tuple[float, ...]], width: int) -> Columns:
        """Return for each candidate what `values` has in its text's place, shape (n, width)."""
        return np.array(values, dtype=np.float64).reshape(len(self.texts), width)[self.rows]


def starts(lengths: list[int]) -> Longs:
    """Return where each of several lists begins when they stand behind one another, and where the last ends."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def flat(kind: int, lists: list[list[int]]) -> tuple[Longs, Longs]:
    """Return where each list's marks begin, and the marks of all of them."""
    return starts([len(one) for one in lists]), mixed(kind, np.array(list(chain.from_iterable(lists)), dtype=np.int64))


def nth(rows: Longs) -> Longs:
    """Return for each candidate how many before it have the same value."""
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    first = np.searchsorted(ordered, ordered, side="left")
    found = np.empty(len(rows), dtype=np.int64)
    found[order] = np.arange(len(rows)) - first
    return found


def mixed(kind: int, *columns: NDArray[np.integer]) -> Longs:
    """Return the buckets of numbers taken together, spread as hashes of texts are; `kind` tells marks apart."""
    seed = np.uint64(kind * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
    found = columns[0].astype(np.uint64) ^ seed
    found *= _FACTOR
    found ^= found >> _HALF
    for column in columns[1:]:
        found ^= column.astype(np.uint64)
        found *= _FACTOR
        found ^= found >> _HALF
    return (found >> _USED).astype(np.int64) % BUCKETS


def mixed_each(first: int, columns: Longs) -> Longs:
    """Return `mixed` of each column by itself, the first one's kind `first` and each next one's one more.

    Args:
        first: kind of the first column.
        columns: shape (n, m).
    """
    kinds = np.arange(first, first + columns.shape[1], dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    found = (kinds ^ columns.astype(np.uint64)) * _FACTOR
    found ^= found >> _HALF
    return (found >> _USED).astype(np.int64) % BUCKETS


def joined(fixed: Ints, lists: list[tuple[Longs, Longs]]) -> tuple[Longs, Ints]:
    """Return rows of marks as starts and marks: each row's fixed ones, then those of the lists."""
    count, width = fixed.shape
    lengths: list[Longs] = [np.diff(begin) for begin, _ in lists]
    total: Longs = width + np.sum(lengths, axis=0, dtype=np.int64)
    where = np.concatenate([[0], np.cumsum(total)]).astype(np.int64)
    marks: Ints = np.empty(int(where[-1]), dtype=np.int32)
    at = where[:-1]
    marks[at[:, None] + np.arange(width)] = fixed
    at = at + width
    for (begin, found), length in zip(lists, lengths, strict=True):
        rows: Longs = np.repeat(np.arange(count, dtype=np.int64), length)
        marks[at[rows] + np.arange(len(rows)) - begin[:-1][rows]] = found
        at = at + length
    return where, marks
