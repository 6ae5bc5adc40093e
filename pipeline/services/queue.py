"""Lists of documents: the exception queue, what waits for approval, what is done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.documents import DocumentState
from pipeline.domain.sight import EVERYTHING, Sight
from pipeline.domain.worth import Priority
from pipeline.services import counts, remarks, search, visible
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import ClaimView, QueueFilter, QueuePage, QueueRow, SignedView
from pipeline.store.tables import ApprovalRow, ClaimRow, DeliveryRow, DocumentRow, FileRow, UserRow

SORTS: dict[str, Any] = {
    "due": DocumentRow.due_at,
    "next": DocumentRow.rank,
    "received": DocumentRow.received_at,
    "type": DocumentRow.type,
    "number": DocumentRow.number_order,
    "party": DocumentRow.party_order,
    "amount": DocumentRow.amount_order,
    "open": DocumentRow.open_count,
    "changed": DocumentRow.changed_at,
}
MAY_BE_EMPTY = frozenset({"next", "type", "number", "party", "amount"})
"""Orders by what not every document has: those without come last, either way."""
FEW = 5_000
"""Documents that are put in order faster than they would be met on the way through all."""


def page_of(session: Session, wanted: QueueFilter, types: TypeShelf, by: Actor, now: datetime) -> QueuePage:
    """Return one page of the list that `wanted` describes, with its totals."""
    sight = visible.sight_of(by, types)
    counted = counts.by_state_and_type(session, sight)
    ids = _ids_of(session, wanted, by, now, sight, counted)
    claimed = and_(ClaimRow.document_id == DocumentRow.id, ClaimRow.lease_until > now)
    found: Any = session.execute(
        select(DocumentRow, FileRow.name, ClaimRow, UserRow.display_name)
        .join(FileRow, FileRow.id == DocumentRow.file_id)
        .outerjoin(ClaimRow, claimed)
        .outerjoin(UserRow, UserRow.id == ClaimRow.user_id)
        .where(DocumentRow.id.in_(ids))
    )
    rows = {document.id: (document, name, claim, holder) for document, name, claim, holder in found.all()}
    listed = [rows[document_id] for document_id in ids if document_id in rows]
    signed = _signed(session, [document.id for document, *_ in listed if document.state == DocumentState.APPROVED])
    talked = [document.id for document, *_ in listed if document.comment_count]
    waiting = remarks.unread_by_document(session, talked, by) if talked else {}
    total, exceptions = _totals(session, wanted, by, now, sight, counted)
    return QueuePage(
        rows=tuple(
            _row(document, name, claim, holder, types, by, signed.get(document.id), waiting.get(document.id, 0))
            for document, name, claim, holder in listed
        ),
        total=total,
        exceptions=exceptions,
        page=max(wanted.page, 1),
        page_size=wanted.page_size,
        by_state=counts.by_state(counted),
        types=tuple(sorted({count.type for count in counted if count.type and count.documents})),
    )


def _ids_of(
    session: Session, wanted: QueueFilter, by: Actor, now: datetime, sight: Sight, counted: Sequence[counts.Count]
) -> list[int]:
    """Return the ids of the page's documents in order, by the indices alone where there is one for the order."""
    column = SORTS.get(wanted.sort, DocumentRow.due_at)
    chosen = _conditions(session, wanted, by, now, sight)
    first, wants = (max(wanted.page, 1) - 1) * wanted.page_size, wanted.page_size
    may_be_empty = wanted.sort in MAY_BE_EMPTY
    if sight.is_limited and sum(one.documents for one in _fitting(wanted, counted)) <= FEW:
        seen = visible.of_few(session, sight, wanted.states)
        if seen is None:
            return []
        few = _conditions(session, wanted, by, now, EVERYTHING) + seen
        return list(session.scalars(_sorted(few, column, wanted.descending, may_be_empty).limit(wants).offset(first)))
    order = (column.desc(), DocumentRow.id.desc()) if wanted.descending else (column.asc(), DocumentRow.id.asc())
    if not may_be_empty:
        return _ids(session, chosen, order, first, wants)
    ids = _ids(session, [*chosen, column.is_not(None)], order, first, wants)
    if len(ids) < wants:
        having = session.scalar(select(func.count()).select_from(DocumentRow).where(*chosen, column.is_not(None))) or 0
        rest = (DocumentRow.due_at.asc(), DocumentRow.id.asc())
        ids += _ids(session, [*chosen, column.is_(None)], rest, max(first - having, 0), wants - len(ids))
    return ids


