"""A first look at a file's size and first bytes, in this process: no parser is started for what is no document."""

import os
import stat
from enum import StrEnum
from pathlib import Path

from pipeline.errors import (
    DocumentTooLargeError,
    EmptyDocumentError,
    NotAPdfError,
    ReaderUnavailableError,
    UnreadableDocumentError,
)
from pipeline.sealed_file import Readable, SealedFile

HEADER_WITHIN = 1024
"""Readers look for "%PDF" within these first bytes, as Acrobat does: mail gateways put lines before it."""


class FileKind(StrEnum):
    """What a file is taken apart as; its content decides, never its name."""

    PDF = "pdf"
    PICTURE = "picture"
    """PNG, JPEG or TIFF: each image a page."""


PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "a GIF image"),
    (b"BM", "a bitmap image"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document or an Outlook message"),
    (b"{\\rtf", "a rich text document"),
    (b"%!PS", "a PostScript file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
IMAGES = ("GIF", "bitmap", "WebP", "HEIC")


def get_kind(file: Readable, bytes_max: int) -> FileKind:
    """Return what a regular file of fitting size is, by its first bytes: a PDF or a file of images.

    Raises:
        EmptyDocumentError: nothing is in it.
        DocumentTooLargeError: it is larger than `bytes_max`.
        NotAPdfError: it is something else; the sentence says what it looks like.
        ReaderUnavailableError: it cannot be opened.
        DamagedFileError: it is sealed, and does not open.
    """
    try:
        head, size = _sealed_head(file) if isinstance(file, SealedFile) else _head(file)
    except OSError as error:
        raise ReaderUnavailableError(
            f"The stored file cannot be opened ({error.strerror}). Check the data folder's permissions."
        ) from error
    if size == 0:
        raise EmptyDocumentError("This file is empty. Check that the copy or scan finished, and drop it again.")
    if size > bytes_max:
        raise DocumentTooLargeError(
            f"This file has {_megabytes(size)}, and at most {_megabytes(bytes_max)} are taken. "
            "Split it or save it smaller, and drop it again."
        )
    if b"%PDF" in head:
        return FileKind.PDF
    if head.startswith(PICTURES):
        return FileKind.PICTURE
    raise NotAPdfError(_refusal(head))


def _head(path: Path) -> tuple[bytes, int]:
    """Return a file's first bytes, and how many there are."""
    # not blocking: a FIFO would wait for its writer for ever
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableDocumentError("This is no regular file. Drop the document itself.")
        return os.read(descriptor, HEADER_WITHIN), status.st_size
    finally:
        os.close(descriptor)


def _sealed_head(file: SealedFile) -> tuple[bytes, int]:
    with file.pieces() as pieces:
        return pieces.read_at(0, HEADER_WITHIN), pieces.size


def _refusal(head: bytes) -> str:
    looks = looks_like(head)
    if looks is None:
        return "This is not a PDF. Save it as a PDF and drop that."
    advice = "Save or scan it as a PDF" if any(word in looks for word in IMAGES) else "Save it as a PDF"
    if "archive" in looks and "Office" not in looks:
        advice = "Unpack it"
    return f"This is not a PDF but looks like {looks}. {advice} and drop that."


def looks_like(head: bytes) -> str | None:
    """Return what the first bytes of a file look like, in words; None where they say nothing."""
    for signature, words in SIGNATURES:
        if head.startswith(signature):
            return words
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a WebP image"
    if head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"mif"):
        return "a HEIC image"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")) or b"<html" in text[:512]:
        return "a web page"
    if text.startswith(b"<?xml"):
        return "an XML file"
    if text.startswith((b"from ", b"return-path:", b"received:", b"mime-version:")):
        return "an e-mail"
    if not head.strip(b"\x00"):
        return "nothing but zeros, as left by a broken copy"
    printable = sum(32 <= byte < 127 or byte in b"\t\r\n" or byte >= 0xC0 for byte in head)
    return "a text file" if printable > 0.95 * len(head) else None


def _megabytes(count: int) -> str:
    return f"{count / 1024**2:.1f} MB" if count < 10 * 1024**2 else f"{count // 1024**2} MB"
