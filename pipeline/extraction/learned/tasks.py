"""One field's learning, a list's too, independent of all others: what is spread over processes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.fields import DocumentType, FieldSpec
from pipeline.extraction.fingerprint import Familiar, Fingerprint
from pipeline.extraction.learned.fieldmodel import FieldModel
from pipeline.extraction.learned.groups import Group, group_of
from pipeline.extraction.learned.joint import RECONCILED, Belief, belief_of, moved
from pipeline.extraction.learned.lesson import Lesson
from pipeline.extraction.learned.likeness import Likeness
from pipeline.extraction.learned.lists_lesson import ListLesson
from pipeline.extraction.learned.lists_model import ListModel
from pipeline.extraction.learned.lists_training import HeldList, learn_list
from pipeline.extraction.learned.model import Held
from pipeline.extraction.learned.primer import Primer
from pipeline.extraction.learned.verdict import verdict_of


@dataclass(frozen=True, slots=True)
class Pool:
    """A field that several types define alike, so that they learn it together: forms of one register, say."""

    types: tuple[str, ...]
    spec: FieldSpec


def pools_of(doctypes: Sequence[DocumentType]) -> list[Pool]:
    """Return every field that is chosen from candidates, those of one definition pooled."""
    pools: list[tuple[FieldSpec, list[str]]] = []
    for doctype in doctypes:
        for spec in doctype.fields:
            if group_of(spec) is None:
                continue
            home = next((types for other, types in pools if _is_alike(spec, other)), None)
            if home is None:
                pools.append((spec, [doctype.name]))
            else:
                home.append(doctype.name)
    return [Pool(tuple(types), spec) for spec, types in pools]


def _is_alike(one: FieldSpec, other: FieldSpec) -> bool:
    same = ("name", "kind", "normaliser", "place", "labels")
    return bool(one.labels) and all(getattr(one, name) == getattr(other, name) for name in same)


@dataclass(frozen=True, slots=True)
class Guess:
    """What a model says of a document it has not learned from: the likeliest candidates."""

    key: str
    field: str
    group: Group
    required: bool
    keys: tuple[str, ...]
    shares: NDArray[np.float64]
    said: NDArray[np.bool_]
    none: float
    is_absent: bool
    """The document does not have the value."""
    rarity: float = 1.0
    """How much rarer that is than the scorers were taught."""
    likeness: float = 0.0
    """Similarity to the nearest document that was learned from."""

    @property
    def belief(self) -> Belief:
        return belief_of(self.keys, self.shares)

    def held(self, belief: Belief) -> Held:
        """Return the answer that this guess, reconciled with other fields, gives, and whether it was right."""
        shares = moved(self.keys, self.shares, belief) if self.group in RECONCILED else self.shares
        verdict = verdict_of(self.group, self.keys, shares, self.required, self.none, self.rarity)
        right = self.is_absent if verdict.index is None else not self.is_absent and bool(self.said[verdict.index])
        answer = self.keys[verdict.index] if verdict.index is not None else None
        return Held(self.key, self.field, verdict.share, 0.0, right, self.likeness, answer)


Doubles = NDArray[np.float64]

KEPT = 60
"""Candidates of a guess that are kept: the rest has next to no probability."""


@dataclass(frozen=True, slots=True)
class FieldLearned:
    """A field's model, and guesses on documents that the model behind each had not seen."""

    model: FieldModel
    guesses: list[Guess]


@dataclass(frozen=True, slots=True)
class ListLearned:
    """A list's model, and predictions on documents that the model behind each had not seen."""

    model: ListModel
    held: list[HeldList]


@dataclass(frozen=True, slots=True)
class FieldTask:
    """A pool's field with its lessons."""

    pool: Pool
    lessons: tuple[Lesson, ...]
    truths: tuple[str | None, ...]
    folds: tuple[int, ...]
    """Of each lesson."""
    likeness: Likeness
    """Of the documents."""

    def learn(self) -> FieldLearned:
        group = group_of(self.pool.spec)
        if group is None:
            raise ValueError(f"{self.pool.spec.name} is not chosen from candidates")
        # what no fold changes is worked out once for all of them
        primers = [Primer.of(lesson) for lesson in self.lessons]
        guesses: list[Guess] = []
        for fold in sorted(set(self.folds)):
            known = [primer for primer, at in zip(primers, self.folds, strict=True) if at != fold]
            if not known:
                continue
            model = FieldModel.learn(group, known, self.likeness)
            for lesson, truth, at in zip(self.lessons, self.truths, self.folds, strict=True):
                if at == fold:
                    alike = self.likeness.among(lesson.key, model.memory.keys)
                    near = float(alike.max(initial=0.0))
                    guess = guess_of(model, lesson, truth is None, self.pool.spec, lesson.fingerprint, alike)
                    guesses.append(replace(guess, likeness=near))
        return FieldLearned(FieldModel.learn(group, primers, self.likeness), guesses)


@dataclass(frozen=True, slots=True)
class ListTask:
    """A type's list field with its lessons."""

    type: str
    spec: FieldSpec
    lessons: tuple[ListLesson, ...]
    folds: tuple[int, ...]
    """Of each lesson."""

    def learn(self) -> ListLearned:
        return ListLearned(*learn_list(self.lessons, self.folds, self.spec.required))


Task = FieldTask | ListTask
Learned = FieldLearned | ListLearned
Spread = Callable[[Callable[[Task], Learned], Iterable[Task]], Iterable[Learned]]
"""How tasks are run: `map`, or the map of a pool of processes."""


def learn(task: Task) -> Learned:
    """Return what a task comes to: a function of its own, so that it can be sent to a process."""
    return task.learn()


def largest_first(tasks: Sequence[Task]) -> list[int]:
    """Return the places of the tasks in the order in which processes take them up best."""
    size = [sum(len(lesson.keys) for lesson in task.lessons) for task in tasks]
    return sorted(range(len(tasks)), key=lambda at: -size[at])


def guess_of(
    model: FieldModel,
    lesson: Lesson,
    is_absent: bool,
    spec: FieldSpec,
    fingerprint: Fingerprint | Familiar,
    similarities: Doubles | None = None,
) -> Guess:
    """Return what a model says of a document beside the truth.

    Args:
        model: the field's.
        lesson: the document.
        is_absent: the document does not have the value.
        spec: the field.
        fingerprint: the document's.
        similarities: to each document that the model remembers, where they are known already.
    """
    shares = model.probabilities(
        lesson.marks,
        lesson.keys,
        lesson.prior,
        lesson.chosen,
        lesson.sure,
        lesson.none_prior,
        fingerprint,
        similarities,
    )
    none = max(0.0, 1.0 - float(shares.sum()))
    kept = np.sort(np.argsort(-shares, kind="stable")[:KEPT])
    keys = tuple(lesson.keys[int(i)] for i in kept)
    said = lesson.said[kept]
    return Guess(
        lesson.key, spec.name, model.group, spec.required, keys, shares[kept], said, none, is_absent, model.rarity
    )
