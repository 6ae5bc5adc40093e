"""Events as they lie in the database, byte by byte, for checking: nothing is converted that could hide a change."""

import re
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Select, cast, func, select
from sqlalchemy.orm import Session

from pipeline.record.canonical import utc_text
from pipeline.record.verify import StoredEvent
from pipeline.store.columns import vault_of
from pipeline.store.engine import Store
from pipeline.store.tables import ChainHeadRow, EventRow, EventValueRow
from pipeline.store.values import key_of, open_value
from pipeline.store.vault import Vault

BATCH = 1000
SQLITE_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{6})")


@contextmanager
def snapshot(store: Store) -> Generator[Session]:
    """A reading session in which every query sees the database of the same moment, whatever is written meanwhile."""
    with store.reading() as session:
        if not store.is_sqlite:  # SQLite's reading transactions are snapshots by themselves
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def find_head(session: Session) -> tuple[int, str] | None:
    """Return number and hash of the last event as the head row remembers them; None where that row is gone."""
    statement = select(ChainHeadRow.seq, _raw(session, ChainHeadRow.hash)).where(ChainHeadRow.id == 1)
    row = session.execute(statement).one_or_none()
    return None if row is None else (row[0], _text(row[1]))


def _raw(session: Session, column: Any) -> ColumnElement[Any]:
    """The column's bytes: a text that is no longer UTF-8 is a finding, not an exception of the driver."""
    if session.get_bind().dialect.name == "sqlite":
        return cast(column, LargeBinary)
    return func.convert_to(column, "UTF8")


def list_stored(session: Session, *conditions: ColumnElement[bool]) -> Iterator[StoredEvent]:
    """Yield the events that meet the conditions, or all, in order; they are loaded a thousand at a time."""
    connection = session.connection()
    vault = vault_of(connection.dialect)
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    fields = select(
        EventRow.seq,
        _raw(session, EventRow.hash),
        _raw(session, EventRow.text),
        _raw(session, EventRow.at) if on_sqlite else EventRow.at,
        _raw(session, EventRow.tag),
        _raw(session, EventRow.by),
        EventRow.file_id,
        EventRow.document_id,
        _raw(session, EventRow.field),
    )
    fields = fields.where(*conditions).order_by(EventRow.seq)
    kept = select(
        EventValueRow.seq,
        _raw(session, EventValueRow.name),
        _raw(session, EventValueRow.salt),
        _raw(session, EventValueRow.value),
    )
    last: int | None = None
    while True:
        after = fields if last is None else fields.where(EventRow.seq > last)
        rows = connection.execute(after.limit(BATCH)).all()
        if not rows:
            return
        values = _values(connection, kept.where(EventValueRow.seq.between(rows[0][0], rows[-1][0])), vault)
        for seq, hash_, text, at, tag, by, file_id, document_id, field in rows:
            columns = {
                "at": _time(_text(at)) if on_sqlite else utc_text(at),
                "tag": _text(tag),
                "by": _text(by),
                "file": file_id,
                "document": document_id,
                "field": None if field is None else _text(field),
            }
            yield StoredEvent(seq, _text(hash_), text or b"", columns, tuple(values.get(seq, ())))
        last = rows[-1][0]
        rows, values = [], {}  # let go before the next ones are there: memory holds one batch, not two


def _values(
    connection: Connection, kept: Select[Any, Any, Any, Any], vault: Vault | None
) -> dict[int, list[tuple[str, str, bytes]]]:
    """Return the values of some events, opened, by the events' numbers; those whose key is gone are left out."""
    stored = connection.execute(kept).all()
    if vault is not None:
        vault.load(key for _, _, salt, _ in stored if (key := key_of(_text(salt))) is not None)
    values: dict[int, list[tuple[str, str, bytes]]] = defaultdict(list)
    for seq, name, salt, value in stored:
        if key_of(_text(salt)) is None:
            values[seq].append((_text(name), _text(salt), value or b""))
        elif (opened := open_value(vault, _text(salt), _text(value))) is not None:
            values[seq].append((_text(name), opened[0], opened[1].encode()))
    return values


def _text(data: bytes | None) -> str:
    """Return what can be read of a column; a damaged file can hold nothing even where the schema forbids it."""
    return (data or b"").decode(errors="backslashreplace")


def _time(stored: str) -> str:
    """Return a time as the record writes it; one that SQLite holds in any other form comes back as it is."""
    match = SQLITE_TIME.fullmatch(stored)
    return f"{match[1]}T{match[2]}Z" if match else stored
