"""An erasure in the database, from its request on, and on record: the same for people and for a restored backup."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.erasure import ErasureBasis, ErasureState
from pipeline.services.entries import document_entry, entry
from pipeline.services.erasure.values import Emptied
from pipeline.store import events
from pipeline.store.tables import DocumentRow, ErasureRow


def ask(
    session: Session,
    file_id: int,
    document_id: int | None,
    basis: ErasureBasis,
    reference: str,
    by: str,
    now: datetime,
) -> ErasureRow:
    """Add a request that nobody has carried out, and return it with its number."""
    row = ErasureRow(
        file_id=file_id,
        document_id=document_id,
        state=ErasureState.REQUESTED,
        basis=basis,
        reference=reference,
        requested_by=by,
        requested_at=now,
    )
    session.add(row)
    session.flush()
    return row


def note(row: ErasureRow, emptied: Emptied, by: str, now: datetime) -> None:
    """Say in the erasure's row what is gone, and what of it is still to be cleared from the disk."""
    row.state, row.executed_by, row.executed_at = ErasureState.RUNNING, by, now
    row.sizes, row.models, row.keys = emptied.sizes, list(emptied.models), list(emptied.keys)


def tell(
    session: Session,
    row: ErasureRow,
    document: DocumentRow | None,
    emptied: Emptied,
    facts: dict[str, Any],
    by: Actor,
    now: datetime,
) -> None:
    """Put it on record for the document, or the file that became none, and for each later file with the same bytes."""
    if document is not None:
        told = [document_entry(AuditTag.ERASURE_EXECUTE, document, by, now, facts=facts)]
    else:
        told = [entry(AuditTag.ERASURE_EXECUTE, by, now, file_id=row.file_id, facts=facts)]
    for file_id in emptied.files:
        if file_id != row.file_id:
            more = {"erasure": row.id, "of": row.file_id}
            told.append(entry(AuditTag.ERASURE_EXECUTE, by, now, file_id=file_id, facts=more))
    events.append(session, *told)
