"""Killed without warning, at the worst moments: afterwards each document is there exactly once."""

import multiprocessing
from collections import Counter
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from fixtures.make import tiny_pdf
from fixtures.make.raw import HELVETICA, assemble, stream
from pipeline.assembly import Services
from pipeline.domain.actors import Actor
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileState
from pipeline.services.intake import CLAIMED
from pipeline.settings import Settings
from pipeline.store.tables import BlobRow, DocumentRow, EventRow, ExtractionRow, FileRow
from tests.builders import MACHINE
from tests.fakes import FakeQueue, FakeReader
from tests.installation import Installation, family, kill, wait_until
from workers.rq_queue import RqQueue

OVER_AN_HOUR = timedelta(hours=2)


def long_pdf(pages: int) -> bytes:
    """A PDF that takes long enough to read to be caught at it."""
    line = b"(Invoice 4711 of 2026-03-10 over 1,234.50 EUR for forty-two boxes of pencils) '\n"
    content = stream(b"BT /F1 8 Tf 10 TL 40 800 Td\n" + line * 70 + b"ET")
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(pages))
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 3 0 R >> >> >>"
    )
    return assemble(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages),
            HELVETICA,
            content,
            *[page] * pages,
        ]
    )


def events_of(services: Services, tag: str) -> Counter[int | None]:
    """Return how many events with this tag each document has."""
    with services.store.reading() as session:
        return Counter(session.scalars(select(EventRow.document_id).where(EventRow.tag == tag)))


def state_of(services: Services, document_id: int) -> DocumentState:
    with services.store.reading() as session:
        return DocumentState(session.scalars(select(DocumentRow.state).where(DocumentRow.id == document_id)).one())


def test_a_document_whose_worker_is_killed_in_the_middle_is_read_once_by_the_next(
    installation: Installation, embedded_queue: RqQueue
) -> None:
    with installation.services(embedded_queue) as services:
        installation.drop("long.pdf", long_pdf(40))
        services.intake.claim([installation.settings.drop_path / "long.pdf"], by=MACHINE)
        worker = installation.start("worker")
        wait_until(lambda: state_of(services, 1) is DocumentState.READING, installation)
        everyone = family(worker.pid)
        kill(worker)
        wait_until(lambda: not any(member.is_running() for member in everyone), installation)
        assert state_of(services, 1) is DocumentState.READING
        services.sweeping.sweep(by=MACHINE)
        assert state_of(services, 1) is DocumentState.READING, "its time is not over: another may still be at work"
    with installation.services(embedded_queue, ahead=OVER_AN_HOUR) as services:
        services.sweeping.sweep(by=MACHINE)
        assert state_of(services, 1) is DocumentState.QUEUED
    with installation.services(embedded_queue, ahead=2 * OVER_AN_HOUR) as services:
        embedded_queue.connection.flushall()
        services.sweeping.sweep(by=MACHINE)
        assert embedded_queue.depth() == 1
        services.processing.process(1, by=MACHINE)
        services.processing.process(1, by=MACHINE)
        assert state_of(services, 1) in (DocumentState.REVIEW, DocumentState.READY)
        assert events_of(services, "document:read") == {1: 1}
        assert events_of(services, "document:retry") == {1: 1}
        with services.store.reading() as session:
            assert session.scalars(select(ExtractionRow.attempt)).all() == [2]
        assert services.auditing.verify(by=MACHINE).problems == ()


def test_a_watcher_killed_in_the_middle_of_claims_loses_and_doubles_nothing(installation: Installation) -> None:
    count = 200
    for number in range(count):
        installation.drop(f"{number % 5}/{number}.pdf", tiny_pdf(f"Invoice {number}"))
    claimed = installation.settings.drop_path / CLAIMED
    with installation.services(FakeQueue()) as services:

        def entered() -> int:
            with services.store.reading() as session:
                return session.scalar(select(func.count()).select_from(FileRow)) or 0

        for more in (1, 65):
            before = entered()
            watcher = installation.start("watch")
            wait_until(lambda before=before, more=more: entered() >= before + more, installation)
            kill(watcher)
        assert entered() < count, "the kills came too late to show anything"
        watcher = installation.start("watch")
        wait_until(lambda: services.reporting.status(by=MACHINE).files["stored"] == count, installation)
        wait_until(lambda: not any(claimed.iterdir()), installation)
        watcher.terminate()
        assert watcher.wait() == 0
        with services.store.reading() as session:
            names = session.scalars(select(FileRow.name)).all()
            assert sorted(names) == sorted(f"{number % 5}/{number}.pdf" for number in range(count))
            assert set(session.scalars(select(FileRow.state))) == {FileState.STORED}
            assert session.scalar(select(func.count()).select_from(BlobRow)) == count
            owners = Counter(session.scalars(select(DocumentRow.file_id)))
        assert len(owners) == count
        assert set(owners.values()) == {1}
        assert len(list((installation.settings.drop_path / "processed").rglob("*.pdf"))) == count
        assert services.auditing.verify(by=MACHINE).problems == ()


def test_after_the_queue_forgot_everything_each_document_is_read_exactly_once(
    installation: Installation, embedded_queue: RqQueue
) -> None:
    count = 12
    with installation.services(embedded_queue) as services:
        for number in range(count):
            installation.drop(f"{number}.pdf", tiny_pdf(f"Invoice {number}"))
        services.intake.claim(sorted(installation.settings.drop_path.glob("*.pdf")), by=MACHINE)
        worker = installation.start("worker")
        wait_until(lambda: sum(events_of(services, "document:read").values()) >= 2, installation)
        embedded_queue.connection.flushall()
        # a minute later, when no ring can be on its way any more
        with installation.services(embedded_queue, ahead=timedelta(minutes=1)) as later:
            later.sweeping.sweep(by=MACHINE)
        wait_until(lambda: len(events_of(services, "document:read")) == count, installation)
        wait_until(lambda: embedded_queue.workers() == 1, installation)
        worker.terminate()
        assert worker.wait() == 0
        assert events_of(services, "document:read") == {number: 1 for number in range(1, count + 1)}
        assert embedded_queue.depth() == 0
        assert embedded_queue.workers() == 0


def test_four_processes_writing_at_once_on_sqlite_lose_no_transaction(installation: Installation) -> None:
    each, writers = 12, 4
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(writers)
    processes = [
        context.Process(target=take_in, args=(installation.settings, name, each, barrier)) for name in range(writers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * writers
    with installation.services(FakeQueue()) as services:
        assert services.reporting.status(by=MACHINE).documents["queued"] == each * writers
        view = services.auditing.verify(by=MACHINE)
        assert view.problems == ()
        assert view.events == 3 * each * writers


def take_in(settings: Settings, writer: int, count: int, barrier: object) -> None:
    """Take in files one at a time, so that each is transactions of its own."""
    from pipeline import assembly

    services = assembly.build(settings, FakeQueue(), reader=FakeReader())
    paths: list[Path] = []
    for number in range(count):
        path = settings.drop_path / f"{writer}-{number}.pdf"
        path.write_bytes(b"%%PDF %d %d" % (writer, number))
        paths.append(path)
    barrier.wait()  # type: ignore[attr-defined]
    for path in paths:
        services.intake.claim([path], by=Actor.machine(f"writer-{writer}"))
    services.close()
