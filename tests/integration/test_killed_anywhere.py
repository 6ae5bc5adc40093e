"""A process killed at any line of its work: whoever comes next finishes it, and nothing is there twice.

A dozen lines spread over the whole of each piece of work are tried, on both databases.
"""

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from pipeline.delivery.folder import FolderDestination
from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.extraction import Extraction
from pipeline.domain.files import FileState
from pipeline.errors import ReaderUnavailableError
from pipeline.ports import Job
from pipeline.services.engines import OneEngine
from pipeline.store.blobs import FolderBlobs
from pipeline.store.engine import Store
from pipeline.store.tables import ApprovalRow, BlobRow, DeliveryRow, DocumentRow, ExtractionRow
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_review_document import settle_all
from tests.kills import run_to

KILLS = 12
"""How many lines of each piece of work are tried."""
FIRST = 1
"""The id of the first document, and of the first account."""
READER = builders.person(0, "reader")

Work = Callable[[Office], object]


@dataclass(frozen=True)
class Place:
    """A database and its folders, opened by one process after another."""

    url: str
    folder: Path

    def do(self, work: "Work") -> None:
        with self.open() as office:
            work(office)

    @contextmanager
    def open(self, ahead: timedelta = timedelta(0)) -> Generator[Office]:
        store = Store(self.url)
        try:
            office = Office(store, self.folder)
            office.clock.time = datetime.now(UTC) + ahead  # the age of files is told by the disk
            yield office
        finally:
            store.close()


@dataclass(frozen=True)
class Scene:
    """A piece of work, and what has to be there before."""

    prepare: Callable[[Place], None]
    work: Work


@pytest.fixture
def place(store_url: str, tmp_path: Path) -> Place:
    """An empty installation, on SQLite and on PostgreSQL."""
    folder = tmp_path / "office"
    folder.mkdir()
    return Place(store_url, folder)


@pytest.fixture(scope="module")
def length_of(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Scene], int]:
    """How many lines a piece of work runs when nobody kills it."""

    @cache
    def measured(scene: Scene) -> int:
        folder = tmp_path_factory.mktemp("whole")
        shutil.copyfile(sqlite_template, folder / "proofdesk.db")
        place = Place(f"sqlite:///{folder / 'proofdesk.db'}", folder)
        scene.prepare(place)
        return run_to(partial(place.do, scene.work), None)

    return measured


