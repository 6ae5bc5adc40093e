"""What stands in the way of erasing a document."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.documents import DocumentState
from pipeline.domain.erasure import ErasureBasis, Retention
from pipeline.domain.files import FileState
from pipeline.domain.routing import Policy
from pipeline.store.tables import DeliveryRow, DocumentRow, FileRow, LegalHoldRow

ERASABLE = (DocumentState.APPROVED, DocumentState.REJECTED, DocumentState.REPLACED, DocumentState.FAILED)
"""Nobody has anything left to do with a document in one of these."""


def retention_of(policy: Policy, document: DocumentRow) -> Retention | None:
    """Return the rule for the document's type; a document of no known type has none."""
    return policy.retention.get(document.type or "")


def kept_until(policy: Policy, document: DocumentRow) -> date | None:
    """Return the last day on which the document has to be kept; None where no rule asks for it."""
    rule = retention_of(policy, document)
    return rule.until(document.received_at) if rule is not None else None


def find_hold(session: Session, document_id: int) -> LegalHoldRow | None:
    """Return a legal hold that the document is under."""
    in_force = LegalHoldRow.document_id == document_id, LegalHoldRow.released_at.is_(None)
    return session.scalar(select(LegalHoldRow).where(*in_force).order_by(LegalHoldRow.id).limit(1))


def find_obstacle(
    session: Session, document: DocumentRow, basis: ErasureBasis, policy: Policy, now: datetime
) -> str | None:
    """Return in a sentence why the document can't be erased now; None where nothing stands in the way."""
    here = f"Document {document.id}"
    if document.erased_at is not None:
        return f"{here} is erased already."
    if document.state not in ERASABLE:
        return f"{here} is still worked on. Reject it, or have it signed, before it is erased."
    hold = find_hold(session, document.id)
    if hold is not None:
        return f"{here} is under a legal hold for {hold.matter}. Release the hold first, if the matter is over."
    until, rule = kept_until(policy, document), retention_of(policy, document)
    # what should never have been kept is not what the rule is about
    if rule is not None and until is not None and until >= now.date() and basis is not ErasureBasis.UNLAWFUL:
        return f"{here} has to be kept until {until} ({rule.basis}). Erase it after that day."
    if session.scalar(
        select(DeliveryRow.id).where(DeliveryRow.document_id == document.id, DeliveryRow.state == "pending").limit(1)
    ):
        return f"{here} is still being delivered. Wait until it is, then erase it."
    return None


def find_file_obstacle(session: Session, file: FileRow) -> str | None:
    """Return in a sentence why a file can't be erased by itself; None where nothing stands in the way."""
    here = f"File {file.id}"
    if file.erased_at is not None:
        return f"{here} is erased already."
    first = file.duplicate_of or file.id
    document = session.scalar(select(DocumentRow.id).where(DocumentRow.file_id == first).limit(1))
    if document is not None:
        return f"{here} became document {document}. Ask for that document to be erased: the file goes with it."
    if file.state != FileState.QUARANTINED or not file.moved:
        return f"{here} is still being taken in. Wait until it is, then ask again."
    return None
