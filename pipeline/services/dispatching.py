from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from pipeline.domain.actors import Act, Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.worth import Priority
from pipeline.errors import ClaimTakenError, NotFoundError, ReviewError
from pipeline.ports import Clock
from pipeline.services import access, pace, people
from pipeline.services.desk import Desk, check_why
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import Refusal
from pipeline.store import queries
from pipeline.store.engine import Store
from pipeline.store.tables import ChainHeadRow, ClaimRow

WAITING = (DocumentState.REVIEW, DocumentState.HELD)
MOST = 500
"""Documents at once."""


@dataclass(frozen=True)
class Dispatching:
    """Who does what next: several documents given to a person or back, and what is urgent or can wait."""

    store: Store
    types: TypeShelf
    clock: Clock
    hold: timedelta
    """How long a document that was given to somebody is kept for them."""

    def assign(self, documents: Iterable[int], to_user_id: int, *, by: Actor) -> tuple[Refusal, ...]:
        """Give documents to a reviewer, who finds them first under "next"; return those that could not be given.

        What somebody else holds stays with them: they hand it over themselves.

        Raises:
            NotFoundError: that person does not review.
        """
        access.check_may(by, Act.ASSIGN)
        refused: list[Refusal] = []
        with self.store.writing() as session:
            user = queries.get_user(session, to_user_id)
            if not user.active or Role.REVIEWER not in user.roles:
                raise NotFoundError(f"{user.display_name} does not review. Choose somebody who does.")
            now = self.clock.now()
            for document_id in list(dict.fromkeys(documents))[:MOST]:
                try:
                    desk = Desk.open(session, document_id, self.types, by, now)
                    desk.check_state(DocumentState.REVIEW)
                    people.check_can_see(user, desk.document, self.types)
                    row = session.get(ClaimRow, document_id)
                    _check_free(desk, row, (by.id, user.id))
                except (ReviewError, NotFoundError) as error:
                    refused.append(Refusal(document_id=document_id, why=str(error)))
                    continue
                if row is None:
                    row = ClaimRow(document_id=document_id, user_id=user.id, taken_at=now, lease_until=now)
                    session.add(row)
                if row.user_id != user.id or row.lease_until <= now:
                    row.user_id, row.taken_at = user.id, now
                row.lease_until = max(row.lease_until, now + self.hold)
                desk.record(AuditTag.CLAIM_HANDOVER, facts={"to": user.id})
        return tuple(refused)

    def give_back(self, documents: Iterable[int], *, by: Actor) -> tuple[Refusal, ...]:
        """Put documents that this person holds back into the queue, all work kept; return those they do not hold."""
        access.check_may(by, Act.ASSIGN)
        refused: list[Refusal] = []
        with self.store.writing() as session:
            for document_id in list(dict.fromkeys(documents))[:MOST]:
                try:
                    desk = Desk.open(session, document_id, self.types, by, self.clock.now())
                    desk.check_held()
                except (ReviewError, NotFoundError) as error:
                    refused.append(Refusal(document_id=document_id, why=str(error)))
                    continue
                desk.release()
                desk.record(AuditTag.CLAIM_RELEASE)
        return tuple(refused)

    def prioritise(self, documents: Iterable[int], priority: Priority, why: str, *, by: Actor) -> tuple[Refusal, ...]:
        """Say that documents are urgent or can wait, with the reason; return those that wait for nobody any more.

        Raises:
            InvalidCorrectionError: there is no reason.
        """
        access.check_may(by, Act.ASSIGN)
        why = check_why(why, "a change of priority")
        refused: list[Refusal] = []
        with self.store.writing() as session:
            for document_id in list(dict.fromkeys(documents))[:MOST]:
                try:
                    desk = Desk.open(session, document_id, self.types, by, self.clock.now())
                    desk.check_state(*WAITING)
                except (ReviewError, NotFoundError) as error:
                    refused.append(Refusal(document_id=document_id, why=str(error)))
                    continue
                before = Priority(desk.document.priority)
                desk.document.priority = priority
                desk.document.priority_why = None if priority is Priority.NORMAL else f"{by.display_name}: {why}"
                pace.rank(session, desk.document, desk.fields(), desk.doctype)
                desk.record(AuditTag.DOCUMENT_PRIORITISE, facts={"from": before, "to": priority}, values={"why": why})
        return tuple(refused)

    def pulse(self, *, by: Actor) -> str:
        """Return what differs as soon as any list could show something else: cheap enough to be asked for all day.

        Whatever changes leaves an event, but for a lease that ends by itself: those that hold are counted beside it.
        """
        access.check_may(by, Act.READ)
        now = self.clock.now()
        with self.store.reading() as session:
            seq = session.scalar(select(ChainHeadRow.seq))
            held = session.scalar(select(func.count()).select_from(ClaimRow).where(ClaimRow.lease_until > now))
            return f"{seq}-{held}"


def _check_free(desk: Desk, row: ClaimRow | None, may_hold: tuple[int | None, ...]) -> None:
    """Check that nobody but those holds the document.

    Raises:
        ClaimTakenError: somebody else does.
    """
    if row is not None and row.lease_until > desk.now and row.user_id not in may_hold:
        holder = queries.get_user(desk.session, row.user_id).display_name
        raise ClaimTakenError(f"{holder} holds document {desk.document.id}. Ask them to hand it over.")
