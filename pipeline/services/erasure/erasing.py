"""Erasing documents: asked for, carried out by a person, and finished by the machine, however often it is killed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.erasure import ErasureBasis, ErasureState
from pipeline.errors import (
    AccessDeniedError,
    InvalidCorrectionError,
    InvalidTransitionError,
    NotFoundError,
    ReviewError,
)
from pipeline.ports import Clock, Job, JobQueue
from pipeline.record.canonical import utc_text
from pipeline.services import access, visible
from pipeline.services.desk import check_why
from pipeline.services.entries import document_entry, entry
from pipeline.services.erasure import rules
from pipeline.services.erasure.traces import Traces
from pipeline.services.erasure.values import EMPTIED, Emptied, empty
from pipeline.services.erasure.views import DueView, ErasureOutcome, ErasuresView, ErasureView, HoldView, RemainsView
from pipeline.services.presence import Presence, Proof
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.tables import DeliveryRow, DocumentRow, ErasureRow, FileRow, LegalHoldRow
from pipeline.store.tombstones import FolderTombstones, Tombstone

REFERENCE_MOST = 40
LISTED_MOST = 200
ASKED_AT_ONCE = 500


log = structlog.get_logger()


@dataclass(frozen=True)
class Erasing:
    """Erases documents so that nothing of their content is left, and everything that was signed still holds.

    Three steps. Somebody asks for it, with the basis in law. Somebody carries it out: in one transaction every value
    goes, and the event that says so comes. The machine then clears the disk, and repeats that until it is done. What is
    left is a tombstone: numbers, times, who did what, and hashes.
    """

    store: Store
    clock: Clock
    jobs: JobQueue
    types: TypeShelf
    presence: Presence
    traces: Traces
    tombstones: FolderTombstones

    def request(self, document_id: int, basis: ErasureBasis, reference: str, why: str, *, by: Actor) -> int:
        """Ask for a document to be erased; return the number of the request.

        Args:
            document_id: the document.
            basis: why it may be erased.
            reference: a number that says where the reason is kept; it stays for ever, so it names nobody.
            why: in words; goes with the document.
            by: who asks.

        Raises:
            ReviewError: something stands in the way; the sentence says what.
        """
        access.check_may(by, Act.ERASE)
        reference = _check_reference(reference)
        why = check_why(why, "an erasure")
        now = self.clock.now()
        with self.store.writing() as session:
            document = visible.get_document(session, document_id, by, self.types)
            if self._find_open(session, document_id) is not None:
                raise ReviewError(f"Document {document_id} is to be erased already. Carry it out, or withdraw it.")
            self._check_free(session, document, basis, now)
            row = ErasureRow(
                file_id=document.file_id,
                document_id=document_id,
                state=ErasureState.REQUESTED,
                basis=basis,
                reference=reference,
                requested_by=by.name,
                requested_at=now,
            )
            session.add(row)
            session.flush()
            facts = {"erasure": row.id, "basis": basis, "reference": reference}
            told = document_entry(AuditTag.ERASURE_REQUEST, document, by, now, facts=facts, values={"why": why})
            events.append(session, told)
            return row.id

    def request_many(
        self, documents: Sequence[int], basis: ErasureBasis, reference: str, why: str, *, by: Actor
    ) -> tuple[ErasureOutcome, ...]:
        """Ask for several documents to be erased, each by itself: one that can't be keeps none of the others back."""
        access.check_may(by, Act.ERASE)
        found: list[ErasureOutcome] = []
        for document_id in documents:
            try:
                self.request(document_id, basis, reference, why, by=by)
            except (ReviewError, NotFoundError) as error:
                found.append(ErasureOutcome(document_id=document_id, refused=str(error)))
            else:
                found.append(ErasureOutcome(document_id=document_id, refused=None))
        return tuple(found)

    def withdraw(self, erasure_id: int, *, by: Actor) -> None:
        """Take a request back that nobody has carried out."""
        access.check_may(by, Act.ERASE)
        now = self.clock.now()
        with self.store.writing() as session:
            row, document = self._get_requested(session, erasure_id, by)
            row.state = ErasureState.WITHDRAWN
            told = document_entry(AuditTag.ERASURE_WITHDRAW, document, by, now, facts={"erasure": row.id})
            events.append(session, told)

    def execute(self, erasure_id: int, *, by: Actor, proof: Proof | None = None) -> None:
        """Carry an erasure out. The values are gone when this returns; files and models follow within moments.

        Raises:
            ProofNeededError, LoginRefusedError: whoever does it has to show that it is them, and did not.
            AccessDeniedError: duties are separated, and they asked for it themselves.
            ReviewError: something stands in the way by now.
        """
        access.check_may(by, Act.ERASE)
        self._execute(erasure_id, self.presence.check(by, proof), by)

    def execute_many(
        self, erasures: Sequence[int], *, by: Actor, proof: Proof | None = None
    ) -> tuple[ErasureOutcome, ...]:
        """Carry several erasures out, each by itself, with one proof for all of them.

        Raises:
            ProofNeededError, LoginRefusedError: as `execute`; nothing is erased.
        """
        access.check_may(by, Act.ERASE)
        known = self.presence.check(by, proof)
        found: list[ErasureOutcome] = []
        for erasure_id in erasures:
            with self.store.reading() as session:
                row = queries.find_row(session, ErasureRow, erasure_id)
                document_id = row.document_id if row is not None else None
            try:
                self._execute(erasure_id, known, by)
            except (AccessDeniedError, ReviewError, NotFoundError) as error:
                found.append(ErasureOutcome(document_id=document_id or 0, refused=str(error)))
            else:
                found.append(ErasureOutcome(document_id=document_id or 0, refused=None))
        return tuple(found)

    def _execute(self, erasure_id: int, known: str, by: Actor) -> None:
        now = self.clock.now()
        with self.store.writing() as session:
            row, document = self._get_requested(session, erasure_id, by)
            policy = queries.get_policy(session).policy
            is_same = row.requested_by == by.name
            if policy.separate_duties and is_same:
                raise AccessDeniedError(
                    "Duties are separated here, and you asked for this erasure. Another administrator carries it out."
                )
            self._check_free(session, document, ErasureBasis(row.basis), now)
            self.presence.signed(session, by, now)
            emptied = self._empty(session, row, document, by, now)
            facts = {
                "erasure": row.id,
                "basis": row.basis,
                "reference": row.reference,
                "values": emptied.values,
                "models": list(emptied.models),
                "same_person": is_same,
                "signed_with": known,
            }
            self._tell(session, row, document, emptied, facts, by, now)
        self.jobs.enqueue(Job.ERASE, erasure_id)

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
            known = session.scalar(select(func.count(ErasureRow.id)).where(ErasureRow.state.in_(ended))) or 0
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

    def overview(self, *, by: Actor) -> ErasuresView:
        """Return everything about erasures that this person may see."""
        access.check_may(by, Act.PRESERVE)
        now = self.clock.now()
        seen = visible.of_documents(visible.sight_of(by, self.types))
        with self.store.reading() as session:
            policy = queries.get_policy(session).policy
            due = self._list_due(session, policy.retention, seen, now)
            return ErasuresView(
                due=tuple(due[:LISTED_MOST]),
                due_more=len(due) > LISTED_MOST,
                requested=self._list(session, seen, ErasureState.REQUESTED, now),
                running=self._list(session, seen, ErasureState.RUNNING, now),
                done=self._list(session, seen, ErasureState.DONE, now),
                done_count=session.scalar(
                    select(func.count(ErasureRow.id))
                    .join(DocumentRow, DocumentRow.id == ErasureRow.document_id)
                    .where(ErasureRow.state == ErasureState.DONE, *seen)
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
                erasure=self._view(session, erasure, document, now) if erasure is not None else None,
            )

    def _check_free(self, session: Session, document: DocumentRow, basis: ErasureBasis, now: datetime) -> None:
        policy = queries.get_policy(session).policy
        obstacle = rules.find_obstacle(session, document, basis, policy, now)
        if obstacle is not None:
            raise ReviewError(obstacle)

    def _find_open(self, session: Session, document_id: int) -> ErasureRow | None:
        still = ErasureRow.document_id == document_id, ErasureRow.state == ErasureState.REQUESTED
        return session.scalar(select(ErasureRow).where(*still).limit(1))

    def _get_requested(self, session: Session, erasure_id: int, by: Actor) -> tuple[ErasureRow, DocumentRow]:
        row = queries.find_row(session, ErasureRow, erasure_id)
        if row is None or row.document_id is None:
            raise NotFoundError(f"There is no request {erasure_id} to erase anything. Reload the page.")
        document = visible.get_remains(session, row.document_id, by, self.types)
        if row.state != ErasureState.REQUESTED:
            raise InvalidTransitionError(
                f"Request {erasure_id} is {row.state} already. Reload the page to see where it stands."
            )
        return row, document

    def _empty(self, session: Session, row: ErasureRow, document: DocumentRow, by: Actor, now: datetime) -> Emptied:
        emptied = empty(session, document, now)
        row.state, row.executed_by, row.executed_at = ErasureState.RUNNING, by.name, now
        row.sizes, row.models, row.keys = emptied.sizes, list(emptied.models), list(emptied.keys)
        return emptied

    def _tell(
        self,
        session: Session,
        row: ErasureRow,
        document: DocumentRow,
        emptied: Emptied,
        facts: dict[str, Any],
        by: Actor,
        now: datetime,
    ) -> None:
        """Put it on record for the document, and for each later file with the same bytes."""
        told = [document_entry(AuditTag.ERASURE_EXECUTE, document, by, now, facts=facts)]
        for file_id in emptied.files:
            if file_id != row.file_id:
                more = {"erasure": row.id, "of": row.file_id}
                told.append(entry(AuditTag.ERASURE_EXECUTE, by, now, file_id=file_id, facts=more))
        events.append(session, *told)

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
            row = ErasureRow(
                file_id=file_id,
                document_id=document.id,
                state=ErasureState.REQUESTED,
                basis=stone.basis,
                reference=stone.reference,
                requested_by=stone.requested_by,
                requested_at=now,
            )
            session.add(row)
            session.flush()
            emptied = self._empty(session, row, document, by, now)
            row.executed_by = stone.executed_by
            facts = {
                "erasure": row.id,
                "basis": row.basis,
                "reference": row.reference,
                "values": emptied.values,
                "models": list(emptied.models),
                "again": True,
                "erased_at": stone.erased_at,
            }
            self._tell(session, row, document, emptied, facts, by, now)
            return row.id

    def _list_due(
        self, session: Session, retention: dict[str, Any], seen: list[ColumnElement[bool]], now: datetime
    ) -> list[DueView]:
        """Return documents whose time is over, the oldest first, one more than are listed."""
        held = select(LegalHoldRow.document_id).where(LegalHoldRow.released_at.is_(None))
        asked = select(ErasureRow.document_id).where(ErasureRow.state == ErasureState.REQUESTED)
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
            select(ErasureRow, DocumentRow)
            .join(DocumentRow, DocumentRow.id == ErasureRow.document_id)
            .where(ErasureRow.state == state, *seen)
            .order_by(ErasureRow.id.desc())
            .limit(LISTED_MOST)
        )
        return tuple(self._view(session, row, document, now) for row, document in rows)

    def _view(self, session: Session, row: ErasureRow, document: DocumentRow, now: datetime) -> ErasureView:
        obstacle = None
        if row.state == ErasureState.REQUESTED:
            policy = queries.get_policy(session).policy
            obstacle = rules.find_obstacle(session, document, ErasureBasis(row.basis), policy, now)
        return ErasureView(
            id=row.id,
            document_id=document.id,
            document_type=document.type,
            received_at=document.received_at,
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


def _check_reference(reference: str) -> str:
    reference = printable(reference).strip()
    if not reference:
        raise InvalidCorrectionError(
            "Write a reference: the number of the request or of the rule, without any name, since it stays for ever."
        )
    if len(reference) > REFERENCE_MOST:
        raise InvalidCorrectionError(f"The reference is too long. Write at most {REFERENCE_MOST} characters.")
    return reference
