"""From reviewed documents to a model: lessons, held-out predictions, calibration, and the final fit."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.assurance.calibration import Calibration
from pipeline.assurance.thresholds import derive
from pipeline.domain.fields import DocumentType, FieldKind
from pipeline.extraction.doctype import guess_type
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.fingerprint import Fingerprint
from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.example import Example
from pipeline.extraction.learned.fieldmodel import FieldModel
from pipeline.extraction.learned.groups import Group, group_of
from pipeline.extraction.learned.kinds import TypeExample, TypeModel
from pipeline.extraction.learned.lesson import Lesson
from pipeline.extraction.learned.model import Gate, Held, Model, TypeKnowledge
from pipeline.extraction.learned.sheet import Sheet
from pipeline.extraction.learned.truth import right_mask
from pipeline.extraction.learned.verdict import Verdict, verdict_of
from pipeline.extraction.lines_memory import Lesson as LinesLesson
from pipeline.extraction.lines_memory import LinesMemory, Reviewed
from pipeline.extraction.locale import infer_locale
from pipeline.extraction.rules import Rules

FOLDS = 5
TYPE_WORDS = 450
"""Words of the first page by which a document's type is learned."""
DOCUMENTS_MAX = 1000
"""Documents of a type that are learned from, the last ones: training stays cheap however long a firm reviews."""
GATE_SHARE = 0.05
"""Documents less like the reviewed ones than all but this share of those are among themselves count as new."""


@dataclass(slots=True)
class Studied:
    """One example as arrays: small enough to keep hundreds, and to be sent between processes."""

    key: str
    group: str | None
    type: str
    fingerprint: Fingerprint
    type_example: TypeExample
    lessons: dict[str, Lesson] = field(default_factory=dict[str, Lesson])
    values: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    rows: dict[str, LinesLesson] = field(default_factory=dict[str, LinesLesson])
    """For tables: what their reviewed rows teach."""


Mapper = Callable[[Callable[[Example], Studied | None], Iterable[Example]], Iterator[Studied | None]]
"""How examples are studied: `map`, or the map of a pool of processes."""


def study(example: Example, types: Mapping[str, DocumentType], rules: BaselineEngine) -> Studied | None:
    """Return an example as arrays; None where its type is unknown."""
    doctype = types.get(example.type)
    if doctype is None:
        return None
    layout = Layout(example.pages)
    sheet = Sheet.of(Rules(layout, doctype, infer_locale(layout), rules.index_of(doctype)))
    guess = guess_type(layout, tuple(types.values())) if layout.lines else None
    studied = Studied(
        example.key,
        example.group,
        example.type,
        sheet.fingerprint,
        TypeExample(type_words(layout), example.type, guess.name if guess else None),
    )
    for spec in doctype.fields:
        if spec.name not in example.values:
            continue
        value = example.values[spec.name]
        if spec.kind is FieldKind.TABLE:
            if isinstance(value, tuple) and value:
                rows = tuple(row for row in value if isinstance(row, dict))
                index = rules.index_of(doctype)
                studied.rows[spec.name] = LinesLesson.of(Reviewed(layout, rows), doctype, spec, index)
            continue
        view = sheet.views.get(spec.name)
        if view is None or not (value is None or isinstance(value, str)):
            continue
        options = sheet.options[view.group]
        right = (
            right_mask(view.group, options, value, example.places.get(spec.name))
            if value is not None
            else np.zeros(len(options), dtype=np.bool_)
        )
        studied.values[spec.name] = value
        studied.lessons[spec.name] = Lesson(
            key=example.key,
            fingerprint=sheet.fingerprint,
            marks=sheet.marks[view.group],
            keys=tuple(option.key for option in options),
            prior=view.prior,
            chosen=view.chosen,
            sure=view.sure,
            none_prior=view.none_prior,
            right=right,
            weight=example.weights.get(spec.name, 1.0),
        )
    return studied


def type_words(layout: Layout) -> tuple[str, ...]:
    """Return the first words of the first page that has any, in reading order."""
    first = min(layout.by_page, default=0)
    words = (token.text for line in layout.by_page.get(first, ()) for token in line.tokens)
    return tuple(word for word, _ in zip(words, range(TYPE_WORDS), strict=False))


def train(studied: Sequence[Studied], types: Mapping[str, DocumentType], *, folds: int = FOLDS) -> Model:
    """Return the model of the documents, with what held-out predictions say about it: deterministic.

    Args:
        studied: the documents, in the order of their keys or of their review.
        types: by name.
        folds: into how many parts the documents are divided for the held-out predictions.
    """
    by_type: dict[str, list[Studied]] = defaultdict(list)
    families = {t.name: t.variant_of for t in types.values() if t.variant_of is not None}
    for one in studied:
        # a credit note's fields are an invoice's: they are learned together
        by_type[families.get(one.type, one.type)].append(one)
    knowledge = {
        name: learn_type(types[name], members[-DOCUMENTS_MAX:], folds) for name, members in sorted(by_type.items())
    }
    kinds = TypeModel.fit([one.type_example for one in studied], families=families) if studied else None
    return Model(knowledge, kinds, dict(Counter(one.type for one in studied)), families)


