"""Certificates that everything that came in is accounted for: what is missing, or was changed by hand, is found."""

import io
import json
import random
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select, text

from pipeline.delivery.checkpoints import CheckpointFolder
from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileSource
from pipeline.domain.review import Decision, Settlement
from pipeline.domain.sight import Allowance, Sight
from pipeline.errors import (
    AccessDeniedError,
    EncryptedDocumentError,
    InvalidCorrectionError,
    NotFoundError,
    PipelineError,
    TransientError,
)
from pipeline.ports import Job
from pipeline.record import verify as verifier
from pipeline.record.verify import DOCUMENT_STANDS, DOCUMENT_STATES, check_export, parse_certificate
from pipeline.services import claimed
from pipeline.services.completeness.certifying import CertificateView
from pipeline.services.entries import entry
from pipeline.services.exports.filter import ExportFilter, ExportFormat
from pipeline.store import events
from pipeline.store.tables import DocumentRow
from tests import builders
from tests import world as worlds
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_audit_verify import approve_one, forge
from tests.integration.test_erasure import erase


@pytest.fixture
def auditor(office: Office) -> Actor:
    return office.hire("lindqvist", Role.AUDITOR)


@pytest.fixture
def worked(office: Office, auditor: Actor) -> Office:
    """An office with one approved document, one in review, a duplicate and a file in quarantine."""
    approve_one(office)
    office.receive(content=b"%PDF second")
    take(office, "again.pdf", b"%PDF second")
    take(office, "notes.txt", b"no PDF")
    return office


def take(office: Office, name: str, content: bytes) -> None:
    office.intake.claim([office.put(name, content)], by=MACHINE)
    office.work()


def certify(office: Office, auditor: Actor, day: date | None = None) -> CertificateView:
    return office.certifying.write(day, by=auditor)


def content_of(office: Office, view: CertificateView, auditor: Actor) -> bytes:
    return office.certifying.get_content(view.id, by=auditor)


def whole_export(office: Office, auditor: Actor, wanted: ExportFilter | None = None) -> bytes:
    return b"".join(office.auditing.export(ExportFormat.JSONL, wanted, by=auditor))


def problems(export: bytes, certificate: bytes) -> list[str]:
    return check_export(io.BytesIO(export), None, parse_certificate(certificate)).chain.all_problems()


def test_a_day_that_is_complete_says_where_everything_went(worked: Office, auditor: Actor) -> None:
    made = certify(worked, auditor)
    assert made.differences == ()
    assert made.is_complete and made.is_intact
    files, documents = made.balance["files"], made.balance["documents"]
    assert (files["came_in"], files["closing"]) == (
        4,
        {"claimed": 0, "stored": 2, "duplicate": 1, "quarantined": 1},
    )
    assert (documents["came_in"], documents["closing"]["approved"], documents["closing"]["review"]) == (2, 1, 1)
    assert sum(files["closing"].values()) == files["came_in"]
    assert sum(documents["closing"].values()) == documents["came_in"]
    assert made.standing["files"]["last"] == 4
    assert made.standing["files"]["unused"] == []
    assert made.balance["totals"]["signatures"] == 1
    assert made.totals is not None
    [signed] = made.totals["signed"]
    assert (signed["currency"], signed["documents"], signed["amount"]) == ("GBP", 1, "1428.00")


def test_days_follow_from_one_another(office: Office, auditor: Actor) -> None:
    first = office.clock.now().astimezone(UTC).date()
    approve_one(office)
    office.clock.advance(hours=24)
    office.receive(content=b"%PDF the day after")
    office.clock.advance(hours=48)
    days = [first + timedelta(days=number) for number in range(4)]
    made = [certify(office, auditor, day) for day in days]
    assert [view.balance["documents"]["came_in"] for view in made] == [1, 1, 0, 0]
    for before, after in pairwise(made):
        for ledger in ("files", "documents"):
            assert before.balance[ledger]["closing"] == after.balance[ledger]["opening"]
    assert [view.is_over for view in made] == [True, True, True, False]
    with pytest.raises(InvalidCorrectionError, match="has not begun"):
        certify(office, auditor, days[-1] + timedelta(days=1))


