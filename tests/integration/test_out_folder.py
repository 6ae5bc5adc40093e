"""The out folder by itself, on file systems with and without hard links."""

import errno
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pipeline.delivery.folder import DRAFTS, MARKS, FolderDestination
from pipeline.domain.documents import DocumentState
from pipeline.errors import DestinationUnavailableError
from tests.builders import MACHINE
from tests.desk import Office
from tests.kills import run_to

KEY, PAYLOAD = "document-1-revision-2", b'{"document": 1}'
Link = Callable[[Path, Path], None]


def refuse(source: Path, target: Path) -> None:
    """What FAT and some network mounts answer."""
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.fixture(params=[os.link, refuse], ids=["links", "no-links"])
def link(request: pytest.FixtureRequest) -> Link:
    return request.param


def take_away(out: Path) -> list[bytes]:
    """Read and remove what has arrived, as whoever the records are for."""
    found: list[bytes] = []
    for record in out.glob("*.json"):
        found.append(record.read_bytes())
        record.unlink()
    return found


def interrupted(work: Callable[[], object], at_line: int, interruption: Callable[[], None]) -> bool:
    """Do the work, and the interruption when it reaches that line of the destination; return whether it got there."""
    ran = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal ran
        if not frame.f_code.co_filename.endswith("pipeline/delivery/folder.py"):
            return None
        if event == "line":
            ran += 1
            if ran == at_line:
                sys.settrace(None)
                interruption()
                sys.settrace(trace)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return ran >= at_line


def test_record_is_there_once_and_whole(tmp_path: Path, link: Link) -> None:
    for _ in range(2):
        receipt = FolderDestination(tmp_path, link).send(KEY, PAYLOAD)
    assert receipt.reference == f"{KEY}.json"
    assert take_away(tmp_path) == [PAYLOAD]
    assert sorted(path.name for path in tmp_path.iterdir()) == [MARKS, DRAFTS]
    assert list((tmp_path / DRAFTS).iterdir()) == []


def test_two_workers_bring_one_record_wherever_the_second_overtakes_the_first(tmp_path: Path, link: Link) -> None:
    line = 0
    reached = True
    while reached:
        line += 1
        out = tmp_path / str(line)
        first, second = FolderDestination(out, link), FolderDestination(out, link)
        arrived: list[bytes] = []

        def overtake(second: FolderDestination = second, arrived: list[bytes] = arrived, out: Path = out) -> None:
            second.send(KEY, PAYLOAD)
            arrived += take_away(out)

        reached = interrupted(lambda first=first: first.send(KEY, PAYLOAD), line, overtake)
        arrived += take_away(out)
        second.send(KEY, PAYLOAD)
        assert arrived + take_away(out) == [PAYLOAD], line
        assert list((out / DRAFTS).iterdir()) == [], line
    assert line > 20


def test_record_arrives_once_wherever_its_worker_is_killed(tmp_path: Path, link: Link) -> None:
    lines = run_to(lambda: FolderDestination(tmp_path / "0", link).send(KEY, PAYLOAD), None)
    assert lines > 20
    for line in range(1, lines + 1):
        out = tmp_path / str(line)
        FolderDestination(out)
        run_to(lambda out=out: FolderDestination(out, link).send(KEY, PAYLOAD), line)  # type: ignore[misc]
        arrived = take_away(out)
        FolderDestination(out).tidy(datetime.now(UTC) + timedelta(days=1))
        for _ in range(2):
            FolderDestination(out, link).send(KEY, PAYLOAD)
            arrived += take_away(out)
        assert arrived == [PAYLOAD], line
        FolderDestination(out).tidy(datetime.now(UTC) + timedelta(days=1))
        assert list((out / DRAFTS).iterdir()) == [], line


def test_file_of_somebody_else_under_the_name_of_a_record_is_left_alone(tmp_path: Path, link: Link) -> None:
    (tmp_path / f"{KEY}.json").write_bytes(b"theirs")
    with pytest.raises(DestinationUnavailableError, match="Move it away"):
        FolderDestination(tmp_path, link).send(KEY, PAYLOAD)
    assert take_away(tmp_path) == [b"theirs"]


def test_sweep_removes_what_killed_deliveries_left_a_day_ago_and_nothing_else(office: Office) -> None:
    drafts = office.out / DRAFTS
    old, fresh = drafts / f".{KEY}.0123456789ab", drafts / f".{KEY}.ba9876543210"
    half_marked = drafts / ".document-3-revision-4.0123456789ab"
    theirs, also_theirs = drafts / "notes.txt", drafts / ".document-1.swp"
    marked = drafts / ".document-5-revision-6.0123456789ab"
    (office.out / MARKS / "document-5-revision-6").write_text(f"abc {marked.name}\n")
    half_marked.mkdir()
    (half_marked / "mark").touch()
    for path in (old, fresh, theirs, also_theirs, marked):
        path.touch()
    now = office.clock.now().timestamp()
    for path in (old, half_marked, theirs, also_theirs, marked):
        os.utime(path, (now - 90_000, now - 90_000))
    os.utime(fresh, (now - 3_600, now - 3_600))

    assert office.sweeping.sweep(by=MACHINE).tidied == 2
    assert set(drafts.iterdir()) == {fresh, theirs, also_theirs, marked}


def test_sweep_goes_on_where_the_out_folder_is_away(office: Office) -> None:
    office.intake.claim([office.put("a.pdf", b"%PDF a")], by=MACHINE)
    office.out.rename(office.folder / "unmounted")
    assert office.sweeping.sweep(by=MACHINE).tidied == 0
    assert office.state(1) is DocumentState.QUEUED
