from datetime import datetime
from enum import StrEnum
from typing import Any

from pipeline.domain.documents import DocumentState
from pipeline.domain.sight import EVERYTHING, Sight
from pipeline.domain.value import Frozen
from pipeline.record import canonical


class ExportFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"


class ExportPart(StrEnum):
    APPROVALS = "approvals"
    """Every approval, with each field of its document."""
    EVENTS = "events"


class ExportFilter(Frozen):
    """What an export holds; everything optional, and what is left out takes all."""

    since: datetime | None = None
    """Signed, or for events happened, at this time or later."""
    until: datetime | None = None
    """Before this time."""
    document_type: str | None = None
    person: str | None = None
    """Login name: who did it; for approvals also who validated, or settled a field."""
    states: tuple[DocumentState, ...] = ()
    """Documents that are in one of these states now, signed or not; none: every approval, superseded ones too."""
    documents: tuple[int, ...] = ()
    """These documents alone; none: all."""
    events: tuple[int, ...] = ()
    """Single events, by their numbers, that come along with those of the documents."""
    redact: tuple[str, ...] = ()
    """Fields whose values are left out, for copies that go further; in JSONL and evidence alone."""
    parts: tuple[ExportPart, ...] = tuple(ExportPart)
    sight: Sight = EVERYTHING
    """How far whoever asks sees; set by the service, whatever was asked for."""

    @property
    def narrows_events(self) -> bool:
        """Whether events in between may be left out, so that the chain has gaps."""
        return bool(self.document_type or self.person or self.states or self.documents or self.sight.is_limited)

    def shown(self) -> dict[str, Any]:
        """Return what was asked for, as the record keeps it: that groups limited it, not to which folders."""
        return canonical.plain(self.model_dump(exclude={"sight"}) | {"limited": self.sight.is_limited})
