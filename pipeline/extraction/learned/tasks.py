"""One field's learning, independent of all others: what is spread over processes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.domain.fields import DocumentType, FieldSpec
from pipeline.extraction.learned.fieldmodel import FieldModel
from pipeline.extraction.learned.groups import group_of
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


Learned = tuple[FieldModel, list[Held]]
Spread = Callable[[Callable[[Task], Learned], Iterable[Task]], Iterable[Learned]]
"""How tasks are run: `map`, or the map of a pool of processes."""


def learn_field(task: Task) -> Learned:
    """Return a field's model, and predictions on documents that the model behind each had not seen."""
    group = group_of(task.pool.spec)
    if group is None:
        raise ValueError(f"{task.pool.spec.name} is not chosen from candidates")
    held: list[Held] = []
    rows = list(zip(task.lessons, task.truths, task.folds, strict=True))
    for fold in sorted(set(task.folds)):
        lessons = [lesson for lesson, _, at in rows if at != fold]
        if not lessons:
            continue
        model = FieldModel.fit(group, lessons, task.likeness)
        for lesson, truth, at in rows:
            if at == fold:
                near = max(task.likeness[lesson.key, other.key] for other in lessons)
                held.append(_prediction(model, lesson, truth, task.pool.spec, near))
    return FieldModel.fit(group, list(task.lessons), task.likeness), held


def _prediction(model: FieldModel, lesson: Lesson, truth: str | None, spec: FieldSpec, near: float) -> Held:
    shares = model.probabilities(
        lesson.marks, lesson.keys, lesson.prior, lesson.chosen, lesson.sure, lesson.none_prior, lesson.fingerprint
    )
    verdict = verdict_of(model.group, lesson.keys, shares, spec.required)
    right = truth is None if verdict.index is None else truth is not None and bool(lesson.said[verdict.index])
    return Held(lesson.key, spec.name, verdict.share, 0.0, right, near)
