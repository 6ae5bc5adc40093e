from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.domain.actors import Act, Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.extraction import Provenance
from pipeline.domain.fields import TYPE_FIELD, DocumentType, FieldKind
from pipeline.domain.review import SETTLED, Decision, FieldState, Settlement
from pipeline.domain.routing import Policy, ReasonCode
from pipeline.domain.value import Value
from pipeline.errors import ClaimTakenError, InvalidCorrectionError, NotFoundError, OpenExceptionsError
from pipeline.normalise import read_value
from pipeline.ports import Clock, Job, JobQueue
from pipeline.services import access, correction, dossier, next_document, pace, people, queue, visible
from pipeline.services.desk import Desk, check_why
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import ClaimView, DocumentView, NextView, PersonView, QueueFilter, QueuePage, ReadingView
from pipeline.store import queries
from pipeline.store.engine import Store
from pipeline.store.tables import ClaimRow, FieldRow

STATE_FOR = {
    Decision.CONFIRM: FieldState.CONFIRMED,
    Decision.CORRECT: FieldState.CORRECTED,
    Decision.ABSENT: FieldState.ABSENT,
}
LONGEST_HANDLING_MS = 3_600_000


@dataclass(frozen=True)
class Reviewing:
    """The reviewer's side: the queue, the lease on one document, and the decision on each exception."""

    store: Store
    jobs: JobQueue
    types: TypeShelf
    clock: Clock
    lease: timedelta
    handover_lease: timedelta

    def list_queue(self, wanted: QueueFilter, *, by: Actor) -> QueuePage:
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            return queue.page_of(session, wanted, self.types, by, self.clock.now())

    def find_next(self, *, by: Actor, after: int | None = None, skip: tuple[int, ...] = ()) -> int | None:
        """Return the document to take next, without `after` and those in `skip`; None when nothing waits."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            found = next_document.find(session, by, self.types, self.clock.now(), (*skip, *([after] if after else ())))
            return found.id if found is not None else None

    def explain_next(self, *, by: Actor) -> NextView | None:
        """Return the document that `find_next` would give this person now, and why; None when nothing waits."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            return next_document.find(session, by, self.types, self.clock.now(), ())

    def get_document(self, document_id: int, *, by: Actor) -> DocumentView:
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            document = visible.get_document(session, document_id, by, self.types)
            return dossier.build(session, document, self.types, by, self.clock.now())

    def foresee(self, document_id: int, *, by: Actor) -> DocumentView:
        """Return the document as this person would have it before them on taking it; nobody takes it by this."""
        access.check_may(by, Act.REVIEW)
        now = self.clock.now()
        with self.store.reading() as session:
            document = visible.get_document(session, document_id, by, self.types)
            view = dossier.build(session, document, self.types, by, now)
        claim = ClaimView(user_id=by.id or 0, display_name=by.display_name, is_mine=True, lease_until=now + self.lease)
        return view.model_copy(update={"claim": claim})

    def list_types(self, *, by: Actor) -> tuple[DocumentType, ...]:
        access.check_may(by, Act.READ)
        return self.types.enabled

    def list_people(self, *, by: Actor) -> tuple[PersonView, ...]:
        """Return active reviewers: whom documents can be handed to."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            return tuple(people.view_of(user) for user in people.list_active(session, {Role.REVIEWER}))

    def list_people_for(self, document_id: int, *, by: Actor) -> tuple[PersonView, ...]:
        """Return active reviewers who see a document: whom it can be handed to.

        Raises:
            NotFoundError: there is no such document, or none for `by`.
        """
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            document = visible.get_document(session, document_id, by, self.types)
            seeing = people.seeing(people.list_active(session, {Role.REVIEWER}), document, self.types)
            return tuple(people.view_of(user) for user in seeing)

    def get_policy(self, *, by: Actor) -> Policy:
        """Return the policy in force, which the pages explain decisions by."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            return queries.get_policy(session).policy

    def claim(self, document_id: int, *, by: Actor) -> DocumentView:
        """Take the document, or take it on: one person at a time, until the lease ends.

        Raises:
            ClaimTakenError: somebody else holds it.
        """
        access.check_may(by, Act.REVIEW)
        now = self.clock.now()
        with self.store.writing() as session:
            desk = Desk.open(session, document_id, self.types, by, now)
            desk.check_state(DocumentState.REVIEW)
            row = session.get(ClaimRow, document_id)
            if row is not None and row.user_id != by.id and row.lease_until > now:
                holder = queries.get_user(session, row.user_id).display_name
                raise ClaimTakenError(
                    f"{holder} holds document {document_id} until {row.lease_until:%H:%M} UTC. Take another."
                )
            if row is None or row.user_id != by.id or row.lease_until <= now:
                if row is not None and row.lease_until <= now:
                    desk.record(AuditTag.CLAIM_EXPIRE, facts={"holder": row.user_id})
                desk.record(AuditTag.CLAIM_TAKE)
            if row is None:
                row = ClaimRow(document_id=document_id, user_id=by.id, taken_at=now, lease_until=now)
                session.add(row)
            elif row.user_id != by.id:
                row.user_id, row.taken_at, row.lease_until = by.id or 0, now, now
            row.lease_until = max(row.lease_until, now + self.lease)
            return desk.view()

    def renew(self, document_id: int, *, by: Actor) -> datetime:
        """Return the new end of the lease; no event, since nothing changes hands."""
        access.check_may(by, Act.REVIEW)
        now = self.clock.now()
        with self.store.writing() as session:
            row = Desk.open(session, document_id, self.types, by, now).check_held()
            row.lease_until = max(row.lease_until, now + self.lease)
            return row.lease_until

    def release(self, document_id: int, *, by: Actor) -> None:
        """Give the document back to the queue with all work kept; a lease that ended already is no error."""
        access.check_may(by, Act.REVIEW)
        with self.store.writing() as session:
            desk = Desk.open(session, document_id, self.types, by, self.clock.now())
            row = session.get(ClaimRow, document_id)
            if row is not None and row.user_id == by.id:
                desk.release()
                desk.record(AuditTag.CLAIM_RELEASE)

    def settle(self, document_id: int, settlement: Settlement, *, by: Actor, revision: int) -> DocumentView:
        """Decide one field: confirm what was read, correct it, or say that it is not on the page.

        Raises:
            StaleTaskError, ClaimNotHeldError, InvalidCorrectionError: nothing was changed.
        """
        access.check_may(by, Act.REVIEW)
        if settlement.field == TYPE_FIELD and settlement.decision is Decision.CORRECT:
            return self.retype(document_id, str(settlement.value or ""), by=by, revision=revision)
        with self.store.writing() as session:
            desk = self._held(Desk.open(session, document_id, self.types, by, self.clock.now()), revision)
            row = desk.get_field(settlement.field)
            before, state_before = row.value, row.state
            row.value = self._decided(desk, settlement, row)
            row.provenance = self._place(desk, settlement, row, before)
            row.state = STATE_FOR[settlement.decision]
            if row.state != FieldState.ABSENT:
                # typed just what the machine had read; or confirmed what a person had put in its place before
                row.state = FieldState.CONFIRMED if row.value == row.machine_value else FieldState.CORRECTED
            row.settled_by, row.settled_at = by.name, desk.now
            row.comment = printable(settlement.comment).strip()[:2000]
            row.handling_ms += min(max(settlement.handling_ms, 0), LONGEST_HANDLING_MS)
            pace.note(session, desk.document.type, row.name, min(settlement.handling_ms, LONGEST_HANDLING_MS))
            desk.decided(row.name)
            followed = desk.follow_checks()
            desk.changed()
            desk.follow_number()
            desk.record(
                AuditTag.FIELD_SETTLE,
                field=row.name,
                facts={
                    **followed,
                    "decision": settlement.decision,
                    "from": state_before,
                    "to": row.state,
                    "handling_ms": min(max(settlement.handling_ms, 0), LONGEST_HANDLING_MS),
                    "shown_for": sorted({reason.code.value for reason in row.reasons}),
                    "sample_probability": row.sample_probability,
                    "confidence": round(row.confidence, 6),
                    "pointed": settlement.provenance is not None,
                },
                values={
                    "machine": row.machine_value,
                    "before": before,
                    "after": row.value,
                    "why": row.comment,
                },
            )
            return desk.view()

    def reopen(self, document_id: int, field: str, *, by: Actor, revision: int) -> DocumentView:
        """Undo the decision on one field: an exception is open again, an accepted field as policy left it."""
        access.check_may(by, Act.REVIEW)
        with self.store.writing() as session:
            desk = self._held(Desk.open(session, document_id, self.types, by, self.clock.now()), revision)
            row = desk.get_field(field)
            if row.state not in SETTLED:
                raise InvalidCorrectionError("Nobody settled this field, so there is nothing to undo. Reload the page.")
            before, state_before = row.value, row.state
            row.state = FieldState.OPEN if row.reasons else FieldState.ACCEPTED
            # the type in force stays in force until another is chosen: the fields are read for it
            row.value = desk.document.type if field == TYPE_FIELD else row.machine_value
            row.settled_by = row.settled_at = None
            row.comment = ""
            extraction = queries.find_extraction(session, document_id)
            read = extraction.find_field(field) if extraction else None
            row.provenance = read.provenance if read else None
            followed = desk.follow_checks()
            desk.changed()
            desk.record(
                AuditTag.FIELD_REOPEN,
                field=field,
                facts={"from": state_before, "to": row.state, **followed},
                values={"before": before, "after": row.value},
            )
            return desk.view()

    def validate(self, document_id: int, *, by: Actor, revision: int, handling_ms: int = 0) -> None:
        """Hand the document on for approval, once every exception is settled.

        Raises:
            OpenExceptionsError: some are still open.
        """
        access.check_may(by, Act.REVIEW)
        with self.store.writing() as session:
            desk = self._held(Desk.open(session, document_id, self.types, by, self.clock.now()), revision)
            if desk.document.open_count:
                raise OpenExceptionsError(
                    f"{desk.document.open_count} exceptions are still open: {desk.document.what}. Settle them first."
                )
            desk.move(DocumentState.READY)
            desk.document.validated_by, desk.document.validated_at = by.name, desk.now
            desk.document.note = None
            desk.release()
            desk.changed()
            states = [row.state for row in desk.fields()]
            desk.record(
                AuditTag.DOCUMENT_VALIDATE,
                facts={
                    "handling_ms": min(max(handling_ms, 0), 24 * LONGEST_HANDLING_MS),
                    **{state.value: states.count(state) for state in FieldState if state is not FieldState.OPEN},
                },
            )

    def reject(self, document_id: int, why: str, *, by: Actor, revision: int) -> DocumentView:
        """Take the document out of the work for good, with the reason; its file and record stay."""
        access.check_may(by, Act.REVIEW)
        with self.store.writing() as session:
            desk = Desk.open(session, document_id, self.types, by, self.clock.now())
            desk.check_revision(revision)
            if desk.document.state == DocumentState.REVIEW:
                desk.check_held()
            desk.move(DocumentState.REJECTED)
            desk.document.note = check_why(why, "a rejection")
            desk.release()
            desk.changed()
            desk.record(AuditTag.DOCUMENT_REJECT, values={"why": desk.document.note})
            return desk.view()

    def hold(self, document_id: int, why: str, until: datetime, *, by: Actor, revision: int) -> DocumentView:
        """Put the document aside until a date; it comes back by itself."""
        access.check_may(by, Act.REVIEW)
        with self.store.writing() as session:
            desk = self._held(Desk.open(session, document_id, self.types, by, self.clock.now()), revision)
            if until <= desk.now:
                raise InvalidCorrectionError("The date to hold until has passed. Choose a later one.")
            desk.move(DocumentState.HELD)
            desk.document.note, desk.document.held_until = check_why(why, "holding a document"), until
            desk.release()
            desk.changed()
            desk.record(AuditTag.DOCUMENT_HOLD, facts={"until": until.isoformat()}, values={"why": desk.document.note})
            return desk.view()

    def resume(self, document_id: int, *, by: Actor, revision: int) -> DocumentView:
        """Bring a held document back before its date."""
        access.check_may(by, Act.REVIEW)
        with self.store.writing() as session:
            desk = Desk.open(session, document_id, self.types, by, self.clock.now())
            desk.check_revision(revision)
            resume_held(desk)
            return desk.view()

    def handover(self, document_id: int, to_user_id: int, comment: str, *, by: Actor, revision: int) -> DocumentView:
        """Give the document to a colleague, who holds it from now on."""
        access.check_may(by, Act.ASSIGN)
        with self.store.writing() as session:
            desk = self._held(Desk.open(session, document_id, self.types, by, self.clock.now()), revision)
            user = queries.get_user(session, to_user_id)
            if not user.active or Role.REVIEWER not in user.roles:
                raise NotFoundError(f"{user.display_name} does not review. Choose somebody who does.")
            people.check_can_see(user, desk.document, self.types)
            row = desk.check_held()
            row.user_id, row.taken_at, row.lease_until = user.id, desk.now, desk.now + self.handover_lease
            comment = printable(comment).strip()[:2000]
            if comment:
                desk.document.note = f"{by.display_name}: {comment}"
            desk.changed()
            desk.record(AuditTag.CLAIM_HANDOVER, facts={"to": user.id}, values={"why": comment})
            return desk.view()

    def retype(self, document_id: int, type_name: str, *, by: Actor, revision: int) -> DocumentView:
        """Say what type the document has; its fields are then read again for that type."""
        access.check_may(by, Act.REVIEW)
        with self.store.writing() as session:
            desk = self._held(Desk.open(session, document_id, self.types, by, self.clock.now()), revision)
            doctype = self.types.get_enabled(type_name)
            before = desk.document.type
            row = desk.get_field(TYPE_FIELD)
            row.value, row.settled_by, row.settled_at = doctype.name, by.name, desk.now
            row.state = FieldState.CONFIRMED if row.machine_value == doctype.name else FieldState.CORRECTED
            desk.move(DocumentState.QUEUED)
            desk.document.type, desk.document.type_fixed = doctype.name, True
            desk.document.attempts, desk.document.next_try_at = 0, None
            desk.changed()
            desk.record(AuditTag.DOCUMENT_RETYPE, facts={"from": before, "to": doctype.name})
            view = desk.view()
        self.jobs.enqueue(Job.PROCESS, document_id)
        return view

    def retry(self, document_id: int, *, by: Actor, revision: int) -> DocumentView:
        """Have a failed document read again, with a full set of attempts."""
        access.check_may(by, Act.RETRY)
        with self.store.writing() as session:
            desk = Desk.open(session, document_id, self.types, by, self.clock.now())
            desk.check_state(DocumentState.FAILED)
            desk.check_revision(revision)
            desk.move(DocumentState.QUEUED)
            desk.document.attempts, desk.document.next_try_at = 0, None
            desk.document.failure = desk.document.failure_code = None
            desk.changed()
            desk.record(AuditTag.DOCUMENT_RETRY, facts={"by_person": by.is_person})
            view = desk.view()
        self.jobs.enqueue(Job.PROCESS, document_id)
        return view

    def read_text(
        self, document_id: int, field: str, text: str, *, by: Actor, column: str | None = None
    ) -> tuple[ReadingView, ...]:
        """Return every way the text can be read for the field, before anything is saved."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            document = visible.get_document(session, document_id, by, self.types)
            extraction = queries.find_extraction(session, document_id)
        spec = dossier.spec_of(field, self.types.find(document.type))
        if spec is None or extraction is None:
            raise NotFoundError(f"Document {document_id} has no field “{field}”. Reload the page.")
        kind = next((each.kind for each in spec.columns if each.name == column), spec)
        return tuple(
            ReadingView(value=reading.value, shown=str(reading.value), note=reading.note or None)
            for reading in read_value(text, kind, extraction.locale)
        )

    def _held(self, desk: Desk, revision: int) -> Desk:
        """Return the desk, once it is clear that this person may change this very revision."""
        desk.check_state(DocumentState.REVIEW)
        desk.check_held()
        desk.check_revision(revision)
        return desk

    def _decided(self, desk: Desk, settlement: Settlement, row: FieldRow) -> Value | None:
        current = row.value
        if settlement.decision is Decision.ABSENT:
            if settlement.field == TYPE_FIELD:
                raise InvalidCorrectionError("A document has a type. Choose it from the list, or reject the document.")
            return None
        if settlement.decision is Decision.CONFIRM:
            if settlement.field == TYPE_FIELD:
                if desk.document.type is None:
                    raise InvalidCorrectionError("The document's type is not known. Choose it from the list.")
                return desk.document.type
            ambiguous = any(reason.code is ReasonCode.AMBIGUOUS for reason in row.reasons)
            if ambiguous and row.state == FieldState.OPEN and row.settled_by is None:
                raise InvalidCorrectionError(
                    "This can be read in more than one way, and nobody has chosen yet. Choose what is meant."
                )
            # a field that was returned shows what a person had put there: that is what is confirmed
            shown = current if row.state == FieldState.OPEN and current is not None else row.machine_value
            if shown is None:
                raise InvalidCorrectionError("The machine read nothing here. Type the value, or mark it as absent.")
            return shown
        spec = dossier.spec_of(settlement.field, desk.doctype)
        if spec is None:
            raise NotFoundError(f"This document has no field “{settlement.field}”. Reload the page.")
        extraction = queries.find_extraction(desk.session, desk.document.id)
        if settlement.value is None or extraction is None or settlement.value in ("", ()):
            if spec.kind is FieldKind.TABLE:
                raise InvalidCorrectionError("There is no line left. Mark the field as absent if the page has none.")
            raise InvalidCorrectionError("Type the value that is on the page, or mark it as absent.")
        read = extraction.find_field(settlement.field)
        return correction.canonical(settlement.value, spec, read, extraction.locale, current)

    def _place(self, desk: Desk, settlement: Settlement, row: FieldRow, before: Value | None) -> Provenance | None:
        """Return where the decided value stands on the page; None where nobody said, or there is none."""
        if settlement.provenance is not None and settlement.decision is not Decision.ABSENT:
            return settlement.provenance
        if row.value is None:
            return None
        if row.value == before and row.provenance is not None:
            return row.provenance
        extraction = queries.find_extraction(desk.session, desk.document.id)
        read = extraction.find_field(row.name) if extraction else None
        return correction.place_of(row.value, read)


def resume_held(desk: Desk) -> None:
    """Bring a held document back into the queue."""
    desk.check_state(DocumentState.HELD)
    desk.move(DocumentState.REVIEW)
    desk.document.held_until = None
    desk.changed()
    desk.record(AuditTag.DOCUMENT_RESUME)
