from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, Table, Text, column, insert, select, table, update
from sqlalchemy.orm import Session

from pipeline.domain.audit import AuditEvent
from pipeline.errors import RecordBrokenError
from pipeline.record import canonical
from pipeline.record.verify import canonical_text, commitment, sha256_hex
from pipeline.store import values
from pipeline.store.columns import vault_of
from pipeline.store.tables import ChainHeadRow, DocumentRow, EventRow, EventValueRow, FileRow

FORMAT = 1
"""Version of the hashed text's layout."""
SALT_BYTES = 16

_events: Table = EventRow.metadata.tables[EventRow.__tablename__]
# the value goes in as the very text that the commitment is made over
_values = table(EventValueRow.__tablename__, column("seq"), column("name"), column("salt"), column("value", type_=Text))


def append(session: Session, *events: AuditEvent) -> tuple[int, ...]:
    """Add the events to the end of the chain, in their order, and return their sequence numbers.

    Belongs into the `writing()` transaction of the change that the events tell of: both are saved, or neither.

    Raises:
        RuntimeError: the session is not a writing one, so that another writer could take the same numbers.
        RecordBrokenError: the database has lost the row that says where the chain ends.
        TypeError, ValueError: facts or values hold what cannot be put on record.
    """
    if not events:
        return ()
    connection = session.connection()
    if not connection.get_execution_options().get("proofdesk_writing", False):
        raise RuntimeError("events are appended inside store.writing()")
    head = connection.execute(select(ChainHeadRow.seq, ChainHeadRow.hash).where(ChainHeadRow.id == 1)).one_or_none()
    if head is None:
        raise RecordBrokenError(
            "The database has lost the row that says where the audit record ends. "
            "Stop Proofdesk, restore a backup, then run `proofdesk audit verify`."
        )
    first, prev = head.seq + 1, head.hash
    vault, keys = vault_of(connection.dialect), _keys_of(connection, events)
    event_rows: list[dict[str, Any]] = []
    value_rows: list[dict[str, Any]] = []
    for seq, event in enumerate(events, start=first):
        commitments: dict[str, str] = {}
        for name, value in event.values.items():
            salt = token_hex(SALT_BYTES)
            value_text = canonical.canonical_json(value)
            commitments[name] = commitment(salt, value_text.encode())
            key = keys.get(("document", event.document_id)) or keys.get(("file", event.file_id))
            if vault is not None and key is not None:
                salt, value_text = values.seal_value(vault, key, salt, value_text)
            value_rows.append({"seq": seq, "name": name, "salt": salt, "value": value_text})
        text = hashed_text(event, seq, prev, commitments)
        prev = sha256_hex(text.encode())
        event_rows.append(
            {
                "seq": seq,
                "hash": prev,
                "text": text,
                "at": event.at,
                "tag": event.tag.value,
                "by": event.by,
                "file_id": event.file_id,
                "document_id": event.document_id,
                "field": event.field,
            }
        )
    connection.execute(insert(_events), event_rows)
    if value_rows:
        connection.execute(insert(_values), value_rows)
    last = first + len(events) - 1
    connection.execute(update(ChainHeadRow).where(ChainHeadRow.id == 1).values(seq=last, hash=prev))
    return tuple(range(first, last + 1))


def _keys_of(connection: Connection, events: Sequence[AuditEvent]) -> dict[tuple[str, int | None], str]:
    """Return the names of the keys of the documents and files that events with values are about."""
    if vault_of(connection.dialect) is None:
        return {}
    found: dict[tuple[str, int | None], str] = {}
    told = [event for event in events if event.values]
    for kind, owner, ids in (
        ("document", DocumentRow, {event.document_id for event in told if event.document_id is not None}),
        ("file", FileRow, {event.file_id for event in told if event.document_id is None and event.file_id is not None}),
    ):
        if ids:
            for row_id, key in connection.execute(select(owner.id, owner.key).where(owner.id.in_(ids))):
                if key is not None:
                    found[kind, row_id] = key
    return found


def hashed_text(event: AuditEvent, seq: int, prev: str, commitments: dict[str, str]) -> str:
    """Return the canonical text of an event: its UTF-8 bytes are what the chain hashes."""
    return canonical_text(
        {
            "format": FORMAT,
            "seq": seq,
            "prev": prev,
            "at": canonical.utc_text(event.at),
            "tag": event.tag.value,
            "by": event.by,
            "by_id": event.by_id,
            "file": event.file_id,
            "document": event.document_id,
            "field": event.field,
            "revision": event.revision,
            "facts": canonical.plain(event.facts),
            "commitments": commitments,
        }
    )
