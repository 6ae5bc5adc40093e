"""What lists show of a document, kept on its row: recomputed whenever its fields change."""

import hashlib
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from pipeline.domain.fields import TYPE_FIELD, DocumentType
from pipeline.domain.review import FieldState
from pipeline.domain.routing import ReasonCode
from pipeline.domain.value import Value
from pipeline.services import pace, search
from pipeline.store import listing, queries
from pipeline.store.tables import DocumentRow, FieldRow

WORD_FOR: dict[ReasonCode, str] = {
    ReasonCode.LOW_CONFIDENCE: "unsure",
    ReasonCode.CRITICAL: "always by hand",
    ReasonCode.CHECK_FAILED: "does not agree",
    ReasonCode.NOW_FAILS: "does not agree",
    ReasonCode.REQUIRED_MISSING: "missing",
    ReasonCode.AMBIGUOUS: "ambiguous",
    ReasonCode.SAMPLE: "quality sample",
    ReasonCode.NO_TEXT: "no text",
    ReasonCode.TYPE_DOUBTFUL: "doubtful",
    ReasonCode.SAME_NUMBER: "seen before",
    ReasonCode.REOPENED: "returned",
    ReasonCode.ATTACHED_DATA: "differs from its data",
    ReasonCode.HIDDEN_TEXT: "beside hidden text",
}
GRAVEST = (
    ReasonCode.REOPENED,
    ReasonCode.TYPE_DOUBTFUL,
    ReasonCode.SAME_NUMBER,
    ReasonCode.ATTACHED_DATA,
    ReasonCode.HIDDEN_TEXT,
    ReasonCode.CHECK_FAILED,
    ReasonCode.NOW_FAILS,
    ReasonCode.NO_TEXT,
    ReasonCode.REQUIRED_MISSING,
    ReasonCode.AMBIGUOUS,
    ReasonCode.LOW_CONFIDENCE,
    ReasonCode.CRITICAL,
    ReasonCode.SAMPLE,
)


def refresh(session: Session, document: DocumentRow, fields: Sequence[FieldRow], doctype: DocumentType | None) -> None:
    """Bring the row's counts, icons, words, summary columns and place in the queue in line with its fields."""
    shown = [field for field in fields if field.state == FieldState.OPEN]
    document.open_count = len(shown)
    document.open_states = [_icon(field) for field in shown]
    document.critical_count = document.open_states.count("critical")
    document.what = "; ".join(_phrase(field, doctype) for field in shown)[:400]
    values = {field.name: None if field.state == FieldState.ABSENT else field.value for field in fields}
    document.number = _plain(values, doctype.summary.number if doctype else None)
    document.party = _plain(values, doctype.summary.party if doctype else None)
    document.amount_text = _plain(values, doctype.summary.amount if doctype else None)
    document.currency = _plain(values, doctype.summary.currency if doctype else None)
    keep_order(session, document)
    pace.rank(session, document, fields, doctype)
    search.keep(session, document, fields)


def keep_order(session: Session, document: DocumentRow) -> None:
    """Bring what the document is sorted by, and recognised by, in line with what lists show of it."""
    listed, identity = listing.current(session), identity_of(document.party, document.number)
    document.number_order = listed.order_of(document.number)
    document.party_order = listed.order_of(document.party)
    document.amount_order = listed.order_of_number(document.amount)
    document.identity = listed.token(identity) if identity is not None else None


def list_same(session: Session, document: DocumentRow) -> list[int]:
    """Return other documents with the same number from the same party that still stand."""
    identity = identity_of(document.party, document.number)
    if identity is None:
        return []
    tokens = [each.token(identity) for each in listing.readable(session)]
    return queries.list_with_identity(session, tokens, but=document.id)


def identity_of(party: str | None, number: str | None) -> str | None:
    """Return what the same document in other bytes would share, or None where it can't be told."""
    parts = ["".join(c for c in (part or "").casefold() if c.isalnum()) for part in (party, number)]
    if not all(parts):
        return None
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _icon(field: FieldRow) -> str:
    codes = {reason.code for reason in field.reasons}
    return "critical" if ReasonCode.CRITICAL in codes else "check"


def _phrase(field: FieldRow, doctype: DocumentType | None) -> str:
    codes = {reason.code for reason in field.reasons}
    gravest = next((code for code in GRAVEST if code in codes), None)
    if field.name == TYPE_FIELD:
        if ReasonCode.NO_TEXT in codes:
            return "pages without text"
        if gravest is ReasonCode.HIDDEN_TEXT:
            return "text nobody can see"
        title = "document type"
    elif doctype is not None and doctype.has_field(field.name):
        title = _within_a_sentence(doctype.field(field.name).title_in("en"))
    else:
        title = field.name
    return f"{title} {WORD_FOR[gravest]}" if gravest else title


def _within_a_sentence(title: str) -> str:
    """Return the title without its capital, unless it is an abbreviation."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _plain(values: Mapping[str, Value | None], name: str | None) -> str | None:
    value = values.get(name) if name else None
    return value if isinstance(value, str) else None
