"""Template memory: where the reviewed documents that look like this one had the value."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.fingerprint import Familiar, Fingerprint

NEAREST = 5
REACH = 0.04
"""How far a value may have moved on the page, as a share of it, before its place tells little."""
CONTEXTS = (2, 3, 0, 7)
"""Which single marks are compared: label phrase, words above, word to the left, form."""
ALIKE = 0.5
"""Similarity from which two documents are taken to have one layout."""
FIGURES = 8
"""Numbers for each candidate: closeness, four contexts, their sum, similarity of the nearest, how many are alike."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """One right print in a reviewed document: its place, and the single marks around it."""

    page: float
    x0: float
    x1: float
    y: float
    marks: tuple[int, ...]


@dataclass(slots=True)
class Memory:
    """What a field's reviewed documents remember: fingerprints, and the right prints of each."""

    keys: list[str] = field(default_factory=list[str])
    fingerprints: list[Fingerprint] = field(default_factory=list[Fingerprint])
    prints: list[tuple[Remembered, ...]] = field(default_factory=list[tuple[Remembered, ...]])

    def add(self, key: str, fingerprint: Fingerprint, prints: tuple[Remembered, ...]) -> None:
        self.keys.append(key)
        self.fingerprints.append(fingerprint)
        self.prints.append(prints)

    def figures(
        self, near: Sequence[tuple[float, int]], places: NDArray[np.float32], singles: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """Return for each candidate how it agrees with the nearest reviewed documents, shape (n, FIGURES).

        Args:
            near: what `nearest` says of the document at hand.
            places: page, left, right and middle height of each candidate.
            singles: the single marks around each.
        """
        found = np.zeros((len(places), FIGURES), dtype=np.float32)
        if not near or not len(places):
            return found
        shares = np.array([similarity**2 for similarity, _ in near])
        shares /= shares.sum()
        prints = [one for _, index in near for one in self.prints[index]]
        first = np.cumsum([0, *(len(self.prints[index]) for _, index in near)])[:-1]
        at = np.array([(one.page, one.x0, one.y) for one in prints], dtype=np.float32)
        marks = np.array([one.marks for one in prints], dtype=np.int32)
        off = (places[:, 1, None] - at[:, 1]) ** 2 + (places[:, 3, None] - at[:, 2]) ** 2
        close = np.exp(-off / (2 * REACH**2)) * (places[:, 0, None] == at[:, 0])
        found[:, 0] = np.maximum.reduceat(close, first, axis=1) @ shares
        for column, single in enumerate(CONTEXTS):
            agree = singles[:, single, None] == marks[:, column]
            found[:, 1 + column] = np.logical_or.reduceat(agree, first, axis=1) @ shares
        found[:, 5] = found[:, 0] + found[:, 1:5].sum(axis=1)
        found[:, 6] = near[0][0]
        found[:, 7] = sum(1 for similarity, _ in near if similarity > ALIKE)
        return found

    def nearest(
        self,
        fingerprint: Fingerprint | Familiar,
        similarities: NDArray[np.float64] | None = None,
        without: str | None = None,
    ) -> list[tuple[float, int]]:
        """Return similarity and index of the nearest documents that had the value, the nearest first.

        Args:
            fingerprint: of the document at hand.
            similarities: to each document that is remembered, where they are known already.
            without: the key of a document to leave out, itself in training.
        """
        having = [index for index, prints in enumerate(self.prints) if prints and self.keys[index] != without]
        if similarities is None and isinstance(fingerprint, Familiar):
            similarities = fingerprint.similarities(self.fingerprints)
        if similarities is None:
            alike = np.array([fingerprint.similarity(self.fingerprints[index]) for index in having])
        else:
            alike = similarities[having]
        order = np.argsort(-alike, kind="stable")[:NEAREST]
        return [(float(alike[at]), having[at]) for at in map(int, order) if alike[at] > 0.0]
