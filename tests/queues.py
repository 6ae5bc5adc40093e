"""Fixtures: a real queue server, one for each test process, emptied for each test."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.settings import Settings
from workers.embedded import EmbeddedServer
from workers.rq_queue import RqQueue


@pytest.fixture(scope="session")
def queue_server() -> Iterator[EmbeddedServer]:
    """A running embedded server."""
    with (
        tempfile.TemporaryDirectory(prefix="pd-queue-") as folder,
        EmbeddedServer(Settings(data=Path(folder))) as server,
    ):
        yield server


@pytest.fixture
def embedded_queue(queue_server: EmbeddedServer) -> Iterator[RqQueue]:
    """An empty queue on the real server."""
    queue = RqQueue.from_url(queue_server.url)
    queue.connection.flushall()
    yield queue
    queue.close()
