"""Confidence by class of evidence: how often answers with such evidence were right, measured and rounded.

The scores of the parts are no probabilities. Each answer falls into a class by kind, by strength of its label, by what
else supports it and by its lead over the next rival; the class carries the share of right answers.
"""

from pipeline.domain.fields import FieldKind
from pipeline.extraction.answers import Answer

TABLE_VERSION = "0"


def class_of(answer: Answer) -> tuple[str, str, str, str]:
    """Return the evidence class of an answer: kind, support, label, lead."""
    kind = _GROUP.get(answer.spec.kind, "name")
    if answer.spec.normaliser in {"iban", "vat"}:
        kind = "checked"
    if answer.best is None:
        nearest = answer.rivals[0].score if answer.rivals else 0.0
        return (kind, "absent", "near" if nearest > 0.2 else "far", "required" if answer.spec.required else "optional")
    support = next(
        (s for s in ("sum", "check", "fallback", "sum_zero", "only", "unlabelled") if s in answer.support), "none"
    )
    score = answer.best.score
    label = "strong" if score >= 0.8 else "fair" if score >= 0.55 else "weak"
    lead = "clear" if answer.margin >= 0.25 else "close" if answer.margin >= 0.08 else "tied"
    return (kind, support, label, lead)


_GROUP = {
    FieldKind.DATE: "date",
    FieldKind.MONEY: "money",
    FieldKind.IDENTIFIER: "identifier",
    FieldKind.CURRENCY: "currency",
    FieldKind.NAME: "name",
    FieldKind.DURATION: "duration",
    FieldKind.LIST: "list",
}


def confidence_of(answer: Answer) -> float:
    """Return the share of right answers among those with such evidence."""
    kind, support, label, lead = class_of(answer)
    if support == "absent":
        return 0.5 if label == "near" else 0.6 if lead == "required" else 0.8
    base = {"strong": 0.9, "fair": 0.75, "weak": 0.5}[label]
    base += {"sum": 0.05, "check": 0.05}.get(support, 0.0)
    return min(0.97, base - {"clear": 0.0, "close": 0.1, "tied": 0.25}[lead])
