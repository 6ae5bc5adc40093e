"""What a work horse has begun, written where others can still read it after its death."""

import fcntl
import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Self

_NUMBERS = struct.Struct("=qq")


@dataclass(frozen=True)
class Slate:
    """A few bytes that a worker shares with the horses that it forks: a document and the attempt at it.

    A horse that is killed can't say so; its parent reads here which attempt died with it. Only one horse writes at a
    time, and others read when that one is gone. The worker and its horse hold a lock on the file for as long as one of
    them lives, so that after the death of both the next worker finds what they left (`left_behind`).
    """

    descriptor: int
    path: Path | None = None

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Return a new slate in the folder; where the folder refuses, one that dies with this process and its forks."""
        path = folder / f"slate-{token_hex(8)}"
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            made = cls(descriptor, path)
            made.wipe()
            return made
        return cls.unnamed()

    @classmethod
    def unnamed(cls) -> Self:
        with tempfile.TemporaryFile() as file:
            made = cls(os.dup(file.fileno()))
        made.wipe()
        return made

    def wipe(self) -> None:
        self.write(0, 0)

    def write(self, document_id: int, attempt: int) -> None:
        with suppress(OSError):  # a full disk: the sweep finds the attempt by its age
            os.pwrite(self.descriptor, _NUMBERS.pack(document_id, attempt), 0)

    def read(self) -> tuple[int, int] | None:
        """Return the document and the attempt that were written last; None where none was begun since the wiping."""
        found = os.pread(self.descriptor, _NUMBERS.size, 0)
        if len(found) < _NUMBERS.size:
            return None
        document_id, attempt = _NUMBERS.unpack(found)
        return (document_id, attempt) if attempt else None

    def close(self) -> None:
        """Let go of it, and leave nothing for others to find."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


def left_behind(folder: Path) -> Iterator[tuple[int, int]]:
    """Yield the document and the attempt of each worker that died together with its horse, and remove their slates."""
    for path in folder.glob("slate-*"):
        with suppress(OSError):  # its owner lives, or another worker was quicker
            slate = Slate(os.open(path, os.O_RDWR | os.O_CLOEXEC), path)
            try:
                fcntl.flock(slate.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(slate.descriptor)
                continue
            begun = slate.read()
            slate.close()
            if begun is not None:
                yield begun
