import fcntl
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from pipeline.errors import ConfigurationError
from pipeline.store.engine import BUSY_SECONDS

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_KEY = 0x50726F6F66
"""Names our lock among all advisory locks of a PostgreSQL database."""
LOCK_SECONDS = 120

_in_process = Lock()  # Alembic keeps its context in module globals


def upgrade(url: str, backup_folder: Path | None = None) -> Path | None:
    """Bring the database up to the newest schema, creating it where there is none; harmless where it is current.

    An SQLite file with anything in it is copied first. Any number of processes may call this at once: one works, the
    others wait and find it done. It all happens in one transaction: where a step fails, nothing has changed.

    Args:
        url: SQLAlchemy URL.
        backup_folder: where the copy of an SQLite file goes; None puts it next to the file.

    Returns:
        The path of the copy, where one was made.

    Raises:
        ConfigurationError: the database cannot be reached or written, or was made by a newer Proofdesk.
    """
    with _in_process, _opened(url) as engine, _locked_file(url), _explained(url), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_KEY})
        script = ScriptDirectory.from_config(_config())
        current = _known_revision(connection, script)
        if current == script.get_current_head():
            return None
        backup = None if current is None else _back_up(url, backup_folder, current)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _check_references(connection)
        connection.commit()
        return backup


def downgrade(url: str, revision: str, backup_folder: Path | None = None) -> Path | None:
    """Take the database back to an earlier revision ("base" for none at all); like `upgrade` otherwise."""
    with _in_process, _opened(url) as engine, _locked_file(url), _explained(url), engine.connect() as connection:
        current = _known_revision(connection, ScriptDirectory.from_config(_config()))
        backup = None if current is None else _back_up(url, backup_folder, current)
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        _check_references(connection)
        connection.commit()
        return backup


def is_current(url: str) -> bool:
    """Whether the database has the newest schema that this code knows; False where there is no database yet.

    Raises:
        ConfigurationError: the database cannot be reached.
    """
    file = _sqlite_file(url)
    if file is not None and not file.exists():
        return False
    with _opened(url) as engine, _explained(url), engine.connect() as connection:
        return is_connection_current(connection)


def is_connection_current(connection: Connection) -> bool:
    """Whether the database behind an open connection has the newest schema that this code knows."""
    heads = MigrationContext.configure(connection).get_current_heads()
    return heads == (ScriptDirectory.from_config(_config()).get_current_head(),)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _opened(url: str) -> Generator[Engine]:
    """An engine of its own, whose transactions on SQLite take the write lock at once and don't check references.

    A table that SQLite can only change by copying it is dropped on the way, with references to it in place: they are
    checked at the end instead.
    """
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":

        def on_connect(connection: sqlite3.Connection, record: object) -> None:
            connection.isolation_level = None
            connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
            connection.execute("PRAGMA foreign_keys=OFF")

        def on_begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        event.listen(engine, "connect", on_connect)
        event.listen(engine, "begin", on_begin)
    try:
        yield engine
    finally:
        engine.dispose()


def _known_revision(connection: Connection, script: ScriptDirectory) -> str | None:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if current is not None and current not in known:
        raise ConfigurationError(
            f"The database was made by a newer Proofdesk (its schema is {current}, this program knows up to "
            f"{script.get_current_head()}). Start that newer version, or restore the backup made before its upgrade."
        )
    return current


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise ConfigurationError(
            f"The upgrade was undone because a row of table {broken[0]} refers to one of {broken[2]} that is missing. "
            "Nothing was changed: restore a backup, or report this with the output of `proofdesk doctor`."
        )


def _sqlite_file(url: str) -> Path | None:
    """The path of an SQLite database; None for other databases and for one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


@contextmanager
def _locked_file(url: str) -> Generator[None]:
    """Let one process at a time migrate an SQLite file: the copy before it must not race with another's upgrade."""
    file = _sqlite_file(url)
    if file is None:
        yield
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.with_name(file.name + ".upgrade-lock").open("w")
    except OSError as error:
        raise ConfigurationError(
            f"The folder {file.parent} cannot be written ({error.strerror}). "
            "Make it writable, or set PROOFDESK_DATA to another folder."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _back_up(url: str, folder: Path | None, revision: str) -> Path | None:
    """Copy an SQLite file as the last commit left it, and return the copy's path."""
    file = _sqlite_file(url)
    if file is None:
        return None
    folder = file.parent if folder is None else folder
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = folder / f"{file.stem}-before-upgrade-from-{revision}-{stamp}{file.suffix}"
    unfinished = target.with_name(target.name + ".part")
    unfinished.touch(mode=0o600)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(unfinished)) as copy:
        source.backup(copy)
    return unfinished.rename(target)


@contextmanager
def _explained(url: str) -> Generator[None]:
    try:
        yield
    except DBAPIError as error:
        shown = make_url(url).render_as_string(hide_password=True)
        cause = str(error.orig).strip().split("\n")[0]
        raise ConfigurationError(
            f"The database {shown} cannot be used: {cause}. "
            "Check that it is running and that DATABASE_URL is right, then try again."
        ) from error
