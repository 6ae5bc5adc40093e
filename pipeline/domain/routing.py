from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from pipeline.domain.actors import Role
from pipeline.domain.erasure import Retention
from pipeline.domain.value import Frozen


class Finding(Frozen):
    """The result of a check that did not hold: a value, never raised."""

    code: str
    message: str
    """A sentence a clerk would say; it names the numbers."""
    fields: tuple[str, ...] = ()
    """The fields it speaks about; none: the whole document."""
    figures: tuple[tuple[str, str], ...] = ()
    """For sums: label and canonical number of each line, the last two being "makes" and "page says"."""
    related_document: int | None = None
    rows: tuple[int, ...] = ()
    """For tables: the rows it speaks about, counted from 1."""


class ReasonCode(StrEnum):
    LOW_CONFIDENCE = "low_confidence"
    CRITICAL = "critical"
    CHECK_FAILED = "check_failed"
    REQUIRED_MISSING = "required_missing"
    AMBIGUOUS = "ambiguous"
    SAMPLE = "sample"
    NO_TEXT = "no_text"
    TYPE_DOUBTFUL = "type_doubtful"
    SAME_NUMBER = "same_number"
    NOW_FAILS = "now_fails"
    """A check that held until a person changed another field."""
    REOPENED = "reopened"
    ATTACHED_DATA = "attached_data"
    """The electronic invoice inside the PDF says something else than its pages, or can't be read."""
    HIDDEN_TEXT = "hidden_text"
    """A page holds text that nobody can see: no value in force can mend that."""


class ReviewReason(Frozen):
    """Why a field is shown to a person."""

    code: ReasonCode
    message: str
    figures: tuple[tuple[str, str], ...] = ()
    related_document: int | None = None


class FieldRouting(Frozen):
    """What routing decided for one field; no reasons means that policy accepts it."""

    name: str
    threshold: float
    threshold_kind: str = "starting"
    """`starting`, the type's own, until reviewed documents support a `derived` one; `policy` where people set it."""
    reasons: tuple[ReviewReason, ...] = ()
    sample_probability: float | None = None
    """Where the field was drawn as a quality sample: with what probability."""


class Outcome(StrEnum):
    REVIEW = "review"
    READY = "ready"


class RoutingDecision(Frozen):
    """A document's way: REVIEW with at least one exception, READY without."""

    outcome: Outcome
    fields: tuple[FieldRouting, ...]
    policy_version: int
    findings: tuple[Finding, ...] = ()


class NextBy(StrEnum):
    """What the next document is chosen by."""

    WORTH = "worth"
    """Loss averted a second, with ageing: as in `pipeline.domain.worth`."""
    DUE = "due"
    """The earliest due."""


class Policy(Frozen):
    """The rules in force for accepting values unseen and for signing; each change is a new version."""

    version: int = 1
    sample_rate: float = Field(default=0.02, ge=0, le=1)
    """The share of accepted fields shown to a person all the same, to measure the accepted ones."""
    separate_duties: bool = False
    """On: nobody approves a document that they reviewed."""
    thresholds: dict[str, float] = {}
    """`type.field` to a threshold that overrides the type's starting one."""
    next_by: NextBy = NextBy.WORTH
    """What "next" goes by, once a person's own, urgent and overdue documents are done."""
    four_eyes_types: tuple[str, ...] = ()
    """Types whose documents two different people sign."""
    four_eyes_from: Decimal | None = Field(default=None, ge=0)
    """Documents of so much or more, in whatever currency, are signed by two people; None: no amount asks for it."""
    second_factor_roles: tuple[Role, ...] = ()
    """Whoever holds one of these is let no further than to setting up a second factor until they have one."""
    retention: dict[str, Retention] = {}
    """By type: how long its documents have to be kept; none for a type: as long as nobody asks to erase them."""

    def threshold_for(self, document_type: str, field: str, starting: float) -> float:
        return self.thresholds.get(f"{document_type}.{field}", starting)

    def second_signature_for(self, document_type: str | None, amount: str | None, *, has_amount: bool) -> str | None:
        """Return why two people have to sign such a document; None where one is enough.

        Args:
            document_type: its type's name.
            amount: canonical; None where the document names none.
            has_amount: whether its type has an amount at all: one that is missing may be a large one.
        """
        if document_type in self.four_eyes_types:
            return "documents of this type are signed by two people"
        if self.four_eyes_from is None or not has_amount:
            return None
        if amount is None:
            return f"it names no amount, and from {self.four_eyes_from} on two people sign"
        if abs(Decimal(amount)) >= self.four_eyes_from:
            return f"from {self.four_eyes_from} on two people sign"
        return None