def _ids(session: Session, chosen: list[Any], order: tuple[Any, ...], first: int, wants: int) -> list[int]:
    return list(session.scalars(select(DocumentRow.id).where(*chosen).order_by(*order).limit(wants).offset(first)))


def _sorted(few: list[Any], column: Any, descending: bool, may_be_empty: bool) -> Select[Any]:
    """Return the query for the ids of a few documents, which are found first and then put in order.

    Where somebody sees few of many, going through the order would pass over nearly all before it fills a page.
    """
    columns = [DocumentRow.id, column.label("sorted")]
    if may_be_empty:
        columns.append(DocumentRow.due_at.label("due"))
    found = select(*columns).where(*few).cte("found").prefix_with("MATERIALIZED")
    is_empty = found.c.sorted.is_(None)
    turned = [each.desc() if descending else each.asc() for each in (found.c.sorted, found.c.id)]
    if not may_be_empty:
        return select(found.c.id).order_by(*turned)
    # those without come last, the earliest due first
    due = case((is_empty, found.c.due))
    number = case((is_empty, found.c.id))
    return select(found.c.id).order_by(is_empty, due.asc(), number.asc(), *turned)


def _fitting(wanted: QueueFilter, counted: Sequence[counts.Count]) -> list[counts.Count]:
    return [
        count
        for count in counted
        if (not wanted.states or count.state in wanted.states) and (not wanted.type or count.type == wanted.type)
    ]


def _totals(
    session: Session, wanted: QueueFilter, by: Actor, now: datetime, sight: Sight, counted: Sequence[counts.Count]
) -> tuple[int, int]:
    """Return how many documents the filter finds and their open exceptions; kept counts answer where they can."""
    counters = (func.count(), func.coalesce(func.sum(DocumentRow.open_count), 0))
    if wanted.search or wanted.holder == "me":
        found: Any = session.execute(
            select(*counters).select_from(DocumentRow).where(*_conditions(session, wanted, by, now, sight))
        ).one()
        return found[0], found[1]
    fitting = _fitting(wanted, counted)
    total, exceptions = sum(one.documents for one in fitting), sum(one.exceptions for one in fitting)
    if wanted.holder == "free":
        # asked for by their numbers: a few, from which the way to the rest of the condition is short
        held = session.scalars(select(ClaimRow.document_id).where(ClaimRow.lease_until > now)).all()
        if not held:
            return total, exceptions
        plain = _conditions(session, wanted.model_copy(update={"holder": None}), by, now, sight)
        taken: Any = session.execute(
            select(*counters).select_from(DocumentRow).where(DocumentRow.id.in_(held), *plain)
        ).one()
        return total - taken[0], exceptions - taken[1]
    return total, exceptions


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


def _conditions(session: Session, wanted: QueueFilter, by: Actor, now: datetime, sight: Sight) -> list[Any]:
    conditions: list[Any] = [*visible.of_documents(sight)]
    if len(wanted.states) == 1:
        conditions.append(DocumentRow.state == wanted.states[0])
    elif wanted.states:
        conditions.append(DocumentRow.state.in_(wanted.states))
    if wanted.type:
        conditions.append(DocumentRow.type == printable(wanted.type))
    held = select(ClaimRow.document_id).where(ClaimRow.lease_until > now)
    if wanted.holder == "me":
        conditions.append(DocumentRow.id.in_(held.where(ClaimRow.user_id == by.id)))
    elif wanted.holder == "free":
        conditions.append(DocumentRow.id.not_in(held))
    if text := printable(wanted.search).strip():
        conditions += search.conditions(session, text)
    return conditions


def _row(
    document: DocumentRow,
    name: str,
    claim: ClaimRow | None,
    holder: str | None,
    types: TypeShelf,
    by: Actor,
    signed: SignedView | None,
    mentions: int,
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
            taken_at=claim.taken_at,
        ),
        validated_by=document.validated_by,
        corrected=document.corrected,
        held_until=document.held_until,
        note=document.note,
        failure=document.failure,
        signed=signed,
        priority=Priority(document.priority),
        priority_why=document.priority_why,
        comments=document.comment_count,
        mentions=mentions,
    )
