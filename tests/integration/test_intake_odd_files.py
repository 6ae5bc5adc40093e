"""Names and folders that nobody expects: they hold up no other file, and nothing is overwritten or followed."""

import errno
import os
from io import BytesIO
from pathlib import Path, PosixPath
from typing import Any, NoReturn

import pytest

from pipeline.domain.files import FileState
from pipeline.errors import TransientError
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_intake import states

READER = builders.person(0, "reader")
LONGEST = "n" * 251 + ".pdf"
"""As long as a file system takes: 255 bytes."""


def put_raw(folder: Path, name: bytes, content: bytes) -> Path:
    """Lay a file under a name that need not be text."""
    path = folder / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def leave_claimed(office: Office, *names: bytes) -> Path:
    """Lay files into one claim, as if its process had been killed long ago; each holds its own name."""
    folder = office.drop / ".claimed" / "0123"
    for name in names:
        put_raw(folder, name, b"%PDF " + name)
    os.utime(folder, (0, 0))
    return folder


def contents(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def names(office: Office) -> list[str]:
    return sorted(row.name for row in office.files.list_files(by=READER).rows)


def test_name_that_is_no_utf_8_does_not_hold_up_its_batch(office: Office) -> None:
    odd = put_raw(office.drop, b"Rechnung M\xfcller.pdf", b"%PDF odd")

    office.intake.claim([odd, office.put("good.pdf", b"%PDF good")], by=MACHINE)

    assert states(office) == {"stored": 2}
    assert names(office) == ["Rechnung M_ller.pdf", "good.pdf"]


def test_claim_left_under_a_name_that_is_no_utf_8_is_taken_up(office: Office) -> None:
    leave_claimed(office, b"Rechnung M\xfcller.pdf")
    office.sweeping.sweep(by=MACHINE)
    assert states(office) == {"stored": 1}
    assert list((office.drop / ".claimed").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        " lead.pdf",
        "trail.pdf ",
        "new\nline.pdf",
        "tab\t.pdf",
        "-rf.pdf",
        LONGEST,
        "x." + "e" * 200,
        "😀" * 60 + ".pdf",
        "noending",
        "Processed/x.pdf",
        "sub/quarantine/y.pdf",
    ],
)
def test_odd_name_is_taken_as_it_is(office: Office, name: str) -> None:
    office.intake.claim([office.put(name, b"%PDF odd"), office.put("good.pdf", b"%PDF good")], by=MACHINE)
    assert states(office) == {"stored": 2}
    assert name in names(office)
    assert contents(office.drop / "processed") == [b"%PDF good", b"%PDF odd"]


@pytest.mark.parametrize("name", ["\u200b", "請求書" * 40 + ".pdf", "\x07.pdf", "a" * 300 + ".pdf", "..", "\ud800.pdf"])
def test_odd_name_of_an_upload_is_made_to_fit(office: Office, name: str) -> None:
    odd = office.intake.receive(BytesIO(b"MZ odd"), name, by=READER)
    other = office.intake.receive(BytesIO(b"MZ other"), "other.pdf", by=READER)

    assert (odd.state, other.state) == (FileState.QUARANTINED, FileState.QUARANTINED)
    assert contents(office.folder / "uploads" / "quarantine") == [b"MZ odd", b"MZ other"]
    assert office.intake.recover(by=MACHINE) == 0


def test_longest_name_twice_is_kept_twice(office: Office) -> None:
    office.intake.claim([office.put(LONGEST, b"%PDF 1")], by=MACHINE)
    office.intake.claim([office.put(LONGEST, b"%PDF 2"), office.put("z.pdf", b"%PDF z")], by=MACHINE)

    assert len(office.queue.rung) == 3
    assert contents(office.drop / "processed") == [b"%PDF 1", b"%PDF 2", b"%PDF z"]


def test_folder_named_like_an_earlier_file_is_no_obstacle(office: Office) -> None:
    office.intake.claim([office.put("a.pdf", b"%PDF 1")], by=MACHINE)
    office.intake.claim([office.put("a.pdf/b.pdf", b"%PDF 2")], by=MACHINE)

    assert len(office.queue.rung) == 2
    assert contents(office.drop / "processed") == [b"%PDF 1", b"%PDF 2"]


def test_file_in_the_place_of_the_quarantine_folder_delays_nothing_but_the_move(office: Office) -> None:
    obstacle = office.put("quarantine", b"hello")

    office.intake.claim([office.put("bad.pdf", b"nope"), office.put("good.pdf", b"%PDF")], by=MACHINE)
    assert states(office) == {"stored": 1, "quarantined": 1}
    assert len(office.queue.rung) == 1
    assert obstacle.read_bytes() == b"hello"

    obstacle.unlink()
    office.clock.advance(days=3650)
    office.sweeping.sweep(by=MACHINE)
    assert contents(office.drop / "quarantine") == [b"nope"]
    assert states(office) == {"stored": 1, "quarantined": 1}


