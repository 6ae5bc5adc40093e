"""From reviewed documents to a model: lessons, held-out predictions, calibration, and the final fit."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.assurance.calibration import Calibration
from pipeline.assurance.thresholds import derive
from pipeline.domain.fields import DocumentType, FieldKind
from pipeline.extraction.doctype import guess_type
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.fingerprint import Fingerprint
from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.example import Example
from pipeline.extraction.learned.joint import RECONCILED, reconciled
from pipeline.extraction.learned.kinds import TypeExample, TypeModel
from pipeline.extraction.learned.lesson import Lesson
from pipeline.extraction.learned.likeness import Likeness
from pipeline.extraction.learned.lists_lesson import ListLesson
from pipeline.extraction.learned.lists_reading import is_learned, lesson_of
from pipeline.extraction.learned.model import Gate, Held, Model, TypeKnowledge
from pipeline.extraction.learned.sheet import Sheet
from pipeline.extraction.learned.tasks import (
    FieldLearned,
    FieldTask,
    Guess,
    ListLearned,
    ListTask,
    Pool,
    Spread,
    Task,
    learn,
    pools_of,
)
from pipeline.extraction.learned.truth import near_mask, right_mask, said_mask
from pipeline.extraction.lines_memory import Lesson as LinesLesson
from pipeline.extraction.lines_memory import LinesMemory, Reviewed
from pipeline.extraction.locale import infer_locale
from pipeline.extraction.rules import Rules

FOLDS = 5
MANY, FOLDS_OF_MANY = 90, 3
"""From so many documents of a type on they are divided into fewer parts. Each part costs a training; with three, the
models that are measured still know two thirds of the documents."""
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
    lists: dict[str, ListLesson] = field(default_factory=dict[str, ListLesson])


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
        if is_learned(spec) and not isinstance(value, str):
            entries = tuple(entry for entry in value or () if isinstance(entry, str))
            weight = example.weights.get(spec.name, 1.0)
            studied.lists[spec.name] = lesson_of(spec, sheet.rules, example.key, entries, weight)
            continue
        view = sheet.views.get(spec.name)
        if view is None or not (value is None or isinstance(value, str)):
            continue
        options = sheet.options[view.group]
        right = said = np.zeros(len(options), dtype=np.bool_)
        if value is not None:
            right = right_mask(view.group, options, value, example.places.get(spec.name))
            said = said_mask(view.group, options, value)
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
            said=said,
            near=near_mask(options, right),
            weight=example.weights.get(spec.name, 1.0),
        )
    return studied


def type_words(layout: Layout) -> tuple[str, ...]:
    """Return the first words of the first page that has any, in reading order."""
    first = min(layout.by_page, default=0)
    words = (token.text for line in layout.by_page.get(first, ()) for token in line.tokens)
    return tuple(word for word, _ in zip(words, range(TYPE_WORDS), strict=False))


def train(
    studied: Sequence[Studied], types: Mapping[str, DocumentType], *, folds: int | None = None, spread: Spread = map
) -> Model:
    """Return the model of the documents, with what held-out predictions say about it: deterministic.

    Args:
        studied: the documents, in the order of their keys or of their review.
        types: by name.
        folds: into how many parts the documents are divided for the held-out predictions; None for five, and for three
            where a type has many.
        spread: how the fields are learned, one after the other or side by side.
    """
    families = {t.name: t.variant_of for t in types.values() if t.variant_of is not None}
    by_type: dict[str, list[Studied]] = defaultdict(list)
    for one in studied:
        # a credit note's fields are an invoice's: they are learned together
        by_type[families.get(one.type, one.type)].append(one)
    members = {name: each[-DOCUMENTS_MAX:] for name, each in sorted(by_type.items())}
    places = {name: fold_of(each, folds) for name, each in members.items()}
    pools = pools_of([types[name] for name in members])
    circles = dict.fromkeys([*(pool.types for pool in pools), *((name,) for name in members)])
    alike = {
        names: Likeness.of((one.key, one.fingerprint) for name in names for one in members[name]) for names in circles
    }
    tasks: list[Task] = [
        task for pool in pools if (task := _task(pool, members, places, alike[pool.types])) is not None
    ]
    tasks += [task for name, each in members.items() for task in _list_tasks(types[name], each, places[name])]
    fields: dict[str, dict[str, FieldLearned]] = defaultdict(dict)
    lists: dict[str, dict[str, ListLearned]] = defaultdict(dict)
    for task, learned in zip(tasks, spread(learn, tasks), strict=True):
        if isinstance(task, FieldTask) and isinstance(learned, FieldLearned):
            for name in task.pool.types:
                fields[name][task.pool.spec.name] = _of_type(learned, members[name])
        elif isinstance(task, ListTask) and isinstance(learned, ListLearned):
            lists[task.type][task.spec.name] = learned
    knowledge = {
        name: _knowledge(types[name], each, fields[name], lists[name], alike[(name,)], places[name])
        for name, each in members.items()
    }
    kinds = TypeModel.fit([one.type_example for one in studied], families=families) if studied else None
    return Model(knowledge, kinds, dict(Counter(one.type for one in studied)), families)


def _of_type(learned: FieldLearned, members: Sequence[Studied]) -> FieldLearned:
    """Return what was learned with the guesses on documents of one type of the pool."""
    keys = {one.key for one in members}
    return FieldLearned(learned.model, [guess for guess in learned.guesses if guess.key in keys])


def _task(
    pool: Pool, members: Mapping[str, Sequence[Studied]], places: Mapping[str, Sequence[int]], likeness: Likeness
) -> FieldTask | None:
    """Return the pool's field with all its lessons; None where there is none."""
    name = pool.spec.name
    lessons: list[Lesson] = []
    truths: list[str | None] = []
    folds: list[int] = []
    for type_name in pool.types:
        for one, at in zip(members[type_name], places[type_name], strict=True):
            if name in one.lessons:
                lessons.append(one.lessons[name])
                truths.append(one.values[name])
                folds.append(at)
    if not lessons:
        return None
    return FieldTask(pool, tuple(lessons), tuple(truths), tuple(folds), likeness)


