"""A work horse that dies under a living worker: its document waits for the next attempt at once."""

import os
import signal
import subprocess
from collections import Counter
from datetime import timedelta

import psutil
from sqlalchemy import select

from pipeline.assembly import Services
from pipeline.domain.documents import DocumentState
from pipeline.services.processing import DIED
from pipeline.store.tables import DocumentRow, EventRow
from tests.builders import MACHINE
from tests.installation import Installation, family, kill, wait_until
from tests.integration.test_chaos_kills import events_of, long_pdf, state_of
from workers.rq_queue import RqQueue


def kill_horse(worker: subprocess.Popen[bytes], sent: signal.Signals) -> None:
    """End the process that the worker forked for the job at hand, as the kernel does where memory runs out."""
    [horse] = psutil.Process(worker.pid).children()
    os.kill(horse.pid, sent)


def take_in_a_long_one(installation: Installation, services: Services, pages: int = 40) -> None:
    installation.drop("long.pdf", long_pdf(pages))
    services.intake.claim([installation.settings.drop_path / "long.pdf"], by=MACHINE)


def ring_again(installation: Installation, queue: RqQueue) -> None:
    """Sweep a minute later, when no ring can be on its way any more."""
    with installation.services(queue, ahead=timedelta(minutes=1)) as later:
        later.sweeping.sweep(by=MACHINE)


def test_document_whose_horse_is_killed_is_queued_at_once_and_read_by_the_same_worker(
    installation: Installation, embedded_queue: RqQueue
) -> None:
    with installation.services(embedded_queue) as services:
        take_in_a_long_one(installation, services)
        worker = installation.start("worker")
        wait_until(lambda: state_of(services, 1) is DocumentState.READING, installation)
        kill_horse(worker, signal.SIGKILL)
        wait_until(lambda: state_of(services, 1) is DocumentState.QUEUED, installation)

        ring_again(installation, embedded_queue)
        wait_until(lambda: state_of(services, 1) in (DocumentState.REVIEW, DocumentState.READY), installation)
        worker.terminate()
        assert worker.wait() == 0
        assert events_of(services, "document:retry") == {1: 1}
        assert events_of(services, "document:read") == {1: 1}
        assert services.auditing.verify(by=MACHINE).problems == ()


def test_document_that_crashes_its_horse_each_time_is_failed_after_the_last_attempt(
    installation: Installation, embedded_queue: RqQueue
) -> None:
    with installation.services(embedded_queue) as services:
        take_in_a_long_one(installation, services)
        worker = installation.start("worker")
        for left in (DocumentState.QUEUED, DocumentState.QUEUED, DocumentState.FAILED):
            wait_until(lambda: state_of(services, 1) is DocumentState.READING, installation)
            kill_horse(worker, signal.SIGSEGV)
            wait_until(lambda left=left: state_of(services, 1) is left, installation)
            ring_again(installation, embedded_queue)
        with services.store.reading() as session:
            assert session.scalar(select(DocumentRow.failure)) == DIED
            tags = Counter(session.scalars(select(EventRow.tag).where(EventRow.tag.startswith("document:"))))
        assert tags == {"document:queue": 1, "document:retry": 2, "document:fail": 1}
        assert worker.poll() is None


def test_horse_that_dies_while_the_queue_server_forgot_its_job_is_noticed_as_well(
    installation: Installation, embedded_queue: RqQueue
) -> None:
    with installation.services(embedded_queue) as services:
        take_in_a_long_one(installation, services)
        worker = installation.start("worker")
        wait_until(lambda: state_of(services, 1) is DocumentState.READING, installation)
        embedded_queue.connection.flushall()
        kill_horse(worker, signal.SIGKILL)
        wait_until(lambda: state_of(services, 1) is DocumentState.QUEUED, installation)
        assert events_of(services, "document:retry") == {1: 1}


def test_worker_that_is_asked_twice_to_stop_leaves_its_document_to_the_next_at_once(
    installation: Installation, embedded_queue: RqQueue
) -> None:
    with installation.services(embedded_queue) as services:
        take_in_a_long_one(installation, services, pages=400)
        worker = installation.start("worker")
        wait_until(lambda: state_of(services, 1) is DocumentState.READING, installation)

        def is_gone() -> bool:
            worker.terminate()
            return worker.poll() is not None

        wait_until(is_gone, installation)
        assert state_of(services, 1) is DocumentState.QUEUED


def test_document_that_a_worker_took_to_its_grave_is_queued_by_the_next_that_starts(
    installation: Installation, embedded_queue: RqQueue
) -> None:
    with installation.services(embedded_queue) as services:
        take_in_a_long_one(installation, services, pages=400)
        worker = installation.start("worker")
        other = installation.start("worker")
        wait_until(lambda: state_of(services, 1) is DocumentState.READING, installation)
        owner = worker if psutil.Process(worker.pid).children() else other
        everyone = family(owner.pid)
        kill(owner)
        wait_until(lambda: not any(member.is_running() for member in everyone), installation)

        installation.start("worker")
        wait_until(lambda: events_of(services, "document:retry") == {1: 1}, installation)


def test_worker_that_starts_leaves_alone_what_another_has_at_hand(
    installation: Installation, embedded_queue: RqQueue
) -> None:
    with installation.services(embedded_queue) as services:
        take_in_a_long_one(installation, services, pages=400)
        installation.start("worker")
        wait_until(lambda: state_of(services, 1) is DocumentState.READING, installation)
        installation.start("worker")
        wait_until(lambda: installation.output().count("worker.listening") == 2, installation)
        wait_until(lambda: state_of(services, 1) in (DocumentState.REVIEW, DocumentState.READY), installation)
        assert events_of(services, "document:retry") == {}
