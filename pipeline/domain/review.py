from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pipeline.domain.extraction import Provenance
from pipeline.domain.routing import ReviewReason
from pipeline.domain.value import Frozen, Value


class FieldState(StrEnum):
    ACCEPTED = "accepted"
    """Taken over by policy, unseen by a person."""
    OPEN = "open"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    ABSENT = "absent"


SETTLED = frozenset({FieldState.CONFIRMED, FieldState.CORRECTED, FieldState.ABSENT})


class Decision(StrEnum):
    """What a reviewer does with one field."""

    CONFIRM = "confirm"
    CORRECT = "correct"
    ABSENT = "absent"


class Settlement(Frozen):
    """A reviewer's decision on one field, as a command."""

    field: str
    decision: Decision
    value: Value | None = None
    """For CORRECT: the value as typed, or a candidate's; normalised by the service."""
    provenance: Provenance | None = None
    """For CORRECT: where the reviewer pointed, if they did."""
    comment: str = ""
    handling_ms: int = 0
    """Time spent on the field, idle time left out."""


class Draft(Frozen):
    """What somebody typed for a field and has not decided yet: kept, never taken for a decision."""

    field: str
    entries: dict[str, tuple[str, ...]]
    """Names of the form's entries to what stood in them, as typed."""
    at: datetime


class FieldRecord(Frozen):
    """A field of a document as it stands: the machine's answer, and the person's where there is one."""

    name: str
    state: FieldState
    machine_value: Value | None = None
    value: Value | None = None
    """The person's value where CORRECTED; the machine's where ACCEPTED or CONFIRMED; None where ABSENT."""
    confidence: float = 0.0
    threshold: float = 0.0
    threshold_kind: str = "starting"
    """Whose threshold that is: `starting`, `derived` or `policy`; as in `FieldRouting`."""
    reasons: tuple[ReviewReason, ...] = ()
    """Why it is or was shown; kept after settling."""
    sample_probability: float | None = None
    provenance: Provenance | None = None
    settled_by: str | None = None
    settled_at: datetime | None = None
    handling_ms: int = 0
    comment: str = ""


def current_values(fields: Iterable[FieldRecord]) -> dict[str, Value | None]:
    """Return the value in force for each field: the only place that combines machine and person."""
    return {field.name: None if field.state is FieldState.ABSENT else field.value for field in fields}
