"""Lists of documents: the exception queue, what waits for approval, what is done."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.documents import DocumentState
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import ClaimView, QueueFilter, QueuePage, QueueRow, SignedView
from pipeline.store import queries
from pipeline.store.tables import ApprovalRow, ClaimRow, DeliveryRow, DocumentRow, FileRow, UserRow

SORTS: dict[str, Any] = {
    "due": DocumentRow.due_at,
    "received": DocumentRow.received_at,
    "type": DocumentRow.type,
    "number": DocumentRow.number,
    "party": DocumentRow.party,
    "amount": DocumentRow.amount,
    "open": DocumentRow.open_count,
    "changed": DocumentRow.changed_at,
}


def page_of(session: Session, wanted: QueueFilter, types: TypeShelf, by: Actor, now: datetime) -> QueuePage:
    """Return one page of the list that `wanted` describes, with its totals."""
    chosen = _conditions(wanted, by, now)
    claimed = and_(ClaimRow.document_id == DocumentRow.id, ClaimRow.lease_until > now)
    totals = select(func.count(), func.coalesce(func.sum(DocumentRow.open_count), 0)).select_from(DocumentRow)
    counted: Any = session.execute(_joined(totals, claimed).where(*chosen)).one()
    total, exceptions = counted
    column = SORTS.get(wanted.sort, DocumentRow.due_at)
    order = column.desc() if wanted.descending else column.asc()
    found: Any = session.execute(
        _joined(select(DocumentRow, FileRow.name, ClaimRow, UserRow.display_name), claimed)
        .outerjoin(UserRow, UserRow.id == ClaimRow.user_id)
        .where(*chosen)
        .order_by(order.nulls_last(), DocumentRow.received_at, DocumentRow.id)
        .limit(wanted.page_size)
        .offset((max(wanted.page, 1) - 1) * wanted.page_size)
    )
    rows = found.all()
    signed = _signed(session, [document.id for document, *_ in rows if document.state == DocumentState.APPROVED])
    return QueuePage(
        rows=tuple(
            _row(document, name, claim, holder, types, by, signed.get(document.id))
            for document, name, claim, holder in rows
        ),
        total=total,
        exceptions=exceptions,
        page=max(wanted.page, 1),
        page_size=wanted.page_size,
        by_state=queries.count_by_state(session),
        types=tuple(sorted(name for name in session.scalars(select(DocumentRow.type).distinct()) if name)),
    )


def find_next(session: Session, by: Actor, now: datetime, skip: tuple[int, ...]) -> int | None:
    """Return the document this person should take next: their own first, then the earliest due that is free."""
    mine = and_(ClaimRow.user_id == by.id, ClaimRow.lease_until > now)
    free = or_(ClaimRow.document_id.is_(None), ClaimRow.lease_until <= now)
    for condition in (mine, free):
        found = session.scalar(
            select(DocumentRow.id)
            .outerjoin(ClaimRow, ClaimRow.document_id == DocumentRow.id)
            .where(DocumentRow.state == DocumentState.REVIEW, DocumentRow.id.not_in(skip), condition)
            .order_by(DocumentRow.due_at, DocumentRow.received_at, DocumentRow.id)
            .limit(1)
        )
        if found is not None:
            return found
    return None


def _signed(session: Session, documents: list[int]) -> dict[int, SignedView]:
    """Return the signature in force under each of these documents, with its delivery, in one statement."""
    if not documents:
        return {}
    found = session.execute(
        select(
            ApprovalRow.document_id,
            ApprovalRow.at,
            ApprovalRow.by_display,
            DeliveryRow.state,
            DeliveryRow.sent_at,
            DeliveryRow.reference,
            DeliveryRow.error,
        )
        .outerjoin(DeliveryRow, DeliveryRow.approval_id == ApprovalRow.id)
        .where(ApprovalRow.document_id.in_(documents), ApprovalRow.superseded_at.is_(None))
        .order_by(ApprovalRow.id, DeliveryRow.id.desc())
    )
    return {
        document_id: SignedView(
            at=at,
            by_display=by,
            delivery_state=state or "none",
            delivered_at=sent_at,
            delivery_reference=reference,
            delivery_error=error,
        )
        for document_id, at, by, state, sent_at, reference, error in found
    }


def _joined(statement: Any, claimed: Any) -> Any:
    return statement.join(FileRow, FileRow.id == DocumentRow.file_id).outerjoin(ClaimRow, claimed)


def _conditions(wanted: QueueFilter, by: Actor, now: datetime) -> list[Any]:
    conditions: list[Any] = []
    if wanted.states:
        conditions.append(DocumentRow.state.in_(wanted.states))
    if wanted.type:
        conditions.append(DocumentRow.type == printable(wanted.type))
    if wanted.holder == "me":
        conditions.append(ClaimRow.user_id == by.id)
    elif wanted.holder == "free":
        conditions.append(ClaimRow.document_id.is_(None))
    if text := printable(wanted.search).strip():
        columns = (DocumentRow.number, DocumentRow.party, FileRow.name)
        matches: list[Any] = [func.lower(column).contains(text.lower(), autoescape=True) for column in columns]
        if text.isascii() and text.isdigit():
            matches.append(DocumentRow.id == int(text[:15]))
        conditions.append(or_(*matches))
    return conditions


def _row(
    document: DocumentRow,
    name: str,
    claim: ClaimRow | None,
    holder: str | None,
    types: TypeShelf,
    by: Actor,
    signed: SignedView | None,
) -> QueueRow:
    doctype = types.find(document.type)
    return QueueRow(
        id=document.id,
        state=DocumentState(document.state),
        revision=document.revision,
        type=document.type,
        type_title=doctype.title if doctype else {"en": "Unknown type"},
        number=document.number,
        party=document.party,
        amount=document.amount_text,
        currency=document.currency,
        open_count=document.open_count,
        critical_count=document.critical_count,
        open_states=tuple(document.open_states),
        what=document.what,
        file_name=name,
        received_at=document.received_at,
        due_at=document.due_at,
        changed_at=document.changed_at,
        holder=None
        if claim is None
        else ClaimView(
            user_id=claim.user_id,
            display_name=holder or "",
            is_mine=claim.user_id == by.id,
            lease_until=claim.lease_until,
        ),
        validated_by=document.validated_by,
        corrected=document.corrected,
        held_until=document.held_until,
        note=document.note,
        failure=document.failure,
        signed=signed,
    )
