"""Champion against challenger: what held-out predictions on the same documents say, in figures and in words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.assurance.comparison import is_worse
from pipeline.assurance.measures import expected_calibration_error, reliability, risk_coverage
from pipeline.domain.fields import DocumentType
from pipeline.domain.models import FieldCurves, FieldFigures, TypeFigures
from pipeline.extraction.learned.model import FEW, Held, Model, TypeKnowledge
from pipeline.extraction.learned.training import Studied
from pipeline.services.schooling import judge

CHART_POINTS = 40
CHART_BINS = 10
TARGET = 0.01
LUCK = 1
"""Wrong values among those taken over that say nothing yet."""

Place = tuple[str, str]
"""A prediction's place: the lesson's key and the field."""


@dataclass(frozen=True)
class Answer:
    """One prediction on a document that was not learned from."""

    type: str
    right: bool
    accepted: bool
    """It would have been taken over unseen."""


@dataclass(frozen=True)
class Outcome:
    """What a comparison came to."""

    is_worse: bool
    why: str


def answers_of(model: Model, types: Mapping[str, DocumentType]) -> dict[Place, Answer]:
    """Return a model's held-out predictions."""
    return {
        (held.key, held.field): Answer(name, held.right, _is_accepted(held, known, types.get(name)))
        for name, known in model.types.items()
        for held in known.held
    }


def fresh_answers(model: Model, studied: Iterable[Studied], types: Mapping[str, DocumentType]) -> dict[Place, Answer]:
    """Return what a model says of documents that it did not learn from."""
    seen = {key for known in model.types.values() for field in known.fields.values() for key in field.memory.keys}
    found: dict[Place, Answer] = {}
    for one in studied:
        doctype = types.get(one.type)
        if one.key in seen or doctype is None:
            continue
        known = model.find(one.type)
        for said in judge(model, one, doctype):
            if known is None or said.field not in known.fields:
                continue  # the rules answer there, and they are compared by themselves
            right = said.right if said.answered else not said.wanted
            threshold = _threshold(known, said.field, doctype)
            found[said.key, said.field] = Answer(known.type, right, said.confidence >= threshold)
    return found


def rules_answers(studied: Iterable[Studied], families: Mapping[str, str]) -> dict[Place, bool]:
    """Return which values the rules alone have right."""
    found: dict[Place, bool] = {}
    for one in studied:
        for name, lesson in one.lessons.items():
            if lesson.chosen.any():
                found[one.key, name] = bool((lesson.chosen & lesson.right).any())
            else:
                found[one.key, name] = one.values[name] is None
    return found


def against_rules(challenger: Mapping[Place, Answer], rules: Mapping[Place, bool]) -> Outcome:
    """Return whether the challenger is worse than the rules alone, over all or in one type."""
    shared = [place for place in challenger if place in rules]
    kinds = sorted({challenger[place].type for place in shared})
    tests: list[tuple[str, list[Place]]] = [("", shared)]
    tests += [(kind, [place for place in shared if challenger[place].type == kind]) for kind in kinds]
    for kind, places in tests:
        better = sum(challenger[place].right and not rules[place] for place in places)
        worse = sum(rules[place] and not challenger[place].right for place in places)
        if is_worse(better, worse, tests=len(tests) if len(kinds) > 1 else 1):
            where = f" of type {kind}" if kind else ""
            return Outcome(
                True,
                f"Worse than the rules alone{where}: of {_values(len(places))}, {better} better and {worse} worse.",
            )
    if not shared:
        return Outcome(False, "Too few documents are reviewed to compare it with the rules.")
    right, before = sum(challenger[place].right for place in shared), sum(rules[place] for place in shared)
    return Outcome(
        False, f"Of {_values(len(shared))} in documents it had not seen, {right} are right; the rules had {before}."
    )


