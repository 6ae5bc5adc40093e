"""Sums of amounts to compare with the books: they come from values, and values can be erased."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from secrets import token_hex
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.documents import DocumentState
from pipeline.record.verify import mapping
from pipeline.services.typeshelf import TypeShelf
from pipeline.store.tables import ApprovalRow, DocumentRow

SALT_BYTES = 16
BATCH = 1_000


def control_totals(session: Session, day: date, types: TypeShelf) -> dict[str, Any]:
    """Return, by currency, what was signed on the day and what is in force now: documents, and the sum of amounts.

    `without_amount` counts the documents among them that have none, or whose amount was erased.

    Args:
        session: a snapshot.
        day: in UTC.
        types: which field of a type is its amount.
    """
    begin = datetime.combine(day, time(), UTC)
    signed = session.scalars(
        select(ApprovalRow.record)
        .where(ApprovalRow.at >= begin, ApprovalRow.at < begin + timedelta(days=1))
        .order_by(ApprovalRow.id)
        .execution_options(yield_per=100)
    )
    in_force = session.execute(
        select(DocumentRow.currency, DocumentRow.amount_text)
        .where(DocumentRow.state == DocumentState.APPROVED)
        .execution_options(yield_per=BATCH)
    )
    return {
        "signed": _sums(_amount_of(record, types) for record in signed),
        "in_force": _sums((row.currency, row.amount_text) for row in in_force),
        "salt": token_hex(SALT_BYTES),
    }


def _amount_of(record: dict[str, Any], types: TypeShelf) -> tuple[str | None, str | None]:
    """Return currency and amount of what was signed."""
    doctype = types.find(record.get("document_type"))
    fields = mapping(record.get("fields"))

    def value(name: str | None) -> str | None:
        found = mapping(fields.get(name or "")).get("value")
        return found if isinstance(found, str) else None

    return (value(doctype.summary.currency), value(doctype.summary.amount)) if doctype is not None else (None, None)


def _sums(amounts: Iterable[tuple[str | None, str | None]]) -> list[dict[str, Any]]:
    documents: dict[str, int] = defaultdict(int)
    missing: dict[str, int] = defaultdict(int)
    total: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in amounts:
        name = currency or ""
        documents[name] += 1
        try:
            total[name] += Decimal(amount or "")
        except InvalidOperation:
            missing[name] += 1
    return [
        {
            "currency": name or None,
            "documents": documents[name],
            "without_amount": missing[name],
            "amount": format(total[name], "f"),
        }
        for name in sorted(documents)
    ]
