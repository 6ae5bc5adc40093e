"""Named queries: each says in its name what comes back, and raises or returns None as its verb says."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.documents import DocumentState
from pipeline.domain.extraction import Extraction
from pipeline.errors import NotFoundError
from pipeline.store.tables import (
    ApprovalRow,
    Base,
    ClaimRow,
    DocumentRow,
    DraftRow,
    ExtractionRow,
    FieldRow,
    FileRow,
    GroupRow,
    PolicyRow,
    UserRow,
)

GONE = (DocumentState.REJECTED, DocumentState.REPLACED)
"""States in which a document no longer stands for anything."""


Row = TypeVar("Row", bound=Base)


def is_row_id(number: int) -> bool:
    """Say whether a row can have this number: databases refuse to compare with larger ones."""
    return 0 < number < 2**63


def find_row(session: Session, kind: type[Row], row_id: int) -> Row | None:
    """Return the row of that number, whatever number somebody typed into an address."""
    return session.get(kind, row_id) if is_row_id(row_id) else None


def get_document(session: Session, document_id: int) -> DocumentRow:
    row = find_row(session, DocumentRow, document_id)
    if row is None:
        raise no_document(document_id)
    return row


def no_document(document_id: int) -> NotFoundError:
    return NotFoundError(f"There is no document {document_id}. It may have been mistyped: look in the queue.")


def get_file(session: Session, file_id: int) -> FileRow:
    row = find_row(session, FileRow, file_id)
    if row is None:
        raise no_file(file_id)
    return row


def no_file(file_id: int) -> NotFoundError:
    return NotFoundError(f"There is no file {file_id}. Look for it on the Files page.")


def get_group(session: Session, group_id: int) -> GroupRow:
    row = find_row(session, GroupRow, group_id)
    if row is None:
        raise NotFoundError(f"There is no group {group_id}. Reload the list of groups.")
    return row


def get_user(session: Session, user_id: int) -> UserRow:
    row = find_row(session, UserRow, user_id)
    if row is None:
        raise NotFoundError(f"There is no account {user_id}. Reload the list of people.")
    return row


def list_fields(session: Session, document_id: int) -> list[FieldRow]:
    """Return the document's fields in the type's order, the type itself first."""
    statement = select(FieldRow).where(FieldRow.document_id == document_id).order_by(FieldRow.position, FieldRow.id)
    return list(session.scalars(statement))


def find_extraction(session: Session, document_id: int) -> Extraction | None:
    """Return the newest run of the engine over the document."""
    statement = (
        select(ExtractionRow.result)
        .where(ExtractionRow.document_id == document_id)
        .order_by(ExtractionRow.id.desc())
        .limit(1)
    )
    return session.scalar(statement)


def find_claim(session: Session, document_id: int, now: datetime) -> ClaimRow | None:
    """Return who holds the document now; an expired lease holds nothing."""
    row = session.get(ClaimRow, document_id)
    return row if row is not None and row.lease_until > now else None


def list_drafts(session: Session, document_id: int, user_id: int) -> list[DraftRow]:
    """Return what one person typed for the document's fields and has not decided."""
    return list(
        session.scalars(select(DraftRow).where(DraftRow.document_id == document_id, DraftRow.user_id == user_id))
    )


def list_approvals(session: Session, document_id: int) -> list[ApprovalRow]:
    """Return every signature of the document, newest first."""
    statement = select(ApprovalRow).where(ApprovalRow.document_id == document_id).order_by(ApprovalRow.id.desc())
    return list(session.scalars(statement))


def list_with_identity(session: Session, tokens: Sequence[str], but: int) -> list[int]:
    """Return documents that still stand and are recognised by one of the tokens, `but` one."""
    statement = (
        select(DocumentRow.id)
        .where(DocumentRow.identity.in_(tokens), DocumentRow.id != but, DocumentRow.state.not_in(GONE))
        .order_by(DocumentRow.id)
        .limit(20)
    )
    return list(session.scalars(statement))


def get_policy(session: Session) -> PolicyRow:
    row = session.scalar(select(PolicyRow).order_by(PolicyRow.version.desc()).limit(1))
    if row is None:
        raise NotFoundError("The database holds no policy. Run `proofdesk db upgrade`.")
    return row
