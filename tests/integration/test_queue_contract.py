"""What services may expect of the doorbell: the real one and the fake keep the same promises."""

import json
import tempfile
import zlib
from pathlib import Path

import pytest

from pipeline.errors import TransientError
from pipeline.ports import Job, JobQueue
from pipeline.settings import Settings
from tests.fakes import FakeQueue
from workers.embedded import EmbeddedServer
from workers.rq_queue import RqQueue


@pytest.fixture(params=["real", "fake"])
def bell(request: pytest.FixtureRequest) -> JobQueue:
    return FakeQueue() if request.param == "fake" else request.getfixturevalue("embedded_queue")


def test_every_ring_waits_until_somebody_takes_it(bell: JobQueue) -> None:
    assert bell.depth() == 0
    bell.enqueue(Job.PROCESS, 1)
    bell.enqueue(Job.DELIVER, 1)
    bell.enqueue_many(Job.PROCESS, [2, 3])
    assert bell.depth() == 4


def test_ringing_for_no_documents_is_nothing(bell: JobQueue) -> None:
    bell.enqueue_many(Job.PROCESS, [])
    assert bell.depth() == 0


def test_the_same_document_may_be_rung_for_twice(bell: JobQueue) -> None:
    bell.enqueue(Job.PROCESS, 7)
    bell.enqueue(Job.PROCESS, 7)
    assert bell.depth() == 2


def test_thousands_of_documents_are_rung_for_in_one_go(embedded_queue: RqQueue) -> None:
    embedded_queue.enqueue_many(Job.PROCESS, list(range(1, 5_001)))
    assert embedded_queue.depth() == 5_000


def test_the_sweep_may_ring_for_what_waits_already_and_the_queue_does_not_grow(embedded_queue: RqQueue) -> None:
    embedded_queue.enqueue_many(Job.PROCESS, [1, 2, 3])
    embedded_queue.enqueue_many(Job.PROCESS, [2, 3, 4])
    embedded_queue.enqueue_many(Job.PROCESS, [1, 2, 3, 4])
    assert embedded_queue.depth() == 4


def test_another_process_rings_only_for_what_does_not_wait(embedded_queue: RqQueue) -> None:
    embedded_queue.enqueue_many(Job.PROCESS, [1, 2, 3])
    fresh = RqQueue(embedded_queue.connection)
    fresh.enqueue_many(Job.PROCESS, [2, 3, 4])
    assert fresh.depth() == 4


def test_a_document_waiting_to_be_read_can_still_be_delivered(embedded_queue: RqQueue) -> None:
    embedded_queue.enqueue_many(Job.PROCESS, [5])
    embedded_queue.enqueue_many(Job.DELIVER, [5])
    embedded_queue.enqueue_many(Job.DELIVER, [5])
    assert embedded_queue.depth() == 2


def test_after_the_server_forgot_everything_what_is_due_is_rung_for_again(embedded_queue: RqQueue) -> None:
    embedded_queue.enqueue_many(Job.PROCESS, [1, 2, 3])
    embedded_queue.connection.flushall()
    embedded_queue.enqueue_many(Job.PROCESS, [1, 2, 3])
    assert embedded_queue.depth() == 3


def test_jobs_hold_ids_as_json_and_nothing_else(embedded_queue: RqQueue) -> None:
    embedded_queue.enqueue(Job.PROCESS, 42)
    (job_id,) = embedded_queue.queue.job_ids
    stored = embedded_queue.connection.hgetall(f"rq:job:{job_id}")
    assert json.loads(zlib.decompress(stored[b"data"])) == ["workers.jobs.process", None, [42], {}]
    assert stored[b"description"] == b"process 42"
    assert stored[b"result_ttl"] == b"0"


def test_a_ring_that_is_lost_raises_nothing_and_questions_are_answered_with_a_sentence(tmp_path: Path) -> None:
    lonely = RqQueue.from_url(f"unix://{tmp_path / 'nobody.sock'}")
    lonely.enqueue(Job.PROCESS, 1)
    lonely.enqueue_many(Job.PROCESS, [1, 2])
    with pytest.raises(TransientError, match="proofdesk up"):
        lonely.depth()
    with pytest.raises(TransientError, match="REDIS_URL"):
        lonely.workers()


def test_rings_work_again_once_the_server_is_back() -> None:
    with tempfile.TemporaryDirectory(prefix="pd-") as folder:
        server = EmbeddedServer(Settings(data=Path(folder)))
        queue = RqQueue.from_url(server.url)
        with server:
            queue.enqueue(Job.PROCESS, 1)
        queue.enqueue(Job.PROCESS, 2)
        with server:
            queue.enqueue(Job.PROCESS, 3)
            assert queue.depth() == 2
