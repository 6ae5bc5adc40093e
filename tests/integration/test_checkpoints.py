"""Checkpoints leave the machine by themselves, signed; what is done to the record afterwards shows against them."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.delivery.checkpoints import CheckpointFolder
from pipeline.domain.actors import Actor, Role
from pipeline.errors import AccessDeniedError, RecordBrokenError, TransientError
from pipeline.ports import Job
from pipeline.record.keys import SigningKey, introduce
from pipeline.record.verify import parse_checkpoint
from pipeline.services.auditing import EventFilter
from pipeline.store.keyring import FolderKeys
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_audit_verify import forge


@pytest.fixture
def office(office: Office) -> Office:
    """An office whose checkpoints leave, to a folder."""
    leaving = replace(office.checkpointing, outlets=(CheckpointFolder(office.folder / "checkpoints"),))
    office.checkpointing, office.sweeping = leaving, replace(office.sweeping, checkpointing=leaving)
    return office


@pytest.fixture
def auditor(office: Office) -> Actor:
    return office.hire("lindqvist", Role.AUDITOR)


def files(office: Office) -> list[Path]:
    return sorted((office.folder / "checkpoints").glob("*.json"))


def let_leave(office: Office) -> int:
    return office.checkpointing.write_due(by=MACHINE)


def test_a_checkpoint_leaves_once_a_day_and_only_where_anything_happened(office: Office, auditor: Actor) -> None:
    assert let_leave(office) == 1
    [first] = files(office)
    assert let_leave(office) == 0
    office.clock.advance(hours=25)
    assert let_leave(office) == 0, "nothing has happened but the first checkpoint"
    office.receive()
    assert office.checkpointing.is_due(by=MACHINE)
    assert let_leave(office) == 1
    assert files(office)[0] == first
    for path in files(office):
        assert office.auditing.verify(path.read_bytes(), by=auditor).problems == ()


def test_an_empty_record_has_nothing_to_say(office: Office) -> None:
    assert let_leave(office) == 0


def test_the_sweep_rings_for_it_and_a_worker_makes_it(office: Office) -> None:
    office.receive()
    assert office.sweeping.sweep(by=MACHINE).checkpoints == 1
    assert (Job.CHECKPOINT, 0) in office.queue.rung
    let_leave(office)
    assert office.sweeping.sweep(by=MACHINE).checkpoints == 0


def test_a_record_made_anew_shows_against_what_left_before(office: Office, auditor: Actor) -> None:
    office.receive()
    let_leave(office)
    [path] = files(office)
    forge(
        office, "DELETE FROM event_values", "DELETE FROM events", f"UPDATE chain_head SET seq = 0, hash = '{'0' * 64}'"
    )
    office.receive(content=b"%PDF another")
    assert office.auditing.verify(by=auditor).problems == ()
    assert len(office.auditing.verify(path.read_bytes(), by=auditor).problems) == 1


def test_a_record_that_does_not_hold_lets_nothing_leave(office: Office) -> None:
    office.receive()
    forge(office, "UPDATE events SET \"by\" = 'mallory' WHERE seq = 2")
    with pytest.raises(RecordBrokenError, match="no checkpoint was made"):
        let_leave(office)
    assert files(office) == []


def test_a_checkpoint_that_somebody_else_signed_is_a_problem(office: Office, auditor: Actor) -> None:
    said = json.loads(office.checkpointing.write(by=auditor))
    forger = SigningKey.make()
    said["keys"] = [introduce(forger, office.clock.now(), 1, None)]
    said["signatures"] = {forger.public: forger.sign(said)}
    [problem] = office.auditing.verify(json.dumps(said).encode(), by=auditor).problems
    assert "does not go back to the key" in problem


def test_keys_are_on_record_and_a_new_one_is_believed(office: Office, auditor: Actor) -> None:
    owner = office.hire("owner")
    before = office.checkpointing.write(by=auditor)
    office.checkpointing.rotate_key(by=owner)
    after = office.checkpointing.write(by=auditor)
    first, second = office.checkpointing.list_keys(by=auditor)
    assert (first.is_current, second.is_current) == (False, True)
    assert parse_checkpoint(before, first.key).signed_by == first.key
    assert parse_checkpoint(after, first.key).signed_by == second.key
    newer, older = office.auditing.list_events(EventFilter(tag="key:make"), by=auditor).rows
    assert (older.facts["key"], older.facts["previous"]) == (first.key, None)
    assert (newer.facts["key"], newer.facts["previous"], newer.by) == (second.key, first.key, "owner")
    with pytest.raises(AccessDeniedError):
        office.checkpointing.rotate_key(by=auditor)


def test_a_folder_that_is_away_is_told_and_the_others_have_theirs(office: Office) -> None:
    office.receive()
    blocked = office.folder / "blocked"
    blocked.write_bytes(b"no folder")
    away, near = CheckpointFolder(blocked / "in"), CheckpointFolder(office.folder / "near")
    checkpointing = type(office.checkpointing)(
        office.store, office.clock, FolderKeys(office.folder / "keys"), (near, Late(away)), timedelta(hours=24)
    )
    with pytest.raises(TransientError, match="PROOFDESK_CHECKPOINTS"):
        checkpointing.write_due(by=MACHINE)
    assert len(list((office.folder / "near").glob("*.json"))) == 1
    with pytest.raises(TransientError):
        away.find_last(None)


class Late(CheckpointFolder):
    """A folder that goes away between the look into it and the writing."""

    def __init__(self, behind: CheckpointFolder) -> None:
        super().__init__(behind.folder)

    def find_last(self, sent: datetime | None) -> None:
        return None
