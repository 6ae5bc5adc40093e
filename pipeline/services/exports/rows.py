"""The rows of an export: what each column holds, in the stable order of `docs/audit-export.md`."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pipeline.domain.extraction import FieldExtraction
from pipeline.domain.fields import TYPE_FIELD, FieldKind
from pipeline.domain.review import FieldState
from pipeline.domain.routing import Policy
from pipeline.record.verify import StoredEvent, mapping, parse_json
from pipeline.services.exports.select import Subject
from pipeline.services.typeshelf import TypeShelf
from pipeline.store.tables import FieldRow

Row = dict[str, Any]

DOCUMENT_COLUMNS = (
    "kind",
    "document",
    "revision",
    "approval",
    "document_state",
    "document_type",
    "number",
    "party",
    "amount",
    "currency",
    "file",
    "file_name",
    "file_sha256",
    "channel",
    "received_at",
    "received_by",
)
FIELD_COLUMNS = (
    "field",
    "state",
    "value",
    "machine_text",
    "machine_value",
    "score",
    "confidence",
    "runners_up",
    "evidence",
    "threshold",
    "threshold_kind",
    "reasons",
    "sample_probability",
    "page",
    "boxes",
    "reader",
    "settled_by",
    "settled_at",
    "handling_ms",
    "comment",
)
SIGNATURE_COLUMNS = (
    "engine",
    "type_version",
    "policy_version",
    "validated_by",
    "validated_at",
    "approved_by",
    "approved_by_name",
    "approved_at",
    "meaning",
    "was_reviewer",
    "record_sha256",
    "superseded_at",
    "delivery_state",
    "delivered_at",
    "delivery_reference",
)
EVENT_COLUMNS = (
    "seq",
    "at",
    "tag",
    "by",
    "by_id",
    "before",
    "after",
    "why",
    "other_values",
    "erased_values",
    "facts",
    "hash",
    "prev",
)
APPROVAL_SHEET = DOCUMENT_COLUMNS + SIGNATURE_COLUMNS
FIELD_SHEET = DOCUMENT_COLUMNS + FIELD_COLUMNS + SIGNATURE_COLUMNS
EVENT_SHEET = ("kind", "document", "revision", "file", "field", *EVENT_COLUMNS)
ALL_COLUMNS = (*FIELD_SHEET, *EVENT_COLUMNS, "statement")

NUMERIC = frozenset({FieldKind.MONEY, FieldKind.QUANTITY, FieldKind.PERCENTAGE})


def document_row(subject: Subject) -> Row:
    """Return what is said once for each approval, or for a document without one."""
    document, file, approval, delivery = subject.document, subject.file, subject.approval, subject.delivery
    versions = mapping(subject.record.get("versions"))
    engine = subject.extraction.engine if subject.extraction else None
    return {
        "kind": "approval" if approval else "document",
        "document": document.id,
        "revision": approval.revision if approval else document.revision,
        "approval": approval.id if approval else None,
        "document_state": str(document.state),
        "document_type": subject.record.get("document_type", document.type),
        "number": document.number,
        "party": document.party,
        "amount": _decimal(document.amount_text),
        "currency": document.currency,
        "file": file.id,
        "file_name": file.name,
        "file_sha256": file.sha256,
        "channel": str(file.source),
        "received_at": file.received_at,
        "received_by": file.received_by,
        "engine": versions.get("engine", engine),
        "type_version": versions.get("type"),
        "policy_version": versions.get("policy", document.policy_version),
        "validated_by": subject.record.get("validated_by", document.validated_by),
        "validated_at": _time(subject.record.get("validated_at", document.validated_at)),
        "approved_by": approval.by if approval else None,
        "approved_by_name": approval.by_display if approval else None,
        "approved_at": approval.at if approval else None,
        "meaning": approval.meaning if approval else None,
        "was_reviewer": approval.was_reviewer if approval else None,
        "record_sha256": approval.record_sha256 if approval else None,
        "superseded_at": approval.superseded_at if approval else None,
        "delivery_state": delivery.state if delivery else None,
        "delivered_at": delivery.sent_at if delivery else None,
        "delivery_reference": delivery.reference if delivery else None,
    }


def field_rows(subject: Subject) -> Iterator[Row]:
    """Yield one row for each field of the document, the accepted ones too: what was signed, where something was."""
    signed = mapping(subject.record.get("fields"))
    if subject.document.erased_at is not None:
        return  # its signature's hash is all that is left
    standing = {row.name: row for row in subject.fields}
    for name in standing or [TYPE_FIELD, *signed]:
        yield _field_row(subject, name, mapping(signed.get(name)), standing.get(name))


def count_fields(record: dict[str, Any]) -> int:
    """Return how many rows `field_rows` gives for a superseded approval with this record."""
    return 1 + len(mapping(record.get("fields"))) if record else 0


def event_row(event: StoredEvent) -> Row:
    """Return an event as one flat row: the usual values in columns of their own."""
    said = parsed(event.text)
    values = {name: parsed_value(text) for name, _, text in event.values}
    erased = sorted(set(mapping(said.get("commitments"))) - set(values))
    return {
        "kind": "event",
        "document": event.columns["document"],
        "revision": said.get("revision"),
        "file": event.columns["file"],
        "field": event.columns["field"],
        "seq": event.seq,
        "at": event.columns["at"],
        "tag": event.columns["tag"],
        "by": event.columns["by"],
        "by_id": said.get("by_id"),
        "before": values.pop("before", None),
        "after": values.pop("after", None),
        "why": values.pop("why", None),
        "other_values": values or None,
        "erased_values": erased or None,
        "facts": said.get("facts"),
        "hash": event.hash,
        "prev": said.get("prev"),
    }


def event_line(event: StoredEvent) -> Row:
    """Return an event as verify.py reads it: the hashed text as it is, and each value with its salt."""
    return {
        "kind": "event",
        "seq": event.seq,
        "hash": event.hash,
        "text": event.text.decode(errors="backslashreplace"),
        **event.columns,
        "values": {name: {"salt": salt, "value": parsed_value(text)} for name, salt, text in event.values},
    }


def numeric(row: Row, types: TypeShelf) -> Row:
    """Return the field row with amounts as numbers, for a format that tells numbers from text."""
    doctype = types.find(row.get("document_type"))
    name = row.get("field")
    if doctype is None or not isinstance(name, str) or not doctype.has_field(name):
        return row
    if doctype.field(name).kind not in NUMERIC:
        return row
    changed = {key: _decimal(row[key]) for key in ("value", "machine_value") if isinstance(row[key], str)}
    return {**row, **{key: value for key, value in changed.items() if value is not None}}


def _field_row(subject: Subject, name: str, signed: dict[str, Any], row: FieldRow | None) -> Row:
    read = _read(subject, name)
    place = mapping(signed.get("provenance")) or (
        row.provenance.model_dump(mode="json") if row and row.provenance else {}
    )
    if name == TYPE_FIELD and subject.record:
        signed = {"value": subject.record.get("document_type")}
    reasons: Any = signed.get("reasons")
    if reasons is None and row:
        reasons = [{"code": reason.code.value, "message": reason.message} for reason in row.reasons]
    return {
        "kind": "field",
        "document": subject.document.id,
        "revision": subject.approval.revision if subject.approval else subject.document.revision,
        "approval": subject.approval.id if subject.approval else None,
        "field": name,
        "state": signed.get("state", str(row.state) if row else None),
        "value": signed.get("value", row.value if row and row.state != FieldState.ABSENT else None),
        "machine_text": read.text if read else None,
        "machine_value": signed.get("machine_value", row.machine_value if row else None),
        "score": _float(read.score) if read else None,
        "confidence": _float(signed.get("confidence", row.confidence if row else None)),
        "runners_up": [
            {"text": rival.text, "value": rival.value, "confidence": _float(rival.confidence), "label": rival.label}
            for rival in (read.candidates if read else ())
        ],
        "evidence": list(read.evidence) if read else [],
        "threshold": _float(signed.get("threshold", row.threshold if row else None)),
        "threshold_kind": signed.get("threshold_kind", _threshold_kind(subject.policy, subject, name, row)),
        "reasons": reasons or [],
        "sample_probability": row.sample_probability if row else None,
        "page": place.get("page"),
        "boxes": place.get("boxes"),
        "reader": place.get("reader") or (subject.extraction.reader if subject.extraction else None),
        "settled_by": signed.get("settled_by", row.settled_by if row else None),
        "settled_at": _time(signed.get("settled_at", row.settled_at if row else None)),
        "handling_ms": signed.get("handling_ms", row.handling_ms if row else None),
        "comment": signed.get("comment", row.comment if row else ""),
    }


def _threshold_kind(policy: Policy | None, subject: Subject, name: str, row: FieldRow | None) -> str:
    key = f"{subject.document.type}.{name}"
    if policy is not None and key in policy.thresholds:
        return "policy"
    return row.threshold_kind if row is not None else "starting"


def _read(subject: Subject, name: str) -> FieldExtraction | None:
    extraction = subject.extraction
    if extraction is None:
        return None
    if name != TYPE_FIELD:
        return extraction.find_field(name)
    guess = extraction.type
    return FieldExtraction(
        name=name, text=guess.name, value=guess.name, confidence=guess.confidence, evidence=guess.evidence
    )


def _float(number: float | str | None) -> float | None:
    """Return a confidence or score with the six decimals that mean something."""
    return None if number is None else round(float(number), 6)


def _time(at: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def _decimal(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def parsed(text: bytes) -> dict[str, Any]:
    """Return what an event's text says; nothing where it was tampered with so that it cannot be read."""
    try:
        return mapping(parse_json(text.decode()))
    except ValueError:
        return {}


def parsed_value(text: bytes) -> Any:
    """Return an event's value; where it was tampered with so that it is no JSON, its characters, which don't verify."""
    try:
        return parse_json(text.decode())
    except ValueError:
        return text.decode(errors="backslashreplace")
