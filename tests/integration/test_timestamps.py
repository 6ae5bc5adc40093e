"""Checkpoints are stamped by somebody else, who may be slow, wrong or gone: that delays nothing and loses nothing."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.delivery.authority import TimestampAuthority
from pipeline.delivery.checkpoints import CheckpointFolder
from pipeline.delivery.posting import Address
from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.errors import ConfigurationError, TransientError
from pipeline.record.verify import PackCheck, check_stamped, parse_certificates, sha256_hex
from pipeline.services.auditing import EventFilter
from pipeline.services.exports.filter import ExportFilter
from pipeline.store.tables import CheckpointRow
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_audit_verify import approve_one, forge
from tests.integration.test_evidence import closed, opened
from tests.timestamp_authority import Authority, Wrong, listening


@pytest.fixture
def office(office: Office, tmp_path: Path) -> Iterator[Office]:
    """An office whose checkpoints leave to a folder and are stamped by an authority on this machine."""
    made = Authority("p256", now=office.clock.now())
    (tmp_path / "root.pem").write_bytes(made.pem)
    with listening(made) as url:
        client = TimestampAuthority.open(address(url), tmp_path / "root.pem")
        office.checkpointing = replace(
            office.checkpointing, outlets=(CheckpointFolder(office.folder / "checkpoints"),), authority=client
        )
        office.sweeping = replace(office.sweeping, checkpointing=office.checkpointing)
        office.packing = replace(office.packing, checkpointing=office.checkpointing)
        office.asked = made  # type: ignore[attr-defined]
        yield office


@pytest.fixture
def auditor(office: Office) -> Actor:
    return office.hire("lindqvist", Role.AUDITOR)


def address(url: str) -> Address:
    return Address(url, "The time-stamp authority", "PROOFDESK_TIMESTAMPS", seconds=0.5)


def theirs(office: Office) -> Authority:
    """The authority that stamps this office's checkpoints, its clock set to the office's."""
    found: Authority = office.asked  # type: ignore[attr-defined]
    found.now = office.clock.now()
    return found


def pack(office: Office, by: Actor) -> bytes:
    return b"".join(office.packing.write(ExportFilter(), by=by))


def checked(content: bytes, trusted: tuple[bytes, ...] = ()) -> PackCheck:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return PackCheck(archive, trusted=trusted)


def test_what_leaves_is_stamped_beside_it_and_on_record(office: Office, auditor: Actor) -> None:
    office.receive()
    office.checkpointing.write_due(by=MACHINE)
    [checkpoint] = (office.folder / "checkpoints").glob("*.json")
    stamp = checkpoint.with_suffix(".tsr").read_bytes()
    trusted = parse_certificates(theirs(office).pem)
    assert check_stamped(stamp, checkpoint.read_bytes(), trusted).at == office.clock.now().replace(microsecond=0)
    [event] = office.auditing.list_events(EventFilter(tag=AuditTag.CHECKPOINT_STAMP), by=auditor).rows
    assert event.facts["stamp_sha256"] == sha256_hex(stamp)
    assert event.facts["sha256"] == sha256_hex(checkpoint.read_bytes())
    assert event.facts["authority"].startswith("127.0.0.1:")
    assert not office.checkpointing.is_due(by=MACHINE)


def test_one_that_was_asked_for_is_stamped_by_the_sweep(office: Office, auditor: Actor) -> None:
    checkpoint = office.checkpointing.write(by=auditor)
    assert office.checkpointing.is_due(by=MACHINE)
    office.checkpointing.write_due(by=MACHINE)
    asked = len(theirs(office).asked)
    assert office.checkpointing.stamp(checkpoint, by=auditor) is not None
    assert len(theirs(office).asked) == asked, "it was kept"


@pytest.mark.parametrize("wrong", Wrong)
def test_an_answer_that_does_not_hold_is_never_kept(office: Office, auditor: Actor, wrong: Wrong) -> None:
    theirs(office).wrong = wrong
    office.receive()
    assert office.checkpointing.write_due(by=MACHINE) == 1
    assert list((office.folder / "checkpoints").glob("*.tsr")) == []
    standing = office.checkpointing.standing(by=auditor).authority
    assert standing is not None
    assert standing.problem is not None
    assert standing.problem.endswith(("tried again.", "asked again."))
    assert standing.problem.count(". ") <= 2
    assert office.auditing.verify(by=auditor).problems == ()

    theirs(office).wrong = None
    assert not office.checkpointing.is_due(by=MACHINE), "it is left alone for a while"
    office.clock.advance(minutes=6)
    theirs(office)
    assert office.checkpointing.is_due(by=MACHINE)
    assert office.checkpointing.write_due(by=MACHINE) == 0
    assert len(list((office.folder / "checkpoints").glob("*.tsr"))) == 1
    standing = office.checkpointing.standing(by=auditor).authority
    assert standing is not None
    assert standing.problem is None


def test_one_that_is_too_old_is_not_stamped_any_more(office: Office, auditor: Actor) -> None:
    theirs(office).wrong = Wrong.ERROR
    checkpoint = office.checkpointing.write(by=auditor)
    office.checkpointing.write_due(by=MACHINE)
    office.clock.advance(hours=23.5)
    theirs(office).wrong = None
    office.checkpointing.write_due(by=MACHINE)
    asked = len(theirs(office).asked)
    office.checkpointing.write_due(by=MACHINE)
    assert len(theirs(office).asked) == asked
    with office.store.reading() as session:
        row = session.get(CheckpointRow, sha256_hex(checkpoint))
        assert row is not None
        assert row.stamp is None


def test_evidence_brings_the_stamps_of_earlier_checkpoints(office: Office, auditor: Actor, tmp_path: Path) -> None:
    approve_one(office)
    office.checkpointing.write_due(by=MACHINE)
    office.clock.advance(hours=30)
    theirs(office)
    approve_one(office)
    content = pack(office, auditor)
    trusted = parse_certificates(theirs(office).pem)
    found = checked(content, trusted)
    assert found.export.chain.all_problems() == []
    assert len(found.stamps) == 2
    files = opened(content)
    assert "checkpoint.tsr" in files
    [earlier] = [name for name in files if name.startswith("timestamps/") and name.endswith(".json")]

    (tmp_path / "pack.zip").write_bytes(content)
    (tmp_path / "verify.py").write_bytes(files["verify.py"])
    (tmp_path / "checkpoint.json").write_bytes(files[earlier])
    (tmp_path / "checkpoint.tsr").write_bytes(files[earlier[:-4] + "tsr"])
    (tmp_path / "other.pem").write_bytes(Authority("rsa").pem)

    def run(*more: str) -> tuple[int, str]:
        command = [sys.executable, "-I", "-S", "verify.py", "pack.zip", *more]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    status, said = run("--authority", "root.pem", "--checkpoint", "checkpoint.json", "--timestamp", "checkpoint.tsr")
    assert status == 0, said
    assert "2 time-stamps" in said
    assert said.count("signed under the certificates that you named") == 2
    status, said = run()
    assert (status, "was believed" in said) == (0, True)
    status, said = run("--authority", "other.pem")
    assert (status, said.count("does not hold: it was not signed under")) == (1, 2)


def test_a_record_made_anew_shows_against_a_stamp_though_every_key_is_the_forgers(
    office: Office, auditor: Actor
) -> None:
    office.receive()
    office.checkpointing.write_due(by=MACHINE)
    forge(
        office,
        "DELETE FROM event_values",
        "DELETE FROM events",
        f"UPDATE chain_head SET seq = 0, hash = '{'0' * 64}'",
    )
    for number in range(6):
        office.receive(content=f"%PDF {number}".encode())
    assert office.auditing.verify(by=auditor).problems == ()
    [problem] = checked(pack(office, auditor)).export.chain.all_problems()
    assert "not proved to continue the checkpoint" in problem
    assert "time-stamped at" in problem


def test_a_pack_does_not_wait_for_an_authority_that_is_away(office: Office, auditor: Actor) -> None:
    approve_one(office)
    theirs(office).wrong = Wrong.HANGING
    content = pack(office, auditor)
    assert checked(content).export.chain.all_problems() == []
    assert not any(name.endswith(".tsr") for name in opened(content))


def test_a_stamp_that_was_swapped_inside_a_pack_is_found(office: Office, auditor: Actor) -> None:
    """Even where the forger has the signing key: it is not the authority's."""
    approve_one(office)
    files = opened(pack(office, auditor))
    forger = Authority("rsa", now=office.clock.now())
    files["checkpoint.tsr"] = forger.stamp(files["checkpoint.json"])
    trusted = parse_certificates(theirs(office).pem)
    found = checked(closed(files), trusted).export.chain.all_problems()
    assert any("checkpoint.tsr was changed" in problem for problem in found)
    assert any("not signed under a certificate of the authority's" in problem for problem in found)


def test_nothing_is_sent_to_where_machines_are_told_their_secrets() -> None:
    for url in ("https://169.254.169.254/latest", "https://[fe80::1]/", "https://[fd00:ec2::254]/"):
        with pytest.raises(TransientError, match="nothing may be sent to"):
            address(url).post(b"", {})


def test_what_an_address_is_reached_with_is_in_no_sentence() -> None:
    with pytest.raises(TransientError) as caught:
        address("http://somebody:secret@127.0.0.1:9/hidden").post(b"", {})
    assert "127.0.0.1:9" in str(caught.value)
    assert "secret" not in str(caught.value) + repr(address("http://a:secret@127.0.0.1:9/hidden"))
    assert "hidden" not in str(caught.value)


def test_certificates_that_cannot_be_read_stop_it_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="PROOFDESK_TIMESTAMP_CERTIFICATES"):
        TimestampAuthority.open(address("http://127.0.0.1:9"), tmp_path / "none.pem")
    (tmp_path / "none.pem").write_bytes(b"no certificate")
    with pytest.raises(ConfigurationError, match="PROOFDESK_TIMESTAMP_CERTIFICATES"):
        TimestampAuthority.open(address("http://127.0.0.1:9"), tmp_path / "none.pem")
