"""What every command on a document under review shares: finding it, checking it, recording it, showing it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState, check_move, check_revision
from pipeline.domain.fields import TYPE_FIELD, DocumentType
from pipeline.domain.review import FieldState
from pipeline.domain.routing import ReasonCode, ReviewReason
from pipeline.errors import ClaimNotHeldError, InvalidCorrectionError, InvalidTransitionError, NotFoundError
from pipeline.services import dossier, summary, visible
from pipeline.services.entries import document_entry
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import DocumentView
from pipeline.store import events, queries
from pipeline.store.tables import ClaimRow, DocumentRow, DraftRow, FieldRow

UNDER_REVIEW = (DocumentState.REVIEW, DocumentState.HELD)
"""While a document is in one of these, what people typed and did not decide is kept."""


@dataclass
class Desk:
    """One document inside one writing transaction, and who works on it."""

    session: Session
    document: DocumentRow
    types: TypeShelf
    by: Actor
    now: datetime
    _rows: list[FieldRow] | None = field(default=None, init=False)

    @classmethod
    def open(cls, session: Session, document_id: int, types: TypeShelf, by: Actor, now: datetime) -> "Desk":
        return cls(session, visible.get_document(session, document_id, by, types), types, by, now)

    @property
    def doctype(self) -> DocumentType | None:
        return self.types.find(self.document.type)

    def check_revision(self, revision: int) -> None:
        check_revision(self.document.id, self.document.revision, revision)

    def check_state(self, *states: DocumentState) -> None:
        """Check that the document is in one of the states.

        Raises:
            InvalidTransitionError: it has moved on.
        """
        if self.document.state not in states:
            raise InvalidTransitionError(
                f"Document {self.document.id} is {self.document.state}, so this can't be done any more. "
                "Reload the page to see where it stands."
            )

    def check_held(self) -> ClaimRow:
        """Return the claim of the person who asks.

        Raises:
            ClaimNotHeldError: somebody else holds the document, or nobody does.
        """
        claim = queries.find_claim(self.session, self.document.id, self.now)
        if claim is None:
            raise ClaimNotHeldError(
                f"You no longer hold document {self.document.id}: the lease ran out. Open it again; saved work is kept."
            )
        if claim.user_id != self.by.id:
            holder = queries.get_user(self.session, claim.user_id).display_name
            raise ClaimNotHeldError(f"{holder} holds document {self.document.id}. Ask them to hand it over.")
        return claim

    def get_field(self, name: str) -> FieldRow:
        for row in self.fields():
            if row.name == name:
                return row
        raise NotFoundError(f"Document {self.document.id} has no field “{name}”. Reload the page.")

    def fields(self) -> list[FieldRow]:
        """Return the document's fields, read once: a command changes the rows, never which there are."""
        if self._rows is None:
            self._rows = queries.list_fields(self.session, self.document.id)
        return self._rows

    def move(self, target: DocumentState) -> None:
        self.document.state = check_move(self.document.id, DocumentState(self.document.state), target)
        if target not in UNDER_REVIEW:
            self.session.execute(delete(DraftRow).where(DraftRow.document_id == self.document.id))

    def decided(self, field: str) -> None:
        """Forget what this person typed for a field before they decided it."""
        draft = self.session.get(DraftRow, (self.document.id, self.by.id or 0, field))
        if draft is not None:
            self.session.delete(draft)

    def release(self) -> None:
        """Remove whatever claim lies on the document."""
        self.session.execute(delete(ClaimRow).where(ClaimRow.document_id == self.document.id))

    def return_to_review(self, reason: str, fields: tuple[str, ...]) -> None:
        """Open fields again for the reviewer: the named ones, else the document as a whole, by its type."""
        for name in fields or (TYPE_FIELD,):
            row = self.get_field(name)
            row.state = FieldState.OPEN
            row.reasons = (
                *(kept for kept in row.reasons if kept.code is not ReasonCode.REOPENED),
                ReviewReason(code=ReasonCode.REOPENED, message=f"Returned by {self.by.display_name}: {reason}"),
            )
        self.document.validated_by = self.document.validated_at = None

    def follow_checks(self) -> dict[str, list[str]]:
        """Open accepted fields that a failing check now speaks against, and close those it no longer does.

        Returns the names of both, for the event of the change that brought it about.
        """
        opened: list[str] = []
        closed: list[str] = []
        rows = self.fields()
        findings = dossier.findings_on([dossier.record_of(row) for row in rows], self.doctype)
        for row in rows:
            against = [finding for finding in findings if row.name in finding.fields]
            if row.state == FieldState.ACCEPTED and against:
                row.state = FieldState.OPEN
                opened.append(row.name)
                row.reasons = tuple(
                    ReviewReason(code=ReasonCode.NOW_FAILS, message=finding.message, figures=finding.figures)
                    for finding in against
                )
            elif (
                row.state == FieldState.OPEN
                and not against
                and row.reasons
                and all(reason.code is ReasonCode.NOW_FAILS for reason in row.reasons)
            ):
                row.state, row.reasons = FieldState.ACCEPTED, ()
                closed.append(row.name)
        return {"opened": opened, "closed": closed}

    def follow_number(self) -> None:
        """Ask about the whole document where its number and party, as they stand now, were seen before."""
        others = summary.list_same(self.session, self.document)
        row = self.get_field(TYPE_FIELD)
        told = {reason.related_document for each in self.fields() for reason in each.reasons}
        if not others or others[0] in told:
            return
        row.state = FieldState.OPEN
        row.reasons = (*row.reasons, same_number_reason(self.document, others))
        summary.refresh(self.session, self.document, self.fields(), self.doctype)

    def changed(self) -> None:
        """Count the change: a new revision, and the lists' columns brought in line."""
        summary.refresh(self.session, self.document, self.fields(), self.doctype)
        self.document.corrected = any(row.state == FieldState.CORRECTED for row in self.fields())
        self.document.revision += 1
        self.document.changed_at = self.now

    def record(
        self,
        tag: AuditTag,
        *,
        field: str | None = None,
        facts: dict[str, Any] | None = None,
        values: dict[str, Any] | None = None,
    ) -> None:
        """Write the audit event of this change, in its transaction."""
        facts = {"policy": self.document.policy_version, **(facts or {})}
        event = document_entry(tag, self.document, self.by, self.now, field=field, facts=facts, values=values)
        events.append(self.session, event)

    def view(self) -> DocumentView:
        self.session.flush()
        return dossier.build(self.session, self.document, self.types, self.by, self.now, self._rows)


def same_number_reason(document: DocumentRow, others: list[int]) -> ReviewReason:
    listed = ", ".join(str(other) for other in others[:3])
    return ReviewReason(
        code=ReasonCode.SAME_NUMBER,
        message=f"{document.party} has sent number {document.number} before, in document {listed}. "
        "Reject this one if it is the same.",
        related_document=others[0],
    )


def check_why(why: str, what: str) -> str:
    """Return the reason without outer blanks.

    Raises:
        InvalidCorrectionError: it is empty, though others will have to understand the step from it.
    """
    why = printable(why).strip()
    if not why:
        raise InvalidCorrectionError(f"Say why, so that others understand: {what} needs a reason.")
    return why[:2000]
