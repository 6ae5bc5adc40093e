"""Which type a document has and whether it is of any reviewed type, learned from reviewed documents.

Two questions, two answers. Which of the reviewed types: regression over parts of words. Any of them at all: how far the
best type leads the next, and how like the most similar reviewed document of that type the new one is, measured by how
like those are among themselves. What such a lead and likeness are worth is learned too, by leaving out each reviewed
type in turn and treating its documents as unknown.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Any, Self

import numpy as np

from pipeline.extraction.learned.kinds_nearness import Nearness
from pipeline.extraction.learned.kinds_regression import (
    Floats,
    Single,
    Space,
    Weights,
    Whole,
    fit_odds,
    fit_weights,
    log_shares,
)
from pipeline.extraction.learned.kinds_words import Counts, bag_of, rarity_of, stacked, weighted

EXAMPLES_MAX = 200
"""Documents of a type that are learned from, the last ones given: training stays cheap however long a firm reviews."""
EXAMPLES_LEAST, EXAMPLES_ALL = 40, 1200
"""With many types each has fewer, so that there are no more than so many in all, but never less than the first."""
LEFT_OUT_MAX = 8
"""Types that are left out in turn, the most frequent: more of them would not change what is learned from it."""
FOLDS = 5
UNKNOWN_SHARE = 0.1
"""How many documents of no reviewed type are reckoned with before looking at one."""
START = np.array([2.6, 2.4, 0.6])
"""Intercept, worth of the lead and of the likeness before anything was learned: from the development documents.

