"""What waits for a signature, with what people changed and why: enough to judge it from the list."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.fields import DocumentType
from pipeline.domain.review import FieldState
from pipeline.domain.routing import Policy
from pipeline.services import dossier, queue, signatures
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import QueueFilter, QueueRow, ReadyChange, ReadyPage, ReadyRow, SignatureView
from pipeline.store import queries
from pipeline.store.tables import DocumentRow, FieldRow

CHANGED = frozenset({FieldState.CORRECTED, FieldState.ABSENT})


def page_of(session: Session, wanted: QueueFilter, types: TypeShelf, by: Actor, now: datetime) -> ReadyPage:
    """Return one page of the documents that `wanted` describes, each with its changes."""
    page = queue.page_of(session, wanted, types, by, now)
    ids = [row.id for row in page.rows]
    documents = {row.id: row for row in session.scalars(select(DocumentRow).where(DocumentRow.id.in_(ids)))}
    fields: dict[int, list[FieldRow]] = defaultdict(list)
    statement = select(FieldRow).where(FieldRow.document_id.in_(ids)).order_by(FieldRow.position, FieldRow.id)
    for field in session.scalars(statement):
        fields[field.document_id].append(field)
    people = {field.settled_by for listed in fields.values() for field in listed if field.settled_by}
    people |= {row.validated_by for row in page.rows if row.validated_by}
    names = dossier.display_names(session, sorted(people))
    first = signatures.list_first(session, list(documents.values()))
    policy = queries.get_policy(session).policy
    return ReadyPage(
        page=page,
        rows=tuple(
            _row(
                row,
                documents[row.id],
                fields[row.id],
                types.find(row.type),
                names,
                policy,
                signatures.view_of(first[row.id], by) if row.id in first else None,
                by,
            )
            for row in page.rows
        ),
    )


def apart(fields: Sequence[FieldRow], doctype: DocumentType | None) -> str | None:
    """Return why a document can't be signed together with others; None where it can.

    From a list nobody sees a page: what is critical must have been looked at by somebody, and every check must hold.
    """
    for field in fields:
        spec = dossier.spec_of(field.name, doctype)
        if spec is not None and spec.critical and field.state == FieldState.ACCEPTED:
            return f"{spec.title_in('en')} is critical, and nobody has looked at it"
    findings = dossier.findings_on([dossier.record_of(field) for field in fields], doctype)
    return (
        f"it was kept although {findings[0].message[:1].lower()}{findings[0].message[1:].rstrip('.')}"
        if findings
        else None
    )


def _row(
    row: QueueRow,
    document: DocumentRow,
    fields: Sequence[FieldRow],
    doctype: DocumentType | None,
    names: Mapping[str, str],
    policy: Policy,
    first: SignatureView | None,
    by: Actor,
) -> ReadyRow:
    second_why = signatures.second_why_of(document, doctype, policy)
    reviewers = dossier.reviewers_of(document, fields)
    return ReadyRow(
        row=row,
        changes=tuple(_changes(fields, doctype, names)),
        confirmed=sum(field.state == FieldState.CONFIRMED for field in fields),
        accepted=sum(field.state == FieldState.ACCEPTED for field in fields),
        validated_by_display=names.get(row.validated_by or "", row.validated_by),
        second_why=second_why,
        first=first,
        refused=signatures.refusal_of(by, reviewers, policy, second_why, first),
        apart=apart(fields, doctype),
    )


def _changes(fields: Sequence[FieldRow], doctype: DocumentType | None, names: Mapping[str, str]) -> list[ReadyChange]:
    """Return what differs from the machine's answer; that a value was confirmed as absent, as read, is no change."""
    found: list[ReadyChange] = []
    for field in fields:
        spec = dossier.spec_of(field.name, doctype)
        after = None if field.state == FieldState.ABSENT else field.value
        if spec is None or field.state not in CHANGED or after == field.machine_value:
            continue
        found.append(
            ReadyChange(
                name=field.name,
                title=spec.title,
                kind=spec.kind,
                before=field.machine_value,
                after=after,
                confidence=field.confidence,
                comment=field.comment,
                by_display=names.get(field.settled_by or "", field.settled_by or ""),
            )
        )
    return found
