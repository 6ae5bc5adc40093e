"""What a document says stays in the database: no log, no queue server, no error page and no terminal learns it."""

import zlib
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError

from pipeline.domain.documents import DocumentState
from pipeline.store.engine import Store
from tests.builders import MACHINE
from tests.installation import ROOT, Installation, wait_until
from tests.integration.test_chaos_kills import state_of
from workers.rq_queue import RqQueue

MARKER = "F2025-4281"
"""The number on the invoice that is dropped."""
INVOICE = ROOT / "fixtures" / "documents" / "atelier-somme.pdf"


@pytest.fixture
def on_postgres(installation: Installation, postgres_url: str) -> Installation:
    """An installation on PostgreSQL, which quotes stored values in its refusals."""
    return Installation(installation.folder, {**installation.environment, "DATABASE_URL": postgres_url})


@pytest.fixture
def refusing(on_postgres: Installation) -> Iterator[Installation]:
    """The installation, on a database that refuses what the reader found."""
    with closing(Store(on_postgres.settings.database)) as store, store.engine.begin() as connection:
        rule = "CHECK (currency IS NULL)"
        connection.execute(text(f"ALTER TABLE documents ADD CONSTRAINT not_this_one {rule}"))
    yield on_postgres
    on_postgres.close()


def everything_in(connection: redis.Redis) -> bytes:
    """Return all that the queue server holds, unpacked."""
    found: list[bytes] = []

    def note(value: Any) -> None:
        if isinstance(value, bytes):
            found.append(value)
            with suppress(ValueError, zlib.error):
                found.append(zlib.decompress(b64decode(value, validate=True)))
            with suppress(zlib.error):
                found.append(zlib.decompress(value))
        elif isinstance(value, dict):
            for pair in value.items():
                note(pair)
        elif isinstance(value, list | tuple | set):
            for each in value:
                note(each)

    for key in connection.scan_iter():
        kind = connection.type(key)
        note(key)
        note(
            {
                b"hash": connection.hgetall,
                b"string": connection.get,
                b"set": connection.smembers,
                b"zset": lambda name: connection.zrange(name, 0, -1),
                b"list": lambda name: connection.lrange(name, 0, -1),
                b"stream": connection.xrange,
            }[kind](key)
        )
    return b"\n".join(found)


def test_refusal_of_the_database_is_raised_without_the_values_that_it_quotes(postgres_url: str) -> None:
    with closing(Store(postgres_url)) as store:
        with store.engine.begin() as connection:
            connection.execute(text("CREATE TABLE numbers (number text CONSTRAINT only_once UNIQUE, count integer)"))
            connection.execute(text("INSERT INTO numbers VALUES (:number)"), {"number": MARKER})
        with pytest.raises(IntegrityError) as twice, store.engine.begin() as connection:
            connection.execute(text("INSERT INTO numbers VALUES (:number)"), {"number": MARKER})
        with pytest.raises(DataError) as odd, store.engine.begin() as connection:
            connection.execute(text("SELECT CAST(CAST(:number AS text) AS integer)"), {"number": MARKER})
    for error in (twice.value, odd.value):
        assert MARKER not in str(error) + repr(error) + str(error.orig) + repr(error.orig)
    assert "only_once" in str(twice.value)


def test_value_in_a_refusal_of_the_database_reaches_neither_the_log_nor_the_queue_server(
    refusing: Installation, embedded_queue: RqQueue
) -> None:
    with refusing.services(embedded_queue) as services:
        refusing.drop("invoice.pdf", INVOICE.read_bytes())
        services.intake.claim([refusing.settings.drop_path / "invoice.pdf"], by=MACHINE)
        worker = refusing.start("worker")
        wait_until(lambda: "job.crashed" in refusing.output(), refusing)
        wait_until(lambda: state_of(services, 1) is DocumentState.QUEUED, refusing)
        kept = everything_in(embedded_queue.connection)
        worker.terminate()
        worker.wait()
    assert b"JobCrashedError: process 1: IntegrityError" in kept, "the crash is told, so this looks in the right place"
    for quoted in (MARKER, "sealed.1."):  # as it was typed, and as it lies in the row
        assert quoted.encode() not in kept
        assert quoted not in refusing.output()
    assert "sqlalchemy.exc.IntegrityError" in refusing.output()
