"""What pages show of erasures: what could go, what is asked for, what went, and what has to stay."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.erasure import ErasureBasis, ErasureState
from pipeline.ports import Clock
from pipeline.services import access, visible
from pipeline.services.erasure import rules
from pipeline.services.erasure.views import DueView, ErasuresView, ErasureView, HoldView, RemainsView
from pipeline.services.presence import Presence
from pipeline.services.typeshelf import TypeShelf
from pipeline.store import queries
from pipeline.store.engine import Store
from pipeline.store.tables import DocumentRow, ErasureRow, FileRow, LegalHoldRow

LISTED_MOST = 200


@dataclass(frozen=True)
class Erasures:
    """Everything about erasures that somebody may see."""

    store: Store
    clock: Clock
    types: TypeShelf
    presence: Presence

    def overview(self, *, by: Actor) -> ErasuresView:
        """Return everything about erasures that this person may see."""
        access.check_may(by, Act.PRESERVE)
        now = self.clock.now()
        sight = visible.sight_of(by, self.types)
        seen, files_seen = visible.of_documents(sight), visible.of_files(sight)
        with self.store.reading() as session:
            policy = queries.get_policy(session).policy
            due = self._list_due(session, policy.retention, seen, now)
            return ErasuresView(
                due=tuple(due[:LISTED_MOST]),
                due_more=len(due) > LISTED_MOST,
                requested=self._list(session, files_seen, ErasureState.REQUESTED, now),
                running=self._list(session, files_seen, ErasureState.RUNNING, now),
                done=self._list(session, files_seen, ErasureState.DONE, now),
                done_count=session.scalar(
                    select(func.count(ErasureRow.id))
                    .join(FileRow, FileRow.id == ErasureRow.file_id)
                    .where(ErasureRow.state == ErasureState.DONE, *files_seen)
                )
                or 0,
                holds=tuple(
                    hold_view(row)
                    for row in session.scalars(
                        select(LegalHoldRow)
                        .join(DocumentRow, DocumentRow.id == LegalHoldRow.document_id)
                        .where(LegalHoldRow.released_at.is_(None), *seen)
                        .order_by(LegalHoldRow.id.desc())
                        .limit(LISTED_MOST)
                    )
                ),
                needs_other=policy.separate_duties,
                proof=self.presence.find_asked(session, by) if by.is_person else None,
            )

    def get_remains(self, document_id: int, *, by: Actor) -> RemainsView:
        """Return what everybody may know of a document for ever, and what its time and its holds are."""
        access.check_may(by, Act.AUDIT)
        now = self.clock.now()
        with self.store.reading() as session:
            document = visible.get_remains(session, document_id, by, self.types)
            policy = queries.get_policy(session).policy
            rule, hold = rules.retention_of(policy, document), rules.find_hold(session, document_id)
            asked = (
                select(ErasureRow)
                .where(ErasureRow.document_id == document_id, ErasureRow.state != ErasureState.WITHDRAWN)
                .order_by(ErasureRow.id.desc())
                .limit(1)
            )
            erasure = session.scalar(asked)
            return RemainsView(
                document_id=document.id,
                document_type=document.type,
                state=document.state,
                received_at=document.received_at,
                erased_at=document.erased_at,
                kept_until=rules.kept_until(policy, document),
                kept_for=rule.basis if rule is not None else None,
                hold=hold_view(hold) if hold is not None else None,
                erasure=None
                if erasure is None
                else self._view(session, erasure, queries.get_file(session, document.file_id), document, now),
            )

    def _list_due(
        self, session: Session, retention: dict[str, Any], seen: list[ColumnElement[bool]], now: datetime
    ) -> list[DueView]:
        """Return documents whose time is over, the oldest first, one more than are listed."""
        held = select(LegalHoldRow.document_id).where(LegalHoldRow.released_at.is_(None))
        asked = select(ErasureRow.document_id).where(
            ErasureRow.state == ErasureState.REQUESTED, ErasureRow.document_id.is_not(None)
        )
        found: list[DueView] = []
        for name, rule in sorted(retention.items()):
            before = datetime.combine(rule.ended_before(now.date()), datetime.min.time(), tzinfo=UTC)
            rows = session.scalars(
                select(DocumentRow)
                .where(
                    DocumentRow.type == name,
                    DocumentRow.state.in_(rules.ERASABLE),
                    DocumentRow.erased_at.is_(None),
                    DocumentRow.received_at < before,
                    DocumentRow.id.not_in(held),
                    DocumentRow.id.not_in(asked),
                    *seen,
                )
                .order_by(DocumentRow.received_at, DocumentRow.id)
                .limit(LISTED_MOST + 1)
            )
            found += [
                DueView(
                    document_id=row.id,
                    document_type=name,
                    state=row.state,
                    received_at=row.received_at,
                    until=rule.until(row.received_at),
                    basis=rule.basis,
                )
                for row in rows
            ]
        return sorted(found, key=lambda one: (one.until, one.document_id))[: LISTED_MOST + 1]

    def _list(
        self, session: Session, seen: list[ColumnElement[bool]], state: ErasureState, now: datetime
    ) -> tuple[ErasureView, ...]:
        rows = session.execute(
            select(ErasureRow, FileRow, DocumentRow)
            .join(FileRow, FileRow.id == ErasureRow.file_id)
            .outerjoin(DocumentRow, DocumentRow.id == ErasureRow.document_id)
            .where(ErasureRow.state == state, *seen)
            .order_by(ErasureRow.id.desc())
            .limit(LISTED_MOST)
        )
        return tuple(self._view(session, row, file, document, now) for row, file, document in rows)

    def _view(
        self, session: Session, row: ErasureRow, file: FileRow, document: DocumentRow | None, now: datetime
    ) -> ErasureView:
        obstacle = None
        if row.state == ErasureState.REQUESTED and document is not None:
            policy = queries.get_policy(session).policy
            obstacle = rules.find_obstacle(session, document, ErasureBasis(row.basis), policy, now)
        elif row.state == ErasureState.REQUESTED:
            obstacle = rules.find_file_obstacle(session, file)
        return ErasureView(
            id=row.id,
            document_id=row.document_id,
            file_id=row.file_id,
            document_type=document.type if document is not None else file.preset_type,
            received_at=file.received_at,
            state=ErasureState(row.state),
            basis=ErasureBasis(row.basis),
            reference=row.reference,
            requested_by=row.requested_by,
            requested_at=row.requested_at,
            executed_by=row.executed_by,
            executed_at=row.executed_at,
            finished_at=row.finished_at,
            cleared=row.cleared,
            error=row.error,
            obstacle=obstacle,
        )


def hold_view(row: LegalHoldRow) -> HoldView:
    return HoldView(
        id=row.id,
        document_id=row.document_id,
        matter=row.matter,
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        released_by=row.released_by,
        released_at=row.released_at,
    )
