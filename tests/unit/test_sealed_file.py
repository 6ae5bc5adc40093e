"""Sealed files: whatever their length they come back whole, and whatever is done to them shows."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.errors import DamagedFileError, UnreadableDocumentError
from pipeline.sealed_file import (
    HEADER_BYTES,
    MAGIC,
    PIECE,
    PIECES_KEPT,
    TAG_BYTES,
    Pieces,
    SealedFile,
    Sealing,
    find_header,
    size_of,
    telling_damage,
)

KEY, NAME = bytes(range(32)), "ab" * 16
WHOLE = PIECE + TAG_BYTES
LENGTHS = (0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE, 3 * PIECE + 7)


def sealed(path: Path, content: bytes, pieces: int = 1) -> SealedFile:
    """Seal content, handed over in so many writes."""
    with path.open("wb") as file:
        sealing = Sealing(file, NAME, AESGCM(KEY))
        step = -(-len(content) // pieces) or 1
        for start in range(0, len(content), step):
            sealing.write(content[start : start + step])
        sealing.finish()
    return SealedFile(path, KEY)


@pytest.mark.parametrize("writes", [1, 3, 1000])
@pytest.mark.parametrize("length", LENGTHS)
def test_content_comes_back_and_its_length_is_known_without_opening_it(
    tmp_path: Path, length: int, writes: int
) -> None:
    content = os.urandom(length)
    file = sealed(tmp_path / "one", content, writes)

    assert file.read_bytes() == content
    assert size_of(file) == length
    header, size = find_header(file.path)
    assert header is not None
    assert (header.key, size) == (NAME, length)


def test_same_content_never_looks_the_same_and_shows_nothing_of_itself(tmp_path: Path) -> None:
    content = b"Quillfeather" * 10_000
    one, two = sealed(tmp_path / "one", content), sealed(tmp_path / "two", content)

    assert b"Quillfeather" not in one.path.read_bytes()
    assert one.path.read_bytes()[HEADER_BYTES:] != two.path.read_bytes()[HEADER_BYTES:]


def test_any_part_is_read_by_itself_and_little_of_it_is_remembered(tmp_path: Path) -> None:
    content = os.urandom((PIECES_KEPT + 5) * PIECE + 11)
    file = sealed(tmp_path / "one", content)

    with file.pieces() as pieces:
        for start, count in ((5, 10), (PIECE - 3, 6), (len(content) - 4, 4), (len(content) - 4, 99), (len(content), 5)):
            assert pieces.read_at(start, count) == content[start : start + count]
        assert pieces.read_at(0, len(content)) == content
        assert len(pieces._opened) <= PIECES_KEPT
    with file.open() as stream:
        assert stream.seek(-7, io.SEEK_END) == len(content) - 7
        assert stream.read() == content[-7:]
        assert (stream.seek(3), stream.read(4), stream.tell()) == (3, content[3:7], 7)


def swap(path: Path) -> None:
    raw = path.read_bytes()
    head, first, second, rest = (
        raw[:HEADER_BYTES],
        *(raw[HEADER_BYTES + n * WHOLE :][:WHOLE] for n in (0, 1)),
        raw[HEADER_BYTES + 2 * WHOLE :],
    )
    path.write_bytes(head + second + first + rest)


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[HEADER_BYTES + WHOLE + 9] ^= 1
    path.write_bytes(raw)


def rename_key(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(MAGIC)] ^= 1
    path.write_bytes(raw)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a piece is cut off": lambda path: os.truncate(path, HEADER_BYTES + 2 * WHOLE),
    "two pieces are cut off": lambda path: os.truncate(path, HEADER_BYTES + WHOLE),
    "all pieces are cut off": lambda path: os.truncate(path, HEADER_BYTES),
    "a byte is cut off": lambda path: os.truncate(path, path.stat().st_size - 1),
    "all but a few bytes of a piece are cut off": lambda path: os.truncate(path, HEADER_BYTES + WHOLE + 5),
    "it ends in its header": lambda path: os.truncate(path, HEADER_BYTES - 1),
    "something is added": lambda path: path.write_bytes(path.read_bytes() + b"more"),
    "a piece is added": lambda path: path.write_bytes(path.read_bytes() + path.read_bytes()[-WHOLE:]),
    "pieces are swapped": swap,
    "a bit is flipped": flip,
    "its key's name is changed": rename_key,
    "it is plain": lambda path: path.write_bytes(b"%PDF plain"),
    "it is empty": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("harm", DAMAGES.values(), ids=DAMAGES)
def test_whatever_is_done_to_it_shows(tmp_path: Path, harm: Callable[[Path], object]) -> None:
    file = sealed(tmp_path / "abcdef", os.urandom(3 * PIECE))
    harm(file.path)

    with pytest.raises(DamagedFileError, match=r"The stored file abcdef is damaged.*Restore it from a backup"):
        file.read_bytes()


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    file = sealed(tmp_path / "one", b"")
    with pytest.raises(DamagedFileError):
        SealedFile(file.path, bytes(32)).read_bytes()


def test_piece_of_another_file_does_not_fit(tmp_path: Path) -> None:
    one, two = sealed(tmp_path / "one", bytes(PIECE)), sealed(tmp_path / "two", bytes(PIECE))
    one.path.write_bytes(one.path.read_bytes()[:HEADER_BYTES] + two.path.read_bytes()[HEADER_BYTES:])
    with pytest.raises(DamagedFileError):
        one.read_bytes()


def test_damage_is_told_even_where_a_library_takes_it_for_the_document_s_fault(tmp_path: Path) -> None:
    file = sealed(tmp_path / "one", os.urandom(3 * PIECE))
    flip(file.path)

    def swallowed() -> None:
        with pytest.raises(DamagedFileError), Pieces(file.path, KEY, file._damages) as pieces:
            pieces.read_at(PIECE, 1)

    with pytest.raises(DamagedFileError), telling_damage(file):
        swallowed()
    with pytest.raises(DamagedFileError), telling_damage(file):
        raise UnreadableDocumentError("This PDF is damaged.")


def test_fault_of_the_document_stays_one(tmp_path: Path) -> None:
    file = sealed(tmp_path / "one", b"%PDF")
    for source in (file, file.path):
        with pytest.raises(UnreadableDocumentError), telling_damage(source):
            raise UnreadableDocumentError("This PDF is damaged.")


def test_key_is_in_no_text_about_it(tmp_path: Path) -> None:
    assert KEY.hex() not in repr(SealedFile(tmp_path, KEY))
    assert repr(KEY) not in repr(SealedFile(tmp_path, KEY))
