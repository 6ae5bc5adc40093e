"""Where a refused lease means that somebody writes: on local file systems, by what the kernel says of the mount."""

import subprocess
import sys
from pathlib import Path

import pytest

from workers.settling import LOCAL_FILE_SYSTEMS, do_leases_tell

linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what is mounted")
PLACES = (Path("/"), Path("/proc"), Path("/sys"), Path("/dev/shm"))


def kind_by_df(folder: Path) -> str:
    """Return the file system's kind as a program that knows nothing of Proofdesk tells it."""
    said = subprocess.run(["df", "--output=fstype", folder], capture_output=True, check=True, text=True)
    return said.stdout.split()[1]


def of_a_kernel_that_says(process: Path, kind: str) -> Path:
    """Return a copy of what the kernel says of this process, in which every mount is of this kind."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    before = (line.partition(" - ")[0] for line in mounts)
    (process / "mountinfo").write_text("".join(f"{mount} - {kind} somewhere rw\n" for mount in before))
    (process / "fdinfo").symlink_to("/proc/self/fdinfo")
    return process


@linux
@pytest.mark.parametrize("place", [place for place in PLACES if place.is_dir()], ids=str)
def test_kind_of_a_folder_is_the_one_that_df_tells(place: Path) -> None:
    assert do_leases_tell(place) is (kind_by_df(place) in LOCAL_FILE_SYSTEMS)


@linux
@pytest.mark.parametrize(("kind", "tells"), [("ext4", True), ("btrfs", True), ("nfs4", False), ("cifs", False)])
def test_lease_on_a_network_mount_tells_nothing(tmp_path: Path, kind: str, tells: bool) -> None:
    process = of_a_kernel_that_says(tmp_path, kind)
    assert do_leases_tell(tmp_path, process) is tells


def test_nothing_is_told_where_nobody_says_what_is_mounted(tmp_path: Path) -> None:
    assert not do_leases_tell(tmp_path, tmp_path)
