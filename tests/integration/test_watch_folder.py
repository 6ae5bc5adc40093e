"""The watcher on a real folder, with a clock moved by hand and intake's first step for real: an atomic move."""

import fcntl
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.domain.actors import Actor
from pipeline.errors import TransientError
from tests.unit.workers.test_local_folders import kind_by_df
from workers import report
from workers.folder import DropFolder
from workers.settling import LOCAL_FILE_SYSTEMS
from workers.watcher import Watcher

SETTLE = 2.0
PDF = b"%PDF-1.7\nfor the tests\n%%EOF\n"


@dataclass
class MovingIntake:
    """Moves claimed files aside as intake does; refuses paths it is told to refuse."""

    aside: Path
    batches: list[int] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    outages: int = 0

    def claim(self, paths: Sequence[Path], *, by: Actor) -> int:
        self.batches.append(len(paths))
        if self.outages:
            self.outages -= 1
            raise TransientError("The database does not answer.")
        count = 0
        for path in paths:
            if path.name in self.refused:
                raise PermissionError(13, "Permission denied", str(path))
            try:
                path.rename(self.aside / f"{len(self.taken)}-{path.name}")
            except FileNotFoundError:
                continue
            self.taken.append(path.name)
            count += 1
        return count

    def recover(self, *, by: Actor) -> int:
        return 0


@dataclass
class CountingSweep:
    swept: int = 0
    broken: bool = False

    def sweep(self, *, by: Actor) -> object:
        self.swept += 1
        if self.broken:
            raise ValueError("a bug")
        return None


class Scene:
    """A drop folder, a watcher on it, and the time."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "drop"
        self.root.mkdir()
        (folder / "aside").mkdir()
        self.now = 1000.0
        self.wall = 1_800_000_000.0
        self.intake = MovingIntake(folder / "aside")
        self.sweep = CountingSweep()
        self.data = folder
        self.watcher = self.another()

    def another(self) -> Watcher:
        return Watcher(
            intake=self.intake,
            sweeping=self.sweep,
            folder=DropFolder(self.root, SETTLE),
            rescan_seconds=5.0,
            sweep_seconds=10.0,
            data=self.data,
            monotonic=lambda: self.now,
            wall=lambda: self.wall,
        )

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds

    def put(self, name: str, content: bytes = PDF, age: float = 0.0) -> Path:
        """Lay a file down, written `age` seconds ago."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.touch(path, age)
        return path

    def touch(self, path: Path, age: float = 0.0) -> None:
        os.utime(path, (self.wall - age, self.wall - age))

    def step(self, after: float = 0.0) -> list[str]:
        """Let time pass and look once; return what was taken."""
        self.advance(after)
        before = len(self.intake.taken)
        self.watcher.step()
        return self.intake.taken[before:]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_file_is_taken_once_it_was_quiet_for_the_settling_time(scene: Scene) -> None:
    scene.put("invoice.pdf")
    assert scene.step() == []
    assert scene.step(after=SETTLE - 0.5) == []
    assert scene.step(after=0.5) == ["invoice.pdf"]


def test_a_slow_copy_is_taken_only_after_its_last_byte(scene: Scene) -> None:
    path = scene.put("slow.pdf", PDF[:10])
    for length in (12, 14, len(PDF)):
        assert scene.step(after=1.5) == []
        path.write_bytes(PDF[:length])
        scene.touch(path)
    assert scene.step(after=1.5) == []
    assert scene.step(after=SETTLE) == ["slow.pdf"]


def test_a_scanner_that_pauses_in_the_middle_of_a_pdf_is_waited_for(scene: Scene) -> None:
    path = scene.put("paused.pdf", PDF[:12])
    scene.step()
    assert scene.step(after=10) == []
    path.write_bytes(PDF)
    scene.touch(path)
    assert scene.step() == []
    assert scene.step(after=SETTLE) == ["paused.pdf"]


def test_a_pdf_whose_end_never_comes_is_taken_in_the_end(scene: Scene) -> None:
    scene.put("cut.pdf", PDF[:12])
    scene.step()
    assert scene.step(after=20) == []
    assert scene.step(after=20) == ["cut.pdf"]


def test_room_reserved_for_a_copy_is_not_taken_for_its_content(scene: Scene) -> None:
    path = scene.put("reserved.pdf", bytes(5000))
    scene.step()
    assert scene.step(after=10) == []
    path.write_bytes(PDF)
    scene.touch(path)
    scene.step()
    assert scene.step(after=SETTLE) == ["reserved.pdf"]


def is_lease_refused(path: Path) -> bool:
    """Return whether no lease for reading is to be had on a file, as where somebody has it open for writing."""
    with path.open("rb") as file:
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except OSError:
            return True
    return False


def do_leases_tell(path: Path) -> bool:
    """Try it, where the file system is known for meaning it; what the watcher thinks of the folder is not asked."""
    if sys.platform != "linux" or kind_by_df(path) not in LOCAL_FILE_SYSTEMS:
        return False
    with path.open("ab"):
        written = is_lease_refused(path)
    return written and not is_lease_refused(path)


def test_a_file_that_another_process_has_open_for_writing_is_left_until_it_is_closed(scene: Scene) -> None:
    path = scene.put("open.pdf")
    if not do_leases_tell(path):
        pytest.skip("this file system does not say who writes")
    with path.open("ab"):
        scene.step()
        assert scene.step(after=3600) == []
    assert scene.step(after=1) == ["open.pdf"]


