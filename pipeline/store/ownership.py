"""Whose key a row's values are sealed under: found as rows are written, so that no service has to think of it."""

from functools import cache
from typing import Any, cast

from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.attributes import set_committed_value

from pipeline.store.columns import Owned, Sealed, vault_of
from pipeline.store.tables import CertificateRow, DocumentRow, FileRow, TaughtRow

_WRAPPED = "proofdesk_wrapped"


class OwningSession(Session):
    """A session that hands each sealed value to the database together with its document's key."""


@cache
def sealed_of(kind: type[Any]) -> tuple[str, ...]:
    """Return the names of the attributes of a row that are sealed."""
    mapper: Mapper[Any] = inspect(kind)
    return tuple(one.key for one in mapper.column_attrs if isinstance(one.columns[0].type, Sealed))


@event.listens_for(OwningSession, "before_flush")
def _wrap(session: Session, context: Any, instances: Any) -> None:
    if vault_of(session.get_bind().dialect) is None:
        return
    wrapped: list[tuple[Any, str, Any]] = session.info.setdefault(_WRAPPED, [])
    for row in (*session.new, *session.dirty):
        names = sealed_of(cast("type[Any]", type(row)))
        key = _key_of(session, row) if names else None
        if key is None:
            continue
        state = inspect(row)
        for name in names:
            value = getattr(row, name) if state.attrs[name].history.added else None
            if value not in (None, "", (), [], {}) and not isinstance(value, Owned):
                setattr(row, name, Owned(value, key))
                wrapped.append((row, name, value))


@event.listens_for(OwningSession, "after_flush_postexec")
def _unwrap(session: Session, context: Any) -> None:
    for row, name, value in session.info.pop(_WRAPPED, []):
        set_committed_value(row, name, value)


def _key_of(session: Session, row: Any) -> str | None:
    if isinstance(row, DocumentRow | FileRow | TaughtRow | CertificateRow):
        return row.key
    document_id = getattr(row, "document_id", None)
    if document_id is None:
        return None
    with session.no_autoflush:
        document = session.get(DocumentRow, document_id)
    return document.key if document is not None else None