There the lead alone told unknown types as well; the likeness speaks where a document is like nothing reviewed.
"""
ALONE = np.array([2.6, 0.0, 1.1])
"""The same where one type was reviewed, which leads nothing."""
HOLD = np.array([0.5, 40.0, 40.0])
"""How strongly each is held to it."""
WARMTHS = np.exp(np.linspace(log(0.4), log(4.0), 24))


@dataclass(frozen=True, slots=True)
class TypeExample:
    """A reviewed document: its first words in reading order, and the type that a person let stand or gave."""

    words: tuple[str, ...]
    type: str
    ruled: str | None = None
    """What the rules alone called it, where that is known: their mistakes are remembered."""


@dataclass(frozen=True, slots=True)
class TypeScore:
    """What the reviewed documents say of a new one."""

    probabilities: tuple[tuple[str, float], ...]
    """Each reviewed type with its probability given that it is one of them, most likely first."""
    known: float
    """Probability that it is of any reviewed type."""
    nearest: float
    """Similarity to the most similar reviewed document of the likeliest type, 0 to 1."""
    rulings: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    """For what the rules say, the types that people gave to such documents, with their number."""

    def probability_of(self, name: str) -> float:
        return next((share for other, share in self.probabilities if other == name), 0.0)


@dataclass(frozen=True, slots=True)
class _Head:
    """One choice: among families of types, or among the variants of one family."""

    names: tuple[str, ...]
    slopes: Single
    """A column for each class over the buckets; a single class needs none."""
    offsets: Floats
    warmth: float
    """Scores are multiplied by it before they become probabilities."""

    def scores(self, parts: tuple[np.ndarray[Any, Any], Counts]) -> Floats:
        buckets, weights = parts
        return (weights @ self.slopes[buckets]).astype(np.float64) + self.offsets

    def shares(self, scores: Floats) -> Floats:
        return np.exp(log_shares(scores[None] * self.warmth))[0]


class TypeModel:
    """A classifier of documents with a sense of what it has never seen; immutable once made."""

    def __init__(
        self,
        heads: tuple[_Head, ...],
        counts: Mapping[str, int],
        families: Mapping[str, str],
        rarity: Counts,
        nearness: Nearness,
        odds: Floats,
        rulings: Mapping[str, Mapping[str, int]],
    ) -> None:
        self._heads = heads
        self._counts = dict(counts)
        self._families = dict(families)
        self._rarity = rarity
        self._nearness = nearness
        self._odds = odds
        self._rulings = rulings

    @classmethod
    def fit(cls, examples: Sequence[TypeExample], seed: int = 0, families: Mapping[str, str] | None = None) -> Self:
        """Return the model of reviewed documents; the same ones in the same order always make the same.

        Args:
            examples: the documents, oldest first; at least one.
            seed: which documents go into which fold.
            families: the type that a variant belongs to, for each variant ("credit_note": "invoice"). Families are
                told apart first: a handful of credit notes among hundreds of invoices must not blur that.
        """
        if not examples:
            raise ValueError("A type model needs at least one reviewed document.")
        belongs = dict(families or {})
        totals = Counter(example.type for example in examples)
        rulings: dict[str, Counter[str]] = {}
        for example in examples:
            if example.ruled is not None:
                rulings.setdefault(example.ruled, Counter())[example.type] += 1
        used = _latest(examples)
        bags = [bag_of(example.words) for example in used]
        rarity = rarity_of([bag.parts for bag in bags])
        rows = stacked([weighted(bag.parts, rarity) for bag in bags])
        space = Space.spanned_by(rows)
        groups = [belongs.get(example.type, example.type) for example in used]
        names = tuple(sorted(set(groups)))
        classes: Whole = np.array([names.index(group) for group in groups], dtype=np.int64)
        nearness = Nearness.of([bag.words for bag in bags], classes, len(names))
        aside = _scores_aside(space, classes, len(names), seed)
        warmth = _warmth(aside, classes) if len(names) > 1 else 1.0
        odds = _odds(space, classes, len(names), aside, nearness)
        heads = [_head(names, rows, space, fit_weights(space.places, classes, len(names)), warmth)]
        for family in names:
            inside = [i for i, group in enumerate(groups) if group == family]
            kinds = tuple(sorted({used[i].type for i in inside}))
            if kinds == (family,):
                continue
            own = Space(space.places[inside], space.back)
            chosen: Whole = np.array([kinds.index(used[i].type) for i in inside], dtype=np.int64)
            heads.append(_head(kinds, rows, space, fit_weights(own.places, chosen, len(kinds)), 1.0))
        variants = {name: family for name, family in belongs.items() if name in totals}
        return cls(tuple(heads), totals, variants, rarity, nearness, odds, {k: dict(v) for k, v in rulings.items()})

    def guess(self, words: Sequence[str]) -> TypeScore:
        """Return what the reviewed documents say of one that begins with `words`."""
        bag = bag_of(words)
        main = self._heads[0]
        parts = weighted(bag.parts, self._rarity)
        scores = main.scores(parts)
        shares = main.shares(scores)
        first = int(scores.argmax())
        if not len(parts[0]):
            return TypeScore(self._ranked(parts, shares), known=0.0, nearest=0.0, rulings=self._rulings)
        nearest, unusual = self._nearness.of_bag(bag.words, first)
        at = self._odds[0] + self._odds[1] * _lead(scores[None])[0] + self._odds[2] * unusual
        known = 1.0 / (1.0 + exp(-max(-30.0, min(30.0, float(at)))))
        return TypeScore(self._ranked(parts, shares), known=known, nearest=nearest, rulings=self._rulings)

    def _ranked(self, parts: tuple[np.ndarray[Any, Any], Counts], shares: Floats) -> tuple[tuple[str, float], ...]:
        found: dict[str, float] = {}
        for family, share in zip(self._heads[0].names, shares, strict=True):
            variants = next((h for h in self._heads[1:] if family in {self._families.get(n, n) for n in h.names}), None)
            if variants is None:
                found[family] = float(share)
                continue
            among = _capped(variants.shares(variants.scores(parts)), [self._counts[n] for n in variants.names])
            found |= {n: float(share * part) for n, part in zip(variants.names, among, strict=True)}
        capped = _capped(np.array(list(found.values())), [self._counts[name] for name in found])
        return tuple(sorted(zip(found, (round(float(s), 5) for s in capped), strict=True), key=lambda p: (-p[1], p[0])))

    def to_arrays(self) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]]:
        """Return the model as arrays, and the rest of it as what JSON can hold."""
        arrays: dict[str, np.ndarray[Any, Any]] = {"rarity": self._rarity.astype(np.float16), "odds": self._odds}
        for number, head in enumerate(self._heads):
            arrays[f"head{number}_slopes"] = head.slopes.astype(np.float16)
            arrays[f"head{number}_offsets"] = head.offsets
        arrays |= {f"near_{name}": array for name, array in self._nearness.to_arrays().items()}
        rest: dict[str, Any] = {
            "heads": [{"names": list(head.names), "warmth": head.warmth} for head in self._heads],
            "counts": self._counts,
            "families": self._families,
            "rulings": self._rulings,
        }
        return arrays, rest

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray[Any, Any]], rest: Mapping[str, Any]) -> Self:
        """Return the model that `to_arrays` took apart."""
        heads = tuple(
            _Head(
                names=tuple(head["names"]),
                slopes=arrays[f"head{number}_slopes"].astype(np.float32),
                offsets=arrays[f"head{number}_offsets"],
                warmth=float(head["warmth"]),
            )
            for number, head in enumerate(rest["heads"])
        )
        near = {name.removeprefix("near_"): array for name, array in arrays.items() if name.startswith("near_")}
        rarity = arrays["rarity"].astype(np.float32)
        nearness = Nearness.from_arrays(near)
        return cls(heads, rest["counts"], rest["families"], rarity, nearness, arrays["odds"], rest["rulings"])


def _latest(examples: Sequence[TypeExample]) -> list[TypeExample]:
    types = len({example.type for example in examples})
    most = min(EXAMPLES_MAX, max(EXAMPLES_LEAST, EXAMPLES_ALL // types))
    taken = Counter[str]()
    kept: list[TypeExample] = []
    for example in reversed(examples):
        taken[example.type] += 1
        if taken[example.type] <= most:
            kept.append(example)
    return kept[::-1]


def _head(names: tuple[str, ...], rows: Single, space: Space, weights: Weights, warmth: float) -> _Head:
    slopes = rows.T @ (space.back @ weights.slopes).astype(np.float32)
    return _Head(names, slopes.astype(np.float16).astype(np.float32), weights.offsets, warmth)


def _scores_aside(space: Space, classes: Whole, count: int, seed: int) -> Floats:
    """Return each document's scores by a fit that never saw it."""
    aside = np.zeros((len(classes), count))
    if count < 2:
        return aside
    rng = np.random.default_rng(seed)
    fold = np.zeros(len(classes), dtype=np.int64)
    for number in range(count):
        mine = np.flatnonzero(classes == number)
        fold[mine] = (np.arange(len(mine)) + number) % FOLDS
        fold[mine] = fold[mine][rng.permutation(len(mine))]
    for number in range(FOLDS):
        held = fold == number
        if held.any() and len(set(classes[~held].tolist())) > 1:
            aside[held] = fit_weights(space.places[~held], classes[~held], count).scores(space.places[held])
    return aside


