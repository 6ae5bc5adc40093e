"""Erasing documents, as people do it: asked for, withdrawn, carried out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
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
from pipeline.services import access, visible
from pipeline.services.desk import check_why
from pipeline.services.entries import document_entry, entry
from pipeline.services.erasure import execution, rules
from pipeline.services.erasure.traces import Traces
from pipeline.services.erasure.values import Emptied, empty, empty_file
from pipeline.services.erasure.views import ErasureOutcome
from pipeline.services.presence import Presence, Proof
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.tables import DocumentRow, ErasureRow, FileRow

REFERENCE_MOST = 40


@dataclass(frozen=True)
class Erasing:
    """Erases documents so that nothing of their content is left, and everything that was signed still holds.

    Three steps. Somebody asks for it, with the basis in law. Somebody carries it out: in one transaction every value
    goes, and the event that says so comes. The machine then clears the disk, and repeats that until it is done. What is
    left is a tombstone: numbers, times, who did what, and hashes. Files in quarantine, which became no document, go in
    the same way.
    """

    store: Store
    clock: Clock
    jobs: JobQueue
    types: TypeShelf
    presence: Presence
    traces: Traces

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
        reference, why, now = _check_reference(reference), check_why(why, "an erasure"), self.clock.now()
        with self.store.writing() as session:
            document = visible.get_document(session, document_id, by, self.types)
            if _is_open(session, ErasureRow.document_id == document_id):
                raise ReviewError(f"Document {document_id} is to be erased already. Carry it out, or withdraw it.")
            self._check_free(session, document, basis, now)
            row = execution.ask(session, document.file_id, document_id, basis, reference, by.name, now)
            facts = {"erasure": row.id, "basis": basis, "reference": reference}
            told = document_entry(AuditTag.ERASURE_REQUEST, document, by, now, facts=facts, values={"why": why})
            events.append(session, told)
            return row.id

    def request_file(self, file_id: int, basis: ErasureBasis, reference: str, why: str, *, by: Actor) -> int:
        """Ask for a file in quarantine to be erased; return the number of the request. Args and errors as `request`."""
        access.check_may(by, Act.ERASE)
        reference, why, now = _check_reference(reference), check_why(why, "an erasure"), self.clock.now()
        with self.store.writing() as session:
            file = visible.get_file(session, file_id, by, self.types)
            if _is_open(session, ErasureRow.file_id == file_id):
                raise ReviewError(f"File {file_id} is to be erased already. Carry it out, or withdraw it.")
            if (obstacle := rules.find_file_obstacle(session, file)) is not None:
                raise ReviewError(obstacle)
            row = execution.ask(session, file_id, None, basis, reference, by.name, now)
            facts = {"erasure": row.id, "basis": basis, "reference": reference}
            told = entry(AuditTag.ERASURE_REQUEST, by, now, file_id=file_id, facts=facts, values={"why": why})
            events.append(session, told)
            return row.id

    def request_many(
        self, documents: Sequence[int], basis: ErasureBasis, reference: str, why: str, *, by: Actor
    ) -> tuple[ErasureOutcome, ...]:
        """Ask for several documents to be erased, each by itself: one that can't be keeps none of the others back."""
        access.check_may(by, Act.ERASE)
        return tuple(
            _try(lambda number=number: self.request(number, basis, reference, why, by=by)) for number in documents
        )

    def withdraw(self, erasure_id: int, *, by: Actor) -> None:
        """Take a request back that nobody has carried out."""
        access.check_may(by, Act.ERASE)
        now = self.clock.now()
        with self.store.writing() as session:
            row, _, document = self._get_requested(session, erasure_id, by)
            row.state = ErasureState.WITHDRAWN
            facts = {"erasure": row.id}
            if document is not None:
                told = document_entry(AuditTag.ERASURE_WITHDRAW, document, by, now, facts=facts)
            else:
                told = entry(AuditTag.ERASURE_WITHDRAW, by, now, file_id=row.file_id, facts=facts)
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
        return tuple(_try(lambda number=number: self._execute(number, known, by)) for number in erasures)

    def _execute(self, erasure_id: int, known: str, by: Actor) -> None:
        now = self.clock.now()
        in_quarantine = self._find_in_quarantine(erasure_id)
        with self.store.writing() as session:
            row, file, document = self._get_requested(session, erasure_id, by)
            policy = queries.get_policy(session).policy
            is_same = row.requested_by == by.name
            if policy.separate_duties and is_same:
                raise AccessDeniedError(
                    "Duties are separated here, and you asked for this erasure. Another administrator carries it out."
                )
            emptied = self._empty(session, row, file, document, in_quarantine, now)
            self.presence.signed(session, by, now)
            execution.note(row, emptied, by.name, now)
            facts = {
                "erasure": row.id,
                "basis": row.basis,
                "reference": row.reference,
                "values": emptied.values,
                "models": list(emptied.models),
                "same_person": is_same,
                "signed_with": known,
            }
            execution.tell(session, row, document, emptied, facts, by, now)
        self.jobs.enqueue(Job.ERASE, erasure_id)

    def _empty(
        self,
        session: Session,
        row: ErasureRow,
        file: FileRow,
        document: DocumentRow | None,
        in_quarantine: dict[str, int],
        now: datetime,
    ) -> Emptied:
        if document is not None:
            self._check_free(session, document, ErasureBasis(row.basis), now)
            return empty(session, document, now)
        if (obstacle := rules.find_file_obstacle(session, file)) is not None:
            raise ReviewError(obstacle)
        return empty_file(session, file, in_quarantine, now)

    def _find_in_quarantine(self, erasure_id: int) -> dict[str, int]:
        """Return what a mere file is on disk, by its SHA-256: looked for while its name is known, before any lock."""
        with self.store.reading() as session:
            row = queries.find_row(session, ErasureRow, erasure_id)
            if row is None or row.document_id is not None:
                return {}
            file = session.get_one(FileRow, row.file_id)
            return self.traces.find_quarantined(file.source, file.name, file.id, file.size)

    def _check_free(self, session: Session, document: DocumentRow, basis: ErasureBasis, now: datetime) -> None:
        policy = queries.get_policy(session).policy
        obstacle = rules.find_obstacle(session, document, basis, policy, now)
        if obstacle is not None:
            raise ReviewError(obstacle)

    def _get_requested(
        self, session: Session, erasure_id: int, by: Actor
    ) -> tuple[ErasureRow, FileRow, DocumentRow | None]:
        row = queries.find_row(session, ErasureRow, erasure_id)
        if row is None:
            raise NotFoundError(f"There is no request {erasure_id} to erase anything. Reload the page.")
        document = None
        if row.document_id is not None:
            document = visible.get_remains(session, row.document_id, by, self.types)
            file = queries.get_file(session, row.file_id)
        else:
            file = visible.get_file(session, row.file_id, by, self.types)
        if row.state != ErasureState.REQUESTED:
            raise InvalidTransitionError(
                f"Request {erasure_id} is {row.state} already. Reload the page to see where it stands."
            )
        return row, file, document


def _is_open(session: Session, which: ColumnElement[bool]) -> bool:
    still = select(ErasureRow.id).where(which, ErasureRow.state == ErasureState.REQUESTED)
    return session.scalar(still.limit(1)) is not None


def _try(step: Callable[[], object]) -> ErasureOutcome:
    try:
        step()
    except (AccessDeniedError, ReviewError, NotFoundError) as error:
        return ErasureOutcome(refused=str(error))
    return ErasureOutcome(refused=None)


def _check_reference(reference: str) -> str:
    reference = printable(reference).strip()
    if not reference:
        raise InvalidCorrectionError(
            "Write a reference: the number of the request or of the rule, without any name, since it stays for ever."
        )
    if len(reference) > REFERENCE_MOST:
        raise InvalidCorrectionError(f"The reference is too long. Write at most {REFERENCE_MOST} characters.")
    return reference
