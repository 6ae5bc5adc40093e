"""What the machine does about erasures: it clears the disk, and erases again what a restored backup brought back."""

from dataclasses import dataclass

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.erasure import ErasureBasis, ErasureState
from pipeline.errors import ReviewError
from pipeline.ports import Clock, Job, JobQueue
from pipeline.record.canonical import utc_text
from pipeline.services import access
from pipeline.services.entries import entry
from pipeline.services.erasure import execution
from pipeline.services.erasure.traces import Traces
from pipeline.services.erasure.values import EMPTIED, empty
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.tables import DeliveryRow, DocumentRow, ErasureRow, FileRow
from pipeline.store.tombstones import FolderTombstones, Tombstone

ASKED_AT_ONCE = 500

log = structlog.get_logger()


@dataclass(frozen=True)
class Clearing:
    """Finishes erasures, however often it is killed: keys, tombstones, files, models."""

    store: Store
    clock: Clock
    jobs: JobQueue
    traces: Traces
    tombstones: FolderTombstones

    def finish(self, erasure_id: int, *, by: Actor) -> None:
        """Clear the disk of what an erasure took out of the database; nothing happens where that is done.

        A folder that refuses is said in the erasure's row, and tried again by the sweep.
        """
        access.check_may(by, Act.SWEEP)
        with self.store.reading() as session:
            row = queries.find_row(session, ErasureRow, erasure_id)
            if row is None or row.state != ErasureState.RUNNING:
                return
            stones = _stones(session, row)
            sent = select(DeliveryRow.key).where(DeliveryRow.document_id == row.document_id)
            deliveries = list(session.scalars(sent))
            sizes, models = row.sizes, row.models
            keys = row.keys
        try:
            for stone in stones:
                self.tombstones.add(stone)
            if self.store.vault is not None:
                self.store.vault.destroy(keys)
            # before the disk is cleared: what that removes is counted once
            if not self.store.scrub([kind.__tablename__ for kind in EMPTIED]):
                log.info("erasing.waits_for_readers", erasure=erasure_id)
                return
            cleared = self.traces.clear(sizes, models, deliveries)
        except Exception as error:
            log.warning("erasing.not_finished", erasure=erasure_id, error=type(error).__name__)
            self._note(erasure_id, error)
            raise
        self._finish(erasure_id, cleared, by)
        self.jobs.enqueue_many(Job.LEARN, [0])
        self.jobs.enqueue_many(Job.RELIST, [0])

    def list_unfinished(self, *, by: Actor) -> tuple[int, ...]:
        """Return the erasures whose traces on disk are still to be cleared."""
        access.check_may(by, Act.SWEEP)
        with self.store.reading() as session:
            return tuple(session.scalars(select(ErasureRow.id).where(ErasureRow.state == ErasureState.RUNNING)))

    def repeat_lost(self, *, by: Actor) -> int:
        """Erase again what a restored backup brought back; return how many documents that were.

        The database of a backup does not know what was erased after it was made; the tombstones outside of it do.
        """
        access.check_may(by, Act.SWEEP)
        ended = (ErasureState.RUNNING, ErasureState.DONE)
        with self.store.reading() as session:
            stands = (
                ErasureRow.state.in_(ended),
                ErasureRow.document_id.is_not(None),
            )  # of mere files there are no stones
            known = session.scalar(select(func.count(ErasureRow.id)).where(*stands)) or 0
        if self.tombstones.count() <= known:
            return 0
        stones = {(stone.sha256, stone.received_at): stone for stone in self.tombstones.list_all()}
        hashes = sorted({sha256 for sha256, _ in stones})
        found: list[tuple[int, Tombstone]] = []
        with self.store.reading() as session:
            unerased = select(FileRow.id, FileRow.sha256, FileRow.received_at).where(FileRow.erased_at.is_(None))
            for start in range(0, len(hashes), ASKED_AT_ONCE):
                some = FileRow.sha256.in_(hashes[start : start + ASKED_AT_ONCE])
                for file_id, sha256, came in session.execute(unerased.where(some)):
                    stone = stones.get((sha256 or "", utc_text(came)))
                    if stone is not None:
                        found.append((file_id, stone))
        again = [self._repeat(file_id, stone, by) for file_id, stone in found]
        repeated = [erasure_id for erasure_id in again if erasure_id is not None]
        self.jobs.enqueue_many(Job.ERASE, repeated)
        return len(repeated)

    def _note(self, erasure_id: int, error: Exception) -> None:
        with self.store.writing() as session:
            row = session.get_one(ErasureRow, erasure_id)
            row.error = str(error) if isinstance(error, ReviewError) else f"{type(error).__name__}: {error}"

    def _finish(self, erasure_id: int, cleared: dict[str, int], by: Actor) -> None:
        now = self.clock.now()
        with self.store.writing() as session:
            row = session.get_one(ErasureRow, erasure_id)
            if row.state != ErasureState.RUNNING:
                return  # another worker was quicker
            row.state, row.finished_at, row.error = ErasureState.DONE, now, None
            row.cleared = cleared
            facts = {
                "erasure": row.id,
                "originals": cleared["originals"],
                "dropped": cleared["dropped"],
                "pages": cleared["pages"],
                "readings": cleared["readings"],
                "studies": cleared["studies"],
                "models": cleared["models"],
                "deliveries": cleared["deliveries"],
                "backups": cleared["backups"],
            }
            told = entry(
                AuditTag.ERASURE_FINISH, by, now, file_id=row.file_id, document_id=row.document_id, facts=facts
            )
            events.append(session, told)

    def _repeat(self, file_id: int, stone: Tombstone, by: Actor) -> int | None:
        """Erase again what a file became; return the number of that erasure, None where another process was quicker."""
        now = self.clock.now()
        with self.store.writing() as session:
            of_file = DocumentRow.file_id == file_id, DocumentRow.erased_at.is_(None)
            document = session.scalar(select(DocumentRow).where(*of_file).limit(1))
            if document is None:
                return None
            row = execution.ask(session, file_id, document.id, stone.basis, stone.reference, stone.requested_by, now)
            emptied = empty(session, document, now)
            execution.note(row, emptied, stone.executed_by, now)
            facts = {
                "erasure": row.id,
                "basis": row.basis,
                "reference": row.reference,
                "values": emptied.values,
                "models": list(emptied.models),
                "again": True,
                "erased_at": stone.erased_at,
            }
            execution.tell(session, row, document, emptied, facts, by, now)
            return row.id


def _stones(session: Session, row: ErasureRow) -> list[Tombstone]:
    file = session.get_one(FileRow, row.file_id)
    if file.sha256 is None or row.executed_at is None:
        return []
    return [
        Tombstone(
            sha256=file.sha256,
            received_at=utc_text(file.received_at),
            erased_at=utc_text(row.executed_at),
            basis=ErasureBasis(row.basis),
            reference=row.reference,
            requested_by=row.requested_by,
            executed_by=row.executed_by or "",
        )
    ]
