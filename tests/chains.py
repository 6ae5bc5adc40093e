"""Chains of events made by hand, for tests of what checks them."""

from datetime import UTC, datetime, timedelta

from pipeline.domain.audit import AuditEvent, AuditTag
from pipeline.record.canonical import canonical_json, utc_text
from pipeline.record.keys import SigningKey, introduce
from pipeline.record.verify import GENESIS, StoredEvent, commitment, sha256_hex
from pipeline.store.events import hashed_text

START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
KEY = SigningKey.make()
INTRODUCED = introduce(KEY, START, 1, None)
"""The statement that checkpoints of these chains carry."""


def event(number: int = 1, **changes: object) -> AuditEvent:
    """An event with facts and values, as a settled field writes it."""
    return AuditEvent.model_validate(
        {
            "tag": AuditTag.FIELD_SETTLE,
            "at": START + timedelta(seconds=number),
            "by": "rowe",
            "by_id": 7,
            "file_id": number,
            "document_id": number,
            "field": "gross_total",
            "revision": 2,
            "facts": {"handling_ms": 1200 + number, "confidence": 0.93, "decision": "correct"},
            "values": {"before": "1482.00", "after": f"142{number}.00", "why": "Übertrag – “falsch”"},
            **changes,
        }
    )


def chain(*events: AuditEvent, first: int = 1, prev: str = GENESIS) -> list[StoredEvent]:
    """The events as they are stored, linked to one another."""
    stored: list[StoredEvent] = []
    for seq, given in enumerate(events, start=first):
        values = tuple(
            (name, sha256_hex(f"{seq} {name}".encode())[:32], canonical_json(value).encode())
            for name, value in given.values.items()
        )
        promised = {name: commitment(salt, text) for name, salt, text in values}
        text = hashed_text(given, seq, prev, promised).encode()
        prev = sha256_hex(text)
        columns = {
            "at": utc_text(given.at),
            "tag": given.tag.value,
            "by": given.by,
            "file": given.file_id,
            "document": given.document_id,
            "field": given.field,
        }
        stored.append(StoredEvent(seq, prev, text, columns, values))
    return stored


def head(stored: list[StoredEvent]) -> tuple[int, str]:
    return (stored[-1].seq, stored[-1].hash) if stored else (0, GENESIS)
