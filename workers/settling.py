"""When a dropped file is complete: nobody writes it, it has been quiet for long enough, and it has its end."""

import errno
import fcntl
import os
import signal
import sys
from enum import StrEnum
from pathlib import Path

LOCAL_FILE_SYSTEMS = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "tmpfs", "overlay"})
"""Where a refused lease means a writer; NFS and SMB refuse leases for reasons of their own."""

_TRACKED_MAX = 10_000
_EMPTY_TIMES = 5
_CUT_TIMES = 15
_CUT_SECONDS_MIN = 30.0
_LONG_AGO_TIMES = 3
_LONG_AGO_SECONDS_MIN = 5.0
_HEAD_BYTES = 1024
_TAIL_BYTES = 2048


class Look(StrEnum):
    """What a file's bytes and its other users say about it."""

    COMPLETE = "complete"
    WRITTEN = "written"
    """Another process has it open for writing."""
    CUT = "cut"
    """It begins like a PDF or an image, or with room reserved, and has no end yet: a copy under way."""


class Settling:
    """Remembers files that are still fresh, a bounded number of them, and says for how long each has been quiet."""

    def __init__(self, settle_seconds: float, tracked_max: int = _TRACKED_MAX) -> None:
        self.settle_seconds = settle_seconds
        self.tracked_max = tracked_max
        self._known: dict[str, tuple[int, int, float, int]] = {}
        """Path to size, mtime in nanoseconds, since when unchanged, and the number of the scan that saw it last."""
        self._scan = 0

    def __len__(self) -> int:
        return len(self._known)

    def begin_scan(self) -> None:
        self._scan += 1

    def end_scan(self) -> None:
        """Forget the files that this scan did not see: taken, renamed or removed."""
        self._known = {path: known for path, known in self._known.items() if known[3] == self._scan}

    def quiet_seconds(self, path: str, found: os.stat_result, monotonic: float, wall: float) -> float:
        """Return for how long the file did not change, as far as can be known.

        A file seen for the first time is judged by its modification time, but only where that lies well in the past:
        the clock of a network mount may run late.
        """
        known = self._known.get(path)
        now = (found.st_size, found.st_mtime_ns)
        if known is None:
            age = wall - found.st_mtime
            long_ago = max(_LONG_AGO_TIMES * self.settle_seconds, _LONG_AGO_SECONDS_MIN)
            if age > long_ago:
                return age
            if len(self._known) < self.tracked_max:
                self._known[path] = (*now, monotonic, self._scan)
            return 0.0
        since = known[2] if known[:2] == now else monotonic
        self._known[path] = (*now, since, self._scan)
        return monotonic - since

    def needed_seconds(self, size: int, look: Look) -> float:
        """Return how long a file must be quiet: longer where it is empty, much longer where its end is missing."""
        if look is Look.CUT:
            return max(_CUT_TIMES * self.settle_seconds, _CUT_SECONDS_MIN) if self.settle_seconds else 0.0
        return self.settle_seconds * (_EMPTY_TIMES if size == 0 else 1)


_ENDS = ((b"\x89PNG\r\n\x1a\n", b"IEND"), (b"\xff\xd8\xff", b"\xff\xd9"))
"""How images begin, and what is near their end; a TIFF has no end to look for."""


def look_at(path: Path, leases_tell: bool) -> Look:
    """Return whether the file looks complete.

    Args:
        path: a regular file.
        leases_tell: whether its file system is one where a lease can be had unless somebody writes.

    Raises:
        OSError: it can't be read, or is gone.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if leases_tell and _has_writer(descriptor):
            return Look.WRITTEN
        size = os.fstat(descriptor).st_size
        head = os.pread(descriptor, _HEAD_BYTES, 0)
        if head and not head.strip(b"\0"):
            return Look.CUT
        end = next((end for beginning, end in _ENDS if head.startswith(beginning)), None)
        if b"%PDF-" in head:
            end = b"%%EOF"
        if end is not None and end not in os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES)):
            return Look.CUT
        return Look.COMPLETE
    finally:
        os.close(descriptor)


def do_leases_tell(folder: Path, process: Path = Path("/proc/self")) -> bool:
    """Return whether the folder lies on a local file system of Linux.

    Args:
        folder: to be watched.
        process: what the kernel says of this process; nothing there means no.
    """
    if not sys.platform.startswith("linux"):
        return False
    # By the mount itself: each subvolume of Btrfs has a device number that no list of mounts knows
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        facts = (process / "fdinfo" / str(descriptor)).read_text().splitlines()
        mounts = (process / "mountinfo").read_text().splitlines()
    except OSError:
        return False
    finally:
        os.close(descriptor)
    mount = next((line.split()[1] for line in facts if line.startswith("mnt_id:")), None)
    kinds = (line.partition(" - ")[2].split()[0] for line in mounts if line.split()[0] == mount)
    return next(kinds, None) in LOCAL_FILE_SYSTEMS


def _has_writer(descriptor: int) -> bool:
    """Return whether any process has the file open for writing: then no read lease on it can be had."""
    try:
        # A writer that comes while we hold the lease is announced by a signal: SIGIO would end this process
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
