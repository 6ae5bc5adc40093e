"""What is known about one field from reviewed documents: two scorers and the memory of templates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.fingerprint import Familiar, Fingerprint
from pipeline.extraction.learned.boosting import Boosting
from pipeline.extraction.learned.groups import IN_SENTENCES, Group
from pipeline.extraction.learned.lesson import Lesson
from pipeline.extraction.learned.likeness import Likeness
from pipeline.extraction.learned.listwise import STRENGTH, Listwise
from pipeline.extraction.learned.marks import Marks
from pipeline.extraction.learned.memory import CONTEXTS, Memory, Remembered
from pipeline.extraction.learned.primer import Primer, hashes_of
from pipeline.extraction.learned.shares import Own, Shares
from pipeline.extraction.learned.values import Values

BOOSTED_FROM = 30
"""Fewer reviewed documents than this leave the trees out: they add nothing then."""
DROPPED_EVERY = 4
"""Of every so many documents one is learned from a second time with its answer taken out."""
PROPOSED = 0.5
"""A value in a sentence is proposed from half the probability that there is none: a reviewer sees at once whether it is
right, and has to look for one that was not proposed. Measured: flat from .3 to .7."""
HELD = {Group.SENTENCE_DATE: 3.0, Group.DURATION: 0.1}
"""How strongly weights are held at nought where a few marks tell much, such as whose date it is: a hundred agreements
have more words than dates, and held less, words outshout those marks. Measured: flat from 1 to 8, from .05 to .3."""
FLOOR = 0.02
TOP, AT_RANDOM = 40, 30
"""Wrong candidates of a document that the trees learn from: the likeliest, and some of the others."""
SCORED = 80
"""Candidates of a document that the trees score: the likeliest by the first scorer."""
REMEMBERED = 0.3

Doubles = NDArray[np.float64]


@dataclass(slots=True)
class FieldModel:
    """A field's scorers."""

    group: Group
    documents: int
    listwise: Listwise
    shares: Shares
    memory: Memory
    values: Values
    boosting: Boosting | None = None

    @classmethod
    def fit(cls, group: Group, lessons: Sequence[Lesson], likeness: Likeness | None = None) -> "FieldModel":
        """Return what the documents teach: the same for the same documents in the same order.

        Args:
            group: which candidates the field chooses from.
            lessons: the documents.
            likeness: how alike they are, where it is known already.
        """
        return cls.learn(group, [Primer.of(lesson) for lesson in lessons], likeness)

    @classmethod
    def learn(cls, group: Group, primers: Sequence[Primer], likeness: Likeness | None = None) -> "FieldModel":
        """Return `fit` of lessons that were made ready."""
        lessons = [primer.lesson for primer in primers]
        found = [lesson for lesson in lessons if lesson.is_found]
        taught = [primer for primer in primers if len(primer.lesson.prior)]
        having = [at for at, primer in enumerate(taught) if primer.lesson.is_found]
        # agreements without the value teach that already: measured, more of it hides answers
        without = having[::DROPPED_EVERY] if group not in IN_SENTENCES else []
        strength = HELD.get(group, STRENGTH)
        listwise = Listwise.fit([primer.choice for primer in taught], without, strength)
        likely = [_likely(listwise, lesson) for lesson in lessons]
        weights = [_weights(lesson, each) for lesson, each in zip(lessons, likely, strict=True)]
        shares = Shares.of([(lesson.marks, weight) for lesson, weight in zip(lessons, weights, strict=True)])
        values = Values.of((primer.hashes, primer.lesson.right) for primer in primers)
        model = cls(group, len(lessons), listwise, shares, Memory(), values)
        for primer, weight in zip(primers, weights, strict=True):
            lesson = primer.lesson
            model.memory.add(lesson.key, lesson.fingerprint, _prints(lesson, weight))
        # places and figures tell nothing about values in sentences: trees cost a tenth of the terms there
        if group not in IN_SENTENCES and len(lessons) >= BOOSTED_FROM and len(found) >= BOOSTED_FROM // 2:
            model.boosting = model._boost(primers, likely, weights, likeness)
        return model

    def probabilities(
        self,
        marks: Marks,
        keys: tuple[str, ...],
        prior: NDArray[np.float32],
        chosen: NDArray[np.bool_],
        sure: float,
        none_prior: float,
        fingerprint: Fingerprint | Familiar,
        similarities: Doubles | None = None,
    ) -> Doubles:
        """Return how likely each candidate is the answer, shape (n,); what is missing to 1 is "not there".

        `similarities` to each document that was learned from need not be known.
        """
        first = self.listwise.probabilities(marks.starts, marks.marks, prior, none_prior)
        if self.boosting is None or not len(first):
            return first
        rows = np.sort(np.argsort(-first, kind="stable")[:SCORED])
        near = self.memory.nearest(fingerprint, similarities)
        hashes = hashes_of(tuple(keys[int(row)] for row in rows))
        figures = self._figures(marks, rows, near, self.values.figures(hashes), prior, chosen, sure)
        odds = np.exp(np.clip(self.boosting.scores(figures, prior[rows]), -30, 30))
        second = np.zeros(len(first))
        second[rows] = odds / (1.0 + odds.sum())
        if self.group is Group.MONEY:
            return _agreed(first, second)
        return (first + second) / 2

    @property
    def kind(self) -> str:
        """Return what tells the steepness of its probabilities: weights that are held more make flatter ones."""
        return str(self.group) if self.group in HELD else ""

    @property
    def rarity(self) -> float:
        """Return how much rarer documents without the value are than among those that the scorers were taught with.

        At most 1: answers were taken out on purpose, so that scorers know what a document without one looks like.
        """
        if self.group in IN_SENTENCES:
            return PROPOSED
        found = sum(1 for prints in self.memory.prints if prints)
        taken = -(-found // DROPPED_EVERY)
        absent = self.documents - found
        return (absent + 1) / (self.documents + 2) * (self.documents + taken + 2) / (absent + taken + 1)

    def _figures(
        self,
        marks: Marks,
        rows: NDArray[np.int64],
        near: list[tuple[float, int]],
        times: NDArray[np.float32],
        prior: NDArray[np.float32],
        chosen: NDArray[np.bool_],
        sure: float,
        own: Own | None = None,
    ) -> NDArray[np.float32]:
        """Return what the trees split on, for some of the candidates."""
        return np.column_stack(
            [
                marks.dense[rows],
                self.shares.figures(marks, rows, own),
                self.memory.figures(near, marks.places[rows], marks.singles[rows]),
                prior[rows],
                chosen[rows],
                sure * chosen[rows],
                times,
            ]
        ).astype(np.float32)

    def _boost(
        self,
        primers: Sequence[Primer],
        likely: list[Doubles],
        weights: list[NDArray[np.float32]],
        likeness: Likeness | None,
    ) -> Boosting:
        figures: list[NDArray[np.float32]] = []
        rights: list[NDArray[np.bool_]] = []
        counted: list[NDArray[np.float32]] = []
        priors: list[NDArray[np.float32]] = []
        chance = np.random.default_rng(7)
        for primer, each, weight in zip(primers, likely, weights, strict=True):
            lesson = primer.lesson
            if not len(lesson.prior):
                continue
            rows = _rows(lesson, each, chance)
            similarities = likeness.among(lesson.key, self.memory.keys) if likeness is not None else None
            near = self.memory.nearest(lesson.fingerprint, similarities, lesson.key)
            hashes = primer.hashes[rows]
            times = self.values.figures(hashes, primer.hashes[lesson.right])
            figures.append(
                self._figures(
                    lesson.marks, rows, near, times, lesson.prior, lesson.chosen, lesson.sure, primer.own(weight)
                )
            )
            rights.append(lesson.right[rows])
            counted.append(np.where(lesson.right, weight, 1.0)[rows].astype(np.float32) * lesson.weight)
            priors.append(lesson.prior[rows])
        return Boosting.fit(
            np.vstack(figures), np.concatenate(rights), np.concatenate(counted), np.concatenate(priors), len(primers)
        )


def _likely(listwise: Listwise, lesson: Lesson) -> Doubles:
    return listwise.probabilities(lesson.marks.starts, lesson.marks.marks, lesson.prior, lesson.none_prior)


def _weights(lesson: Lesson, likely: Doubles) -> NDArray[np.float32]:
    """Return how much of the right answer each candidate is: of several prints, those that others bear out."""
    weights = np.zeros(len(lesson.prior), dtype=np.float32)
    if lesson.is_found:
        right = likely[lesson.right]
        weights[lesson.right] = np.maximum(right / max(float(right.max()), 1e-12), FLOOR)
    return weights


def _rows(lesson: Lesson, likely: Doubles, chance: np.random.Generator) -> NDArray[np.int64]:
    """Return all right candidates, the likeliest wrong ones and some of the others."""
    order = np.argsort(-likely, kind="stable")
    wrong = order[~lesson.right[order]]
    rest = wrong[TOP:]
    drawn = chance.choice(rest, min(AT_RANDOM, len(rest)), replace=False) if len(rest) else rest
    return np.sort(np.concatenate([np.flatnonzero(lesson.right), wrong[:TOP], drawn]))


def _agreed(first: Doubles, second: Doubles) -> Doubles:
    """Return what both scorers find likely: the geometric mean, "not there" included.

    Amounts stand to others in ways that either scorer misses at times; measured, this beats each of them and the mean.
    """
    both = np.sqrt(first * second)
    none = np.sqrt(max(0.0, 1.0 - float(first.sum())) * max(0.0, 1.0 - float(second.sum())))
    total = float(both.sum()) + none
    found: Doubles = both / total if total > 0 else both
    return found


def _prints(lesson: Lesson, weight: NDArray[np.float32]) -> tuple[Remembered, ...]:
    order = [int(i) for i in np.argsort(-weight, kind="stable")[:4] if weight[i] >= REMEMBERED]
    places, singles = lesson.marks.places, lesson.marks.singles
    return tuple(
        Remembered(
            float(places[i, 0]),
            float(places[i, 1]),
            float(places[i, 2]),
            float(places[i, 3]),
            tuple(int(singles[i, single]) for single in CONTEXTS),
        )
        for i in order
    )
