"""What the pages and the command line show of samples."""

from datetime import datetime
from typing import Any

from pipeline.assurance.sampling import SampleSize
from pipeline.domain.sampling import ExceptionKind, SampleUnit, SampleWanted, Verdict
from pipeline.domain.value import Frozen


class SamplePlan(Frozen):
    """What a sample would be drawn from, and how many items it would have."""

    population: int
    size: int
    worked_out: SampleSize | None
    """The arithmetic; None where the size was stated."""
    is_limited: bool


class FindingView(Frozen):
    by: str
    at: datetime
    verdict: Verdict
    kind: ExceptionKind | None
    field: str | None
    comment: str


class ItemView(Frozen):
    """One item of a sample, and what was found of it."""

    position: int
    approval: int
    document_id: int
    field: str | None
    findings: tuple[FindingView, ...]
    """Oldest first; the last one counts."""

    @property
    def verdict(self) -> Verdict | None:
        return self.findings[-1].verdict if self.findings else None


class SampleView(Frozen):
    """A sample, how far it is, and what can be said by it."""

    id: int
    title: str
    by: str
    at: datetime
    wanted: SampleWanted
    is_limited: bool
    seed: str
    population: int
    population_sha256: str
    size: int
    worked_out: SampleSize | None
    items: tuple[ItemView, ...]
    examined: int
    exceptions: int
    limit: int | None
    """The most exceptions that the population can hold at the stated confidence; None until all is examined."""
    is_supported: bool | None
    """Whether the tolerable share is shown; None until all is examined, or where none was stated."""
    closed_at: datetime | None
    closed_by: str | None

    @property
    def documents(self) -> tuple[int, ...]:
        """The documents that items are from, each once."""
        return tuple(sorted({item.document_id for item in self.items}))

    @property
    def next_position(self) -> int | None:
        """The first item that nobody has examined."""
        return next((item.position for item in self.items if item.verdict is None), None)


class SampleRowView(Frozen):
    """A sample in the list."""

    id: int
    title: str
    by: str
    at: datetime
    unit: SampleUnit
    population: int
    size: int
    examined: int
    exceptions: int
    closed_at: datetime | None


class SignedFieldView(Frozen):
    """A field as it was signed."""

    name: str
    value: Any
    state: str
    settled_by: str | None
    provenance: dict[str, Any] | None
    is_erased: bool


class SignedItemView(Frozen):
    """An item with what was signed."""

    item: ItemView
    document_type: str | None
    revision: int
    signed_by: str
    signed_at: datetime
    meaning: str
    is_superseded: bool
    is_erased: bool
    """Its values are gone: what is left can be examined, or is an exception."""
    fields: tuple[SignedFieldView, ...]
