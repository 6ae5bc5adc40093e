"""Whether signed approvals are still what was signed: checked against themselves, the chain, and the fields."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.domain.audit import AuditTag
from pipeline.record.canonical import canonical_json
from pipeline.record.verify import PROBLEMS_MAX, mapping, record_digest
from pipeline.store.tables import ApprovalRow, EventRow, FieldRow

BATCH = 100


def list_unfaithful(session: Session) -> list[str]:
    """Return a sentence for each approval that is no longer what was signed, at most a hundred."""
    problems: list[str] = []
    for problem in _find(session):
        if len(problems) == PROBLEMS_MAX:
            return [*problems, "There are more problems with approvals."]
        problems.append(problem)
    return problems


def _find(session: Session) -> Iterator[str]:
    last = 0
    while rows := session.scalars(
        select(ApprovalRow).where(ApprovalRow.id > last).order_by(ApprovalRow.id).limit(BATCH)
    ).all():
        ids = [row.document_id for row in rows]
        signed = _signed(session, ids)
        erased = _erased(session, ids)
        fields: dict[int, dict[str, FieldRow]] = {}
        for field in session.scalars(select(FieldRow).where(FieldRow.document_id.in_(ids))):
            fields.setdefault(field.document_id, {})[field.name] = field
        for row in rows:
            in_chain = signed.get((row.document_id, row.revision))
            if row.document_id in erased and not row.record:
                yield from _check_hash(row, in_chain)
            else:
                yield from _check(row, in_chain, fields.get(row.document_id, {}))
        last = rows[-1].id
        session.expunge_all()
    approvals = session.scalar(select(func.count(ApprovalRow.id))) or 0
    approved = session.scalar(select(func.count(EventRow.seq)).where(EventRow.tag == AuditTag.DOCUMENT_APPROVE)) or 0
    if approvals < approved:
        yield f"The chain tells of {approved} approvals, but only {approvals} are there: some were removed."


def _erased(session: Session, documents: list[int]) -> set[int | None]:
    """Return those of the documents that the chain says were erased."""
    tag = AuditTag.ERASURE_EXECUTE
    return set(
        session.scalars(select(EventRow.document_id).where(EventRow.document_id.in_(documents), EventRow.tag == tag))
    )


def _signed(session: Session, documents: list[int]) -> dict[tuple[int | None, Any], Any]:
    """Return the hash that the chain remembers for each approval, by document and revision."""
    texts = session.execute(
        select(EventRow.document_id, EventRow.text).where(
            EventRow.document_id.in_(documents), EventRow.tag == AuditTag.DOCUMENT_APPROVE
        )
    )
    found: dict[tuple[int | None, Any], Any] = {}
    for document_id, text in texts:
        try:
            said = mapping(json.loads(text))
        except ValueError:
            continue  # the chain's own check tells of it
        found[document_id, said.get("revision")] = mapping(said.get("facts")).get("record_sha256")
    return found


def _check_hash(row: ApprovalRow, in_chain: Any) -> Iterator[str]:
    what = f"The approval of document {row.document_id}, revision {row.revision},"
    if in_chain is None:
        yield f"{what} is not in the chain of events: nobody signed it in Proofdesk."
    elif in_chain != row.record_sha256:
        yield f"{what} is not the one that the chain of events tells of."


def _check(row: ApprovalRow, in_chain: Any, fields: dict[str, FieldRow]) -> Iterator[str]:
    what = f"The approval of document {row.document_id}, revision {row.revision},"
    if record_digest(row.record) != row.record_sha256:
        yield f"{what} was changed after it was signed."
    yield from _check_hash(row, in_chain)
    signature = mapping(row.record.get("signature"))
    if signature and (signature.get("by"), signature.get("meaning")) != (row.by, row.meaning):
        yield f"{what} names another signer or meaning than what was signed."
    if row.superseded_at is not None:
        return
    for name, signed in mapping(row.record.get("fields")).items():
        stands = fields.get(name)
        value = None if stands is None or stands.state == "absent" else stands.value
        if stands is None or canonical_json(value) != canonical_json(mapping(signed).get("value")):
            yield f"{what}: the field “{name}” now has another value than what was signed."
