"""Template memory: where the reviewed documents that look like this one had the value."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.fingerprint import Familiar, Fingerprint

NEAREST = 5
REACH = 0.04
"""How far a value may have moved on the page, as a share of it, before its place tells little."""
CONTEXTS = (2, 3, 0, 7)
"""Which single marks are compared: label phrase, words above, word to the left, form."""
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
        self,
        fingerprint: Fingerprint | Familiar,
        places: NDArray[np.float32],
        singles: NDArray[np.int32],
        similarities: dict[str, float] | None = None,
        without: frozenset[str] = frozenset(),
    ) -> NDArray[np.float32]:
        """Return for each candidate how it agrees with the nearest reviewed documents, shape (n, FIGURES).

        Args:
            fingerprint: of the document at hand.
            places: page, left, right and middle height of each candidate.
            singles: the single marks around each.
            similarities: by key, where they are known already.
            without: reviewed documents to leave out, itself in training.
        """
        found = np.zeros((len(places), FIGURES), dtype=np.float32)
        near = self.nearest(fingerprint, similarities, without)
        if not near or not len(places):
            return found
        total = sum(similarity**2 for similarity, _ in near)
        for similarity, index in near:
            share = similarity**2 / total
            closest = np.zeros(len(places), dtype=np.float32)
            agree = np.zeros((len(places), len(CONTEXTS)), dtype=np.float32)
            for one in self.prints[index]:
                off = (places[:, 1] - one.x0) ** 2 + (places[:, 3] - one.y) ** 2
                close = np.exp(-off / (2 * REACH**2)) * (places[:, 0] == one.page)
                closest = np.maximum(closest, close)
                for column, single in enumerate(CONTEXTS):
                    agree[:, column] = np.maximum(agree[:, column], singles[:, single] == one.marks[column])
            found[:, 0] += share * closest
            found[:, 1:5] += share * agree
        found[:, 5] = found[:, 0] + found[:, 1:5].sum(axis=1)
        found[:, 6] = near[0][0]
        found[:, 7] = sum(1 for similarity, _ in near if similarity > 0.5)
        return found

    def nearest(
        self,
        fingerprint: Fingerprint | Familiar,
        similarities: dict[str, float] | None = None,
        without: frozenset[str] = frozenset(),
    ) -> list[tuple[float, int]]:
        """Return similarity and index of the nearest documents that had the value, the nearest first."""
        ranked: list[tuple[float, int]] = []
        for index, (key, other) in enumerate(zip(self.keys, self.fingerprints, strict=True)):
            if key in without or not self.prints[index]:
                continue
            if similarities is not None and key in similarities:
                ranked.append((similarities[key], index))
            else:
                ranked.append((fingerprint.similarity(other), index))
        ranked.sort(key=lambda pair: (-pair[0], pair[1]))
        return [pair for pair in ranked[:NEAREST] if pair[0] > 0.0]
