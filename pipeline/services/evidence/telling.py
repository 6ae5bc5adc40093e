"""What happened to a document, in words for somebody who does not know the product."""

from typing import Any, cast

from pipeline.domain.audit import AuditTag
from pipeline.record.verify import mapping, parse_json
from pipeline.services.exports.rows import Row

WORDS = {
    AuditTag.FILE_CLAIM: "The file came in",
    AuditTag.FILE_STORE: "The file was stored",
    AuditTag.FILE_DUPLICATE: "The same file came in again",
    AuditTag.FILE_QUARANTINE: "The file was put aside: it could not be used",
    AuditTag.DOCUMENT_QUEUE: "The document waits to be read",
    AuditTag.DOCUMENT_READ: "The machine read it",
    AuditTag.DOCUMENT_FAIL: "Reading failed",
    AuditTag.DOCUMENT_RETRY: "Reading is tried again",
    AuditTag.DOCUMENT_RETYPE: "Its type was changed",
    AuditTag.DOCUMENT_SPLIT: "It was split",
    AuditTag.DOCUMENT_MERGE: "It was merged",
    AuditTag.DOCUMENT_HOLD: "It was held",
    AuditTag.DOCUMENT_RESUME: "It was taken up again",
    AuditTag.DOCUMENT_VALIDATE: "It was handed on to be approved",
    AuditTag.DOCUMENT_RETURN: "It was returned",
    AuditTag.DOCUMENT_APPROVE: "It was approved and signed",
    AuditTag.DOCUMENT_SUPERSEDE: "It was opened again; the signature was superseded",
    AuditTag.DOCUMENT_REJECT: "It was rejected",
    AuditTag.DOCUMENT_PRIORITISE: "Its priority was changed",
    AuditTag.SIGNATURE_GIVE: "The first of two signatures was given",
    AuditTag.SIGNATURE_REVOKE: "A signature was taken back",
    AuditTag.FIELD_SETTLE: "A field was settled",
    AuditTag.FIELD_REOPEN: "A field was reopened",
    AuditTag.COMMENT_WRITE: "A comment was written",
    AuditTag.COMMENT_WITHDRAW: "A comment was withdrawn",
    AuditTag.CLAIM_TAKE: "Somebody took it to work on",
    AuditTag.CLAIM_RELEASE: "It was left",
    AuditTag.CLAIM_EXPIRE: "The hold on it ended by itself",
    AuditTag.CLAIM_HANDOVER: "It was handed over",
    AuditTag.DELIVERY_SEND: "It was delivered",
    AuditTag.DELIVERY_FAIL: "Delivery failed",
    AuditTag.ERASURE_REQUEST: "Erasure was asked for",
    AuditTag.ERASURE_WITHDRAW: "The wish to erase it was taken back",
    AuditTag.ERASURE_EXECUTE: "Values were erased",
    AuditTag.ERASURE_FINISH: "Its files were removed, too",
    AuditTag.LEGAL_HOLD_PLACE: "A legal hold was placed: nothing of it may be erased",
    AuditTag.LEGAL_HOLD_RELEASE: "The legal hold was released",
}
"""By tag; what can't happen to a document or its file has no words here."""
SHORT = 200


def tell(row: Row, title: str | None) -> str:
    """Return the event of an export's row as a sentence.

    Args:
        row: the event as verify.py reads it; values that were erased or left out are not in it.
        title: what people call the field that it is about, if it is about one.
    """
    try:
        facts = mapping(mapping(parse_json(str(row.get("text")))).get("facts"))
    except ValueError:
        facts = {}
    values = {name: mapping(kept).get("value") for name, kept in mapping(row.get("values")).items()}
    said = WORDS.get(row["tag"], str(row.get("tag")))
    if title and row["tag"] in (AuditTag.FIELD_SETTLE, AuditTag.FIELD_REOPEN):
        said = f"{title}: {facts.get('from') or 'open'} → {facts.get('to') or 'open'}"
    elif title:
        said += f" ({title})"
    return ". ".join((said, *_details(row["tag"], facts, values)))


def _details(tag: str, facts: dict[str, Any], values: dict[str, Any]) -> list[str]:
    found: list[str] = []
    before, after = _short(values.get("before")), _short(values.get("after"))
    if before and before == after:
        found.append(before)
    elif before or after:
        found.append(f"{before or 'nothing'} → {after or 'nothing'}")
    if tag == AuditTag.DOCUMENT_READ:
        exceptions: Any = facts.get("shown") or []
        found.append(f"{facts.get('accepted', 0)} fields accepted under policy {facts.get('policy')}")
        found.append(f"{len(exceptions)} shown to a person; engine {facts.get('engine')}")
    if tag in (AuditTag.DELIVERY_SEND, AuditTag.DELIVERY_FAIL):
        found.append(f"to: {facts.get('destination')}")
    found += [f"“{_short(values[name])}”" for name in ("why", "comment") if values.get(name)]
    return found


def shown(value: Any) -> str:
    """Return a field's value as people read it; a table with a line for each of its own."""
    if isinstance(value, list):
        return "\n".join(map(shown, cast("list[Any]", value)))
    if isinstance(value, dict):
        return " · ".join(shown(part) for part in mapping(value).values() if part not in (None, "", [], {}))
    return "" if value is None else str(value)


def _short(value: Any) -> str:
    if isinstance(value, list):
        lines = len(cast("list[Any]", value))
        return f"{lines} lines" if lines != 1 else "1 line"
    text = shown(value)
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"
