"""Checkpoints are sent to an address: once, again where it was away, and nothing but there."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipeline.delivery.checkpoints import CheckpointAddress, CheckpointFolder
from pipeline.delivery.posting import BYTES_MAX, Address
from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.errors import TransientError
from pipeline.record.verify import parse_checkpoint
from pipeline.services.auditing import EventFilter
from tests.builders import MACHINE
from tests.desk import Office
from tests.keeper import Keeper, keeping


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def office(office: Office, keeper: Keeper) -> Iterator[Office]:
    """An office whose checkpoints leave to a folder and to an address on this machine."""
    with keeping(keeper) as host:
        address = Address(f"http://desk:hunter2@{host}/in", "The server for checkpoints", "PROOFDESK_CHECKPOINTS", 0.5)
        places = (CheckpointFolder(office.folder / "checkpoints"), CheckpointAddress(address))
        office.checkpointing = replace(office.checkpointing, outlets=places)
        office.receive()
        yield office


@pytest.fixture
def auditor(office: Office) -> Actor:
    return office.hire("lindqvist", Role.AUDITOR)


def leave(office: Office) -> int:
    return office.checkpointing.write_due(by=MACHINE)


def test_it_is_sent_once_with_its_hash_and_the_record_says_where(
    office: Office, keeper: Keeper, auditor: Actor
) -> None:
    assert leave(office) == 2
    [(content, headers)] = keeper.got
    assert office.auditing.verify(content, by=auditor).problems == ()
    digest = hashlib.sha256(content).hexdigest()
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"] == digest
    assert headers["Authorization"].startswith("Basic ")
    [lying] = (office.folder / "checkpoints").glob("*.json")
    assert lying.read_bytes() == content
    to_address, to_folder = office.auditing.list_events(EventFilter(tag=AuditTag.CHECKPOINT_SEND), by=auditor).rows
    assert (to_folder.facts["destination"], to_folder.facts["sha256"]) == ("folder", digest)
    assert to_address.facts["destination"] == keeper_host(headers["Host"])
    assert (leave(office), len(keeper.got)) == (0, 1)


def keeper_host(host: str) -> str:
    assert "hunter2" not in host
    return host


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (500, b"", "refuses with status 500"),
        (307, b"", "sends elsewhere, which is not followed"),
        (200, b"x" * (BYTES_MAX + 1), "answers without end"),
    ],
)
def test_one_that_does_not_take_it_gets_the_same_again_later(
    office: Office, keeper: Keeper, auditor: Actor, status: int, answer: bytes, said: str
) -> None:
    keeper.status, keeper.answer = status, answer
    with pytest.raises(TransientError, match=said) as refused:
        leave(office)
    assert "hunter2" not in str(refused.value)
    assert len(list((office.folder / "checkpoints").glob("*.json"))) == 1
    problems = [place.problem for place in office.checkpointing.standing(by=auditor).outlets]
    assert problems == [None, str(refused.value)]

    keeper.status, keeper.answer = 201, b""
    assert not office.checkpointing.is_due(by=MACHINE), "it is left alone for a while"
    office.clock.advance(minutes=6)
    assert office.checkpointing.is_due(by=MACHINE)
    assert leave(office) == 1
    assert keeper.got[0][0] == keeper.got[1][0], "the same one, so that it is kept once"
    assert [place.problem for place in office.checkpointing.standing(by=auditor).outlets] == [None, None]
    assert office.auditing.list_events(EventFilter(tag=AuditTag.CHECKPOINT_SEND), by=auditor).total == 2


def test_nothing_new_is_sent_where_nothing_happened_but_the_sending(office: Office, keeper: Keeper) -> None:
    leave(office)
    office.clock.advance(hours=25)
    assert leave(office) == 0
    office.receive()
    assert leave(office) == 2
    first, second = (parse_checkpoint(content).seq for content, _ in keeper.got)
    assert first < second
