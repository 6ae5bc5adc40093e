"""Which approvals and events an export holds, loaded in batches so that memory does not grow with their number."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from pipeline.domain.documents import DocumentState
from pipeline.domain.extraction import Extraction
from pipeline.domain.routing import Policy
from pipeline.services import visible
from pipeline.services.exports.filter import ExportFilter
from pipeline.store.tables import (
    ApprovalRow,
    DeliveryRow,
    DocumentRow,
    EventRow,
    ExtractionRow,
    FieldRow,
    FileRow,
    PolicyRow,
)

BATCH = 50


@dataclass(frozen=True)
class Subject:
    """One approval with its document, or a document that nobody has signed, and all that belongs to it."""

    document: DocumentRow
    file: FileRow
    approval: ApprovalRow | None
    extraction: Extraction | None
    """The run of the engine that the values in force go back to."""
    fields: tuple[FieldRow, ...]
    """As they stand now; none where the approval was superseded: only its record says what they were."""
    delivery: DeliveryRow | None
    policy: Policy | None
    record: dict[str, Any] = field(default_factory=dict[str, Any])
    """What was signed; empty where nothing was."""


def approvals(wanted: ExportFilter) -> Select[ApprovalRow, DocumentRow]:
    """Return the query for the approvals of an export, in the order they were signed."""
    return (
        select(ApprovalRow, DocumentRow)
        .join(DocumentRow, DocumentRow.id == ApprovalRow.document_id)
        .where(*_times(ApprovalRow.at, wanted), *_documents(wanted, ApprovalRow.by == wanted.person))
        .order_by(ApprovalRow.id)
    )


def unsigned(wanted: ExportFilter) -> Select[DocumentRow] | None:
    """Return the query for documents that no signature stands for, where such states or documents were asked for."""
    named = tuple(DocumentState) if wanted.documents else ()
    states = [state for state in wanted.states or named if state is not DocumentState.APPROVED]
    if not states:
        return None
    return (
        select(DocumentRow)
        .where(DocumentRow.state.in_(states), *_times(DocumentRow.changed_at, wanted), *_documents(wanted))
        .order_by(DocumentRow.id)
    )


def event_conditions(wanted: ExportFilter) -> list[ColumnElement[bool]]:
    """Return what the events of an export have to meet."""
    conditions = _times(EventRow.at, wanted)
    if wanted.person:
        conditions.append(EventRow.by == wanted.person)
    conditions += visible.of_events(wanted.sight)
    narrowed: list[ColumnElement[bool]] = []
    if wanted.document_type:
        narrowed.append(DocumentRow.type == wanted.document_type)
    if wanted.states:
        narrowed.append(DocumentRow.state.in_(wanted.states))
    if wanted.documents:
        narrowed.append(DocumentRow.id.in_(wanted.documents))
    if narrowed:
        documents = select(DocumentRow.id).where(*narrowed)
        files = select(DocumentRow.file_id).where(*narrowed)
        conditions.append(
            or_(
                EventRow.document_id.in_(documents),
                and_(EventRow.document_id.is_(None), EventRow.file_id.in_(files)),
                EventRow.seq.in_(wanted.events),
            )
        )
    return conditions


def list_subjects(session: Session, wanted: ExportFilter) -> Iterator[Subject]:
    """Yield every approval of the export, then every unsigned document of it."""
    policies = {row.version: row.policy for row in session.scalars(select(PolicyRow))}
    last = 0
    while pairs := session.execute(approvals(wanted).where(ApprovalRow.id > last).limit(BATCH)).all():
        yield from _complete(session, [(row[1], row[0]) for row in pairs], policies)
        last = pairs[-1][0].id
        session.expunge_all()
    query, last = unsigned(wanted), 0
    while query is not None and (rows := session.scalars(query.where(DocumentRow.id > last).limit(BATCH)).all()):
        yield from _complete(session, [(row, None) for row in rows], policies)
        last = rows[-1].id
        session.expunge_all()


def _times(column: Any, wanted: ExportFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.since:
        conditions.append(column >= wanted.since)
    if wanted.until:
        conditions.append(column < wanted.until)
    return conditions


def _documents(wanted: ExportFilter, *or_by: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    conditions = visible.of_documents(wanted.sight)
    if wanted.document_type:
        conditions.append(DocumentRow.type == wanted.document_type)
    if wanted.states:
        conditions.append(DocumentRow.state.in_(wanted.states))
    if wanted.documents:
        conditions.append(DocumentRow.id.in_(wanted.documents))
    if wanted.person:
        settled = select(FieldRow.id).where(
            FieldRow.document_id == DocumentRow.id, FieldRow.settled_by == wanted.person
        )
        conditions.append(or_(*or_by, DocumentRow.validated_by == wanted.person, settled.exists()))
    return conditions


def _complete(
    session: Session, pairs: Sequence[tuple[DocumentRow, ApprovalRow | None]], policies: dict[int, Policy]
) -> Iterator[Subject]:
    """Load what belongs to a batch of documents with one query for each table."""
    ids = {document.id for document, _ in pairs}
    files = {
        row.id: row
        for row in session.scalars(select(FileRow).where(FileRow.id.in_({document.file_id for document, _ in pairs})))
    }
    fields: dict[int, list[FieldRow]] = defaultdict(list)
    for row in session.scalars(
        select(FieldRow).where(FieldRow.document_id.in_(ids)).order_by(FieldRow.position, FieldRow.id)
    ):
        fields[row.document_id].append(row)
    runs: dict[int, list[ExtractionRow]] = defaultdict(list)
    for run in session.scalars(
        select(ExtractionRow).where(ExtractionRow.document_id.in_(ids)).order_by(ExtractionRow.id)
    ):
        runs[run.document_id].append(run)
    signed = {approval.id for _, approval in pairs if approval is not None}
    deliveries = {
        row.approval_id: row
        for row in session.scalars(
            select(DeliveryRow).where(DeliveryRow.approval_id.in_(signed)).order_by(DeliveryRow.id.desc())
        )
    }
    for document, approval in pairs:
        standing = approval is None or approval.superseded_at is None
        before = [run for run in runs[document.id] if approval is None or run.created_at <= approval.at]
        yield Subject(
            document=document,
            file=files[document.file_id],
            approval=approval,
            extraction=before[-1].result if before else None,
            fields=tuple(fields[document.id]) if standing else (),
            delivery=deliveries.get(approval.id) if approval else None,
            policy=policies.get(document.policy_version or 0),
            record=approval.record if approval else {},
        )
