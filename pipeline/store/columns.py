import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import JSON, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from pipeline.record import canonical
from pipeline.store.vault import Vault

SEALED = "sealed.1."
"""What a sealed value begins with: then the name of its key, and its bytes in base64."""
VAULT = "proofdesk_vault"
"""Where a database's dialect has its vault: the only thing that a column's type is given."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC; SQLite keeps no zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times in the record are aware: give a datetime with a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class PydanticJSON(TypeDecorator[Any]):
    """A value kept as one JSON column and validated on load, so that a row can't hand out what no type allows."""

    impl = JSON
    cache_ok = True

    def __init__(self, adapter: TypeAdapter[Any]) -> None:
        super().__init__(none_as_null=True)
        self.adapter = adapter

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self.adapter.dump_python(value, mode="json")

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self.adapter.validate_python(value)


class Owned(NamedTuple):
    """A value, and the name of the key that it is sealed under on its way into the database."""

    value: Any
    key: str


class Sealed(TypeDecorator[Any]):
    """A value that lies in the database under the key of its document, and is read as if it lay there as it is.

    What was written before there were keys, or by whoever opened the database without a vault, lies there as it is. A
    value whose key is gone reads as `gone`.

    Args:
        inner: how it lies there without a key: text, or JSON in some form.
        context: which column it is: a value that is moved to another one is not opened.
        gone: what is read in its place where the key is gone.
    """

    impl = Text
    cache_ok = True

    def __init__(self, inner: TypeEngine[Any], context: str, gone: Any = None) -> None:
        super().__init__()
        self.impl = Text() if isinstance(inner, Text) else JSON(none_as_null=True)
        # the context alone tells one such type from another: the others are no part of its key among cached statements
        self.context, self._inner, self._gone = context, inner, gone

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if not isinstance(value, Owned):
            return self._dumped(value, dialect)
        vault: Vault | None = vault_of(dialect)
        if vault is None or value.value is None:
            return self._dumped(value.value, dialect)
        text = json.dumps(self._dumped(value.value, dialect), ensure_ascii=False, separators=(",", ":"))
        return f"{SEALED}{value.key}.{vault.seal(value.key, text, self.context)}"

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if not (isinstance(value, str) and value.startswith(SEALED)):
            return self._loaded(value, dialect)
        vault = vault_of(dialect)
        name, _, sealed = value.removeprefix(SEALED).partition(".")
        text = vault.open(name, sealed, self.context) if vault is not None else None
        return self._gone if text is None else self._loaded(json.loads(text), dialect)

    def _dumped(self, value: Any, dialect: Dialect) -> Any:
        inner = self._inner
        return inner.process_bind_param(value, dialect) if isinstance(inner, TypeDecorator) else value

    def _loaded(self, value: Any, dialect: Dialect) -> Any:
        inner = self._inner
        return inner.process_result_value(value, dialect) if isinstance(inner, TypeDecorator) else value


def vault_of(dialect: Dialect) -> Vault | None:
    """Return the keys of documents that go with a database; None where it was opened without."""
    return getattr(dialect, VAULT, None)


class CanonicalJSON(TypeDecorator[Any]):
    """A value kept as its canonical JSON text: the very bytes that a commitment in the audit record is made over."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return canonical.canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)
