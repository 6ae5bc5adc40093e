import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.fields import TYPE_FIELD
from pipeline.domain.review import SETTLED, FieldRecord, FieldState, current_values
from pipeline.domain.routing import Policy
from pipeline.errors import AccessDeniedError, OpenExceptionsError, StaleTaskError
from pipeline.ports import Clock, Job, JobQueue
from pipeline.record.canonical import canonical_json
from pipeline.services import access, dossier
from pipeline.services.desk import Desk, check_why
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import DocumentView
from pipeline.store import queries
from pipeline.store.engine import Store
from pipeline.store.tables import ApprovalRow, DeliveryRow, FileRow

RECORD_FORMAT = 1
DELIVERED_TO = "folder"


@dataclass(frozen=True)
class Approving:
    """The approver's side: sign what is ready, send it back, or open a signed one as a new revision."""

    store: Store
    jobs: JobQueue
    types: TypeShelf
    clock: Clock

    def approve(self, document_id: int, *, by: Actor, revision: int, statement: str | None = None) -> DocumentView:
        """Sign the document as it stands; its delivery is ordered in the same transaction.

        Args:
            document_id: the document.
            by: who signs.
            revision: what they saw.
            statement: the sentence that stood above the signature, where one did.

        Raises:
            AccessDeniedError: the policy separates duties, and this person reviewed the document.
            InvalidTransitionError, StaleTaskError: it is not ready, or not what the person saw and read.
        """
        access.check_may(by, Act.APPROVE)
        with self.store.writing() as session:
            desk = Desk.open(session, document_id, self.types, by, self.clock.now())
            desk.check_state(DocumentState.READY)
            desk.check_revision(revision)
            if desk.document.open_count:
                raise OpenExceptionsError(f"Document {document_id} still has open exceptions. Return it to a reviewer.")
            policy = queries.get_policy(session).policy
            reviewers = dossier.reviewers_of(desk.document, desk.fields())
            if policy.separate_duties and by.name in reviewers:
                raise AccessDeniedError(
                    "You reviewed this document, and the policy separates duties: somebody else has to approve it."
                )
            desk.move(DocumentState.APPROVED)
            desk.changed()
            record = self._record(desk, policy, by.name in reviewers)
            if statement is not None and statement != record["signature"]["meaning"]:
                raise StaleTaskError(
                    "What your signature would say has changed, so nothing was signed. Reload the page and read it."
                )
            text = canonical_json(record)
            approval = ApprovalRow(
                document_id=document_id,
                revision=desk.document.revision,
                by_id=by.id or 0,
                by=by.name,
                by_display=by.display_name,
                at=desk.now,
                meaning=record["signature"]["meaning"],
                was_reviewer=by.name in reviewers,
                record=record,
                record_sha256=hashlib.sha256(text.encode()).hexdigest(),
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
                },
            )
            view = desk.view()
        self.jobs.enqueue(Job.DELIVER, document_id)
        # one ring waits at most, however many documents are signed: a training serves all of them
        self.jobs.enqueue_many(Job.LEARN, [0])
        return view

    def get_statement(self, document_id: int, *, by: Actor) -> str:
        """Return the sentence that a signature under the document would mean now."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            records = [dossier.record_of(row) for row in queries.list_fields(session, document_id)]
            names = dossier.display_names(session, [record.settled_by for record in records if record.settled_by])
            return statement_of(records, names, queries.get_policy(session).policy)

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

    def _record(self, desk: Desk, policy: Policy, was_reviewer: bool) -> dict[str, Any]:
        """Return what is signed and delivered: every value, where it was read, and who settled it."""
        document, by = desk.document, desk.by
        rows = desk.fields()
        records = dossier.records_of(desk.session, document, rows)
        values = current_values(records)
        names = dossier.display_names(desk.session, [row.settled_by for row in rows if row.settled_by])
        extraction = queries.find_extraction(desk.session, document.id)
        meaning = statement_of(records, names, policy)
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
                }
                for record in records
                if record.name != TYPE_FIELD
            },
            "findings": [finding.model_dump(mode="json") for finding in dossier.findings_on(records, desk.doctype)],
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
                "meaning": meaning,
                "was_reviewer": was_reviewer,
            },
        }

    def _files(self, desk: Desk) -> list[dict[str, Any]]:
        ids = [ref.file_id for ref in desk.document.pages or ()] or [desk.document.file_id]
        files: list[FileRow] = [queries.get_file(desk.session, file_id) for file_id in dict.fromkeys(ids)]
        return [{"id": file.id, "name": file.name, "sha256": file.sha256, "size": file.size} for file in files]


def statement_of(records: Sequence[FieldRecord], names: Mapping[str, str], policy: Policy) -> str:
    """Return what a signature under these fields means: who checked how many, and what policy accepted.

    Args:
        records: the document's fields.
        names: display names by login name.
        policy: the one in force.
    """
    people = sorted({names.get(record.settled_by, record.settled_by) for record in records if record.settled_by})
    checked = sum(record.state in SETTLED for record in records)
    accepted = sum(record.state is FieldState.ACCEPTED for record in records)
    return (
        f"I approve this record. {_values(checked)} checked by {' and '.join(people) or 'nobody'}; "
        f"{_values(accepted)} accepted under policy {policy.version}."
    )


def _values(count: int) -> str:
    return "1 value was" if count == 1 else f"{count} values were"
