from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select

from pipeline.domain.actors import Act, Actor
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileState
from pipeline.errors import TransientError
from pipeline.ports import Clock, JobQueue
from pipeline.services import access
from pipeline.services.views import StatusView
from pipeline.store import queries
from pipeline.store.engine import Store
from pipeline.store.tables import ClaimRow, DeliveryRow, DocumentRow, FileRow


@dataclass(frozen=True)
class Reporting:
    """How the installation is doing."""

    store: Store
    jobs: JobQueue
    clock: Clock

    def status(self, *, by: Actor) -> StatusView:
        """Return files and documents by state, what waits, and who works; -1 where the queue does not answer."""
        access.check_may(by, Act.OPERATE)
        now = self.clock.now()
        with self.store.reading() as session:
            files = dict.fromkeys((state.value for state in FileState), 0)
            for state, count in session.execute(select(FileRow.state, func.count()).group_by(FileRow.state)):
                files[FileState(state).value] = count
            documents = {state.value: count for state, count in queries.count_by_state(session).items()}
            due = session.scalar(
                select(func.count())
                .select_from(DocumentRow)
                .where(
                    DocumentRow.state == DocumentState.QUEUED,
                    or_(DocumentRow.next_try_at.is_(None), DocumentRow.next_try_at <= now),
                )
            )
            pending = session.scalar(
                select(func.count()).select_from(DeliveryRow).where(DeliveryRow.state == "pending")
            )
            late = session.scalar(
                select(func.count())
                .select_from(DeliveryRow)
                .where(DeliveryRow.state == "pending", DeliveryRow.attempts > 0)
            )
            held = session.scalar(select(func.count()).select_from(ClaimRow).where(ClaimRow.lease_until > now))
            oldest = session.scalar(
                select(func.min(DocumentRow.received_at)).where(DocumentRow.state == DocumentState.REVIEW)
            )
        depth, workers, learners = self._queue()
        waiting = now - oldest if oldest else timedelta(0)
        return StatusView(
            files={**files, "total": sum(files.values())},
            documents={**documents, "total": sum(documents.values())},
            queue={
                "depth": depth,
                "due": due or 0,
                "deliveries_pending": pending or 0,
                "deliveries_retrying": late or 0,
                "claims": held or 0,
                "oldest_exception_seconds": int(waiting.total_seconds()),
            },
            workers={"alive": workers, "learning": learners},
        )

    def _queue(self) -> tuple[int, int, int]:
        try:
            return self.jobs.depth(), self.jobs.workers(), self.jobs.learners()
        except TransientError:
            return -1, -1, -1
