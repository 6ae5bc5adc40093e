"""One field's learning, independent of all others: what is spread over processes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.fields import DocumentType, FieldSpec
from pipeline.extraction.learned.fieldmodel import FieldModel
from pipeline.extraction.learned.groups import Group, group_of
from pipeline.extraction.learned.joint import RECONCILED, Belief, belief_of, moved
from pipeline.extraction.learned.lesson import Lesson
from pipeline.extraction.learned.model import Held
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
class Task:
    """A pool's field with its lessons."""

    pool: Pool
    lessons: tuple[Lesson, ...]
    truths: tuple[str | None, ...]
    folds: tuple[int, ...]
    """Of each lesson."""
    likeness: Mapping[tuple[str, str], float]
    """Similarity of any two of the documents, by their keys."""


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
    likeness: float
    """Similarity to the nearest document that was learned from."""

    @property
    def belief(self) -> Belief:
        return belief_of(self.keys, self.shares)

    def held(self, belief: Belief) -> Held:
        """Return the answer that this guess, reconciled with other fields, gives, and whether it was right."""
        shares = moved(self.keys, self.shares, belief) if self.group in RECONCILED else self.shares
        verdict = verdict_of(self.group, self.keys, shares, self.required, self.none)
        right = self.is_absent if verdict.index is None else not self.is_absent and bool(self.said[verdict.index])
        answer = self.keys[verdict.index] if verdict.index is not None else None
        return Held(self.key, self.field, verdict.share, 0.0, right, self.likeness, answer)


KEPT = 60
"""Candidates of a guess that are kept: the rest has next to no probability."""

Learned = tuple[FieldModel, list[Guess]]
Spread = Callable[[Callable[[Task], Learned], Iterable[Task]], Iterable[Learned]]
"""How tasks are run: `map`, or the map of a pool of processes."""


def learn_field(task: Task) -> Learned:
    """Return a field's model, and guesses on documents that the model behind each had not seen."""
    group = group_of(task.pool.spec)
    if group is None:
        raise ValueError(f"{task.pool.spec.name} is not chosen from candidates")
    guesses: list[Guess] = []
    rows = list(zip(task.lessons, task.truths, task.folds, strict=True))
    for fold in sorted(set(task.folds)):
        lessons = [lesson for lesson, _, at in rows if at != fold]
        if not lessons:
            continue
        model = FieldModel.fit(group, lessons, task.likeness)
        for lesson, truth, at in rows:
            if at == fold:
                near = max(task.likeness[lesson.key, other.key] for other in lessons)
                guesses.append(guess_of(model, lesson, truth is None, task.pool.spec, near))
    return FieldModel.fit(group, list(task.lessons), task.likeness), guesses


def guess_of(model: FieldModel, lesson: Lesson, is_absent: bool, spec: FieldSpec, near: float) -> Guess:
    """Return what a model says of a document beside the truth."""
    shares = model.probabilities(
        lesson.marks, lesson.keys, lesson.prior, lesson.chosen, lesson.sure, lesson.none_prior, lesson.fingerprint
    )
    none = max(0.0, 1.0 - float(shares.sum()))
    kept = np.sort(np.argsort(-shares, kind="stable")[:KEPT])
    keys = tuple(lesson.keys[int(i)] for i in kept)
    return Guess(
        lesson.key, spec.name, model.group, spec.required, keys, shares[kept], lesson.said[kept], none, is_absent, near
    )
