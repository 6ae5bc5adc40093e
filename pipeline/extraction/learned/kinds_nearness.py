"""How like the reviewed documents of a type another one is, measured by how like those are among themselves."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from pipeline.extraction.learned.kinds_regression import Floats, Whole
from pipeline.extraction.learned.kinds_words import BUCKETS, Buckets, Counts, rarity_of, stacked, weighted

KEPT_MAX = 48
"""Reviewed documents of a type that are remembered: those least like each other, so that each layout has one."""
TELLING_MAX = 256
"""Words and pairs kept of each, the rarest."""
LEAST, MOST = -8.0, 2.0
"""Beyond these a likeness says no more."""
PRIOR_MEAN, PRIOR_SPREAD, PRIOR_COUNT = 0.5, 0.15, 5.0
"""What a type's likeness among itself is held to while few documents show it."""
FLOOR = 0.02


class Nearness:
    """Bounded sketches of the reviewed documents of each class."""

    def __init__(
        self,
        rarity: Counts,
        starts: Whole,
        buckets: Buckets,
        weights: Counts,
        classes: Whole,
        mean: Floats,
        spread: Floats,
        alike: Floats | None = None,
        all_classes: Whole | None = None,
    ) -> None:
        self._rarity = rarity
        self._starts = starts
        self._buckets = buckets
        self._weights = weights
        self._classes = classes
        self._mean = mean
        self._spread = spread
        self._alike = alike
        self._all_classes = all_classes

    @classmethod
    def of(cls, bags: Sequence[tuple[Buckets, Counts]], classes: Whole, count: int) -> Self:
        """Return the sketches of documents, given by their words, of `count` classes."""
        rarity = rarity_of(bags)
        full = [weighted(bag, rarity) for bag in bags]
        sketches = [_telling(bag) for bag in full]
        # Each document in full against the sketch of each: as a new one will be compared.
        alike = (stacked(full) @ stacked(sketches).T).astype(np.float64)
        kept = np.concatenate([_spread_out(alike, np.flatnonzero(classes == number)) for number in range(count)])
        mean, spread = _usual(alike, classes, kept, count)
        remembered = np.full(alike.shape, -1.0)
        remembered[:, kept] = alike[:, kept]
        np.fill_diagonal(remembered, -1.0)
        chosen: list[tuple[Buckets, Counts]] = [sketches[i] for i in kept.tolist()]
        return cls(
            rarity,
            np.cumsum([0, *(len(buckets) for buckets, _ in chosen)]).astype(np.int64),
            np.concatenate([buckets for buckets, _ in chosen]),
            np.concatenate([weights for _, weights in chosen]).astype(np.float16).astype(np.float32),
            classes[kept],
            mean,
            spread,
            remembered,
            classes,
        )

    def of_bag(self, bag: tuple[Buckets, Counts], number: int) -> tuple[float, float]:
        """Return the similarity to the nearest document of a class, and by how many spreads that is unusual."""
        own, weights = weighted(bag, self._rarity)
        dense = np.zeros(BUCKETS, dtype=np.float32)
        dense[own] = weights
        near = np.add.reduceat(dense[self._buckets] * self._weights, self._starts[:-1])
        nearest = float(near[self._classes == number].max(initial=0.0))
        return nearest, float(self._unusual(np.array([nearest]), np.array([number]))[0])

    def among(self, numbers: Whole, rows: Whole | None = None) -> Floats:
        """Return the same for reviewed documents against the others of the classes `numbers`; of a fresh fit only."""
        if self._alike is None or self._all_classes is None:
            raise ValueError("A model that was loaded does not know its documents in full.")
        alike = self._alike if rows is None else self._alike[rows]
        own = self._all_classes[None, :] == numbers[:, None]
        return self._unusual(np.where(own, alike, 0.0).max(axis=1), numbers)

    def _unusual(self, nearest: Floats, numbers: Whole) -> Floats:
        return np.clip((nearest - self._mean[numbers]) / self._spread[numbers], LEAST, MOST)

    def to_arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        return {
            "rarity": self._rarity.astype(np.float16),
            "starts": self._starts,
            "buckets": self._buckets,
            "weights": self._weights.astype(np.float16),
            "classes": self._classes.astype(np.uint16),
            "mean": self._mean,
            "spread": self._spread,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray[Any, Any]]) -> Self:
        return cls(
            arrays["rarity"].astype(np.float32),
            arrays["starts"],
            arrays["buckets"],
            arrays["weights"].astype(np.float32),
            arrays["classes"].astype(np.int64),
            arrays["mean"],
            arrays["spread"],
        )


def _telling(bag: tuple[Buckets, Counts]) -> tuple[Buckets, Counts]:
    buckets, weights = bag
    if not len(buckets):
        # Each sketch holds something, so that sums over sketches never meet an empty one.
        return np.zeros(1, np.uint16), np.zeros(1, np.float32)
    best = np.sort(np.argsort(-weights, kind="stable")[:TELLING_MAX])
    return buckets[best], weights[best]


def _spread_out(alike: Floats, members: Whole) -> Whole:
    """Return the members to remember: each next one is the least like those already taken."""
    if len(members) <= KEPT_MAX:
        return members
    inside = alike[np.ix_(members, members)]
    taken = [int(inside.sum(axis=1).argmax())]
    nearest = inside[:, taken[0]].copy()
    while len(taken) < KEPT_MAX:
        nearest[taken] = np.inf
        taken.append(int(nearest.argmin()))
        nearest = np.maximum(nearest, inside[:, taken[-1]])
    return members[np.sort(np.array(taken))]


def _usual(alike: Floats, classes: Whole, kept: Whole, count: int) -> tuple[Floats, Floats]:
    """Return mean and spread of each class's likeness to the nearest other of its own, pooled while it has few."""
    found: list[Floats] = []
    for number in range(count):
        members = np.flatnonzero(classes == number)
        theirs = kept[classes[kept] == number]
        inside = np.where(members[:, None] == theirs[None, :], -1.0, alike[np.ix_(members, theirs)])
        found.append(inside.max(axis=1) if len(members) > 1 else np.zeros(0))
    pooled = np.concatenate(found)
    held = PRIOR_COUNT / (PRIOR_COUNT + len(pooled))
    centre = held * PRIOR_MEAN + (1.0 - held) * (float(pooled.mean()) if len(pooled) else 0.0)
    apart = np.concatenate([own - own.mean() for own in found if len(own)]) if len(pooled) else pooled
    variance = held * PRIOR_SPREAD**2 + (1.0 - held) * (float((apart**2).mean()) if len(pooled) else 0.0)
    mean, spread = np.zeros(count), np.zeros(count)
    for number, own in enumerate(found):
        size = len(own)
        mean[number] = (size * (own.mean() if size else 0.0) + 1.0 * centre) / (size + 1.0)
        square = size * (own.var() if size else 0.0)
        spread[number] = np.sqrt((square + PRIOR_COUNT * variance) / (size + PRIOR_COUNT)) + FLOOR
    return mean, spread
