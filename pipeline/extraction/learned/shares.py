"""How often candidates with a mark were right in the reviewed documents: what a mark is worth, leaving one out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.learned.counts import Counts, Floats, Ints, repeats
from pipeline.extraction.learned.marks import SINGLES, Marks
from pipeline.extraction.learned.ragged import entries

BASE_LEAST = 1e-3
FIGURES = 2 * SINGLES + 11

Longs = NDArray[np.int64]
Part = Callable[[Marks], tuple[Longs, Ints]]
"""Marks of a document's candidates: where each one's begin, and the marks."""


def singles_of(marks: Marks) -> tuple[Longs, Ints]:
    """Return the single marks, the same number for each candidate."""
    return np.arange(0, SINGLES * (len(marks) + 1), SINGLES, dtype=np.int64), marks.singles.ravel()


def bag_of(marks: Marks) -> tuple[Longs, Ints]:
    """Return the marks of the words around each candidate."""
    return marks.bag_starts, marks.bag


def words_of(marks: Marks) -> tuple[Longs, Ints]:
    """Return the marks of each name's own words."""
    return marks.word_starts, marks.words


PARTS: tuple[Part, ...] = (singles_of, bag_of, words_of)


@dataclass(frozen=True, slots=True)
class Own:
    """What a document itself gave to the counts: it is left out where the document is learned from."""

    weights: Floats
    """How much of the right answer each candidate is, shape (n,)."""
    seen: tuple[Floats, ...]
    """For each of PARTS, how many of the document's candidates have each of its marks."""


@dataclass(slots=True)
class Shares:
    """Counts of what stands around candidates, of the words around them, and of a name's own words."""

    counts: tuple[Counts, ...]
    """For each of PARTS."""
    base: float = 0.0

    @classmethod
    def of(cls, documents: Sequence[tuple[Marks, Floats]]) -> "Shares":
        """Return the counts of documents; beside its marks, how much of the right answer each candidate is."""
        total = sum(float(weights.sum()) for _, weights in documents)
        return cls(
            tuple(
                Counts.of([_taught(part, *one) for one in documents], [part(marks)[1] for marks, _ in documents])
                for part in PARTS
            ),
            total / max(1.0, float(sum(len(weights) for _, weights in documents))),
        )

    def figures(self, marks: Marks, rows: Longs, own: Own | None = None) -> Floats:
        """Return what the marks of some candidates are worth, shape (number of rows, FIGURES).

        Args:
            marks: the document's candidates.
            rows: which of them are asked about.
            own: what the document itself was counted with, to be left out; None where it was not.
        """
        found = np.zeros((len(rows), FIGURES), dtype=np.float32)
        if not len(rows):
            return found
        (worth, seen, _), bag, words = (self._worth(number, marks, rows, own) for number in range(len(PARTS)))
        worth, seen = worth.reshape(len(rows), SINGLES), seen.reshape(len(rows), SINGLES)
        found[:, :SINGLES] = worth
        found[:, SINGLES : 2 * SINGLES] = np.log1p(seen)
        at = 2 * SINGLES
        _gather(found[:, at : at + 2], *bag)
        _gather(found[:, at + 2 : at + 7], *words)
        ordered = np.sort(worth, axis=1)
        found[:, at + 7 : at + 10] = ordered[:, :-4:-1]
        found[:, at + 10] = np.log(worth + 1e-6).mean(axis=1)
        return found

    def _worth(self, number: int, marks: Marks, rows: Longs, own: Own | None) -> tuple[Floats, Floats, Longs]:
        """Return of one of PARTS what the marks of some candidates are worth, how often seen, and how many each has."""
        starts, every = PARTS[number](marks)
        at, many = entries(starts, rows)
        taught = _taught(PARTS[number], marks, own.weights) if own is not None else None
        seen = own.seen[number][at] if own is not None else None
        worth, counts = self.counts[number].worth(every[at], max(self.base, BASE_LEAST), taught, seen)
        return worth, counts, many


def own_seen(marks: Marks) -> tuple[Floats, ...]:
    """Return for each of PARTS how many of a document's candidates have each of its marks."""
    return tuple(repeats(part(marks)[1]) for part in PARTS)


def _taught(part: Part, marks: Marks, weights: Floats) -> tuple[Ints, Floats]:
    """Return the marks of right candidates, and how much of the answer the candidate of each is."""
    rows = np.flatnonzero(weights)
    starts, every = part(marks)
    at, many = entries(starts, rows)
    return every[at], np.repeat(weights[rows], many)


def _gather(found: Floats, worth: Floats, seen: Floats, many: Longs) -> None:
    """Fill in each row's greatest, mean and least worth, how often its marks were seen, and the share seen at all.

    As many of these as `found` has columns; rows without marks stay as they are.
    """
    filled = np.flatnonzero(many)
    if not len(filled):
        return
    starts, count = (np.cumsum(many) - many)[filled], many[filled]
    figures = (
        lambda: np.maximum.reduceat(worth, starts),
        lambda: np.add.reduceat(worth, starts) / count,
        lambda: np.minimum.reduceat(worth, starts),
        lambda: np.add.reduceat(np.log1p(seen), starts) / count,
        lambda: np.add.reduceat((seen > 0).astype(np.float32), starts) / count,
    )
    for column, figure in zip(range(found.shape[1]), figures, strict=False):
        found[filled, column] = figure()
