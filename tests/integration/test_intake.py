import os
from datetime import timedelta
from io import BytesIO

import pytest

from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileState
from pipeline.errors import AccessDeniedError, TransientError
from pipeline.ports import Job
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office

READER = builders.person(0, "reader")


def states(office: Office) -> dict[str, int]:
    return {state.value: n for state, n in office.files.list_files(by=READER).by_state.items() if n}


def test_dropped_file_is_stored_recorded_moved_and_rung_for(office: Office) -> None:
    path = office.put("leeds/scan 1.pdf", b"%PDF one")

    assert office.intake.claim([path], by=MACHINE) == 1

    file = office.files.list_files(by=READER).rows[0]
    assert file.state is FileState.STORED
    assert file.name == "leeds/scan 1.pdf"
    assert office.intake.blobs.get(file.sha256 or "").read_bytes() == b"%PDF one"
    assert (office.drop / "processed/leeds/scan 1.pdf").read_bytes() == b"%PDF one"
    assert not path.exists()
    assert list((office.drop / ".claimed").iterdir()) == []
    assert office.queue.rung == [(Job.PROCESS, file.document_id)]


def test_same_bytes_again_are_a_duplicate_of_the_first(office: Office) -> None:
    office.intake.claim([office.put("a.pdf", b"%PDF same"), office.put("b.pdf", b"%PDF same")], by=MACHINE)
    office.intake.claim([office.put("c.pdf", b"%PDF same")], by=MACHINE)

    rows = office.files.list_files(by=READER).rows
    assert [row.state for row in rows] == [FileState.DUPLICATE, FileState.DUPLICATE, FileState.STORED]
    assert {row.duplicate_of for row in rows[:2]} == {rows[2].id}
    assert (office.drop / "duplicates/c.pdf").exists()
    assert len(office.queue.rung) == 1


@pytest.mark.parametrize(("content", "code"), [(b"", "empty"), (b"<html>", "not a PDF")])
def test_unreadable_file_goes_to_quarantine_with_its_sentence(office: Office, content: bytes, code: str) -> None:
    office.intake.claim([office.put("bad.pdf", content), office.put("good.pdf", b"%PDF")], by=MACHINE)

    by_name = {row.name: row for row in office.files.list_files(by=READER).rows}
    assert by_name["bad.pdf"].state is FileState.QUARANTINED
    assert code in (by_name["bad.pdf"].reason or "")
    assert (office.drop / "quarantine/bad.pdf").read_bytes() == content
    assert by_name["good.pdf"].state is FileState.STORED


def test_name_that_is_taken_in_processed_is_not_overwritten(office: Office) -> None:
    office.intake.claim([office.put("a.pdf", b"%PDF one")], by=MACHINE)
    office.intake.claim([office.put("a.pdf", b"%PDF two")], by=MACHINE)

    contents = sorted(path.read_bytes() for path in (office.drop / "processed").iterdir())
    assert contents == [b"%PDF one", b"%PDF two"]


def test_links_and_pipes_are_left_alone(office: Office) -> None:
    target = office.put("real.pdf", b"%PDF real")
    link, pipe = office.drop / "link.pdf", office.drop / "pipe.pdf"
    link.symlink_to(target)
    os.mkfifo(pipe)

    assert office.intake.claim([link, pipe], by=MACHINE) == 0
    assert link.is_symlink()
    assert pipe.exists()
    assert states(office) == {}


def test_subfolder_named_after_a_type_sets_it(office: Office) -> None:
    office.intake.claim([office.put("Invoice/2026/a.pdf", b"%PDF")], by=MACHINE)
    document_id = office.queue.rung[0][1]

    view = office.reviewing.get_document(document_id, by=READER)
    assert (view.type, view.type_fixed) == ("invoice", True)


def test_claim_left_by_a_killed_process_is_finished(office: Office) -> None:
    folder = office.drop / ".claimed/0123/invoice"
    folder.mkdir(parents=True)
    (folder / "half.pdf").write_bytes(b"%PDF half")
    os.utime(folder.parent, (0, 0))

    assert office.intake.recover(by=MACHINE) == 1
    assert states(office) == {"stored": 1}
    assert (office.drop / "processed/invoice/half.pdf").exists()
    assert office.intake.recover(by=MACHINE) == 0


def test_row_of_a_claim_is_taken_up_again_and_not_doubled(office: Office) -> None:
    office.reader.probe = lambda path, limits: (_ for _ in ()).throw(TransientError("later"))  # type: ignore[method-assign]
    office.intake.claim([office.put("a.pdf", b"%PDF")], by=MACHINE)
    assert states(office) == {"claimed": 1}

    del office.reader.probe  # type: ignore[misc]
    office.clock.advance(days=365 * 10)
    assert office.intake.recover(by=MACHINE) == 1
    assert states(office) == {"stored": 1}
    assert len(office.queue.rung) == 1


def test_claimed_file_that_vanished_is_said_to_be_gone(office: Office) -> None:
    office.reader.probe = lambda path, limits: (_ for _ in ()).throw(TransientError("later"))  # type: ignore[method-assign]
    office.intake.claim([office.put("a.pdf", b"%PDF")], by=MACHINE)
    next((office.drop / ".claimed").rglob("a.pdf")).unlink()

    office.intake.recover(by=MACHINE, older_than=timedelta(0))

    row = office.files.list_files(by=READER).rows[0]
    assert row.state is FileState.QUARANTINED
    assert "disappeared" in (row.reason or "")


def test_upload_goes_through_the_same_door(office: Office) -> None:
    first = office.intake.receive(BytesIO(b"%PDF up"), "../../etc/in voice.pdf", by=READER)
    again = office.intake.receive(BytesIO(b"%PDF up"), "copy.pdf", by=READER)
    bad = office.intake.receive(BytesIO(b"MZ"), "virus.exe", by=READER)

    assert (first.state, first.name) == (FileState.STORED, "in voice.pdf")
    assert (again.state, again.duplicate_of) == (FileState.DUPLICATE, first.file_id)
    assert bad.state is FileState.QUARANTINED
    assert "not a PDF" in (bad.reason or "")
    assert office.state(first.document_id or 0) is DocumentState.QUEUED


def test_auditor_may_not_hand_in_documents(office: Office) -> None:
    with pytest.raises(AccessDeniedError, match="hand in documents"):
        office.intake.receive(BytesIO(b"%PDF"), "a.pdf", by=builders.person(9, "ada", Role.AUDITOR))
    assert states(office) == {}
