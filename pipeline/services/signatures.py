"""Who has signed a document, who still has to, and what a signature says."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.fields import DocumentType
from pipeline.domain.review import SETTLED, FieldRecord, FieldState
from pipeline.domain.routing import Policy
from pipeline.errors import InvalidTransitionError
from pipeline.services import dossier
from pipeline.services.desk import Desk
from pipeline.services.views import DocumentView, SignatureView, SigningView
from pipeline.store.tables import DocumentRow, SignatureRow


def list_first(session: Session, documents: Sequence[DocumentRow]) -> dict[int, SignatureRow]:
    """Return the first signature in force under each of these documents, in one statement.

    One under an earlier revision, or under a document that is not READY any more, holds nothing.
    """
    standing = {document.id: document.revision for document in documents if document.state == DocumentState.READY}
    if not standing:
        return {}
    found = session.scalars(
        select(SignatureRow).where(SignatureRow.document_id.in_(standing), SignatureRow.ended_at.is_(None))
    )
    return {row.document_id: row for row in found if row.revision == standing[row.document_id]}


def signing_of(desk: Desk, policy: Policy) -> SigningView:
    """Return what a signature of the person at the desk would mean now."""
    rows = desk.fields()
    records = [dossier.record_of(row) for row in rows]
    names = dossier.display_names(desk.session, [record.settled_by for record in records if record.settled_by])
    row = list_first(desk.session, [desk.document]).get(desk.document.id)
    first = view_of(row, desk.by) if row is not None else None
    second_why = second_why_of(desk.document, desk.doctype, policy)
    return SigningView(
        statement=statement_of(records, names, policy, second_why, first),
        second_why=second_why,
        first=first,
        refused=refusal_of(desk.by, dossier.reviewers_of(desk.document, rows), policy, second_why, first),
    )


def second_why_of(document: DocumentRow, doctype: DocumentType | None, policy: Policy) -> str | None:
    """Return why two people sign the document; None where one does."""
    has_amount = doctype is not None and doctype.summary.amount is not None
    amount = document.amount_text if document.amount is not None else None
    return policy.second_signature_for(document.type, amount, has_amount=has_amount)


def refusal_of(
    by: Actor, reviewers: Sequence[str], policy: Policy, second_why: str | None, first: SignatureView | None
) -> str | None:
    """Return why this person can't sign; None where nothing but their role could speak against it."""
    if policy.separate_duties and by.name in reviewers:
        return "You reviewed this document, and the policy separates duties: somebody else has to approve it."
    if second_why is not None and first is not None and first.is_mine:
        return "You gave the first signature: somebody else has to give the second."
    return None


def give(desk: Desk, policy: Policy, signing: SigningView, *, was_reviewer: bool, signed_with: str) -> DocumentView:
    """Record the first of two signatures; the document stays READY, at the revision that was signed."""
    row = SignatureRow(
        document_id=desk.document.id,
        revision=desk.document.revision,
        by_id=desk.by.id or 0,
        by=desk.by.name,
        by_display=desk.by.display_name,
        at=desk.now,
        meaning=signing.statement,
        was_reviewer=was_reviewer,
        signed_with=signed_with,
    )
    desk.session.add(row)
    desk.session.flush()
    desk.record(
        AuditTag.SIGNATURE_GIVE,
        facts={
            "signature": row.id,
            "was_reviewer": was_reviewer,
            "separate_duties": policy.separate_duties,
            "policy": policy.version,
            "meaning": row.meaning,
            "signed_with": signed_with,
        },
    )
    return desk.view()


def revoke(desk: Desk, signed_with: str) -> None:
    """Take the first signature back.

    Raises:
        InvalidTransitionError: the person has none under the document as it stands.
    """
    row = list_first(desk.session, [desk.document]).get(desk.document.id)
    if row is None or row.by_id != desk.by.id:
        raise InvalidTransitionError("You have no signature under this document. Reload the page to see who has.")
    end(desk, "revoked")
    desk.record(AuditTag.SIGNATURE_REVOKE, facts={"signature": row.id, "signed_with": signed_with})


def end(desk: Desk, how: str) -> None:
    """End the first signature, where there is one: it was completed, taken back, or returned with the document."""
    row = list_first(desk.session, [desk.document]).get(desk.document.id)
    if row is not None:
        row.ended_at, row.ended_as = desk.now, how


def view_of(row: SignatureRow, by: Actor) -> SignatureView:
    return SignatureView(
        by=row.by,
        by_display=row.by_display,
        at=row.at,
        meaning=row.meaning,
        was_reviewer=row.was_reviewer,
        is_mine=row.by_id == by.id,
        signed_with=row.signed_with,
    )


def as_signed(first: SignatureView | None) -> dict[str, Any] | None:
    """Return the first signature as the signed record holds it; None where one person signs."""
    if first is None:
        return None
    return {
        "by": first.by,
        "name": first.by_display,
        "at": first.at.isoformat(),
        "meaning": first.meaning,
        "was_reviewer": first.was_reviewer,
        "signed_with": first.signed_with,
    }


def statement_of(
    records: Sequence[FieldRecord],
    names: Mapping[str, str],
    policy: Policy,
    second_why: str | None = None,
    first: SignatureView | None = None,
) -> str:
    """Return what a signature under these fields means: who checked how many, and what policy accepted.

    Args:
        records: the document's fields.
        names: display names by login name.
        policy: the one in force.
        second_why: why two people sign, if they do.
        first: who signed first, if somebody did.
    """
    people = sorted({names.get(record.settled_by, record.settled_by) for record in records if record.settled_by})
    checked = sum(record.state in SETTLED for record in records)
    accepted = sum(record.state is FieldState.ACCEPTED for record in records)
    said = (
        f"I approve this record. {_values(checked)} checked by {' and '.join(people) or 'nobody'}; "
        f"{_values(accepted)} accepted under policy {policy.version}."
    )
    if second_why is None:
        return said
    return f"{said} {first.by_display} signed first." if first else f"{said} Somebody else signs after me."


def _values(count: int) -> str:
    return "1 value was" if count == 1 else f"{count} values were"
