"""Processes that meet over one file, and uploads that end half way: nothing is lost, doubled or taken for whole."""

import dataclasses
import errno
import os
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path, PosixPath
from typing import Any, TypeVar

import pytest

from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.files import FileState
from pipeline.errors import BlobStoreUnavailableError
from pipeline.ports import Job
from pipeline.services.intake import Intake
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_intake import states

Kind = TypeVar("Kind", bound=Intake)
READER = builders.person(0, "reader")
BIG = b"%PDF " + b"x" * 3_000_000
"""More than is copied at once."""


def meddled(path: Path, *, looked: Callable[[Path], object] = bool, listed: Callable[[Path], object] = bool) -> Path:
    """Return the folder again, but with somebody who acts right after a folder below it was looked at, or listed."""

    class Meddled(PosixPath):
        def is_dir(self) -> bool:
            found = super().is_dir()
            looked(Path(self))
            return found

        def rglob(self, pattern: str) -> Generator[Any]:
            found = list(super().rglob(pattern))
            listed(Path(self))
            yield from found

    return Meddled(path)


def another(kind: type[Kind], intake: Intake) -> Kind:
    """Return an intake of another kind with the same collaborators."""
    return kind(**{each.name: getattr(intake, each.name) for each in dataclasses.fields(intake)})


def test_file_that_a_rival_moves_into_a_claim_while_it_is_tidied_away_is_kept(office: Office) -> None:
    path = office.put("only-copy.pdf", b"%PDF only copy")
    claim = office.drop / ".claimed" / "rival"
    claim.mkdir(parents=True)
    os.utime(claim, (0, 0))

    def move_in(listed: Path) -> None:
        if path.exists():
            path.rename(listed / path.name)

    intake = dataclasses.replace(office.intake, drop=meddled(office.drop, listed=move_in))
    intake.recover(by=MACHINE)
    assert (claim / "only-copy.pdf").read_bytes() == b"%PDF only copy"

    office.clock.advance(days=3650)
    assert office.intake.recover(by=MACHINE) == 1
    assert states(office) == {"stored": 1}


def test_claim_that_its_own_process_finishes_meanwhile_does_not_end_the_recovery(office: Office) -> None:
    done, left = office.drop / ".claimed" / "1", office.drop / ".claimed" / "2"
    for claim in (done, left):
        claim.mkdir(parents=True)
        (claim / "x.pdf").write_bytes(b"%PDF " + claim.name.encode())
    office.clock.advance(days=3650)

    def finish(seen: Path) -> None:
        if seen == done and done.exists():
            (done / "x.pdf").unlink()
            done.rmdir()

    intake = dataclasses.replace(office.intake, drop=meddled(office.drop, looked=finish))
    assert intake.recover(by=MACHINE) == 1

    assert states(office) == {"stored": 1}
    assert (office.drop / "processed" / "x.pdf").read_bytes() == b"%PDF 2"


class Stuck(Intake):
    """An intake whose folders refuse."""

    def recover(self, *, by: Actor, older_than: timedelta = timedelta(0)) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")


def test_sweep_does_the_rest_and_still_tells_where_taking_up_left_files_fails(office: Office) -> None:
    office.intake.claim([office.put("a.pdf", b"%PDF a")], by=MACHINE)
    [(_, document_id)] = office.queue.take()
    office.clock.advance(minutes=5)

    with pytest.raises(PermissionError):
        dataclasses.replace(office.sweeping, intake=another(Stuck, office.intake)).sweep(by=MACHINE)
    assert office.queue.rung == [(Job.PROCESS, document_id)]


class Meanwhile(BytesIO):
    """An upload during whose third piece something happens."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__(BIG)
        self.happens = happens
        self.pieces = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.pieces += 1
        if self.pieces == 3:
            self.happens()
        return super().read(size)


def fill_the_disk() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_upload_that_was_cut_off_is_not_taken_for_whole(office: Office) -> None:
    with pytest.raises(BlobStoreUnavailableError, match="Free space, then send it again"):
        office.intake.receive(Meanwhile(fill_the_disk), "big.pdf", by=READER)

    office.clock.advance(days=3650)
    office.intake.recover(by=MACHINE)
    assert states(office) == {}
    assert [path for path in (office.folder / "uploads").rglob("*") if path.is_file()] == []


def test_upload_in_progress_survives_the_start_of_a_watcher(office: Office) -> None:
    def start_a_watcher() -> None:
        office.clock.time = datetime.now(UTC) + timedelta(seconds=1)
        office.intake.recover(by=MACHINE)

    received = office.intake.receive(Meanwhile(start_a_watcher), "big.pdf", by=READER)

    assert received.state is FileState.STORED
    [row] = office.files.list_files(by=READER).rows
    assert row.size == len(BIG)


class Killed(BaseException):
    """The end of a process, which no handler sees."""


class Doomed(Intake):
    """An intake whose process is killed right after a file was claimed, before anything is recorded."""

    def _take(self, items: Any, by: Actor) -> None:
        raise Killed


@pytest.fixture
def doomed(office: Office) -> Doomed:
    """The office's intake, in a process that is killed in time."""
    return another(Doomed, office.intake)


def test_upload_of_a_killed_process_is_kept_under_the_name_of_who_sent_it(
    office: Office, doomed: Doomed, rowe: Actor
) -> None:
    with pytest.raises(Killed):
        doomed.receive(BytesIO(b"%PDF up"), "a.pdf", by=rowe, document_type="invoice")
    office.clock.advance(days=3650)

    assert office.intake.recover(by=MACHINE) == 1
    [row] = office.files.list_files(by=READER).rows
    assert (row.state, row.name, row.received_by) == (FileState.STORED, "invoice/a.pdf", "rowe")
    [event] = office.events(row.document_id or 0, AuditTag.FILE_CLAIM)
    assert (event.by, event.facts["sender"]) == (MACHINE.name, rowe.id)


def test_upload_of_a_killed_process_is_kept_where_its_sender_is_not_known_here(office: Office, doomed: Doomed) -> None:
    with pytest.raises(Killed):
        doomed.receive(BytesIO(b"%PDF up"), "a.pdf", by=builders.person(4711, "gone"))
    office.clock.advance(days=3650)

    assert office.intake.recover(by=MACHINE) == 1
    [row] = office.files.list_files(by=READER).rows
    assert (row.state, row.received_by) == (FileState.STORED, MACHINE.name)


def test_dropped_file_of_a_killed_process_is_finished_by_the_next(office: Office, doomed: Doomed) -> None:
    with pytest.raises(Killed):
        doomed.claim([office.put("a.pdf", b"%PDF a")], by=MACHINE)
    office.clock.advance(days=3650)
    assert office.intake.recover(by=MACHINE) == 1
    assert states(office) == {"stored": 1}