def learn_type(doctype: DocumentType, members: Sequence[Studied], folds: int = FOLDS) -> TypeKnowledge:
    """Return what the documents of one type teach."""
    likeness = _likeness(members)
    held = _held_out(doctype, members, folds, likeness)
    calibration = Calibration.fit(
        np.array([one.share for one in held]),
        np.array([one.right for one in held], dtype=np.bool_),
        [one.field for one in held],
    )
    sure = calibration.confidences(np.array([h.share for h in held]), [h.field for h in held]) if held else np.zeros(0)
    held = [Held(h.key, h.field, h.share, float(s), h.right, h.likeness) for h, s in zip(held, sure, strict=True)]
    fields: dict[str, FieldModel] = {}
    for spec in doctype.fields:
        group = group_of(spec)
        lessons = [one.lessons[spec.name] for one in members if spec.name in one.lessons]
        if group is not None and lessons:
            fields[spec.name] = FieldModel.fit(group, lessons, likeness)
    thresholds = {
        spec.name: derive(
            np.array([h.confidence for h in held if h.field == spec.name]),
            np.array([h.right for h in held if h.field == spec.name], dtype=np.bool_),
            spec.error_target,
        )
        for spec in doctype.fields
        if spec.name in fields
    }
    lines = {
        spec.name: LinesMemory([one.rows[spec.name] for one in members if spec.name in one.rows])
        for spec in doctype.fields
        if any(spec.name in one.rows for one in members)
    }
    gate = Gate(
        tuple(one.fingerprint for one in members),
        float(np.quantile(_nearest_of_all(members, likeness), GATE_SHARE)) if len(members) > 1 else 1.0,
    )
    return TypeKnowledge(doctype.name, len(members), fields, calibration, thresholds, gate, lines, tuple(held))


def _likeness(members: Sequence[Studied]) -> dict[tuple[str, str], float]:
    """Return how alike any two documents are, by their keys."""
    found: dict[tuple[str, str], float] = {}
    for index, one in enumerate(members):
        for other in members[: index + 1]:
            found[one.key, other.key] = found[other.key, one.key] = one.fingerprint.similarity(other.fingerprint)
    return found


def _nearest_of_all(members: Sequence[Studied], likeness: Mapping[tuple[str, str], float]) -> list[float]:
    return [max(likeness[one.key, other.key] for other in members if other is not one) for one in members]


def fold_of(members: Sequence[Studied], folds: int) -> list[int]:
    """Return each document's fold: shuffled by a fixed seed, documents of one group together."""
    groups = [one.group if one.group is not None else one.key for one in members]
    distinct = sorted(set(groups))
    random.Random(7).shuffle(distinct)  # noqa: S311 - no secret: the same division every time
    place = {group: index % folds for index, group in enumerate(distinct)}
    return [place[group] for group in groups]


def _held_out(
    doctype: DocumentType, members: Sequence[Studied], folds: int, likeness: Mapping[tuple[str, str], float]
) -> list[Held]:
    """Return predictions on documents that the model behind each had not seen."""
    folds = min(folds, len(members))
    if folds < 2:
        return []
    place = fold_of(members, folds)
    held: list[Held] = []
    for spec in doctype.fields:
        group = group_of(spec)
        if group is None:
            continue
        for fold in range(folds):
            lessons = [
                one.lessons[spec.name]
                for one, at in zip(members, place, strict=True)
                if at != fold and spec.name in one.lessons
            ]
            if not lessons:
                continue
            model = FieldModel.fit(group, lessons, dict(likeness))
            known = [lesson.key for lesson in lessons]
            for one, at in zip(members, place, strict=True):
                if at == fold and spec.name in one.lessons:
                    near = max((likeness[one.key, key] for key in known), default=0.0)
                    held.append(_prediction(model, group, one, spec.name, spec.required, near))
    return held


def _prediction(model: FieldModel, group: Group, one: Studied, name: str, required: bool, near: float) -> Held:
    lesson = one.lessons[name]
    shares = model.probabilities(
        lesson.marks, lesson.keys, lesson.prior, lesson.chosen, lesson.sure, lesson.none_prior, lesson.fingerprint
    )
    verdict: Verdict = verdict_of(group, lesson.keys, shares, required)
    truth = one.values[name]
    if verdict.index is None:
        right = truth is None
    else:
        right = truth is not None and bool(_is_right(lesson, verdict.index))
    return Held(one.key, name, verdict.share, 0.0, right, near)


def _is_right(lesson: Lesson, index: int) -> bool:
    """Return whether a candidate has the value of one of the right ones."""
    if lesson.right[index]:
        return True
    return any(lesson.keys[i] == lesson.keys[index] for i in np.flatnonzero(lesson.right))
