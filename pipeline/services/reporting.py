from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileState
from pipeline.errors import TransientError
from pipeline.ports import Clock, JobQueue
from pipeline.services import access, counts, visible
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import StatusView
from pipeline.store.engine import Store
from pipeline.store.tables import ClaimRow, DeliveryRow, DocumentRow, FileRow


@dataclass(frozen=True)
class Reporting:
    """How the installation is doing."""

    store: Store
    jobs: JobQueue
    clock: Clock
    types: TypeShelf

    def status(self, *, by: Actor) -> StatusView:
        """Return files and documents by state, what waits, and who works; -1 where the queue does not answer.

        Whom groups limit is told of the files and documents that they see; jobs and workers are everybody's.
        """
        access.check_may(by, Act.OPERATE)
        now, sight = self.clock.now(), visible.sight_of(by, self.types)
        seen = visible.of_documents(sight)
        with self.store.reading() as session:
            files = dict.fromkeys((state.value for state in FileState), 0)
            by_state = select(FileRow.state, func.count()).where(*visible.of_files(sight)).group_by(FileRow.state)
            for state, count in session.execute(by_state):
                files[FileState(state).value] = count
            counted = counts.by_state(counts.by_state_and_type(session, sight))
            documents = {state.value: count for state, count in counted.items()}
            due = session.scalar(
                select(func.count())
                .select_from(DocumentRow)
                .where(
                    DocumentRow.state == DocumentState.QUEUED,
                    or_(DocumentRow.next_try_at.is_(None), DocumentRow.next_try_at <= now),
                    *seen,
                )
            )
            pending = _count(session, DeliveryRow.document_id, DeliveryRow.state == "pending", seen)
            is_late = and_(DeliveryRow.state == "pending", DeliveryRow.attempts > 0)
            late = _count(session, DeliveryRow.document_id, is_late, seen)
            held = _count(session, ClaimRow.document_id, ClaimRow.lease_until > now, seen)
            oldest = session.scalar(
                select(func.min(DocumentRow.received_at)).where(DocumentRow.state == DocumentState.REVIEW, *seen)
            )
        depth, workers, learners = self._queue()
        waiting = now - oldest if oldest else timedelta(0)
        return StatusView(
            files={**files, "total": sum(files.values())},
            documents={**documents, "total": sum(documents.values())},
            queue={
                "depth": depth,
                "due": due or 0,
                "deliveries_pending": pending,
                "deliveries_retrying": late,
                "claims": held,
                "oldest_exception_seconds": int(waiting.total_seconds()),
            },
            workers={"alive": workers, "learning": learners},
        )

    def _queue(self) -> tuple[int, int, int]:
        try:
            return self.jobs.depth(), self.jobs.workers(), self.jobs.learners()
        except TransientError:
            return -1, -1, -1


def _count(session: Session, document: Any, which: ColumnElement[bool], seen: list[ColumnElement[bool]]) -> int:
    """Return how many rows there are of a kind, of documents that are seen."""
    found = select(func.count(document)).where(which)
    if seen:
        found = found.join(DocumentRow, DocumentRow.id == document).where(*seen)
    return session.scalar(found) or 0
