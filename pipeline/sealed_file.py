"""Files that lie on disk sealed under a key of their own: read piece by piece, so that no plain bytes ever lie there.

After a header (which form it is, the key's name, and seven random bytes) come pieces of 64 KiB, each sealed with
AES-256-GCM together with the header. A piece's nonce is those seven bytes, its number, and whether it is the last: what
is cut off, moved, swapped or changed does not open (the STREAM construction: Hoang, Reyhanitabar, Rogaway & Vizár,
CRYPTO 2015). Any piece opens without the others, so that one page of a large file costs no more than its own pieces.
"""

import io
import os
import secrets
from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.errors import DamagedFileError

MAGIC = b"\x89PDSEAL\x01"
NAME_BYTES = 32
"""A key's name in ASCII."""
PREFIX_BYTES = 7
HEADER_BYTES = len(MAGIC) + NAME_BYTES + PREFIX_BYTES
PIECE = 64 * 1024
TAG_BYTES = 16
PIECES_KEPT = 16
"""Opened pieces that a reader remembers: a megabyte."""


class Header(NamedTuple):
    """What a sealed file begins with."""

    key: str
    """The key's name."""
    prefix: bytes

    @classmethod
    def fresh(cls, key: str) -> Self:
        return cls(key, secrets.token_bytes(PREFIX_BYTES))

    def packed(self) -> bytes:
        return MAGIC + self.key.encode("ascii") + self.prefix

    def nonce(self, number: int, *, is_last: bool) -> bytes:
        return self.prefix + number.to_bytes(4) + bytes([is_last])


def find_header(path: Path) -> tuple[Header | None, int]:
    """Return a file's header, None where it lies as it is, and the size of its plain bytes.

    Raises:
        DamagedFileError: it was sealed, and cut off within the header.
        OSError: it can't be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _header(descriptor, path)
    finally:
        os.close(descriptor)


def damage(path: Path) -> DamagedFileError:
    return DamagedFileError(
        f"The stored file {path.name[:12]} is damaged: what lies there is not what was put there. "
        "Restore it from a backup."
    )


@dataclass(frozen=True)
class SealedFile:
    """A sealed file together with its key: what a reading process is handed, and opens by itself.

    Args:
        path: where it lies.
        key: 32 bytes.
    """

    path: Path
    key: bytes = field(repr=False)
    _damages: list[DamagedFileError] = field(default_factory=list[DamagedFileError], init=False, repr=False)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def damages(self) -> tuple[DamagedFileError, ...]:
        """What of it did not open; libraries may have taken it for a fault of the document."""
        return tuple(self._damages)

    def open(self, mode: str = "rb") -> BinaryIO:
        """Return its plain bytes as a stream, for reading only.

        Raises:
            DamagedFileError: it is not sealed, or cut off; a piece that does not open raises it from the stream.
            OSError: it can't be read.
        """
        if mode != "rb":
            raise ValueError("a sealed file is opened for reading its bytes")
        return io.BufferedReader(self.pieces(), PIECE)

    def pieces(self) -> "Pieces":
        """Return its plain bytes without a buffer, for whoever reads here and there; raises as `open`."""
        return Pieces(self.path, self.key, self._damages)

    def read_bytes(self) -> bytes:
        with self.open() as stream:
            return stream.read()


Readable = Path | SealedFile
"""A file as it lies: plain, or sealed. Both have `name`, `open("rb")` and `read_bytes()`."""


def size_of(file: Readable) -> int:
    """Return how many plain bytes it has; nothing is opened for it. Raises as `find_header`."""
    return find_header(file.path)[1] if isinstance(file, SealedFile) else file.stat().st_size


@contextmanager
def telling_damage(file: Readable) -> Generator[None]:
    """Raise what did not open of a sealed file, whatever the libraries that read it made of that."""
    try:
        yield
    except Exception as error:
        if isinstance(file, SealedFile) and file.damages:
            raise file.damages[0] from error
        raise
    if isinstance(file, SealedFile) and file.damages:
        raise file.damages[0]


class Pieces(io.RawIOBase):
    """A sealed file's plain bytes, opened a piece at a time. Not safe for threads."""

    def __init__(self, path: Path, key: bytes, damages: list[DamagedFileError]) -> None:
        self._descriptor = -1
        super().__init__()
        self._path, self._damages, self._cipher = path, damages, AESGCM(key)
        self._at = 0
        self._opened: OrderedDict[int, bytes] = OrderedDict()
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            header, self.size = _header(self._descriptor, path)
            self._last = max(0, self.size - 1) // PIECE
            whole = HEADER_BYTES + self.size + (self._last + 1) * TAG_BYTES
            if header is None or whole != os.fstat(self._descriptor).st_size:
                raise damage(path)
        except BaseException:
            self.close()
            raise
        self._header, self._sealed_with = header, header.packed()
        if not self.size:
            self._piece(0)  # nothing to read, but something to check

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        if begin + offset < 0:
            raise ValueError("there is nothing before a file's first byte")
        self._at = begin + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        # a piece at a time is allowed, and is asked again
        found = self.read_at(self._at, min(len(view), PIECE - self._at % PIECE))
        view[: len(found)] = found
        self._at += len(found)
        return len(found)

    def read_at(self, offset: int, count: int) -> bytes:
        """Return the bytes there, fewer at the file's end.

        Raises:
            DamagedFileError: they do not open.
        """
        end = min(offset + count, self.size)
        found = bytearray()
        while offset < end:
            number, within = divmod(offset, PIECE)
            some = self._piece(number)[within : within + end - offset]
            found += some
            offset += len(some)
        return bytes(found)

    def close(self) -> None:
        if not self.closed and self._descriptor >= 0:
            os.close(self._descriptor)
        super().close()

    def _piece(self, number: int) -> bytes:
        known = self._opened.get(number)
        if known is not None:
            return known
        sealed = os.pread(self._descriptor, PIECE + TAG_BYTES, HEADER_BYTES + number * (PIECE + TAG_BYTES))
        nonce = self._header.nonce(number, is_last=number == self._last)
        try:
            piece = self._cipher.decrypt(nonce, sealed, self._sealed_with)
        except (InvalidTag, ValueError) as error:
            self._damages.append(damage(self._path))
            raise self._damages[-1] from error
        self._opened[number] = piece
        while len(self._opened) > PIECES_KEPT:
            self._opened.popitem(last=False)
        return piece


