"""What a sample is drawn from, and how many items it has."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.assurance.sampling import CONFIDENCES, LARGEST, SampleSize, size_for
from pipeline.domain.actors import Actor
from pipeline.domain.sampling import SampleUnit, SampleWanted
from pipeline.errors import InvalidCorrectionError
from pipeline.record.verify import mapping
from pipeline.services import visible
from pipeline.services.samples.views import SamplePlan
from pipeline.services.typeshelf import TypeShelf
from pipeline.store.tables import ApprovalRow, DocumentRow


class Key(NamedTuple):
    """One item of a population."""

    approval_id: int
    document_id: int
    field: str | None

    @property
    def text(self) -> str:
        return str(self.approval_id) if self.field is None else f"{self.approval_id}/{self.field}"


def list_population(session: Session, wanted: SampleWanted, by: Actor, types: TypeShelf) -> list[Key]:
    """Return every item that could be drawn, by number of the signature and name of the field."""
    return [
        key
        for approval_id, document_id, record in _signed(session, wanted, by, types)
        for key in _keys(wanted, approval_id, document_id, record)
    ]


def plan_of(population: int, wanted: SampleWanted, by: Actor) -> SamplePlan:
    """Return how many items are drawn from so many.

    Raises:
        InvalidCorrectionError: there is nothing to draw from, or no size follows from what was stated.
    """
    if not population:
        raise InvalidCorrectionError("Nothing was signed that fits this. Choose another period, type or person.")
    if wanted.confidence not in CONFIDENCES:
        raise InvalidCorrectionError("Choose a confidence of 90, 95 or 99 %.")
    if wanted.size is not None:
        if not 1 <= wanted.size <= LARGEST:
            raise InvalidCorrectionError(f"A sample has 1 to {LARGEST} items. State another size.")
        size, worked_out = min(wanted.size, population), None
    elif wanted.tolerable is None:
        raise InvalidCorrectionError("State the tolerable share of exceptions, or how many items are drawn.")
    else:
        worked_out = worked_out_of(population, wanted)
        size = worked_out.size
    return SamplePlan(population=population, size=size, worked_out=worked_out, is_limited=by.sight.is_limited)


def worked_out_of(population: int, wanted: SampleWanted) -> SampleSize:
    """Return the arithmetic of a size.

    Raises:
        InvalidCorrectionError: no size follows from what was stated.
    """
    try:
        return size_for(population, wanted.confidence, wanted.tolerable or Decimal(0), wanted.expected)
    except ValueError as error:
        raise InvalidCorrectionError(
            "No sample size follows from these shares: the expected one has to be well below the tolerable one, "
            "which lies between 0 and 100 %."
        ) from error


def _signed(
    session: Session, wanted: SampleWanted, by: Actor, types: TypeShelf
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    conditions = visible.of_documents(visible.sight_of(by, types))
    if wanted.since:
        conditions.append(ApprovalRow.at >= wanted.since)
    if wanted.until:
        conditions.append(ApprovalRow.at < wanted.until)
    if wanted.approver:
        conditions.append(ApprovalRow.by == wanted.approver)
    rows = session.execute(
        select(ApprovalRow.id, ApprovalRow.document_id, ApprovalRow.record)
        .join(DocumentRow, DocumentRow.id == ApprovalRow.document_id)
        .where(*conditions)
        .order_by(ApprovalRow.id)
        .execution_options(yield_per=200)
    )
    for row in rows:
        yield row.id, row.document_id, row.record


def _keys(wanted: SampleWanted, approval_id: int, document_id: int, record: dict[str, Any]) -> Iterator[Key]:
    if wanted.document_type and record.get("document_type") != wanted.document_type:
        return
    fields = {name: mapping(field) for name, field in mapping(record.get("fields")).items()}
    if wanted.reviewer:
        seen_by = {record.get("validated_by"), *(field.get("settled_by") for field in fields.values())}
        if wanted.reviewer not in seen_by:
            return
    if wanted.unit is SampleUnit.SIGNATURES:
        yield Key(approval_id, document_id, None)
        return
    for name in sorted(fields):
        if fields[name].get("state") == "accepted":
            yield Key(approval_id, document_id, name)
