"""Keys of documents: one each, outside of the database that holds what they seal, so that erasing one erases it all."""

import base64
import os
import secrets
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from pipeline.errors import ConfigurationError
from pipeline.store.codes import OrderCode
from pipeline.store.sealing import Sealer

NAME_BYTES = 16
KEY_BYTES = 32
NONCE_BYTES = 12
AT_ONCE = 256
"""Keys that are made in one go: an intake takes 64 files at a time, and two keys for each."""
KEPT_MOST = 5_000
"""Keys that a process remembers."""
CONTEXT = "the key of a document"
CODES = "lists."
"""What the names of the keys begin with that lists are sorted and searched by; their generation follows."""

_metadata = MetaData()
_keys = Table("keys", _metadata, Column("name", String(32), primary_key=True), Column("sealed", Text, nullable=False))
_blobs = Table(
    "blobs",
    _metadata,
    Column("key", String(32), primary_key=True),
    Column("sha256", String(64), nullable=False, index=True),
)
"""Which key seals the bytes of which stored file: several may have, one after the other."""


@dataclass
class Vault:
    """A database of its own for keys, each sealed once more by the installation's secret file.

    Whoever copies the other database, or restores an old copy of it, has nothing of a document whose key is gone. Keep
    copies of this one for a short time only: what is erased comes back with them.

    Args:
        url: SQLAlchemy URL; its tables are made where they are missing.
        sealer: seals the keys themselves.
    """

    url: str
    sealer: Sealer
    _known: OrderedDict[str, AESGCM] = field(default_factory=OrderedDict[str, AESGCM], init=False, repr=False)
    _codes: dict[int, OrderCode] = field(default_factory=dict[int, OrderCode], init=False, repr=False)
    _stock: list[str] = field(default_factory=list[str], init=False, repr=False)
    _made_by: int = field(default=0, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        options: dict[str, object] = {"hide_parameters": True}
        parsed = make_url(self.url)
        if parsed.get_backend_name() == "sqlite":
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            options["connect_args"] = {"timeout": 10}
        self._engine = create_engine(self.url, **options)
        if parsed.get_backend_name() == "sqlite":
            event.listen(self._engine, "connect", _prepare)
        self._is_there = False

    def take(self) -> str:
        """Return the name of a fresh key that is on disk already; unused ones cost nothing."""
        with self._lock:
            if not self._stock or self._made_by != os.getpid():
                # a forked process would hand out the same ones as its parent
                self._stock, self._made_by = self._make(AT_ONCE), os.getpid()
            return self._stock.pop()

    def seal(self, name: str, text: str, context: str) -> str:
        """Return the text sealed under the key of that name: opened again under the same context alone.

        Raises:
            ConfigurationError: there is no such key.
        """
        key = self._find(name)
        if key is None:
            raise ConfigurationError(
                "A document's key is missing from the vault, so nothing can be saved of it. Restore the vault's backup "
                "that belongs to this database."
            )
        nonce = secrets.token_bytes(NONCE_BYTES)
        return base64.b64encode(nonce + key.encrypt(nonce, text.encode(), context.encode())).decode()

    def open(self, name: str, sealed: str, context: str) -> str | None:
        """Return what was sealed; None where the key is gone, or it was sealed for something else."""
        key = self._find(name)
        if key is None:
            return None
        try:
            content = base64.b64decode(sealed)
            return key.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], context.encode()).decode()
        except (ValueError, InvalidTag):
            return None

    def cipher(self, name: str) -> AESGCM:
        """Return what seals the bytes of a stored file, which get a key to themselves.

        Raises:
            ConfigurationError: there is no such key.
        """
        key = self._find(name)
        if key is None:
            raise ConfigurationError("The key of a stored file was destroyed before it was used. Try it again.")
        return key

    def bind(self, keys: Mapping[str, str]) -> None:
        """Keep which keys seal the bytes of stored files, by the keys' names and with the SHA-256 of the bytes.

        From then on these bytes open under no other key, and `forget` finds the key even where the file is gone.
        """
        left = dict(keys)
        while left:
            rows = [{"key": key, "sha256": sha256} for key, sha256 in left.items()]
            with suppress(IntegrityError), self._connected() as connection:
                connection.execute(insert(_blobs), rows)
                connection.commit()
                return
            # some are bound already, perhaps by another process at this moment
            with self._connected() as connection:
                known = set(connection.scalars(select(_blobs.c.key).where(_blobs.c.key.in_(keys))))
            left = {key: sha256 for key, sha256 in left.items() if key not in known}

    def find_bound(self, name: str, sha256: str) -> bytes | None:
        """Return the key of that name, None where it is gone or is not one of those bytes."""
        query = select(_keys.c.sealed).join(_blobs, _blobs.c.key == _keys.c.name)
        with self._connected() as connection:
            sealed = connection.scalar(query.where(_keys.c.name == name, _blobs.c.sha256 == sha256))
        return self._opened(name, sealed) if sealed is not None else None

    def forget(self, sha256: str) -> int:
        """Destroy every key that ever sealed these bytes; return how many there were."""
        with self._connected() as connection:
            names = list(connection.scalars(select(_blobs.c.key).where(_blobs.c.sha256 == sha256)))
        return self.destroy(names)

    def load(self, names: Iterable[str]) -> None:
        """Look up many keys at once, for whoever opens much."""
        missing = {name for name in names if name not in self._known}
        for some in _pieces(sorted(missing), 500):
            with self._connected() as connection:
                for name, sealed in connection.execute(select(_keys).where(_keys.c.name.in_(some))):
                    self._remember(name, sealed)

    def count(self, names: Iterable[str]) -> int:
        """Return how many of these keys are there, whatever this process remembers."""
        with self._connected() as connection:
            found = select(func.count()).select_from(_keys).where(_keys.c.name.in_(list(names)))
            return connection.scalar(found) or 0

    def destroy(self, names: Iterable[str]) -> int:
        """Remove keys for good; return how many there were."""
        gone = list(names)
        for name in gone:
            self._known.pop(name, None)
        with self._connected() as connection:
            removed = connection.execute(delete(_keys).where(_keys.c.name.in_(gone))).rowcount
            connection.execute(delete(_blobs).where(_blobs.c.key.in_(gone)))
            connection.commit()
        return removed

    def find_code(self, generation: int) -> OrderCode | None:
        """Return the coding that lists of that generation sort and search by; None where its key is gone."""
        found = self._codes.get(generation)
        if found is not None:
            return found
        name = _code_name(generation)
        with self._connected() as connection:
            sealed = connection.scalar(select(_keys.c.sealed).where(_keys.c.name == name))
        if sealed is None:
            return None
        return self._codes.setdefault(
            generation, OrderCode(base64.b64decode(self.sealer.open(sealed, f"{CONTEXT} {name}")))
        )

    def make_code(self, after: int) -> tuple[int, OrderCode]:
        """Make a coding for a generation after that one and after all there are; its key is on disk on return."""
        key = secrets.token_bytes(KEY_BYTES)
        with self._connected() as connection:
            names = connection.scalars(select(_keys.c.name).where(_keys.c.name.startswith(CODES)))
            generation = max((after, *(int(name.removeprefix(CODES)) for name in names))) + 1
            name = _code_name(generation)
            sealed = self.sealer.seal(base64.b64encode(key).decode(), f"{CONTEXT} {name}")
            connection.execute(insert(_keys).values(name=name, sealed=sealed))
            connection.commit()
        self._codes[generation] = OrderCode(key)
        return generation, self._codes[generation]

    def destroy_codes(self, before: int) -> None:
        """Remove the keys of every generation before that one."""
        self._codes = {generation: code for generation, code in self._codes.items() if generation >= before}
        self.destroy(_code_name(generation) for generation in range(before))

    def close(self) -> None:
        self._engine.dispose()

    def _make(self, count: int) -> list[str]:
        made = {secrets.token_hex(NAME_BYTES): AESGCM.generate_key(KEY_BYTES * 8) for _ in range(count)}
        texts = ((base64.b64encode(key).decode(), f"{CONTEXT} {name}") for name, key in made.items())
        sealed = zip(made, self.sealer.seal_all(texts), strict=True)
        rows = [{"name": name, "sealed": text} for name, text in sealed]
        with self._connected() as connection:
            connection.execute(insert(_keys), rows)
            connection.commit()
        for name, key in made.items():
            self._keep(name, AESGCM(key))
        return list(made)

    def _find(self, name: str) -> AESGCM | None:
        found = self._known.get(name)
        if found is not None:
            return found
        with self._connected() as connection:
            sealed = connection.scalar(select(_keys.c.sealed).where(_keys.c.name == name))
        return self._remember(name, sealed) if sealed is not None else None

    def _remember(self, name: str, sealed: str) -> AESGCM:
        return self._keep(name, AESGCM(self._opened(name, sealed)))

    def _opened(self, name: str, sealed: str) -> bytes:
        return base64.b64decode(self.sealer.open(sealed, f"{CONTEXT} {name}"))

    def _keep(self, name: str, key: AESGCM) -> AESGCM:
        self._known[name] = key
        while len(self._known) > KEPT_MOST:
            self._known.popitem(last=False)
        return key

    def _connected(self) -> Connection:
        if not self._is_there:
            _metadata.create_all(self._engine)
            self._is_there = True
        return self._engine.connect()


def _prepare(connection: sqlite3.Connection, record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=TRUNCATE", "synchronous=FULL", "secure_delete=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _code_name(generation: int) -> str:
    return f"{CODES}{generation}"


def _pieces(names: list[str], size: int) -> Iterable[list[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
