import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, select, text
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.orm import Session

from pipeline.store.columns import VAULT
from pipeline.store.ownership import OwningSession
from pipeline.store.tables import ChainHeadRow
from pipeline.store.vault import Vault

BUSY_SECONDS = 10
_BUSY_STEP_SECONDS = 0.01
_ABOUT_DATA = ("22", "23")
"""Classes of PostgreSQL's error states: data exceptions, and violated constraints."""


class Store:
    """The database, with two ways in: `reading()` and `writing()`.

    On SQLite a writing transaction starts with BEGIN IMMEDIATE, so that read-then-write never loses to a later writer;
    on PostgreSQL it locks the chain's head row. Both make writers take turns: keep them short, nothing slow inside.
    """

    def __init__(self, url: str, pool_size: int = 10, vault: Vault | None = None) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        # an error's message would quote the values of the statement that failed
        options: dict[str, Any] = {"hide_parameters": True}
        if not self.is_sqlite:
            options |= {"pool_size": pool_size, "pool_pre_ping": True}
        if self.is_sqlite:
            options["connect_args"] = {"timeout": BUSY_SECONDS}
        self.engine = create_engine(url, **options)
        if self.is_sqlite:
            _prepare_sqlite(self.engine)
        else:
            event.listen(self.engine, "handle_error", _hide_values)
        self.vault: Vault | None = None
        if vault is not None:
            self.seal_under(vault)
        self._writer = self.engine.execution_options(proofdesk_writing=True)

    def seal_under(self, vault: Vault | None) -> None:
        """Seal what is written from now on under the keys of a vault, and open what is read; None: do neither."""
        self.vault = vault
        setattr(self.engine.dialect, VAULT, vault)

    def take_key(self) -> str | None:
        """Return the name of a fresh key for something new; None where nothing is sealed."""
        return self.vault.take() if self.vault is not None else None

    @contextmanager
    def reading(self) -> Generator[Session]:
        """A deferred transaction for queries; it is rolled back at the end whatever happened in it."""
        with OwningSession(self.engine) as session:
            yield session  # closing rolls back, and leaves loaded rows readable where rollback() would expire them

    @contextmanager
    def writing(self) -> Generator[Session]:
        """One transaction that commits at the end of the block, or rolls back where it raises."""
        with OwningSession(self._writer, expire_on_commit=False) as session, session.begin():
            if not self.is_sqlite:
                session.execute(text(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'"))
                session.execute(select(ChainHeadRow.seq).where(ChainHeadRow.id == 1).with_for_update())
            yield session

    def scrub(self, tables: Sequence[str]) -> bool:
        """Let nothing of removed rows stay in the database's own files; return whether that worked by now.

        On SQLite they are overwritten as they are removed, but the log of writes still has them until it is folded in,
        which a reader of an older state can keep from happening. PostgreSQL keeps the dead rows of these tables until
        they are vacuumed.
        """
        raw = self.engine.raw_connection()
        try:
            driver: Any = raw.driver_connection
            if self.is_sqlite:
                busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return not busy
            driver.rollback()
            driver.autocommit = True
            try:
                for table in tables:
                    driver.execute(f"VACUUM {table}")
            finally:
                driver.autocommit = False
            return True
        finally:
            raw.close()

    def close(self) -> None:
        self.engine.dispose()
        if self.vault is not None:
            self.vault.close()


def _prepare_sqlite(engine: Engine) -> None:
    """Set the pragmas of each connection, and take BEGIN into our own hands."""

    def on_connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        # its own knows ASCII alone: a search for "müller" would not find "MÜLLER"
        connection.create_function("lower", 1, _lower, deterministic=True)
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "secure_delete=ON",
        ):
            _execute_patiently(cursor, f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: Any) -> None:
        writing = connection.get_execution_options().get("proofdesk_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def _execute_patiently(cursor: sqlite3.Cursor, statement: str) -> None:
    """Execute what SQLite refuses at once, timeout or not, while another process opens or closes the same file."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute(statement)
            return
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > deadline:
                raise
            time.sleep(_BUSY_STEP_SECONDS)


def _hide_values(context: ExceptionContext) -> None:
    """Leave no stored value in the message of a refused statement.

    PostgreSQL quotes them below a message ("Failing row contains (…)"), and in it where it is about the data ("invalid
    input syntax for …"); there, class, state and constraint name the fault just as well.
    """
    original = context.original_exception
    state = getattr(original, "sqlstate", None)
    if state is None:
        return  # no statement was refused: the connection failed
    told = str(original).partition("\n")[0]
    if state.startswith(_ABOUT_DATA):
        constraint = getattr(getattr(original, "diag", None), "constraint_name", None)
        told = f"{type(original).__name__} {state}" + (f" on {constraint}" if constraint else "")
    original.args = (told,)
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.args = (told,)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
