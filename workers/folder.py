"""The drop folder as a scan sees it: which files are ready to be claimed, which wait, and which are refused."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import structlog

from pipeline.services.intake import RESERVED
from workers.names import is_temporary
from workers.settling import Look, Settling, do_leases_tell, look_at

_DEPTH_MAX = 32
_NAMED_MAX = 5
_REMEMBERED_MAX = 10_000
_BACK_OFF_SECONDS = 5.0
_BACK_OFF_SECONDS_MAX = 300.0

log = structlog.get_logger()


class Trouble(StrEnum):
    """Why something in the drop folder is left where it is."""

    LINK = "link"
    NO_FILE = "no_file"
    """A FIFO, a socket or a device."""
    TOO_DEEP = "too_deep"
    UNREADABLE = "unreadable"
    """Permission is missing, or the disk refuses; tried again."""


@dataclass
class Findings:
    """What one scan left in the folder."""

    waiting: int = 0
    """Files that are still written or not quiet for long enough."""
    trouble: dict[Trouble, int] = field(default_factory=dict[Trouble, int])
    named: list[tuple[Trouble, str]] = field(default_factory=list[tuple[Trouble, str]])
    """The first few of them, by path in the folder."""

    def add(self, kind: Trouble, name: str) -> None:
        self.trouble[kind] = self.trouble.get(kind, 0) + 1
        if len(self.named) < _NAMED_MAX:
            self.named.append((kind, name))


class DropFolder:
    """Scans the drop folder; what it remembers between scans is bounded, however many files there are."""

    def __init__(self, root: Path, settle_seconds: float) -> None:
        self.root = root
        self.settling = Settling(settle_seconds)
        self.leases_tell = do_leases_tell(root)
        self.findings = Findings()
        self._told: set[tuple[str, Trouble]] = set()
        self._back_off: dict[str, tuple[float, float]] = {}
        """Path to when it may be tried again, and how long the next wait is."""

    def scan(self, monotonic: float, wall: float) -> Iterator[Path]:
        """Yield the files that are ready to be claimed, while it goes through the folder.

        Args:
            monotonic: seconds on a clock that never jumps.
            wall: seconds since the epoch, to be compared with modification times.
        """
        self.findings = Findings()
        self.settling.begin_scan()
        for entry, found in self._files(self.root, depth=0):
            retry_at = self._back_off.get(entry.path, (0.0, 0.0))[0]
            if retry_at > monotonic:
                self.findings.add(Trouble.UNREADABLE, self._name(entry.path))
                continue
            try:
                ready = self._is_ready(entry.path, found, monotonic, wall)
            except FileNotFoundError:
                continue
            except OSError:
                self.put_off(Path(entry.path), monotonic)
                self.findings.add(Trouble.UNREADABLE, self._name(entry.path))
                continue
            if ready:
                yield Path(entry.path)
            else:
                self.findings.waiting += 1
        self.settling.end_scan()

    def put_off(self, path: Path, monotonic: float) -> None:
        """Leave a file that could not be taken alone for a while, longer each time."""
        known = self._back_off.get(str(path))
        if known is None and len(self._back_off) >= _REMEMBERED_MAX:
            return
        wait = known[1] if known else _BACK_OFF_SECONDS
        self._back_off[str(path)] = (monotonic + wait, min(wait * 2, _BACK_OFF_SECONDS_MAX))
        self._tell(str(path), Trouble.UNREADABLE)

    def taken(self, path: Path) -> None:
        """Forget that the file ever made trouble."""
        self._back_off.pop(str(path), None)

    def _is_ready(self, path: str, found: os.stat_result, monotonic: float, wall: float) -> bool:
        quiet = self.settling.quiet_seconds(path, found, monotonic, wall)
        if quiet < self.settling.needed_seconds(found.st_size, Look.COMPLETE):
            return False
        look = look_at(Path(path), self.leases_tell)
        return look is not Look.WRITTEN and quiet >= self.settling.needed_seconds(found.st_size, look)

    def _files(self, folder: Path | str, depth: int) -> Iterator[tuple["os.DirEntry[str]", os.stat_result]]:
        """Yield regular files below the folder, one open folder for each level."""
        if depth > _DEPTH_MAX:
            self._refuse(str(folder), Trouble.TOO_DEEP)
            return
        try:
            entries = os.scandir(folder)
        except FileNotFoundError:
            return
        except OSError:
            self._refuse(str(folder), Trouble.UNREADABLE)
            return
        with entries:
            while True:
                try:
                    entry = next(entries, None)
                    if entry is None:
                        return
                    if is_temporary(entry.name) or (depth == 0 and entry.name in RESERVED):
                        continue
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                except OSError:
                    self._refuse(str(folder), Trouble.UNREADABLE)
                    return
                if stat.S_ISDIR(found.st_mode):
                    yield from self._files(entry.path, depth + 1)
                elif stat.S_ISREG(found.st_mode):
                    yield entry, found
                else:
                    self._refuse(entry.path, Trouble.LINK if stat.S_ISLNK(found.st_mode) else Trouble.NO_FILE)

    def _refuse(self, path: str, kind: Trouble) -> None:
        self.findings.add(kind, self._name(path))
        self._tell(path, kind)

    def _tell(self, path: str, kind: Trouble) -> None:
        """Log each trouble once, by kind: names may say what only the record may say; `proofdesk status` shows them."""
        if (path, kind) not in self._told and len(self._told) < _REMEMBERED_MAX:
            self._told.add((path, kind))
            log.warning("drop.left_in_place", trouble=kind.value, see="proofdesk status")

    def _name(self, path: str) -> str:
        return os.path.relpath(path, self.root).encode("utf-8", "replace").decode()