@pytest.fixture(params=range(KILLS))
def kill(request: pytest.FixtureRequest, place: Place, length_of: Callable[[Scene], int]) -> Callable[[Scene], None]:
    """Prepare and do a piece of work up to one of a dozen lines that are spread over it."""

    def killed(scene: Scene) -> None:
        scene.prepare(place)
        run_to(partial(place.do, scene.work), 1 + length_of(scene) * request.param // KILLS)

    return killed


def count(office: Office, *conditions: Any) -> int:
    """Return how many rows there are of the first condition's table."""
    row, *narrowed = conditions
    with office.store.reading() as session:
        return session.scalar(select(func.count()).select_from(row).where(*narrowed)) or 0


def files_below(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def lay_files(place: Place) -> None:
    for name, content in DROPPED.items():
        path = place.folder / "drop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def take_in(office: Office) -> None:
    paths = [office.drop / name for name in DROPPED]
    office.intake.claim([path for path in paths if path.exists()], by=MACHINE)


DROPPED = {"a.pdf": b"%PDF one", "invoice/b.pdf": b"%PDF one", "c.pdf": b"junk"}
INTAKE = Scene(lay_files, take_in)


def test_dropped_files_are_each_there_once(place: Place, kill: Callable[[Scene], None]) -> None:
    kill(INTAKE)

    with place.open(ahead=timedelta(days=1)) as office:
        office.intake.recover(by=MACHINE)
        take_in(office)
        office.sweeping.sweep(by=MACHINE)

        by_state = office.files.list_files(by=READER).by_state
        assert {state.value: number for state, number in by_state.items() if number} == {
            "stored": 1,
            "duplicate": 1,
            "quarantined": 1,
        }
        assert count(office, BlobRow) == 1
        with office.store.reading() as session:
            [document_id] = session.scalars(select(DocumentRow.id))
        assert set(office.queue.rung) == {(Job.PROCESS, document_id)}
        left = files_below(office.drop)
        assert {name.split("/")[0] for name in left} == {"processed", "duplicates", "quarantine"}
        assert sorted(left.values()) == sorted(DROPPED.values())
        assert office.auditing.verify(by=MACHINE).problems == ()


def hire_amadi(place: Place) -> None:
    with place.open() as office:
        office.hire("amadi", Role.REVIEWER)


def upload(office: Office) -> None:
    office.intake.receive(BytesIO(b"%PDF up"), "a.pdf", by=AMADI)


AMADI = builders.person(FIRST, "amadi", Role.REVIEWER)
UPLOAD = Scene(hire_amadi, upload)


def test_upload_is_taken_whole_under_its_sender_s_name_or_not_at_all(
    place: Place, kill: Callable[[Scene], None]
) -> None:
    kill(UPLOAD)

    with place.open(ahead=timedelta(days=2)) as office:
        office.intake.recover(by=MACHINE)
        received = office.files.list_files(by=READER).rows
        assert [(row.state, row.received_by) for row in received] in ([], [(FileState.STORED, "amadi")])
        assert files_below(office.folder / "uploads") == {}

        upload(office)
        assert (count(office, BlobRow), count(office, DocumentRow)) == (1, 1)
        assert office.auditing.verify(by=MACHINE).problems == ()


def drop_one(place: Place) -> None:
    with place.open() as office:
        office.intake.claim([office.put("a.pdf", b"%PDF a")], by=MACHINE)


READING = Scene(drop_one, lambda office: office.processing.process(FIRST, by=MACHINE))


def test_document_is_read_once(place: Place, kill: Callable[[Scene], None]) -> None:
    kill(READING)

    with place.open(ahead=timedelta(days=1)) as office:
        for _ in range(2):
            office.sweeping.sweep(by=MACHINE)
            office.work()
            office.clock.advance(hours=1)

        assert office.state(FIRST) is DocumentState.REVIEW
        assert count(office, ExtractionRow) == 1
        assert len(office.events(FIRST, AuditTag.DOCUMENT_READ)) == 1
        assert office.auditing.verify(by=MACHINE).problems == ()


def make_ready(place: Place) -> None:
    with place.open() as office:
        rowe = office.hire("rowe", *ROWE.roles)
        view = settle_all(office, office.receive(), rowe)
        office.reviewing.validate(view.id, by=rowe, revision=view.revision)


def approve(office: Office) -> None:
    view = office.reviewing.get_document(FIRST, by=ROWE)
    signer = ROWE.model_copy(update={"session": office.sessions.list_own(by=ROWE)[0].id})
    office.approving.approve(FIRST, by=signer, revision=view.revision)


ROWE = builders.person(FIRST, "rowe", Role.REVIEWER, Role.APPROVER)
APPROVAL = Scene(make_ready, approve)


def test_document_is_signed_and_its_delivery_ordered_or_neither(place: Place, kill: Callable[[Scene], None]) -> None:
    kill(APPROVAL)

    with place.open(ahead=timedelta(minutes=1)) as office:
        signed = office.state(FIRST) is DocumentState.APPROVED
        traces = (count(office, ApprovalRow), count(office, DeliveryRow))
        assert (*traces, len(office.events(FIRST, AuditTag.DOCUMENT_APPROVE))) == (signed,) * 3
        if not signed:
            approve(office)

        office.sweeping.sweep(by=MACHINE)
        office.work()
        assert len(list(office.out.glob("*.json"))) == 1
        assert office.auditing.verify(by=MACHINE).problems == ()


def make_approved(place: Place) -> None:
    make_ready(place)
    with place.open() as office:
        approve(office)


DELIVERY = Scene(make_approved, lambda office: office.delivering.deliver(FIRST, by=MACHINE))


def take_away(out: Path) -> list[bytes]:
    """Return what was delivered, and take it out of the folder as its reader does."""
    records = list(out.glob("*.json"))
    contents = [path.read_bytes() for path in records]
    for path in records:
        path.unlink()
    return contents


def test_record_arrives_once_though_its_reader_takes_it_away_at_once(
    place: Place, kill: Callable[[Scene], None]
) -> None:
    kill(DELIVERY)

    with place.open(ahead=timedelta(minutes=1)) as office:
        arrived = take_away(office.out)
        for _ in range(2):
            office.sweeping.sweep(by=MACHINE)
            office.work()
            arrived += take_away(office.out)
            office.clock.advance(hours=1)

        assert len(arrived) == 1
        assert json.loads(arrived[0])["document"] == FIRST
        assert count(office, DeliveryRow, DeliveryRow.state == "sent") == 1
        assert len(office.events(FIRST, AuditTag.DELIVERY_SEND)) == 1
        assert office.auditing.verify(by=MACHINE).problems == ()


def test_record_arrives_once_at_whatever_line_the_folder_is_left(tmp_path: Path) -> None:
    key, payload = "document-1-revision-2", b'{"document": 1}'
    out = tmp_path / "0"
    lines = run_to(lambda: FolderDestination(out).send(key, payload), None)
    assert lines > 20

    for line in range(1, lines + 1):
        out = tmp_path / str(line)
        FolderDestination(out)
        run_to(lambda out=out: FolderDestination(out).send(key, payload), line)  # type: ignore[misc]
        arrived = take_away(out)
        for _ in range(2):
            FolderDestination(out).send(key, payload)
            arrived += take_away(out)
        assert arrived == [payload], line


def test_half_written_blob_of_a_killed_process_is_tidied_away_a_day_later(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    left, fresh = tmp_path / "tmp" / "left", tmp_path / "tmp" / "fresh"
    for path in (left, fresh):
        path.write_bytes(b"%PDF ha")
    os.utime(left, (0, 0))

    FolderBlobs(tmp_path)
    assert (left.exists(), fresh.exists()) == (False, True)
    assert blobs.put(BytesIO(b"%PDF whole")).created


@pytest.mark.parametrize("damage", [b"", b"no gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + b"\xaa" * 40])
def test_damaged_reading_in_the_cache_is_made_again(office: Office, rowe: Actor, damage: bytes) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    [kept] = (office.folder / "readings").rglob("*.gz")
    kept.write_bytes(damage)

    office.reviewing.retype(view.id, "invoice", by=rowe, revision=view.revision)
    office.work()
    assert office.state(view.id) is DocumentState.REVIEW
    assert office.reader.reads == 2
    assert office.processing.sources.readings.find(view.sha256, office.reader.version) is not None


@dataclass
class SlowEngine:
    """An engine that takes minutes, while sweeps look for dead workers."""

    office: Office
    version: str = "slow 1"

    def extract(self, *given: Any, **named: Any) -> Extraction:
        self.office.clock.advance(seconds=200)
        self.office.processing.due(by=MACHINE)
        return self.office.engine.extract(*given, **named)


def test_worker_that_is_slow_is_not_taken_for_killed(office: Office) -> None:
    office.intake.claim([office.put("a.pdf", b"%PDF a")], by=MACHINE)
    [(_, document_id)] = office.queue.take()

    dataclasses.replace(office.processing, engines=OneEngine(SlowEngine(office))).process(document_id, by=MACHINE)
    assert office.state(document_id) is DocumentState.REVIEW
    assert office.events(document_id, AuditTag.DOCUMENT_RETRY) == []


def test_hundred_attempts_wait_an_hour_at_most_between_them(office: Office) -> None:
    office.reader.error = ReaderUnavailableError("The reading process did not start.")
    patient = dataclasses.replace(office.processing, attempts_max=100)
    office.intake.claim([office.put("a.pdf", b"%PDF a")], by=MACHINE)
    [(_, document_id)] = office.queue.take()

    for _ in range(60):
        patient.process(document_id, by=MACHINE)
        assert office.state(document_id) is DocumentState.QUEUED
        office.clock.advance(hours=1)
        assert patient.due(by=MACHINE) == (document_id,)
