"""What pages show of erasures and legal holds."""

from datetime import date, datetime

from pipeline.domain.documents import DocumentState
from pipeline.domain.erasure import ErasureBasis, ErasureState
from pipeline.domain.value import Frozen
from pipeline.services.views import ProofAsked


class ErasureView(Frozen):
    id: int
    document_id: int | None
    """None: a file in quarantine, which became none."""
    file_id: int
    document_type: str | None
    received_at: datetime
    state: ErasureState
    basis: ErasureBasis
    reference: str
    requested_by: str
    requested_at: datetime
    executed_by: str | None
    executed_at: datetime | None
    finished_at: datetime | None
    cleared: dict[str, int]
    error: str | None
    obstacle: str | None
    """Of one that was asked for: why it can't be carried out now."""


class HoldView(Frozen):
    id: int
    document_id: int
    matter: str
    placed_by: str
    placed_at: datetime
    released_by: str | None
    released_at: datetime | None


class DueView(Frozen):
    """A document whose time to be kept is over."""

    document_id: int
    document_type: str
    state: DocumentState
    received_at: datetime
    until: date
    basis: str
    """Of the rule."""


class ErasuresView(Frozen):
    """The whole page: what could go, what is asked for, what went, and what must stay."""

    due: tuple[DueView, ...]
    due_more: bool
    """Whether more are due than are listed."""
    requested: tuple[ErasureView, ...]
    running: tuple[ErasureView, ...]
    done: tuple[ErasureView, ...]
    """The latest."""
    done_count: int
    holds: tuple[HoldView, ...]
    """In force."""
    needs_other: bool
    """Whether somebody else than who asked has to carry an erasure out."""
    proof: ProofAsked | None


class RemainsView(Frozen):
    """A document as far as everybody may know for ever, whether it was erased or not."""

    document_id: int
    document_type: str | None
    state: DocumentState
    received_at: datetime
    erased_at: datetime | None
    kept_until: date | None
    kept_for: str | None
    """What the rule goes by."""
    hold: HoldView | None
    erasure: ErasureView | None
    """The last one asked for, unless it was withdrawn."""


class ErasureOutcome(Frozen):
    """What became of one of several."""

    refused: str | None
