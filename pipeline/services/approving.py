from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from sqlalchemy import update

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.fields import TYPE_FIELD
from pipeline.domain.review import current_values
from pipeline.domain.routing import Policy
from pipeline.errors import AccessDeniedError, NotFoundError, OpenExceptionsError, ReviewError, StaleTaskError
from pipeline.ports import Clock, Job, JobQueue
from pipeline.record.canonical import plain
from pipeline.record.verify import record_digest
from pipeline.services import access, dossier, ready, signatures
from pipeline.services.desk import Desk, check_why
from pipeline.services.presence import Presence, Proof
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import DocumentView, QueueFilter, ReadyPage, SignedOutcome, SigningView
from pipeline.store import queries
from pipeline.store.engine import Store
from pipeline.store.tables import ApprovalRow, DeliveryRow, FileRow

RECORD_FORMAT = 2
"""Of what is signed: since 2, parts that a reader may not be shown are signed by salted commitments."""
SALT_BYTES = 16
DELIVERED_TO = "folder"


@dataclass(frozen=True)
class Approving:
    """The approver's side: sign what is ready, send it back, or open a signed one as a new revision."""

    store: Store
    jobs: JobQueue
    types: TypeShelf
    clock: Clock
    presence: Presence

    def approve(
        self,
        document_id: int,
        *,
        by: Actor,
        revision: int,
        statement: str | None = None,
        proof: Proof | None = None,
    ) -> DocumentView:
        """Sign the document as it stands; its delivery is ordered in the same transaction.

        Where the policy asks for two people, the first signature leaves it READY, and the second approves it.

        Args:
            document_id: the document.
            by: who signs.
            revision: what they saw.
            statement: the sentence that stood above the signature, where one did.
            proof: that it is them, where they have to show it.

        Raises:
            ProofNeededError, LoginRefusedError: they did not show that it is them.
            AccessDeniedError: the policy separates duties, and this person reviewed the document; or they gave the
                first of two signatures.
            InvalidTransitionError, StaleTaskError: it is not ready, or not what the person saw and read.
        """
        access.check_may(by, Act.APPROVE)
        return self._sign(document_id, revision, statement, self.presence.check(by, proof), by)

    def _sign(self, document_id: int, revision: int, statement: str | None, known: str, by: Actor) -> DocumentView:
        with self.store.writing() as session:
            desk = Desk.open(session, document_id, self.types, by, self.clock.now())
            desk.check_state(DocumentState.READY)
            desk.check_revision(revision)
            if desk.document.open_count:
                raise OpenExceptionsError(f"Document {document_id} still has open exceptions. Return it to a reviewer.")
            policy = queries.get_policy(session).policy
            signing = signatures.signing_of(desk, policy)
            if signing.refused is not None:
                raise AccessDeniedError(signing.refused)
            if statement is not None and statement != signing.statement:
                raise StaleTaskError(
                    "What your signature would say has changed, so nothing was signed. Reload the page and read it."
                )
            self.presence.signed(session, by, desk.now)
            was_reviewer = by.name in dossier.reviewers_of(desk.document, desk.fields())
            if signing.second_why is not None and signing.first is None:
                return signatures.give(desk, policy, signing, was_reviewer=was_reviewer, signed_with=known)
            signatures.end(desk, "completed")
            desk.move(DocumentState.APPROVED)
            desk.changed()
            record = self._record(desk, policy, signing, was_reviewer, known)
            approval = ApprovalRow(
                document_id=document_id,
                revision=desk.document.revision,
                by_id=by.id or 0,
                by=by.name,
                by_display=by.display_name,
                at=desk.now,
                meaning=record["signature"]["meaning"],
                was_reviewer=was_reviewer,
                signed_with=known,
                record=record,
                record_sha256=record_digest(plain(record)),
            )
            session.add(approval)
            session.flush()
            session.add(
                DeliveryRow(
                    document_id=document_id,
                    approval_id=approval.id,
                    destination=DELIVERED_TO,
                    key=f"document-{document_id}-revision-{approval.revision}",
                    state="pending",
                )
            )
            desk.record(
                AuditTag.DOCUMENT_APPROVE,
                facts={
                    "record_sha256": approval.record_sha256,
                    "approval": approval.id,
                    "was_reviewer": approval.was_reviewer,
                    "separate_duties": policy.separate_duties,
                    "policy": policy.version,
                    "meaning": approval.meaning,
                    "signed_with": known,
                    "first_signature": signing.first.by if signing.first else None,
                },
            )
            view = desk.view()
        self.jobs.enqueue(Job.DELIVER, document_id)
        # one ring waits at most, however many documents are signed: a training serves all of them
        self.jobs.enqueue_many(Job.LEARN, [0])
        return view

    def approve_many(
        self, chosen: Sequence[tuple[int, int]], *, by: Actor, proof: Proof | None = None
    ) -> tuple[SignedOutcome, ...]:
        """Sign several documents, each by itself: one that can't be signed keeps none of the others back.

        Only what can be judged from the list is signed this way: no critical value that nobody has seen, no check that
        does not hold.

        Args:
            chosen: documents, and the revision of each that was seen.
            by: who signs.
            proof: that it is them, where they have to show it; once for all of them.

        Raises:
            ProofNeededError, LoginRefusedError: they did not show that it is them; nothing is signed.
        """
        access.check_may(by, Act.APPROVE)
        known = self.presence.check(by, proof)
        return tuple(self._one_of_many(document_id, revision, known, by) for document_id, revision in chosen)

    def revoke(self, document_id: int, *, by: Actor, revision: int, proof: Proof | None = None) -> DocumentView:
        """Take one's own first signature back, before somebody gives the second.

        Raises:
            InvalidTransitionError: this person has no signature under the document as it stands.
            ProofNeededError, LoginRefusedError: they did not show that it is them.
        """
        access.check_may(by, Act.APPROVE)
        known = self.presence.check(by, proof)
        with self.store.writing() as session:
            desk = Desk.open(session, document_id, self.types, by, self.clock.now())
            desk.check_state(DocumentState.READY)
            desk.check_revision(revision)
            signatures.revoke(desk, known)
            self.presence.signed(session, by, desk.now)
            return desk.view()

    def list_ready(self, wanted: QueueFilter, *, by: Actor) -> ReadyPage:
        """Return a page of what waits for a signature, with what people changed and who may sign it how."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            page = ready.page_of(session, wanted, self.types, by, self.clock.now())
            return page.model_copy(update={"proof": self.presence.find_asked(session, by)})

    def get_signing(self, document_id: int, *, by: Actor) -> SigningView:
        """Return what a signature of this person under the document would mean now."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            desk = Desk.open(session, document_id, self.types, by, self.clock.now())
            signing = signatures.signing_of(desk, queries.get_policy(session).policy)
            return signing.model_copy(update={"proof": self.presence.find_asked(session, by)})

    def send_back(
        self, document_id: int, why: str, *, by: Actor, revision: int, fields: tuple[str, ...] = ()
    ) -> DocumentView:
        """Return a ready document to the reviewers with a comment, on the named fields or as a whole."""
        access.check_may(by, Act.APPROVE)
        with self.store.writing() as session:
            desk = Desk.open(session, document_id, self.types, by, self.clock.now())
            desk.check_state(DocumentState.READY)
            desk.check_revision(revision)
            why = check_why(why, "returning a document")
            signatures.end(desk, "returned")
            desk.move(DocumentState.REVIEW)
            desk.return_to_review(why, fields)
            desk.document.note = f"{by.display_name}: {why}"
            desk.changed()
            desk.record(AuditTag.DOCUMENT_RETURN, facts={"fields": list(fields)}, values={"why": why})
            return desk.view()

    def supersede(self, document_id: int, why: str, *, by: Actor, revision: int) -> DocumentView:
        """Open an approved document as a new revision; the earlier signature and values stay, marked superseded."""
        access.check_may(by, Act.APPROVE)
        with self.store.writing() as session:
            desk = Desk.open(session, document_id, self.types, by, self.clock.now())
            desk.check_state(DocumentState.APPROVED)
            desk.check_revision(revision)
            why = check_why(why, "opening an approved document again")
            session.execute(
                update(ApprovalRow)
                .where(ApprovalRow.document_id == document_id, ApprovalRow.superseded_at.is_(None))
                .values(superseded_at=desk.now)
            )
            # what was not sent yet is not sent any more: the newer revision must not arrive before the older
            session.execute(
                update(DeliveryRow)
                .where(DeliveryRow.document_id == document_id, DeliveryRow.state == "pending")
                .values(state="failed", error="Opened again before it was sent. The next approval is sent instead.")
            )
            desk.move(DocumentState.REVIEW)
            desk.return_to_review(why, ())
            desk.document.note = f"{by.display_name}: {why}"
            desk.changed()
            desk.record(AuditTag.DOCUMENT_SUPERSEDE, values={"why": why})
            return desk.view()

    def _one_of_many(self, document_id: int, revision: int, known: str, by: Actor) -> SignedOutcome:
        try:
            with self.store.reading() as session:
                desk = Desk.open(session, document_id, self.types, by, self.clock.now())
                desk.check_revision(revision)
                apart = ready.apart(desk.fields(), desk.doctype)
            if apart is not None:
                return SignedOutcome(document_id=document_id, state=None, refused=f"Open it to sign it: {apart}.")
            view = self._sign(document_id, revision, None, known, by)
        except (AccessDeniedError, ReviewError, NotFoundError) as error:
            return SignedOutcome(document_id=document_id, state=None, refused=str(error))
        return SignedOutcome(document_id=document_id, state=view.state, refused=None)

    def _record(
        self, desk: Desk, policy: Policy, signing: SigningView, was_reviewer: bool, known: str
    ) -> dict[str, Any]:
        """Return what is signed and delivered: every value, where it was read, and who settled it."""
        document, by = desk.document, desk.by
        rows = desk.fields()
        records = dossier.records_of(desk.session, document, rows)
        values = current_values(records)
        names = dossier.display_names(desk.session, [row.settled_by for row in rows if row.settled_by])
        extraction = queries.find_extraction(desk.session, document.id)
        return {
            "format": RECORD_FORMAT,
            "document": document.id,
            "revision": document.revision,
            "document_type": document.type,
            "files": self._files(desk),
            "received_at": document.received_at.isoformat(),
            "fields": {
                record.name: {
                    "value": values[record.name],
                    "state": record.state,
                    "machine_value": record.machine_value,
                    "confidence": f"{record.confidence:.6f}",
                    "threshold": f"{record.threshold:.6f}",
                    "threshold_kind": record.threshold_kind,
                    "provenance": record.provenance.model_dump(mode="json") if record.provenance else None,
                    "reasons": [{"code": reason.code, "message": reason.message} for reason in record.reasons],
                    "settled_by": record.settled_by,
                    "settled_by_name": names.get(record.settled_by or ""),
                    "settled_at": record.settled_at.isoformat() if record.settled_at else None,
                    "handling_ms": record.handling_ms,
                    "comment": record.comment,
                    "salt": token_hex(SALT_BYTES),
                }
                for record in records
                if record.name != TYPE_FIELD
            },
            "findings": [
                {**finding.model_dump(mode="json"), "salt": token_hex(SALT_BYTES)}
                for finding in dossier.findings_on(records, desk.doctype)
            ],
            "validated_by": document.validated_by,
            "validated_at": document.validated_at.isoformat() if document.validated_at else None,
            "versions": {
                "engine": extraction.engine if extraction else None,
                "reader": extraction.reader if extraction else None,
                "type": desk.doctype.version if desk.doctype else None,
                "policy": policy.version,
            },
            "signature": {
                "by": by.name,
                "name": by.display_name,
                "at": desk.now.isoformat(),
                "meaning": signing.statement,
                "was_reviewer": was_reviewer,
                "signed_with": known,
            },
            "first_signature": signatures.as_signed(signing.first),
        }

    def _files(self, desk: Desk) -> list[dict[str, Any]]:
        ids = [ref.file_id for ref in desk.document.pages or ()] or [desk.document.file_id]
        files: list[FileRow] = [queries.get_file(desk.session, file_id) for file_id in dict.fromkeys(ids)]
        return [
            {
                "id": file.id,
                "sha256": file.sha256,
                "size": file.size,
                "dropped_as": {"name": file.name, "salt": token_hex(SALT_BYTES)},
            }
            for file in files
        ]