STORED = "(SELECT min(id) FROM files WHERE state = 'stored')"
IN_REVIEW = "(SELECT min(id) FROM documents WHERE state = 'review')"
OF_FILES = "state, source, name, folder, size, received_by, received_at, moved"
OF_DOCUMENTS = (
    "state, file_id, revision, open_count, critical_count, open_states, what, received_at, due_at, changed_at, "
    "attempts, attempt, type_fixed, corrected, folder, priority, comment_count"
)
FORGERIES: dict[str, tuple[list[str], str]] = {
    "a file's row deleted": (
        ["DELETE FROM file_terms WHERE file_id = 4", "DELETE FROM files WHERE state = 'quarantined'"],
        "File 4 is on record as quarantined, but it is missing from the database.",
    ),
    "a file's state changed": (
        ["UPDATE files SET state = 'duplicate' WHERE state = 'quarantined'"],
        "File 4 is duplicate in the database, but on record it is quarantined.",
    ),
    "a file's bytes swapped": (
        [f"UPDATE files SET sha256 = '{'ab' * 32}' WHERE id = {STORED}"],
        "File 1 stands for other bytes in the database than on record.",
    ),
    "a file put in": (
        [f"INSERT INTO files (id, token, {OF_FILES}) SELECT 77, 'x', {OF_FILES} FROM files WHERE id = 4"],
        "File 77 is in the database, but that it came in is not on record.",
    ),
    "a document's row deleted": (
        [f"DELETE FROM {table} WHERE document_id = 2" for table in ("fields", "extractions", "search_terms")]
        + ["DELETE FROM documents WHERE id = 2"],
        "Document 2 is on record as review, but it is missing from the database.",
    ),
    "a document approved by hand": (
        [f"UPDATE documents SET state = 'approved' WHERE id = {IN_REVIEW}"],
        "Document 2 is approved in the database, but on record it is review.",
    ),
    "a document in no state that there is": (
        [f"UPDATE documents SET state = 'lost' WHERE id = {IN_REVIEW}"],
        "Document 2 is lost in the database, but on record it is review.",
    ),
    "a document put in": (
        [f"INSERT INTO documents (id, {OF_DOCUMENTS}) SELECT 99, {OF_DOCUMENTS} FROM documents WHERE id = 2"],
        "Document 99 is in the database, but that it came in is not on record.",
    ),
    "a kept count changed": (
        ["UPDATE document_counts SET documents = documents + 1 WHERE state = 'review'"],
        "Lists count 2 documents as review, but 1 are there: the kept counts were changed.",
    ),
    "a kept count of folders changed": (
        ["UPDATE folder_counts SET documents = documents + 1 WHERE state = 'review'"],
        "Lists count 2 documents as review, but 1 are there: the kept counts were changed.",
    ),
    "an event's text changed": (
        ["UPDATE events SET text = replace(text, 'quarantine', 'store') WHERE tag = 'file:quarantine'"],
        "its text or its hash was changed after it was written.",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_whatever_was_changed_by_hand_is_found(worked: Office, auditor: Actor, name: str) -> None:
    assert certify(worked, auditor).is_complete
    statements, expected = FORGERIES[name]
    forge(worked, *statements)
    made = certify(worked, auditor)
    assert not made.is_complete
    assert any(expected in difference for difference in made.differences), made.differences


def test_a_document_that_only_the_record_knows_is_found(worked: Office, auditor: Actor) -> None:
    with worked.store.writing() as session:
        events.append(
            session,
            entry(
                AuditTag.DOCUMENT_QUEUE,
                MACHINE,
                worked.clock.now(),
                file_id=1,
                document_id=5,
                facts={"state": "queued"},
            ),
        )
    made = certify(worked, auditor)
    assert made.differences == ("Document 5 is on record as waiting, but it is missing from the database.",)
    assert made.standing["documents"]["unused"] == [[3, 4]], "numbers that stand for nothing are named"


def test_missing_and_cut_bytes_are_found(worked: Office, auditor: Actor) -> None:
    blobs = sorted(path for path in (worked.folder / "blobs").glob("??/*") if path.is_file())
    blobs[0].unlink()
    blobs[1].write_bytes(b"")
    told = certify(worked, auditor).differences
    assert len(told) == 2
    assert any("are missing. Restore" in one for one in told)
    assert any("are 0, not" in one for one in told)


def test_a_claim_without_an_outcome_is_found_after_an_hour(office: Office, auditor: Actor) -> None:
    item = claimed.place(office.drop, claimed.new_folder(), "stuck.pdf", FileSource.DROP)
    office.intake.arrivals.enter([item], {item.token: 4}, MACHINE)
    made = certify(office, auditor)
    assert made.is_complete
    assert made.standing["oldest_claim"]["file"] == 1
    office.clock.advance(hours=2)
    [told] = certify(office, auditor).differences
    assert told.startswith("File 1 was claimed at ")
    assert office.intake.recover(by=MACHINE) == 1
    assert certify(office, auditor).is_complete


def test_a_certificate_is_on_record_and_can_t_be_edited(worked: Office, auditor: Actor) -> None:
    made = certify(worked, auditor)
    content = json.loads(content_of(worked, made, auditor))
    known = worked.checkpointing.list_keys(by=auditor)[0].key
    assert parse_certificate(json.dumps(content).encode(), known).signed_by == known
    content["balance"]["files"]["closing"]["stored"] -= 1
    with pytest.raises(ValueError, match="changed after it was signed"):
        parse_certificate(json.dumps(content).encode())
    forge(worked, "UPDATE certificates SET content = replace(content, '\"stored\"\\:2', '\"stored\"\\:9')")
    assert not worked.certifying.get(made.id, by=auditor).is_intact


def test_its_sums_can_be_taken_out_and_the_signature_holds(worked: Office, auditor: Actor) -> None:
    made = certify(worked, auditor)
    before = parse_certificate(content_of(worked, made, auditor))
    forge(worked, "UPDATE certificates SET totals = NULL")
    after = worked.certifying.get(made.id, by=auditor)
    assert after.totals is None
    assert after.is_intact
    assert b"1428.00" not in content_of(worked, made, auditor)
    assert parse_certificate(content_of(worked, made, auditor)).sha256 == before.sha256


def test_sums_that_were_changed_are_found(worked: Office, auditor: Actor) -> None:
    made = certify(worked, auditor)
    content = json.loads(content_of(worked, made, auditor))
    content["control_totals"]["signed"][0]["amount"] = "1.00"
    with pytest.raises(ValueError, match="changed after it was signed"):
        parse_certificate(json.dumps(content).encode())


def test_a_stranger_recomputes_it_from_a_whole_export(worked: Office, auditor: Actor, tmp_path: Path) -> None:
    made = certify(worked, auditor)
    content = content_of(worked, made, auditor)
    export = whole_export(worked, auditor)
    assert problems(export, content) == []
    (tmp_path / "export.jsonl").write_bytes(export)
    (tmp_path / "certificate.json").write_bytes(content)
    done = run_verifier(tmp_path, "export.jsonl", "--certificate", "certificate.json")
    assert done.returncode == 0, done.stdout
    assert "Its numbers are those that the events give." in done.stdout
    assert "not in this export" not in done.stdout
    assert "By the certificate the day was complete." in done.stdout


def test_a_filtered_export_can_t_show_it_and_says_so(worked: Office, auditor: Actor, tmp_path: Path) -> None:
    (tmp_path / "certificate.json").write_bytes(content_of(worked, certify(worked, auditor), auditor))
    (tmp_path / "export.jsonl").write_bytes(whole_export(worked, auditor, ExportFilter(person="lindqvist")))
    done = run_verifier(tmp_path, "export.jsonl", "--certificate", "certificate.json")
    assert done.returncode == 0, done.stdout
    assert "It can't be recomputed: the export leaves events out." in done.stdout


def test_a_certificate_that_its_own_signer_made_up_is_found(worked: Office, auditor: Actor) -> None:
    """Whoever owns the machine has the key: what they sign still has to be what the events say."""
    content = json.loads(content_of(worked, certify(worked, auditor), auditor))
    content["balance"]["documents"]["closing"]["review"] = 0
    content["balance"]["documents"]["came_in"] = 1
    key = worked.checkpointing.signing_key(by=auditor)
    content["signatures"] = {key.public: key.sign(verifier.seal(content))}
    told = problems(whole_export(worked, auditor), json.dumps(content).encode())
    assert told == [
        "The certificate says 1 for balance.documents.came_in, the events say 2.",
        "The certificate says 0 for balance.documents.closing.review, the events say 1.",
    ]


def test_an_export_that_ends_before_the_certificate_is_a_problem(worked: Office, auditor: Actor) -> None:
    export = whole_export(worked, auditor)
    worked.receive(content=b"%PDF later")
    [told] = problems(export, content_of(worked, certify(worked, auditor), auditor))
    assert "the end was cut off, or the export is the older one" in told


def test_a_certificate_of_differences_is_told_by_the_verifier(worked: Office, auditor: Actor, tmp_path: Path) -> None:
    forge(worked, "UPDATE documents SET state = 'rejected' WHERE id = 2")
    made = certify(worked, auditor)
    (tmp_path / "certificate.json").write_bytes(content_of(worked, made, auditor))
    (tmp_path / "export.jsonl").write_bytes(whole_export(worked, auditor))
    done = run_verifier(tmp_path, "export.jsonl", "--certificate", "certificate.json")
    assert done.returncode == 1
    assert "It says itself: Document 2 is rejected in the database, but on record it is review." in done.stdout
    assert "NOT COMPLETE" in done.stdout


def run_verifier(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    program = str(Path(verifier.__file__))
    return subprocess.run(
        [sys.executable, "-I", "-S", program, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def leaving(office: Office) -> Office:
    """An office whose checkpoints and certificates leave, to a folder."""
    checkpointing = replace(office.checkpointing, outlets=(CheckpointFolder(office.folder / "checkpoints"),))
    office.checkpointing = checkpointing
    office.certifying = replace(office.certifying, checkpointing=checkpointing)
    office.sweeping = replace(office.sweeping, checkpointing=checkpointing, certifying=office.certifying)
    return office


def test_the_sweep_has_each_day_certified_once_it_is_over(leaving: Office, auditor: Actor) -> None:
    leaving.receive()
    assert leaving.sweeping.sweep(by=MACHINE).certificates == 0, "the day is not over"
    leaving.clock.advance(hours=72)
    assert leaving.sweeping.sweep(by=MACHINE).certificates == 1
    assert (Job.CERTIFY, 0) in leaving.queue.rung
    assert leaving.certifying.write_due(by=MACHINE) == 3
    names = sorted(path.name for path in (leaving.folder / "checkpoints").glob("*certificate*"))
    assert [name[22:32] for name in names] == [view.day.isoformat() for view in reversed(days(leaving, auditor))]
    assert all("1428.00" not in path.read_text() for path in (leaving.folder / "checkpoints").iterdir())
    assert leaving.certifying.write_due(by=MACHINE) == 0
    assert leaving.sweeping.sweep(by=MACHINE).certificates == 0


def days(office: Office, auditor: Actor) -> tuple[CertificateView, ...]:
    return office.certifying.list_days(by=auditor).rows


def test_a_certificate_that_could_not_leave_is_kept_and_leaves_later(leaving: Office, auditor: Actor) -> None:
    leaving.receive()
    leaving.clock.advance(hours=24)
    (leaving.folder / "checkpoints").write_bytes(b"no folder")
    with pytest.raises(TransientError):
        leaving.certifying.write_due(by=MACHINE)
    [made] = days(leaving, auditor)
    assert made.left_at is None
    (leaving.folder / "checkpoints").unlink()
    leaving.clock.advance(minutes=6)
    assert leaving.certifying.is_due(by=MACHINE)
    assert leaving.certifying.write_due(by=MACHINE) == 0
    assert len(list((leaving.folder / "checkpoints").glob("*certificate*"))) == 1


def test_who_sees_a_part_alone_gets_no_certificate(worked: Office, auditor: Actor) -> None:
    made = certify(worked, auditor)
    limited = auditor.model_copy(update={"sight": Sight(allowances=(Allowance(folders=frozenset({"elsewhere"})),))})
    with pytest.raises(AccessDeniedError, match="groups show you a part"):
        worked.certifying.write(by=limited)
    for ask in (worked.certifying.get, worked.certifying.get_content):
        with pytest.raises(NotFoundError):
            ask(made.id, by=limited)
    assert worked.certifying.list_days(by=limited).rows == ()


def test_whatever_happens_the_books_balance(office: Office, auditor: Actor) -> None:
    """Random histories through the services, over many days: each certificate is complete, and so is its export."""
    draw = random.Random("ledgers")
    everyone = office.hire("everyone")
    made: list[CertificateView] = []
    for _ in range(30):
        for _ in range(draw.randrange(5, 20)):
            step(office, everyone, draw)
        made.append(certify(office, auditor))
        assert made[-1].differences == ()
        office.clock.advance(seconds=draw.choice([60, 3600, 90_000]))
    with office.store.reading() as session:
        there = Counter(session.scalars(select(DocumentRow.state)))
    stands = Counter({stand: 0 for stand in DOCUMENT_STANDS})
    for state, count in there.items():
        stands[DOCUMENT_STATES[state]] += count
    assert made[-1].balance["documents"]["closing"] == dict(stands)
    # the histories have to go everywhere
    assert {step for view in made for step in view.balance["documents"]["moved"]} >= {
        "review to held",
        "held to review",
        "approved to review",
        "ready to review",
        "waiting to failed",
        "failed to waiting",
        "review to waiting",
    }
    export = whole_export(office, auditor)
    for view in draw.sample(made, 5):
        assert problems(export, content_of(office, view, auditor)) == []


class BugError(Exception):
    """What a reader with a bug raises."""


def step(office: Office, by: Actor, draw: random.Random) -> None:
    """Do something that somebody could do: half of the time to a document, whatever its state has to say to that."""
    with office.store.reading() as session:
        known = session.execute(
            select(DocumentRow.id, DocumentRow.state, DocumentRow.revision).order_by(DocumentRow.id)
        )
        documents = [(row.id, DocumentState(row.state), row.revision) for row in known]
    office.reader.error = draw.choice([None, None, EncryptedDocumentError("It is locked."), BugError("bug")])
    office.engine.answer = builders.extraction(unsure=draw.choice([{}, {"gross_total": 0.2}]))
    with suppress(PipelineError, BugError):
        if documents and draw.random() < 0.6:
            act(office, *draw.choice(documents), by, draw)
            return
        content = b"%PDF " + draw.choice([b"one", *(draw.randbytes(4).hex().encode() for _ in range(3))])
        match draw.randrange(5):
            case 0:
                office.intake.claim([office.put(f"{draw.random()}.pdf", content)], by=MACHINE)
            case 1:
                office.intake.receive(io.BytesIO(draw.choice([content, b"", b"text"])), "sent.pdf", by=by)
            case 2:
                office.sweeping.sweep(by=MACHINE)
                office.work()
            case _:
                office.work()


def act(office: Office, document_id: int, state: DocumentState, revision: int, by: Actor, draw: random.Random) -> None:
    if draw.random() < 0.1:
        office.talking.write(document_id, "what is this?", by=by)
    match state:
        case DocumentState.FAILED:
            office.reviewing.retry(document_id, by=by, revision=revision)
        case DocumentState.READY if draw.random() < 0.6:
            office.approving.approve(document_id, by=by, revision=revision)
        case DocumentState.READY:
            office.approving.send_back(document_id, "look again", by=by, revision=revision)
        case DocumentState.APPROVED if draw.random() < 0.3:
            office.approving.supersede(document_id, "it was wrong", by=by, revision=revision)
        case DocumentState.QUEUED:
            office.processing.process(document_id, by=MACHINE)
        case _:
            review(office, document_id, by, draw)


def review(office: Office, document_id: int, by: Actor, draw: random.Random) -> None:
    view = office.reviewing.get_document(document_id, by=by)
    if view.state is DocumentState.HELD:
        office.reviewing.resume(view.id, by=by, revision=view.revision)
        return
    view = office.reviewing.claim(document_id, by=by)
    match draw.randrange(5):
        case 0:
            until = office.clock.now() + timedelta(hours=draw.randrange(1, 40))
            office.reviewing.hold(view.id, "later", until, by=by, revision=view.revision)
        case 1:
            office.reviewing.reject(view.id, "not ours", by=by, revision=view.revision)
        case 2:
            office.reviewing.retype(view.id, "invoice", by=by, revision=view.revision)
        case _:
            for field in view.fields:
                if field.record.state == "open":
                    decision = Decision.CONFIRM if field.record.value is not None else Decision.ABSENT
                    view = office.reviewing.settle(
                        view.id, Settlement(field=field.record.name, decision=decision), by=by, revision=view.revision
                    )
            office.reviewing.validate(view.id, by=by, revision=view.revision)


def test_auditors_see_the_days_and_take_certificates_away(tmp_path: Path, sqlite_template: Path) -> None:
    world = worlds.make(tmp_path, sqlite_template)
    browser = world.browser("auditor")
    day = world.clock.now().astimezone(UTC).date()
    made = browser.post("/audit/completeness", data={"day": day.isoformat()}, follow_redirects=True)
    assert "everything is accounted for" in made.text
    assert "complete so far" in made.text
    with world.services.store.writing() as session:
        session.execute(text("UPDATE documents SET state = 'rejected' WHERE state = 'held'"))
    earlier = (day - timedelta(days=3)).isoformat()
    made = browser.post("/audit/completeness", data={"day": earlier}, follow_redirects=True)
    assert "NOT COMPLETE" in made.text
    assert "is rejected in the database, but on record it is held." in made.text
    listed = browser.get("/audit/completeness")
    assert listed.text.count("No certificate was made for this day.") == 2
    assert "NOT COMPLETE" in listed.text
    certificate = browser.get(f"{made.request.path}/file")
    assert parse_certificate(certificate.data).said["complete"] is False
    assert browser.post("/audit/completeness", data={"day": "tomorrow"}).status_code == 400
    world.close()


def test_what_was_erased_is_accounted_for(worked: Office, auditor: Actor) -> None:
    erase(worked, 1, worked.hire("boss"))
    made = certify(worked, auditor)
    assert made.differences == ()
    assert made.standing["files"]["erased"] == 1
    assert made.totals is not None
    [signed] = made.totals["signed"]
    assert (signed["documents"], signed["without_amount"], signed["amount"]) == (1, 1, "0")
    assert problems(whole_export(worked, auditor), content_of(worked, made, auditor)) == []
