"""Which document a person should take next, and why: each step is one look into an index.

First what they hold already, then what people called urgent, then what is overdue, then what is worth most (see
`pipeline.domain.worth`), or is due first where the policy says so.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.documents import DocumentState
from pipeline.domain.routing import NextBy
from pipeline.domain.worth import URGENT_RANK
from pipeline.services import visible
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import NextView
from pipeline.store import queries
from pipeline.store.tables import ClaimRow, DocumentRow

OVERDUE_WINDOW = 200
"""Among so many that are overdue longest the one worth most comes first: a backlog is not worked off blindly by date,
and still nothing stays behind."""


def find(session: Session, by: Actor, types: TypeShelf, now: datetime, skip: tuple[int, ...]) -> NextView | None:
    """Return the document this person should take next without those in `skip`; None when nothing is free."""
    held = and_(ClaimRow.document_id == DocumentRow.id, ClaimRow.lease_until > now)
    seen = visible.of_documents(visible.sight_of(by, types))
    waits = and_(DocumentRow.state == DocumentState.REVIEW, DocumentRow.id.not_in(skip), *seen)
    free = and_(waits, ~exists().where(held))
    rank, due = (DocumentRow.rank.desc(), DocumentRow.id.desc()), (DocumentRow.due_at, DocumentRow.id)
    policy = queries.get_policy(session).policy
    chosen = due if policy.next_by is NextBy.DUE else rank

    # asked for by themselves: a few ids at most, where a subquery would be tried on every document in its order
    mine = session.scalars(
        select(ClaimRow.document_id).where(ClaimRow.user_id == by.id, ClaimRow.lease_until > now)
    ).all()
    if mine and (found := _first(session, and_(waits, DocumentRow.id.in_(mine)), rank)) is not None:
        return _view(found, "mine")
    if (found := _first(session, and_(free, DocumentRow.rank > URGENT_RANK / 2), chosen)) is not None:
        return _view(found, "urgent")
    overdue = select(DocumentRow.id).where(free, DocumentRow.due_at < now).order_by(*due).limit(OVERDUE_WINDOW)
    if (found := _first(session, DocumentRow.id.in_(list(session.scalars(overdue))), chosen)) is not None:
        return _view(found, "overdue")
    found = _first(session, free, chosen)
    return None if found is None else _view(found, policy.next_by.value)


def _first(session: Session, condition: Any, order: tuple[Any, ...]) -> DocumentRow | None:
    # the number alone: an index then passes over what others hold or may see, without a look at its rows
    found = session.scalar(select(DocumentRow.id).where(condition).order_by(*order).limit(1))
    return None if found is None else session.get(DocumentRow, found)


def _view(document: DocumentRow, why: str) -> NextView:
    return NextView(
        id=document.id,
        why=why,
        number=document.number,
        party=document.party,
        amount=document.amount_text,
        currency=document.currency,
        chance=document.chance,
        seconds=document.seconds,
        received_at=document.received_at,
        due_at=document.due_at,
        priority_why=document.priority_why,
    )
