"""What an auditor draws a sample of, and what they find."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pipeline.domain.value import Frozen


class SampleUnit(StrEnum):
    SIGNATURES = "signatures"
    """One item is one signed record."""
    ACCEPTED = "accepted"
    """One item is one field of a signed record that policy accepted and nobody saw."""


class Verdict(StrEnum):
    AGREES = "agrees"
    EXCEPTION = "exception"


class ExceptionKind(StrEnum):
    """Why an item does not agree."""

    VALUE = "value"
    """The signed value is not what the document says."""
    EVIDENCE = "evidence"
    """The document does not show it, or is not the one that it should be."""
    SIGNATURE = "signature"
    """Signed by somebody who should not have, or in spite of something."""
    UNAVAILABLE = "unavailable"
    """It can't be examined any more: what can't be shown counts as wrong."""
    OTHER = "other"


class SampleWanted(Frozen):
    """The population, and how large the sample has to be; what is left out takes all."""

    unit: SampleUnit = SampleUnit.SIGNATURES
    since: datetime | None = None
    """Signed at this time or later."""
    until: datetime | None = None
    """Before this time."""
    document_type: str | None = None
    """As signed."""
    approver: str | None = None
    """Login name of who signed."""
    reviewer: str | None = None
    """Login name of who handed it on, or settled a field of it."""
    confidence: Decimal = Decimal("0.95")
    tolerable: Decimal | None = None
    """The largest share of exceptions that is acceptable; None: the size was stated, and the limit alone is told."""
    expected: Decimal = Decimal(0)
    size: int | None = None
    """Stated; None: worked out from the shares."""