class Sealing:
    """Seals what is written, piece by piece, into a file under way."""

    def __init__(self, file: IO[bytes], key: str, cipher: AESGCM) -> None:
        """Begin with the header.

        Args:
            file: what is written to.
            key: the key's name.
            cipher: the key itself, which seals nothing else.
        """
        self._file, self._cipher, self._header = file, cipher, Header.fresh(key)
        self._sealed_with = self._header.packed()
        self._count = 0
        self._held = b""
        file.write(self._sealed_with)

    def write(self, content: bytes) -> None:
        held = memoryview(self._held + content)
        begin = 0
        # what may be the last piece is held back: it is sealed as such
        while len(held) - begin > PIECE:
            self._put(held[begin : begin + PIECE], is_last=False)
            begin += PIECE
        self._held = bytes(held[begin:])

    def finish(self) -> None:
        self._put(self._held, is_last=True)

    def _put(self, piece: bytes | memoryview, *, is_last: bool) -> None:
        nonce = self._header.nonce(self._count, is_last=is_last)
        self._file.write(self._cipher.encrypt(nonce, piece, self._sealed_with))
        self._count += 1


def _header(descriptor: int, path: Path) -> tuple[Header | None, int]:
    size = os.fstat(descriptor).st_size
    head = os.pread(descriptor, HEADER_BYTES, 0)
    if not head.startswith(MAGIC):
        return None, size
    sealed = size - HEADER_BYTES
    if sealed < TAG_BYTES:
        raise damage(path)
    pieces = -(-sealed // (PIECE + TAG_BYTES))
    name = head[len(MAGIC) : len(MAGIC) + NAME_BYTES]
    return Header(name.decode("ascii", "replace"), head[-PREFIX_BYTES:]), max(0, sealed - pieces * TAG_BYTES)