def _warmth(aside: Floats, classes: Whole) -> float:
    """Return what scores are to be multiplied by, so that probabilities hold for documents never seen."""
    own = np.arange(len(classes))

    def surprise(warmth: float) -> float:
        # As if two documents more had been right and wrong by chance: few of them prove little.
        return -float(log_shares(aside * warmth)[own, classes].sum()) + 2.0 * log(warmth) ** 2

    return float(min(WARMTHS.tolist(), key=surprise))


def _lead(scores: Floats) -> Floats:
    """Return how far the best class leads the next, damped; of a single class that is not known."""
    if scores.shape[1] < 2:
        return np.zeros(len(scores))
    two = np.sort(scores, axis=1)[:, -2:]
    return np.log(two[:, 1] - two[:, 0] + 0.1)


def _odds(space: Space, classes: Whole, count: int, aside: Floats, nearness: Nearness) -> Floats:
    """Return what lead and likeness are worth, from leaving out each type in turn."""
    if count < 3:
        # Whoever leaves out one of two has no lead to look at.
        return ALONE if count == 1 else START
    lead, unusual = [_lead(aside)], [nearness.among(aside.argmax(axis=1))]
    known, weight = [np.ones(len(classes), dtype=np.bool_)], [np.ones(len(classes))]
    frequent = np.argsort(-np.bincount(classes, minlength=count), kind="stable")[:LEFT_OUT_MAX].tolist()
    for left_out in frequent:
        out = classes == left_out
        others: Whole = classes[~out] - (classes[~out] > left_out)
        scores = fit_weights(space.places[~out], others, count - 1).scores(space.places[out])
        best = scores.argmax(axis=1)
        lead.append(_lead(scores))
        unusual.append(nearness.among(best + (best >= left_out), np.flatnonzero(out)))
        known.append(np.zeros(int(out.sum()), dtype=np.bool_))
        share = UNKNOWN_SHARE / (1.0 - UNKNOWN_SHARE) * len(classes) / len(frequent)
        weight.append(np.full(int(out.sum()), share / out.sum()))
    features = np.column_stack((np.concatenate(lead), np.concatenate(unusual)))
    return fit_odds(features, np.concatenate(known), np.concatenate(weight), START, HOLD)


def _capped(shares: Floats, counts: Sequence[int]) -> Floats:
    """Return probabilities that claim no more than so many reviewed documents can bear out."""
    most = np.array([1.0 - 0.5 / (count + 1.0) for count in counts])
    return np.minimum(shares, most) if len(shares) > 1 else most