def against_champion(version: str, challenger: Mapping[Place, Answer], champion: Mapping[Place, Answer]) -> Outcome:
    """Return whether the challenger is worse than the champion on what both answered."""
    shared = [place for place in challenger if place in champion]
    better = sum(challenger[place].right and not champion[place].right for place in shared)
    worse = sum(champion[place].right and not challenger[place].right for place in shared)
    told = f"on {_values(len(shared))} that both answered, {better} better and {worse} worse"
    if is_worse(better, worse):
        return Outcome(True, f"Worse than model {version}: {told}.")
    mine, mine_wrong = _accepted(challenger, shared)
    its, its_wrong = _accepted(champion, shared)
    taken = f"it would have taken over {mine} unseen, {mine_wrong} of them wrong (before: {its}, {its_wrong} wrong)"
    # one more is luck, or a wrong label; and what keeps the target is good enough
    share, before = (mine_wrong - LUCK) / max(1, mine), its_wrong / max(1, its)
    if share > max(before, TARGET):
        return Outcome(True, f"Too sure of itself beside model {version}: {taken}.")
    return Outcome(False, f"No worse than model {version}: {told}; {taken}.")


def figures_of(model: Model, types: Mapping[str, DocumentType], rules: Mapping[Place, bool]) -> tuple[TypeFigures, ...]:
    """Return how a model did, by type and field."""
    found: list[TypeFigures] = []
    for name, known in sorted(model.types.items()):
        doctype = types.get(name)
        held: dict[str, list[Held]] = defaultdict(list)
        for one in known.held:
            held[one.field].append(one)
        fields = tuple(
            _figures(spec.name, held.get(spec.name, []), known, doctype, spec.error_target)
            for spec in (doctype.fields if doctype else ())
            if spec.name in known.fields or spec.name in held
        )
        found.append(
            TypeFigures(
                type=name,
                documents=known.documents,
                calibration_error=_error(known.held),
                rules_right=sum(rules.get((one.key, one.field), False) for one in known.held),
                fields=fields,
            )
        )
    return tuple(found)


def curves_of(model: Model) -> tuple[FieldCurves, ...]:
    """Return what the charts of each type, and of each of its fields, are drawn from."""
    found: list[FieldCurves] = []
    for name, known in sorted(model.types.items()):
        fields: dict[str | None, list[Held]] = {None: list(known.held)}
        for one in known.held:
            fields.setdefault(one.field, []).append(one)
        for field, held in fields.items():
            if not held:
                continue
            sure, right = _arrays(held)
            found.append(
                FieldCurves(
                    type=name,
                    field=field,
                    bins=tuple(
                        (round(bar.stated, 4), round(bar.observed, 4), bar.count)
                        for bar in reliability(sure, right, CHART_BINS)
                    ),
                    points=tuple(
                        (round(point.threshold, 4), round(point.coverage, 4), round(point.risk, 4))
                        for point in risk_coverage(sure, right, CHART_POINTS)
                    ),
                )
            )
    return tuple(found)


def _figures(
    name: str, held: Sequence[Held], known: TypeKnowledge, doctype: DocumentType | None, target: float
) -> FieldFigures:
    accepted = [one for one in held if _is_accepted(one, known, doctype)]
    threshold = known.thresholds.get(name)
    return FieldFigures(
        name=name,
        documents=len(held),
        right=sum(one.right for one in held),
        accepted=len(accepted),
        accepted_wrong=sum(not one.right for one in accepted),
        threshold=threshold.value if threshold else None,
        missing=threshold.missing if threshold else 0,
        error_target=target,
        calibration_error=_error(held),
    )


def _is_accepted(one: Held, known: TypeKnowledge, doctype: DocumentType | None) -> bool:
    """Return whether the prediction would have been taken over unseen: sure, and on a document like those reviewed."""
    if known.documents < FEW or one.likeness < known.gate.least or doctype is None:
        return False
    return one.confidence >= _threshold(known, one.field, doctype)


def _threshold(known: TypeKnowledge, field: str, doctype: DocumentType) -> float:
    derived = known.thresholds.get(field)
    if derived is not None and derived.value is not None:
        return derived.value
    return doctype.field(field).threshold if doctype.has_field(field) else 1.0


def _accepted(answers: Mapping[Place, Answer], places: Sequence[Place]) -> tuple[int, int]:
    taken = [answers[place] for place in places if answers[place].accepted]
    return len(taken), sum(not one.right for one in taken)


def _error(held: Sequence[Held]) -> float | None:
    return round(expected_calibration_error(*_arrays(held)), 4) if held else None


def _arrays(
    held: Sequence[Held],
) -> "tuple[np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.bool_]]]":
    return np.array([one.confidence for one in held]), np.array([one.right for one in held], dtype=np.bool_)


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count:,} values"