def _list_tasks(doctype: DocumentType, members: Sequence[Studied], places: Sequence[int]) -> Iterator[ListTask]:
    """Yield each list field of the type that any document teaches."""
    for spec in doctype.fields:
        taught = [(one.lists[spec.name], at) for one, at in zip(members, places, strict=True) if spec.name in one.lists]
        if taught:
            lessons, at = zip(*taught, strict=True)
            yield ListTask(doctype.name, spec, lessons, at)


def _knowledge(
    doctype: DocumentType,
    members: Sequence[Studied],
    fields: Mapping[str, FieldLearned],
    lists: Mapping[str, ListLearned],
    likeness: Likeness,
    places: Sequence[int],
) -> TypeKnowledge:
    """Return what the documents of one type teach, its held-out predictions calibrated together."""
    raw = held_of(doctype, [guess for learned in fields.values() for guess in learned.guesses])
    raw += _held_lists(members, lists, likeness, places)
    names = [one.field for one in raw]
    shares = np.array([one.share for one in raw])
    kinds = {name: learned.model.kind for name, learned in fields.items()} | dict.fromkeys(lists, "list")
    calibration = Calibration.fit(shares, np.array([one.right for one in raw], dtype=np.bool_), names, kinds)
    sure = calibration.confidences(shares, names) if raw else shares
    held = tuple(replace(one, confidence=float(s)) for one, s in zip(raw, sure, strict=True))
    thresholds = {
        spec.name: derive(
            np.array([h.confidence for h in held if h.field == spec.name]),
            np.array([h.right for h in held if h.field == spec.name], dtype=np.bool_),
            spec.error_target,
        )
        for spec in doctype.fields
        if spec.name in fields or spec.name in lists
    }
    lines = {
        spec.name: LinesMemory([one.rows[spec.name] for one in members if spec.name in one.rows])
        for spec in doctype.fields
        if any(spec.name in one.rows for one in members)
    }
    gate = Gate(
        tuple(one.fingerprint for one in members),
        float(np.quantile(_nearest_of_all(likeness), GATE_SHARE)) if len(members) > 1 else 1.0,
    )
    return TypeKnowledge(
        doctype.name,
        len(members),
        {name: learned.model for name, learned in fields.items()},
        calibration,
        thresholds,
        gate,
        lines,
        held,
        {name: learned.model for name, learned in lists.items()},
    )


def held_of(doctype: DocumentType, guesses: Iterable[Guess]) -> list[Held]:
    """Return the answers that guesses give once each document's fields have been reconciled with one another."""
    by_document: dict[str, list[Guess]] = defaultdict(list)
    for guess in guesses:
        by_document[guess.key].append(guess)
    held: list[Held] = []
    for each in by_document.values():
        beliefs = reconciled(doctype, {one.field: one.belief for one in each if one.group in RECONCILED})
        held += [one.held(beliefs.get(one.field, one.belief)) for one in each]
    return held


def _held_lists(
    members: Sequence[Studied], lists: Mapping[str, ListLearned], likeness: Likeness, places: Sequence[int]
) -> Iterator[Held]:
    """Yield the predictions of whole lists, with how alike each document is to those learned from."""
    fold = {one.key: at for one, at in zip(members, places, strict=True)}
    for name, learned in lists.items():
        taught = [one.key for one in members if name in one.lists]
        for one in learned.held:
            near = likeness.nearest(one.key, [key for key in taught if fold[key] != fold[one.key]])
            yield Held(one.key, name, one.share, 0.0, one.right, near)


def _nearest_of_all(likeness: Likeness) -> list[float]:
    """Return how alike each document is to the most similar other one."""
    table = likeness.table.copy()
    np.fill_diagonal(table, 0.0)
    return table.max(axis=1).tolist()


def fold_of(members: Sequence[Studied], folds: int | None = None) -> list[int]:
    """Return each document's fold: shuffled by a fixed seed; as many as there are documents at most.

    Layouts are not kept apart: with few of them such folds say next to nothing (measured), and how far documents of
    unknown layouts can be trusted is the gate's to say.
    """
    folds = min(len(members), folds or (FOLDS if len(members) < MANY else FOLDS_OF_MANY))
    order = sorted(range(len(members)), key=lambda i: members[i].key)
    random.Random(7).shuffle(order)  # noqa: S311 - no secret: the same division every time
    place = [0] * len(members)
    for at, index in enumerate(order):
        place[index] = at % folds
    return place