def test_files_that_were_there_long_before_start_are_taken_at_once(scene: Scene) -> None:
    scene.put("old.pdf", age=3600)
    scene.put("nested/deeper/older.pdf", age=86400)
    assert sorted(scene.step()) == ["old.pdf", "older.pdf"]


def test_a_file_whose_clock_runs_ahead_is_taken_when_it_was_watched_long_enough(scene: Scene) -> None:
    scene.put("future.pdf", age=-3600)
    assert scene.step() == []
    assert scene.step(after=SETTLE) == ["future.pdf"]


def test_a_file_server_whose_clock_runs_late_does_not_make_a_growing_file_look_old(scene: Scene) -> None:
    path = scene.put("late.csv", b"1", age=4)
    assert scene.step() == []
    for length in (2, 3):
        path.write_bytes(b"1" * length)
        scene.touch(path, age=4)
        assert scene.step(after=1.9) == []
    assert scene.step(after=SETTLE) == ["late.csv"]


def test_temporary_names_are_taken_after_their_rename(scene: Scene) -> None:
    partial = scene.put("invoice.pdf.part", age=3600)
    scene.put(".hidden.pdf", age=3600)
    assert scene.step() == []
    partial.rename(scene.root / "invoice.pdf")
    assert scene.step() == ["invoice.pdf"]


def test_an_empty_file_is_given_more_time_and_then_taken(scene: Scene) -> None:
    scene.put("empty.pdf", b"")
    scene.step()
    assert scene.step(after=SETTLE) == []
    assert scene.step(after=4 * SETTLE) == ["empty.pdf"]


def test_reserved_folders_are_never_looked_into(scene: Scene) -> None:
    for reserved in ("processed", "duplicates", "quarantine", ".claimed/abc"):
        scene.put(f"{reserved}/done.pdf", age=3600)
    scene.put("supplier/processed/new.pdf", age=3600)
    assert scene.step() == ["new.pdf"]


def test_links_fifos_and_sockets_are_left_in_place_and_reported(scene: Scene) -> None:
    outside = scene.root.parent / "secret.pdf"
    outside.write_bytes(PDF)
    (scene.root / "link.pdf").symlink_to(outside)
    (scene.root / "folder-link").symlink_to(scene.root.parent)
    os.mkfifo(scene.root / "pipe.pdf")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(os.path.relpath(scene.root / "door"))
    assert scene.step() == []
    assert scene.step(after=3600) == []
    found = report.read(scene.data)
    assert found["left_in_place"] == {"link": 2, "no_file": 2}
    assert sorted(name for _, name in found["named"]) == ["door", "folder-link", "link.pdf", "pipe.pdf"]
    assert outside.exists()


def test_a_file_that_cannot_be_taken_is_put_off_for_longer_each_time_and_does_not_hold_up_others(scene: Scene) -> None:
    scene.intake.refused.add("locked.pdf")
    scene.put("locked.pdf", age=3600)
    scene.put("good.pdf", age=3600)
    assert scene.step() == ["good.pdf"]
    tries = len(scene.intake.batches)
    for _ in range(60):
        scene.step(after=1)
    assert len(scene.intake.batches) - tries < 6
    assert report.read(scene.data)["left_in_place"] == {"unreadable": 1}
    scene.intake.refused.clear()
    assert "locked.pdf" in scene.step(after=300)


def test_an_outage_of_the_database_only_delays_the_files(scene: Scene) -> None:
    scene.intake.outages = 4
    for number in range(3):
        scene.put(f"{number}.pdf", age=3600)
    assert scene.step() == []
    assert sorted(scene.step(after=300)) == ["0.pdf", "1.pdf", "2.pdf"]


def test_files_are_claimed_in_batches_and_the_sweep_runs_between_them(scene: Scene) -> None:
    for number in range(150):
        scene.put(f"{number % 7}/{number}.pdf", age=3600)
    assert len(scene.step()) == 150
    assert scene.intake.batches == [64, 64, 22]
    assert scene.sweep.swept == 1
    scene.step(after=10)
    assert scene.sweep.swept == 2


def test_a_sweep_that_fails_does_not_stop_intake(scene: Scene) -> None:
    scene.sweep.broken = True
    scene.put("invoice.pdf", age=3600)
    assert scene.step() == ["invoice.pdf"]


def test_two_watchers_on_one_folder_take_each_file_once(scene: Scene) -> None:
    for number in range(100):
        scene.put(f"{number}.pdf", age=3600)
    first, second = scene.watcher.folder.scan(scene.now, scene.wall), scene.another().folder.scan(scene.now, scene.wall)
    for one, other in zip(first, second, strict=False):
        scene.intake.claim([one], by=Actor.machine("one"))
        scene.intake.claim([other], by=Actor.machine("other"))
    scene.step()
    assert sorted(scene.intake.taken, key=lambda name: int(name[:-4])) == [f"{number}.pdf" for number in range(100)]


def test_what_is_remembered_about_the_folder_is_bounded(scene: Scene) -> None:
    scene.watcher.folder.settling = type(scene.watcher.folder.settling)(SETTLE, tracked_max=10)
    for number in range(50):
        scene.put(f"{number}.pdf")
    scene.step()
    assert len(scene.watcher.folder.settling) == 10
    taken = [name for _ in range(8) for name in scene.step(after=1)]
    assert len(taken) == 50


def test_a_folder_that_vanishes_and_comes_back_is_watched_on(scene: Scene) -> None:
    scene.root.rename(scene.root.with_name("unmounted"))
    assert scene.step() == []
    scene.root.with_name("unmounted").rename(scene.root)
    scene.put("back.pdf", age=3600)
    assert scene.step() == ["back.pdf"]
