"""What is known about one field from reviewed documents: two scorers and the memory of templates."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.fingerprint import Familiar, Fingerprint
from pipeline.extraction.learned.boosting import Boosting
from pipeline.extraction.learned.groups import IN_SENTENCES, Group
from pipeline.extraction.learned.lesson import Lesson
from pipeline.extraction.learned.listwise import Listwise
from pipeline.extraction.learned.marks import Marks
from pipeline.extraction.learned.memory import CONTEXTS, Memory, Remembered
from pipeline.extraction.learned.shares import Shares

BOOSTED_FROM = 30
"""Fewer reviewed documents than this leave the trees out: they add nothing then."""
DROPPED_EVERY = 4
"""Of every so many documents one is learned from a second time with its answer taken out."""
FLOOR = 0.02
TOP, AT_RANDOM = 45, 45
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
    values: Counter[int]
    """How many reviewed documents had each value, by the value's hash."""
    boosting: Boosting | None = None

    @classmethod
    def fit(
        cls, group: Group, lessons: list[Lesson], likeness: Mapping[tuple[str, str], float] | None = None
    ) -> "FieldModel":
        """Return what the documents teach: the same for the same documents in the same order.

        Args:
            group: which candidates the field chooses from.
            lessons: the documents.
            likeness: similarity of two documents by their keys, where it is known already.
        """
        choices = [lesson.choice() for lesson in lessons if len(lesson.prior)]
        found = [lesson for lesson in lessons if lesson.is_found]
        if group not in IN_SENTENCES:
            # agreements without the value teach that already: measured, more of it hides answers
            choices += [lesson.without_answer() for lesson in found[::DROPPED_EVERY]]
        model = cls(group, len(lessons), Listwise.fit(choices), Shares.empty(), Memory(), Counter())
        weights = [model._weights(lesson) for lesson in lessons]
        right = rows = 0.0
        for lesson, weight in zip(lessons, weights, strict=True):
            model.shares.add(lesson.marks, weight)
            right, rows = right + float(weight.sum()), rows + len(weight)
            model.memory.add(lesson.key, lesson.fingerprint, _prints(lesson, weight))
            model.values.update({_hash(lesson.keys[i]) for i in np.flatnonzero(lesson.right)})
        model.shares.base = right / max(1.0, rows)
        # places and figures tell nothing about values in sentences: trees cost a tenth of the terms there
        if group not in IN_SENTENCES and len(lessons) >= BOOSTED_FROM and len(found) >= BOOSTED_FROM // 2:
            model.boosting = model._boost(lessons, weights, likeness)
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
    ) -> Doubles:
        """Return how likely each candidate is the answer, shape (n,); what is missing to 1 is "not there"."""
        first = self.listwise.probabilities(marks.starts, marks.marks, prior, none_prior)
        if self.boosting is None or not len(first):
            return first
        near = np.sort(np.argsort(-first, kind="stable")[:SCORED])
        figures = self._figures(marks, keys, prior, chosen, sure, fingerprint)[near]
        odds = np.exp(np.clip(self.boosting.scores(figures, prior[near]), -30, 30))
        second = np.zeros(len(first))
        second[near] = odds / (1.0 + odds.sum())
        if self.group is Group.MONEY:
            return _agreed(first, second)
        return (first + second) / 2

    def _weights(self, lesson: Lesson) -> NDArray[np.float32]:
        """Return how much of the right answer each candidate is: of several prints, those that others bear out."""
        weights = np.zeros(len(lesson.prior), dtype=np.float32)
        if lesson.is_found:
            likely = self.listwise.probabilities(
                lesson.marks.starts, lesson.marks.marks, lesson.prior, lesson.none_prior
            )[lesson.right]
            weights[lesson.right] = np.maximum(likely / max(float(likely.max()), 1e-12), FLOOR)
        return weights

    def _figures(
        self,
        marks: Marks,
        keys: tuple[str, ...],
        prior: NDArray[np.float32],
        chosen: NDArray[np.bool_],
        sure: float,
        fingerprint: Fingerprint | Familiar,
        own: NDArray[np.float32] | None = None,
        key: str | None = None,
        likeness: dict[str, float] | None = None,
    ) -> NDArray[np.float32]:
        without = frozenset((key,)) if key is not None else frozenset[str]()
        values = np.array([self.values.get(_hash(each), 0) for each in keys], dtype=np.float32)
        if own is not None:
            mine = {keys[i] for i in np.flatnonzero(own > 0)}
            values -= np.array([each in mine for each in keys], dtype=np.float32)
        more = np.column_stack(
            [prior, chosen.astype(np.float32), np.full(len(prior), sure, dtype=np.float32) * chosen, values]
        )
        return np.hstack(
            [
                marks.dense,
                self.shares.figures(marks, own),
                self.memory.figures(fingerprint, marks.places, marks.singles, likeness, without),
                more,
            ]
        ).astype(np.float32)

    def _boost(
        self,
        lessons: list[Lesson],
        weights: list[NDArray[np.float32]],
        likeness: Mapping[tuple[str, str], float] | None,
    ) -> Boosting:
        figures: list[NDArray[np.float32]] = []
        rights: list[NDArray[np.bool_]] = []
        counted: list[NDArray[np.float32]] = []
        priors: list[NDArray[np.float32]] = []
        chance = np.random.default_rng(7)
        for lesson, weight in zip(lessons, weights, strict=True):
            if not len(lesson.prior):
                continue
            rows = self._rows(lesson, chance)
            near = {other: likeness[lesson.key, other] for other in self.memory.keys} if likeness is not None else None
            table = self._figures(
                lesson.marks,
                lesson.keys,
                lesson.prior,
                lesson.chosen,
                lesson.sure,
                lesson.fingerprint,
                weight,
                lesson.key,
                near,
            )
            figures.append(table[rows])
            rights.append(lesson.right[rows])
            counted.append(np.where(lesson.right, weight, 1.0)[rows].astype(np.float32) * lesson.weight)
            priors.append(lesson.prior[rows])
        return Boosting.fit(
            np.vstack(figures), np.concatenate(rights), np.concatenate(counted), np.concatenate(priors), len(lessons)
        )

    def _rows(self, lesson: Lesson, chance: np.random.Generator) -> NDArray[np.int64]:
        """Return all right candidates, the likeliest wrong ones and some of the others."""
        likely = self.listwise.probabilities(lesson.marks.starts, lesson.marks.marks, lesson.prior, lesson.none_prior)
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


def _hash(key: str) -> int:
    return crc32(key.encode())
