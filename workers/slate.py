"""What a work horse has begun, written where its parent can still read it after its death."""

import mmap
import struct
from dataclasses import dataclass, field

_NUMBERS = struct.Struct("=qq")


@dataclass(frozen=True)
class Slate:
    """A few bytes that a worker shares with the horses that it forks: a document and the attempt at it.

    A horse that is killed can't say so; its parent reads here which attempt died with it. Only one horse writes at a
    time, and the parent reads when that one is gone.
    """

    _shared: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, _NUMBERS.size))

    def wipe(self) -> None:
        self.write(0, 0)

    def write(self, document_id: int, attempt: int) -> None:
        self._shared[:] = _NUMBERS.pack(document_id, attempt)

    def read(self) -> tuple[int, int] | None:
        """Return the document and the attempt that were written last; None where none was begun since the wiping."""
        document_id, attempt = _NUMBERS.unpack(self._shared[:])
        return (document_id, attempt) if attempt else None
