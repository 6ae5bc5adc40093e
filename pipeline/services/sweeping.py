from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.value import Frozen
from pipeline.errors import TransientError
from pipeline.ports import BlobStore, Clock, Job, JobQueue
from pipeline.services import access
from pipeline.services.checkpointing import Checkpointing
from pipeline.services.completeness.certifying import Certifying
from pipeline.services.delivering import Delivering
from pipeline.services.desk import Desk
from pipeline.services.erasure.clearing import Clearing
from pipeline.services.intake import Intake
from pipeline.services.learning import Learning
from pipeline.services.processing import Processing
from pipeline.services.relisting import Relisting
from pipeline.services.reviewing import resume_held
from pipeline.services.typeshelf import TypeShelf
from pipeline.store.engine import Store
from pipeline.store.tables import ClaimRow, DocumentRow

IDLE = timedelta(seconds=30)
"""How long a queued document may wait for the ring that intake sent before the sweep rings again."""

HALF_TAKEN = timedelta(seconds=60)
"""How old a claim in the drop folder is before the sweep takes it for left behind."""


class Swept(Frozen):
    """What one sweep did."""

    rung: int
    deliveries: int
    expired_claims: int
    resumed: int
    recovered: int
    tidied: int
    trainings: int
    reread: int
    checkpoints: int
    certificates: int
    erasures: int
    relisted: int
    sealed: int
    """Files that lay there as they are."""


@dataclass(frozen=True)
class Sweeping:
    """The machine's upkeep: lost rings, dead attempts, ended leases, dates that have come, models."""

    store: Store
    intake: Intake
    processing: Processing
    delivering: Delivering
    learning: Learning
    checkpointing: Checkpointing
    certifying: Certifying
    clearing: Clearing
    relisting: Relisting
    blobs: BlobStore
    jobs: JobQueue
    types: TypeShelf
    clock: Clock

    def sweep(self, *, by: Actor) -> Swept:
        """Do all of it once; running it twice, or in two processes, is harmless."""
        access.check_may(by, Act.SWEEP)
        failures: list[Exception] = []

        def attempt(step: Callable[[], int]) -> int:
            try:
                return step()
            except Exception as error:  # noqa: BLE001 - raised below, once the other steps had their turn
                failures.append(error)
                return 0

        swept = Swept(
            recovered=attempt(lambda: self.intake.recover(by=by, older_than=HALF_TAKEN)),
            rung=attempt(lambda: self._ring_due(by)),
            deliveries=attempt(lambda: self._ring_deliveries(by)),
            expired_claims=attempt(lambda: self._expire(by)),
            resumed=attempt(lambda: self._resume(by)),
            tidied=attempt(lambda: self.delivering.tidy(by=by)),
            trainings=attempt(lambda: self.learning.ring_due(by=by)),
            reread=attempt(lambda: self.learning.reread(by=by)),
            checkpoints=attempt(lambda: self._ring_checkpoint(by)),
            certificates=attempt(lambda: self._ring_certificate(by)),
            erasures=attempt(lambda: self._ring_erasures(by)),
            relisted=attempt(lambda: self._ring_relisting(by)),
            sealed=attempt(self.blobs.seal_some),
        )
        if failures:
            raise failures[0]
        return swept

    def _ring_due(self, by: Actor) -> int:
        due = self.processing.due(by=by, idle=IDLE)
        if due and self._is_idle():
            self.jobs.enqueue_many(Job.PROCESS, list(due))
        return len(due)

    def _ring_deliveries(self, by: Actor) -> int:
        deliveries = self.delivering.due(by=by)
        if deliveries:
            self.jobs.enqueue_many(Job.DELIVER, list(deliveries))
        return len(deliveries)

    def _ring_checkpoint(self, by: Actor) -> int:
        """Ring for a checkpoint: the whole record is checked for it, which is no work for the watcher."""
        due = self.checkpointing.is_due(by=by)
        if due and self._is_idle():
            self.jobs.enqueue_many(Job.CHECKPOINT, [0])
        return int(due)

    def _ring_certificate(self, by: Actor) -> int:
        """Ring for the certificates of days that are over: they too look at the whole record."""
        due = self.certifying.is_due(by=by)
        if due and self._is_idle():
            self.jobs.enqueue_many(Job.CERTIFY, [0])
        return int(due)

    def _ring_erasures(self, by: Actor) -> int:
        """Ring for erasures whose traces are left on disk, and for those that a restored backup undid."""
        self.clearing.repeat_lost(by=by)
        unfinished = self.clearing.list_unfinished(by=by)
        if unfinished and self._is_idle():
            self.jobs.enqueue_many(Job.ERASE, list(unfinished))
        return len(unfinished)

    def _ring_relisting(self, by: Actor) -> int:
        """Ring for writing anew what lists go by: thousands of rows, which is no work for the watcher either."""
        due = self.relisting.is_due(by=by)
        if due and self._is_idle():
            self.jobs.enqueue_many(Job.RELIST, [0])
        return int(due)

    def _is_idle(self) -> bool:
        """Return whether few jobs wait, so that ringing again can't pile them up; a queue that is down counts too."""
        try:
            return self.jobs.depth() < 100
        except TransientError:
            return True

    def _expire(self, by: Actor) -> int:
        """End leases that ran out; what was saved under them is kept."""
        now = self.clock.now()
        with self.store.reading() as session:
            ended = list(session.scalars(select(ClaimRow.document_id).where(ClaimRow.lease_until <= now).limit(500)))
        if not ended:
            return 0
        expired = 0
        with self.store.writing() as session:
            for document_id in ended:
                row = session.get(ClaimRow, document_id)
                if row is None or row.lease_until > now:
                    continue
                desk = Desk.open(session, document_id, self.types, by, now)
                desk.record(AuditTag.CLAIM_EXPIRE, facts={"holder": row.user_id})
                desk.release()
                expired += 1
        return expired

    def _resume(self, by: Actor) -> int:
        """Bring back held documents whose date has come."""
        now = self.clock.now()
        with self.store.reading() as session:
            ids = list(
                session.scalars(
                    select(DocumentRow.id)
                    .where(DocumentRow.state == DocumentState.HELD, DocumentRow.held_until <= now)
                    .limit(500)
                )
            )
        if not ids:
            return 0
        resumed = 0
        with self.store.writing() as session:
            for document_id in ids:
                desk = Desk.open(session, document_id, self.types, by, now)
                if desk.document.state == DocumentState.HELD:
                    resume_held(desk)
                    resumed += 1
        return resumed
