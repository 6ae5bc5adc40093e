"""A document's place among those under review, and how fast people settle its fields: both kept as they work."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.fields import DocumentType
from pipeline.domain.review import FieldRecord, FieldState
from pipeline.domain.worth import Pace, Priority, worth_of
from pipeline.store.tables import DocumentRow, FieldRow, PaceRow

LONGEST_MS = 300_000
"""What took longer was an interruption, and says little about the field."""


def note(session: Session, type_name: str | None, field: str, handling_ms: int) -> None:
    """Count one settled field; one that was not timed tells nothing."""
    if type_name is None or handling_ms <= 0:
        return
    row = session.get(PaceRow, (type_name, field))
    if row is None:
        row = PaceRow(type=type_name, field=field, count=0, total_ms=0)
        session.add(row)
    row.count += 1
    row.total_ms += min(handling_ms, LONGEST_MS)


def paces_of(session: Session, type_name: str | None) -> dict[str, Pace]:
    """Return what was measured on this type so far, by field."""
    found = session.scalars(select(PaceRow).where(PaceRow.type == (type_name or "")))
    return {row.field: Pace(count=row.count, total_ms=row.total_ms) for row in found}


def rank(session: Session, document: DocumentRow, fields: Sequence[FieldRow], doctype: DocumentType | None) -> None:
    """Bring chance, seconds and rank of the document in line with its fields."""
    worth = worth_of(
        [
            FieldRecord(name=row.name, state=FieldState(row.state), confidence=row.confidence, reasons=row.reasons)
            for row in fields
        ],
        doctype,
        paces_of(session, document.type),
        amount=document.amount,
        received_at=document.received_at,
        priority=Priority(document.priority or Priority.NORMAL),
    )
    document.chance, document.seconds, document.rank = worth.chance, worth.seconds, worth.rank
