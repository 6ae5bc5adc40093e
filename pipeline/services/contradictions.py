"""Labels that the machine doubts: it was sure on a document that it had not seen, and people said otherwise."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.domain.fields import DocumentType
from pipeline.domain.pages import Page
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.fieldmodel import FieldModel
from pipeline.extraction.learned.groups import group_of
from pipeline.extraction.learned.model import Held, Model
from pipeline.extraction.learned.sheet import Sheet
from pipeline.extraction.learned.training import DOCUMENTS_MAX, FOLDS, Studied, fold_of
from pipeline.extraction.learned.verdict import verdict_of
from pipeline.extraction.locale import infer_locale
from pipeline.extraction.rules import Rules

SURE = 0.97
LISTED_MOST = 20
"""A short list gets read; the next training lists the next."""


@dataclass(frozen=True)
class Contradiction:
    """One doubted label."""

    key: str
    field: str
    confidence: float
    said: str | None
    """What the machine said; None: that there is none."""
    index: int | None
    """Which of the document's candidates that is."""


def find(model: Model, studied: Sequence[Studied], types: Mapping[str, DocumentType]) -> list[Contradiction]:
    """Return the doubted labels, the surest first.

    Held-out predictions say that they were wrong, not what they said; it is asked anew of models that have not seen
    the document, as many as there are doubted labels in a field's parts.
    """
    families: dict[str, list[Studied]] = defaultdict(list)
    for one in studied:
        families[model.families.get(one.type, one.type)].append(one)
    doubted = sorted(
        (
            (held, name)
            for name, known in model.types.items()
            for held in known.held
            if not held.right and held.confidence >= SURE
        ),
        key=lambda pair: (-pair[0].confidence, pair[0].key, pair[0].field),
    )[:LISTED_MOST]
    groups: dict[tuple[str, str, int], list[Held]] = defaultdict(list)
    places: dict[str, dict[str, int]] = {}
    for held, name in doubted:
        if name not in places:
            members = families[name][-DOCUMENTS_MAX:]
            folds = fold_of(members, min(FOLDS, len(members)))
            places[name] = {one.key: fold for one, fold in zip(members, folds, strict=True)}
        groups[name, held.field, places[name][held.key]].append(held)
    found: list[Contradiction] = []
    for (name, field, fold), members in groups.items():
        if name in types:
            others = [one for one in families[name] if places[name].get(one.key) not in {None, fold}]
            asked = {one.key: one for one in families[name]}
            found += _said(types[name], field, others, [(held, asked[held.key]) for held in members])
    return sorted(found, key=lambda one: (-one.confidence, one.key, one.field))


def printed(one: Contradiction, pages: tuple[Page, ...], doctype: DocumentType) -> str | None:
    """Return what the machine said as the page prints it."""
    layout = Layout(pages)
    rules = BaselineEngine()
    sheet = Sheet.of(Rules(layout, doctype, infer_locale(layout), rules.index_of(doctype)))
    view = sheet.views.get(one.field)
    options = sheet.options[view.group] if view is not None else []
    return options[one.index].text if one.index is not None and one.index < len(options) else one.said


def _said(
    doctype: DocumentType, field: str, others: Sequence[Studied], asked: Sequence[tuple[Held, Studied]]
) -> list[Contradiction]:
    spec = doctype.field(field)
    group = group_of(spec)
    lessons = [one.lessons[field] for one in others if field in one.lessons]
    if group is None or not lessons:
        return []
    model = FieldModel.fit(group, lessons)
    found: list[Contradiction] = []
    for held, one in asked:
        lesson = one.lessons[field]
        shares = model.probabilities(
            lesson.marks, lesson.keys, lesson.prior, lesson.chosen, lesson.sure, lesson.none_prior, lesson.fingerprint
        )
        index = verdict_of(group, lesson.keys, shares, spec.required).index
        said = lesson.keys[index] if index is not None else None
        found.append(Contradiction(held.key, field, held.confidence, said, index))
    return found
