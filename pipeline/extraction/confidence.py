"""Confidence by class of evidence: how often answers with such evidence were right, measured and rounded.

The scores of the parts are no probabilities. Each answer falls into a class by kind, by what supports it beyond labels,
by the strength of its label and by its lead over the next rival; the class carries the share of right answers
(`pipeline.extraction.measured`, which says how it was measured).
"""

from pipeline.domain.fields import FieldKind, Place
from pipeline.extraction.answers import Answer
from pipeline.extraction.measured import MEASURED, TABLE_VERSION

__all__ = ["TABLE_VERSION", "class_of", "confidence_of", "share_of"]

AMBIGUOUS = 0.7
"""What an answer keeps of its confidence where its print can be read in two ways."""

ABSENT = 0.7
ABSENT_REQUIRED = 0.3
"""Where too few documents without such a field were seen."""

_GROUP = {
    FieldKind.DATE: "date",
    FieldKind.MONEY: "money",
    FieldKind.IDENTIFIER: "identifier",
    FieldKind.CURRENCY: "currency",
    FieldKind.DURATION: "sentence",
    FieldKind.LIST: "sentence",
    FieldKind.ADDRESS: "address",
}
_SUPPORT = ("sum", "check", "fallback", "sum_zero", "only", "unlabelled")


def class_of(answer: Answer) -> tuple[str, str, str, str]:
    """Return the evidence class of an answer: kind, support, label, lead."""
    spec = answer.spec
    kind = _GROUP.get(spec.kind, "name")
    if spec.normaliser in {"iban", "vat"}:
        kind = "checked"
    elif spec.place in {Place.RANGE_START, Place.RANGE_END}:
        kind = "range"
    elif spec.place in {Place.PREAMBLE, Place.GOVERNING_LAW}:
        kind = "sentence"
    if answer.best is None:
        nearest = answer.rivals[0].score if answer.rivals else 0.0
        return (kind, "absent", "near" if nearest > 0.2 else "far", "required" if spec.required else "optional")
    support = next((s for s in _SUPPORT if s in answer.support), "none")
    if kind == "name":
        # Where a name stands says more about it than how strong its score is.
        support = answer.best.relation or "none"
    score = answer.best.score
    label = "strong" if score >= 0.8 else "fair" if score >= 0.55 else "weak"
    lead = "clear" if answer.margin >= 0.25 else "close" if answer.margin >= 0.08 else "tied"
    return (kind, support, label, lead)


def confidence_of(answer: Answer) -> float:
    """Return the share of right answers among those with such evidence."""
    share = share_of(class_of(answer))
    if answer.best is not None and len(answer.best.find.readings) > 1:
        share *= AMBIGUOUS
    return round(share, 3)


def share_of(key: tuple[str, str, str, str]) -> float:
    """Return the measured share of the class, or of the nearest wider one that was seen often enough."""
    kind, support, label, lead = key
    narrow = (f"{kind}/{support}/{label}/{lead}", f"{kind}/{support}/{label}", f"{kind}/{support}")
    for name in narrow:
        if name in MEASURED:
            return MEASURED[name]
    if support == "absent":
        # How often answers of a kind are right says nothing about how often missing ones are missing.
        return ABSENT_REQUIRED if lead == "required" else ABSENT
    return MEASURED.get(kind, 0.5)
