"""What was signed arrives once: whoever dies, is quicker, is down or has taken it away meanwhile."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.delivery.folder import MARKS, FolderDestination
from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditTag
from pipeline.errors import DestinationUnavailableError
from pipeline.ports import Receipt
from pipeline.services.delivering import FAULT
from pipeline.services.views import ApprovalView, DocumentView
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_review_document import settle_all


@pytest.fixture
def ready(office: Office, rowe: Actor) -> DocumentView:
    """A document that waits for its signature."""
    view = settle_all(office, office.receive(), rowe)
    office.reviewing.validate(view.id, by=rowe, revision=view.revision)
    return office.reviewing.get_document(view.id, by=rowe)


@pytest.fixture
def signed(office: Office, ready: DocumentView, okafor: Actor) -> DocumentView:
    """A document that was approved and not sent yet."""
    signed = office.approving.approve(ready.id, by=okafor, revision=ready.revision)
    office.queue.take()
    return signed


@dataclass
class Beset:
    """The office's folder, with something happening around each sending."""

    office: Office
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    name: str = "folder"

    def send(self, key: str, payload: bytes) -> Receipt:
        self.before()
        receipt = FolderDestination(self.office.out).send(key, payload)
        self.after()
        return receipt

    def tidy(self, before: datetime) -> int:
        return 0

    def withdraw(self, key: str) -> bool:
        return FolderDestination(self.office.out).withdraw(key)

    def deliver(self, view: DocumentView) -> None:
        dataclasses.replace(self.office.delivering, destinations=(self,)).deliver(view.id, by=MACHINE)


class Killed(BaseException):
    """The end of a worker's process, which no handler sees."""


def die() -> None:
    raise Killed


def records(office: Office) -> list[Path]:
    return sorted(office.out.glob("*.json"))


def approval(office: Office, view: DocumentView, by: Actor) -> ApprovalView:
    return office.reviewing.get_document(view.id, by=by).approvals[0]


def unmount(office: Office) -> Path:
    return office.out.rename(office.folder / "unmounted")


def test_earlier_revision_that_could_not_be_sent_never_arrives_after_the_newer(
    office: Office, signed: DocumentView, rowe: Actor, okafor: Actor
) -> None:
    mount = unmount(office)
    office.delivering.deliver(signed.id, by=MACHINE)
    view = office.approving.supersede(signed.id, "wrong total", by=okafor, revision=signed.revision)
    view = settle_all(office, view, rowe)
    office.reviewing.validate(view.id, by=rowe, revision=view.revision)
    view = office.reviewing.get_document(view.id, by=rowe)
    newer = office.approving.approve(view.id, by=okafor, revision=view.revision)
    mount.rename(office.out)

    office.work()
    office.clock.advance(hours=2)
    office.sweeping.sweep(by=MACHINE)
    office.work()

    assert [path.name for path in records(office)] == [f"document-{signed.id}-revision-{newer.revision}.json"]
    newest, superseded = office.reviewing.get_document(signed.id, by=okafor).approvals
    assert (newest.delivery_state, superseded.delivery_state) == ("sent", "failed")
    assert "The next approval is sent instead" in (superseded.delivery_error or "")


def test_worker_that_fails_late_does_not_take_back_what_another_has_sent(
    office: Office, signed: DocumentView, okafor: Actor
) -> None:
    def be_overtaken() -> None:
        office.delivering.deliver(signed.id, by=MACHINE)
        raise DestinationUnavailableError("The slow one failed.")

    Beset(office, before=be_overtaken).deliver(signed)

    sent = approval(office, signed, okafor)
    assert (sent.delivery_state, sent.delivery_error) == ("sent", None)
    assert office.events(signed.id, AuditTag.DELIVERY_FAIL) == []


def test_two_workers_that_send_at_once_are_one_delivery(office: Office, signed: DocumentView) -> None:
    Beset(office, before=lambda: office.delivering.deliver(signed.id, by=MACHINE)).deliver(signed)

    assert len(records(office)) == 1
    assert len(office.events(signed.id, AuditTag.DELIVERY_SEND)) == 1


def test_record_that_its_reader_took_away_is_not_delivered_again(
    office: Office, signed: DocumentView, okafor: Actor
) -> None:
    with pytest.raises(Killed):
        Beset(office, after=die).deliver(signed)
    [record] = records(office)
    record.unlink()

    office.delivering.deliver(signed.id, by=MACHINE)
    assert records(office) == []
    assert approval(office, signed, okafor).delivery_state == "sent"


def test_fault_of_a_destination_is_raised_told_and_put_off(office: Office, signed: DocumentView, okafor: Actor) -> None:
    def stumble() -> None:
        raise ZeroDivisionError("4711.00 for Erika Mustermann")

    for attempts in (1, 2):
        with pytest.raises(ZeroDivisionError):
            Beset(office, before=stumble).deliver(signed)
        waiting = approval(office, signed, okafor)
        assert (waiting.delivery_state, waiting.delivery_error) == ("pending", FAULT)
        failure = office.events(signed.id, AuditTag.DELIVERY_FAIL)[-1]
        assert (failure.facts["code"], failure.facts["attempts"]) == ("internal", attempts)
        assert office.sweeping.sweep(by=MACHINE).deliveries == 0
        office.clock.advance(hours=1)
        assert office.sweeping.sweep(by=MACHINE).deliveries == 1

    office.work()
    assert len(records(office)) == 1
    assert approval(office, signed, okafor).delivery_error is None


def test_delivery_to_a_destination_that_is_not_set_up_waits(
    office: Office, signed: DocumentView, okafor: Actor
) -> None:
    dataclasses.replace(office.delivering, destinations=()).deliver(signed.id, by=MACHINE)

    waiting = approval(office, signed, okafor)
    assert (waiting.delivery_state, waiting.delivery_error) == (
        "pending",
        "No destination is called folder here. Configure it again.",
    )
    assert office.delivering.due(by=MACHINE) == ()


def test_nothing_is_written_where_the_mounted_folder_is_gone(
    office: Office, signed: DocumentView, okafor: Actor
) -> None:
    unmount(office)
    office.delivering.deliver(signed.id, by=MACHINE)
    assert not office.out.exists()
    assert "Mount it again" in (approval(office, signed, okafor).delivery_error or "")


def test_record_of_an_earlier_installation_is_not_overwritten(
    office: Office, signed: DocumentView, okafor: Actor
) -> None:
    older = office.out / f"document-{signed.id}-revision-{signed.revision}.json"
    older.write_text("an older record")

    office.delivering.deliver(signed.id, by=MACHINE)
    assert older.read_text() == "an older record"
    assert "Move it away" in (approval(office, signed, okafor).delivery_error or "")

    older.unlink()
    office.clock.advance(hours=1)
    office.delivering.deliver(signed.id, by=MACHINE)
    assert records(office) == [older]
    assert approval(office, signed, okafor).delivery_state == "sent"


def test_damaged_mark_of_a_delivery_is_told_and_nothing_is_sent_twice(
    office: Office, signed: DocumentView, okafor: Actor
) -> None:
    mark = office.out / MARKS / f"document-{signed.id}-revision-{signed.revision}"
    mark.write_bytes(b"")

    office.delivering.deliver(signed.id, by=MACHINE)
    assert records(office) == []
    assert "Remove it if the record did not" in (approval(office, signed, okafor).delivery_error or "")

    mark.unlink()
    office.clock.advance(hours=1)
    office.delivering.deliver(signed.id, by=MACHINE)
    assert len(records(office)) == 1
