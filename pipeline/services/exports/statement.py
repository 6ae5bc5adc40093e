"""What an export says about itself: who made it, from what, how many rows, and sums to compare with."""

from collections import defaultdict
from decimal import Decimal, InvalidOperation
from importlib.metadata import PackageNotFoundError, version
from secrets import token_hex
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.record.verify import FORMAT
from pipeline.services.exports.filter import ExportFilter, ExportPart
from pipeline.services.exports.rows import count_fields
from pipeline.services.exports.select import approvals, event_conditions, unsigned
from pipeline.store.stored import find_head
from pipeline.store.tables import ApprovalRow, DocumentRow, EventRow, ExtractionRow, FieldRow

SALT_BYTES = 16


def state(session: Session, wanted: ExportFilter, by: Actor) -> dict[str, Any]:
    """Return the statement of an export, counted in the same snapshot that its rows then come from."""
    head = find_head(session) or (0, "")
    rows = {"approval": 0, "document": 0, "field": 0, "event": 0}
    totals: list[dict[str, Any]] = []
    versions: dict[str, Any] = {"proofdesk": _program()}
    if ExportPart.APPROVALS in wanted.parts:
        rows |= _count_documents(session, wanted)
        totals = _control_totals(session, wanted)
        versions |= _versions(session, wanted)
    events: dict[str, Any] = {"first": None, "last": None, "last_hash": None, "complete": False}
    if ExportPart.EVENTS in wanted.parts:
        events = _count_events(session, wanted)
        rows["event"] = events.pop("count")
    return {
        "kind": "statement",
        "format": FORMAT,
        "by": by.name,
        "by_name": by.display_name,
        "filters": wanted.shown(),
        "rows": rows,
        "control_totals": totals,
        "events": events,
        "head": {"seq": head[0], "hash": head[1]},
        "versions": versions,
        # the record keeps the hash of all this, from which nobody can guess the sums
        "salt": token_hex(SALT_BYTES),
    }


def _program() -> str:
    try:
        return version("proofdesk")
    except PackageNotFoundError:
        return "unknown"


def _count_documents(session: Session, wanted: ExportFilter) -> dict[str, int]:
    every = approvals(wanted).order_by(None).subquery()
    standing = approvals(wanted).where(ApprovalRow.superseded_at.is_(None)).order_by(None)
    standing_documents = standing.with_only_columns(ApprovalRow.document_id)
    fields = session.scalar(select(func.count(FieldRow.id)).where(FieldRow.document_id.in_(standing_documents))) or 0
    superseded = approvals(wanted).where(ApprovalRow.superseded_at.is_not(None)).with_only_columns(ApprovalRow.record)
    for record in session.scalars(superseded.execution_options(yield_per=100)):
        fields += count_fields(record)
    documents = 0
    others = unsigned(wanted)
    if others is not None:
        ids = others.order_by(None).with_only_columns(DocumentRow.id)
        documents = session.scalar(select(func.count()).select_from(ids.subquery())) or 0
        fields += session.scalar(select(func.count(FieldRow.id)).where(FieldRow.document_id.in_(ids))) or 0
    approved = session.scalar(select(func.count()).select_from(every)) or 0
    return {"approval": approved, "document": documents, "field": fields}


def _control_totals(session: Session, wanted: ExportFilter) -> list[dict[str, Any]]:
    """Return number and sum of the exported documents by currency, superseded approvals left out."""
    standing = approvals(wanted).where(ApprovalRow.superseded_at.is_(None)).order_by(None)
    queries = [standing.with_only_columns(DocumentRow.currency, DocumentRow.amount_text)]
    others = unsigned(wanted)
    if others is not None:
        queries.append(others.order_by(None).with_only_columns(DocumentRow.currency, DocumentRow.amount_text))
    count: dict[str, int] = defaultdict(int)
    total: dict[str, Decimal] = defaultdict(Decimal)
    for query in queries:
        for currency, amount in session.execute(query.execution_options(yield_per=1000)):
            count[currency or ""] += 1
            try:
                total[currency or ""] += Decimal(amount or "0")
            except InvalidOperation:
                continue  # its document is counted, and its text is in its row
    return [
        {"currency": currency or None, "documents": count[currency], "amount": format(total[currency], "f")}
        for currency in sorted(count)
    ]


def _versions(session: Session, wanted: ExportFilter) -> dict[str, Any]:
    ids = [approvals(wanted).order_by(None).with_only_columns(DocumentRow.id)]
    others = unsigned(wanted)
    if others is not None:
        ids.append(others.order_by(None).with_only_columns(DocumentRow.id))
    engines: set[str] = set()
    policies: set[int] = set()
    for chosen in ids:
        engines |= set(
            session.scalars(select(ExtractionRow.engine).where(ExtractionRow.document_id.in_(chosen)).distinct())
        )
        found = session.scalars(select(DocumentRow.policy_version).where(DocumentRow.id.in_(chosen)).distinct())
        policies |= {number for number in found if number is not None}
    return {"engines": sorted(engines), "policies": sorted(policies)}


def _count_events(session: Session, wanted: ExportFilter) -> dict[str, Any]:
    statement = select(func.count(), func.min(EventRow.seq), func.max(EventRow.seq)).where(*event_conditions(wanted))
    count, first, last = session.execute(statement).one()
    last_hash = session.scalar(select(EventRow.hash).where(EventRow.seq == last)) if count else None
    return {
        "count": count,
        "first": first,
        "last": last,
        "last_hash": last_hash,
        # without gaps from the first to the last, and, where no filter says otherwise, from the very first event
        "complete": bool(count) and count == last - first + 1 and not wanted.narrows_events and not wanted.redact,
    }
