"""What is plainly no document is refused before any parser sees it, with a sentence that says what it looks like."""

import os
from pathlib import Path

import pytest

from pipeline.errors import (
    DocumentTooLargeError,
    EmptyDocumentError,
    NotAPdfError,
    ReaderUnavailableError,
    UnreadableDocumentError,
)
from pipeline.readers.sniff import FileKind, get_kind


def file_of(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "dropped.pdf"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        (b"GIF89a....", "a GIF image. Save or scan it as a PDF"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a WebP image"),
        (b"\x00\x00\x00\x18ftypheic", "a HEIC image"),
        (b"PK\x03\x04....", "a ZIP archive or an Office document. Save it as a PDF"),
        (b"\x1f\x8b\x08", "a gzip archive. Unpack it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
        (b"<!DOCTYPE html><title>Log in</title>", "a web page"),
        (b"\n <html><body>", "a web page"),
        (b"<?xml version='1.0'?><Invoice/>", "an XML file"),
        (b"Return-Path: <a@example.com>\r\n", "an e-mail"),
        (b"Invoice 4711, total 10.00\n", "a text file"),
        (bytes(2000), "nothing but zeros"),
    ],
)
def test_other_formats_are_named(tmp_path: Path, content: bytes, looks: str) -> None:
    with pytest.raises(NotAPdfError, match="This is not a PDF") as refusal:
        get_kind(file_of(tmp_path, content), 10_000)
    assert looks in str(refusal.value)


@pytest.mark.parametrize(
    "content",
    [b"\xff\xd8\xff\xe0\x00\x10JFIF", b"\x89PNG\r\n\x1a\n....", b"II*\x00....", b"MM\x00*....", b"II+\x00...."],
)
def test_files_of_images_are_documents_whatever_their_name(tmp_path: Path, content: bytes) -> None:
    assert get_kind(file_of(tmp_path, content), 10_000) is FileKind.PICTURE


def test_image_that_holds_a_pdf_header_is_opened_as_a_pdf_as_viewers_do(tmp_path: Path) -> None:
    assert get_kind(file_of(tmp_path, b"\xff\xd8\xff\xe0 %PDF-1.4\n"), 10_000) is FileKind.PDF


def test_unknown_bytes_are_simply_no_pdf(tmp_path: Path) -> None:
    with pytest.raises(NotAPdfError, match=r"^This is not a PDF\. Save it as a PDF and drop that\.$"):
        get_kind(file_of(tmp_path, bytes(range(1, 250))), 10_000)


@pytest.mark.parametrize("junk", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"\x00" * 1000])
def test_header_may_come_late(tmp_path: Path, junk: bytes) -> None:
    assert get_kind(file_of(tmp_path, junk + b"%PDF-1.4\n"), 10_000) is FileKind.PDF


def test_header_beyond_the_first_kilobyte_is_none(tmp_path: Path) -> None:
    with pytest.raises(NotAPdfError):
        get_kind(file_of(tmp_path, b"x" * 1024 + b"%PDF-1.4\n"), 10_000)


def test_empty_file_is_told_from_a_broken_one(tmp_path: Path) -> None:
    with pytest.raises(EmptyDocumentError, match="Check that the copy or scan finished"):
        get_kind(file_of(tmp_path, b""), 10_000)


def test_file_over_the_limit_names_both_sizes(tmp_path: Path) -> None:
    path = file_of(tmp_path, b"%PDF-1.4\n")
    os.truncate(path, 3 * 1024**2)
    with pytest.raises(DocumentTooLargeError, match=r"has 3\.0 MB, and at most 2\.0 MB are taken"):
        get_kind(path, 2 * 1024**2)
    get_kind(path, 3 * 1024**2)


def test_missing_file_is_not_the_documents_fault(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnavailableError):
        get_kind(tmp_path / "gone.pdf", 10_000)


def test_fifo_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    with pytest.raises(UnreadableDocumentError, match="no regular file"):
        get_kind(tmp_path / "pipe.pdf", 10_000)