def test_quarantined_file_is_never_overwritten(office: Office) -> None:
    for name, content in (("bad.pdf", b"one"), ("bad.3.pdf", b"two"), ("bad.pdf", b"three")):
        office.intake.claim([office.put(name, content)], by=MACHINE)
    assert contents(office.drop / "quarantine") == [b"one", b"three", b"two"]


class Locked(PosixPath):
    """A file in a folder that nobody may take files from."""

    def rename(self, target: Any) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")


def test_file_that_may_not_be_moved_does_not_hold_up_its_batch(office: Office) -> None:
    locked = office.put("locked/x.pdf", b"%PDF locked")

    assert office.intake.claim([Locked(locked), office.put("good.pdf", b"%PDF good")], by=MACHINE) == 1
    assert names(office) == ["good.pdf"]
    assert locked.exists()
    assert list((office.drop / ".claimed").iterdir()) == []


def test_dropper_cannot_reach_a_folder_through_a_link_in_the_quarantine(office: Office) -> None:
    (office.drop / "quarantine").mkdir()
    (office.drop / "quarantine" / "x").symlink_to(office.out)

    office.intake.claim([office.put("x/document-9-revision-1.json", b'{"forged": true}')], by=MACHINE)

    assert states(office) == {"quarantined": 1}
    assert not (office.out / "document-9-revision-1.json").exists()
    assert contents(office.drop / ".claimed") == [b'{"forged": true}']


def test_folder_that_became_a_link_after_it_was_seen_is_not_followed(office: Office) -> None:
    secret = office.folder / "secret"
    secret.mkdir()
    (secret / "payroll.pdf").write_bytes(b"%PDF payroll")
    (office.drop / "sub").symlink_to(secret)

    assert office.intake.claim([office.drop / "sub" / "payroll.pdf"], by=MACHINE) == 0
    assert (secret / "payroll.pdf").exists()
    assert states(office) == {}


def test_two_files_in_one_claim_are_both_taken(office: Office) -> None:
    leave_claimed(office, b"a.pdf", b"invoice/b.pdf")

    assert office.intake.recover(by=MACHINE) == 2
    assert names(office) == ["a.pdf", "invoice/b.pdf"]
    assert contents(office.drop / "processed") == [b"%PDF a.pdf", b"%PDF invoice/b.pdf"]
    assert list((office.drop / ".claimed").iterdir()) == []
    assert office.intake.recover(by=MACHINE) == 0


def test_names_in_one_claim_that_differ_in_odd_bytes_alone_overwrite_nothing(office: Office) -> None:
    leave_claimed(office, b"\xfc.pdf", b"\xff.pdf")
    office.intake.recover(by=MACHINE)
    assert states(office) == {"stored": 2}
    assert contents(office.drop / "processed") == [b"%PDF \xfc.pdf", b"%PDF \xff.pdf"]


def test_file_laid_beside_a_recorded_one_does_not_take_its_row(office: Office) -> None:
    probe, office.reader.probe = office.reader.probe, later  # type: ignore[method-assign]
    office.intake.claim([office.put("mine.pdf", b"%PDF mine")], by=MACHINE)
    office.reader.probe = probe  # type: ignore[method-assign]
    [claim] = (office.drop / ".claimed").iterdir()
    (claim / "another.pdf").write_bytes(b"%PDF another")
    office.clock.advance(days=3650)

    assert office.intake.recover(by=MACHINE) == 2
    found = {row.name: office.intake.blobs.get(row.sha256 or "") for row in office.files.list_files(by=READER).rows}
    assert {name: file.read_bytes() for name, file in found.items()} == {
        "mine.pdf": b"%PDF mine",
        "another.pdf": b"%PDF another",
    }


def later(path: Path, limits: object) -> NoReturn:
    raise TransientError("The reading process did not start.")


def test_original_of_a_name_with_a_line_break_has_a_name_that_a_header_can_hold(office: Office) -> None:
    office.intake.claim([office.put("new\nline.pdf", b"%PDF")], by=MACHINE)
    [(_, document_id)] = office.queue.take()

    found = office.pages.original(document_id, by=READER)
    with found.stream as stream:
        assert (stream.read(), found.size, found.name) == (b"%PDF", 4, "new_line.pdf")


@pytest.mark.parametrize(
    ("name", "wanted", "total"),
    [
        ("Rechnung Weiß.pdf", "Weiß", 1),
        ("MÜLLER.pdf", "müller", 1),
        ("x.pdf", "%", 0),
        ("x_y.pdf", "x_y", 1),
        ("x.pdf", "x\x00.p\ud800df", 1),
        ("x.pdf", "\x00", 1),
    ],
)
def test_file_is_found_by_its_name_as_a_person_types_it(office: Office, name: str, wanted: str, total: int) -> None:
    office.intake.claim([office.put(name, b"%PDF")], by=MACHINE)
    assert office.files.list_files(by=READER, search=wanted).total == total


def test_file_is_found_by_its_number(office: Office) -> None:
    office.intake.claim([office.put("x.pdf", b"%PDF")], by=MACHINE)
    [row] = office.files.list_files(by=READER).rows
    assert office.files.list_files(by=READER, search=str(row.id)).total == 1
    assert office.files.list_files(by=READER, search="9" * 40).total == 0
