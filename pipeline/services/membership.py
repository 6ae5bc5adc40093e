"""Putting people into groups: on record, and what they hold and can't see any more goes back into the queue."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditTag
from pipeline.services import visible
from pipeline.services.entries import entry
from pipeline.services.typeshelf import TypeShelf
from pipeline.store import events
from pipeline.store.tables import ClaimRow, DocumentRow, GroupRow, MemberRow, UserRow


def put(
    session: Session, user: UserRow, groups: Sequence[GroupRow], types: TypeShelf, by: Actor, now: datetime
) -> None:
    """Put a person into these groups and no others; into none: they see everything."""
    rows = {group.id: group for group in sorted(groups, key=lambda group: group.id)}
    before = {group.id: group for group in user.groups}
    if before.keys() == rows.keys():
        return
    session.execute(delete(MemberRow).where(MemberRow.user_id == user.id))
    session.add_all([MemberRow(group_id=group_id, user_id=user.id) for group_id in rows])
    session.flush()
    session.refresh(user, ["groups"])
    # one group less is more to see where it was the last, and one more is less where it is the first
    is_gain = not rows or (bool(before) and not before.keys() - rows.keys())
    facts = {"what": "groups", "account": user.id, "from": sorted(before), "to": sorted(rows)}
    names = [group.name for group in rows.values()]
    tag = AuditTag.ACCESS_GRANT if is_gain else AuditTag.ACCESS_REVOKE
    events.append(session, entry(tag, by, now, facts=facts, values={"account_name": user.name, "groups": names}))
    release_unseen(session, user, types, by, now)


def release_unseen(session: Session, user: UserRow, types: TypeShelf, by: Actor, now: datetime) -> None:
    """Give back to the queue what somebody holds and can't see any more."""
    session.refresh(user, ["groups"])
    held = session.scalars(
        select(DocumentRow)
        .join(ClaimRow, ClaimRow.document_id == DocumentRow.id)
        .where(ClaimRow.user_id == user.id)
        .order_by(DocumentRow.id)
    ).all()
    for document in held:
        if visible.can_see(user.sight, document, types):
            continue
        session.execute(delete(ClaimRow).where(ClaimRow.document_id == document.id))
        facts = {"holder": user.id}
        events.append(session, entry(AuditTag.CLAIM_RELEASE, by, now, document_id=document.id, facts=facts))
