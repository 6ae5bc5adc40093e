"""What looking at a document is worth: how documents under review are put in order, and why one comes next.

Reviewing a document averts a loss of `amount at risk * chance that something open is wrong`, and takes a person some
seconds. Loss averted a second is what a reviewer's time buys, and it doubles with every `HALF_LIFE` of waiting, so that
nothing starves. The order of two documents then never changes with time, which lets it be kept as one indexed number.
Assumptions: fields are wrong independently of each other; amounts are compared as they are, whatever their currency; a
wrong value costs the whole amount.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pipeline.domain.fields import TYPE_FIELD, DocumentType, FieldKind
from pipeline.domain.review import FieldRecord, FieldState
from pipeline.domain.routing import ReasonCode
from pipeline.domain.value import Frozen

HALF_LIFE = timedelta(hours=12)
"""Waiting so long counts as much as twice the loss."""
LEAST_AMOUNT, MOST_AMOUNT = 1.0, 10_000_000.0
"""Bounds of what may be at risk: they bound how long any document can be overtaken, to two and a half weeks."""
USUAL_AMOUNT = 100.0
"""At risk where a document names no amount."""
LEAST_CHANCE = 0.01
DOUBTED = 0.5
"""How likely a value can be right at most while a check speaks against it, whatever its confidence."""
OPENING_SECONDS = 6.0
"""Finding one's way into a document, and handing it on."""
LOW_IS = 64.0
"""A document of low priority counts as if so many times less were at stake; it ages and falls due all the same."""
URGENT_RANK = 1_000_000.0
"""Added to the rank of what people called urgent: it stands before everything else."""
PRIOR_SECONDS: dict[FieldKind, float] = {
    FieldKind.IDENTIFIER: 5,
    FieldKind.DATE: 4,
    FieldKind.MONEY: 5,
    FieldKind.CURRENCY: 2,
    FieldKind.NAME: 5,
    FieldKind.ADDRESS: 8,
    FieldKind.TEXT: 6,
    FieldKind.PERCENTAGE: 4,
    FieldKind.QUANTITY: 4,
    FieldKind.DURATION: 5,
    FieldKind.LIST: 12,
    FieldKind.TABLE: 45,
}
"""What a field takes by its kind, until enough of them were timed."""
PRIOR_COUNT = 10
"""How many timed fields weigh as much as the prior."""

_DOUBTS = frozenset(
    {
        ReasonCode.CHECK_FAILED,
        ReasonCode.NOW_FAILS,
        ReasonCode.REQUIRED_MISSING,
        ReasonCode.AMBIGUOUS,
        ReasonCode.ATTACHED_DATA,
        ReasonCode.HIDDEN_TEXT,
        ReasonCode.SAME_NUMBER,
        ReasonCode.TYPE_DOUBTFUL,
        ReasonCode.NO_TEXT,
        ReasonCode.REOPENED,
    }
)
_START = datetime(2026, 1, 1, tzinfo=UTC)


class Priority(StrEnum):
    """What people said about a document's turn."""

    URGENT = "urgent"
    NORMAL = "normal"
    LOW = "low"


class Pace(Frozen):
    """How long people took for one field of one type so far."""

    count: int = 0
    total_ms: int = 0


class Worth(Frozen):
    """What a document's place in the queue follows from."""

    chance: float
    """That at least one open value is wrong."""
    seconds: float
    """Predicted for a person."""
    rank: float
    """The higher, the sooner; comparable at any time."""


def chance_wrong(fields: Iterable[FieldRecord]) -> float:
    """Return the chance that at least one open value is wrong; accepted ones are not looked at, so they don't count."""
    right = 1.0
    for field in fields:
        if field.state is FieldState.OPEN:
            doubted = any(reason.code in _DOUBTS for reason in field.reasons)
            confidence = min(max(field.confidence, 0.0), 1.0)
            right *= min(confidence, DOUBTED) if doubted else confidence
    return 1.0 - right


def predicted_seconds(fields: Iterable[FieldRecord], doctype: DocumentType | None, paces: Mapping[str, Pace]) -> float:
    """Return how long a person will take: opening it, and each open field at its measured pace.

    Args:
        fields: the document's.
        doctype: its type, whose kinds give the prior; None where it is unknown.
        paces: by field, what was measured on this type.
    """
    seconds = OPENING_SECONDS
    for field in fields:
        if field.state is FieldState.OPEN:
            prior = PRIOR_SECONDS[_kind_of(field.name, doctype)]
            pace = paces.get(field.name, Pace())
            seconds += (prior * PRIOR_COUNT + pace.total_ms / 1000) / (PRIOR_COUNT + pace.count)
    return seconds


def rank_of(amount: float | None, chance: float, seconds: float, received_at: datetime, priority: Priority) -> float:
    """Return the document's place: log2 of the loss averted a second, plus one for each half-life it came earlier.

    At time t the worth is `loss * 2 ** ((t - received) / HALF_LIFE)`; its logarithm differs from the rank by the same
    number for all documents.
    """
    at_risk = USUAL_AMOUNT if amount is None else min(max(abs(amount), LEAST_AMOUNT), MOST_AMOUNT)
    loss = at_risk * max(chance, LEAST_CHANCE) / max(seconds, 1.0)
    if priority is Priority.LOW:
        loss /= LOW_IS
    rank = math.log2(loss) - (received_at - _START) / HALF_LIFE
    return rank + URGENT_RANK if priority is Priority.URGENT else rank


def worth_of(
    fields: Iterable[FieldRecord],
    doctype: DocumentType | None,
    paces: Mapping[str, Pace],
    *,
    amount: float | None,
    received_at: datetime,
    priority: Priority,
) -> Worth:
    """Return what looking at a document with these fields is worth."""
    listed = tuple(fields)
    chance = chance_wrong(listed)
    seconds = predicted_seconds(listed, doctype, paces)
    return Worth(chance=chance, seconds=seconds, rank=rank_of(amount, chance, seconds, received_at, priority))


def _kind_of(name: str, doctype: DocumentType | None) -> FieldKind:
    if name == TYPE_FIELD or doctype is None or not doctype.has_field(name):
        return FieldKind.TEXT
    return doctype.field(name).kind
