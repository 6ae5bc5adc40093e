import json

import pytest

from pipeline.domain.actors import Actor, Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.review import FieldState
from pipeline.errors import AccessDeniedError, InvalidTransitionError, StaleTaskError
from pipeline.services.views import DocumentView
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_review_document import field, settle_all


@pytest.fixture
def rowe(office: Office) -> Actor:
    return office.hire("rowe", Role.REVIEWER)


@pytest.fixture
def okafor(office: Office) -> Actor:
    return office.hire("okafor", Role.APPROVER)


@pytest.fixture
def ready(office: Office, rowe: Actor) -> DocumentView:
    view = settle_all(office, office.receive(builders.extraction({"gross_total": "1482.00"})), rowe)
    office.reviewing.validate(view.id, by=rowe, revision=view.revision)
    return office.reviewing.get_document(view.id, by=rowe)


def test_approval_is_signed_delivered_once_and_says_who_checked(
    office: Office, ready: DocumentView, okafor: Actor
) -> None:
    signed = office.approving.approve(ready.id, by=okafor, revision=ready.revision)
    assert signed.state is DocumentState.APPROVED
    assert "checked by Rowe" in signed.approvals[0].meaning
    office.work()
    office.delivering.deliver(ready.id, by=MACHINE)

    [path] = office.out.glob("*.json")
    delivered = json.loads(path.read_text())
    assert delivered["fields"]["gross_total"]["value"] == "1482.00"
    assert delivered["fields"]["gross_total"]["settled_by"] == "rowe"
    assert delivered["fields"]["net_total"]["provenance"]["page"] == 1
    assert delivered["signature"]["by"] == "okafor"
    assert delivered["files"][0]["sha256"] == signed.sha256
    assert delivered["record_sha256"] == signed.approvals[0].record_sha256
    sent = office.reviewing.get_document(ready.id, by=okafor).approvals[0]
    assert (sent.delivery_state, sent.delivery_reference) == ("sent", path.name)


def test_reviewer_cannot_approve_and_the_machine_never_can(office: Office, ready: DocumentView, rowe: Actor) -> None:
    for nobody in (rowe, MACHINE):
        with pytest.raises(AccessDeniedError):
            office.approving.approve(ready.id, by=nobody, revision=ready.revision)
    assert office.state(ready.id) is DocumentState.READY


def test_document_is_approved_once(office: Office, ready: DocumentView, okafor: Actor) -> None:
    office.approving.approve(ready.id, by=okafor, revision=ready.revision)
    with pytest.raises(InvalidTransitionError):
        office.approving.approve(ready.id, by=okafor, revision=ready.revision)


def test_approval_of_what_was_not_seen_is_refused(office: Office, ready: DocumentView, okafor: Actor) -> None:
    with pytest.raises(StaleTaskError):
        office.approving.approve(ready.id, by=okafor, revision=ready.revision - 1)


def test_statement_that_changed_since_it_was_read_is_not_signed(
    office: Office, ready: DocumentView, okafor: Actor
) -> None:
    read = office.approving.get_signing(ready.id, by=okafor).statement
    policy = office.policies.get_current(by=okafor)
    office.policies.change(policy.model_copy(update={"sample_rate": 0.5}), "more samples", by=office.hire("chief"))

    with pytest.raises(StaleTaskError, match="so nothing was signed"):
        office.approving.approve(ready.id, by=okafor, revision=ready.revision, statement=read)
    again = office.approving.get_signing(ready.id, by=okafor).statement
    signed = office.approving.approve(ready.id, by=okafor, revision=ready.revision, statement=again)
    assert signed.approvals[0].meaning == again


def test_returned_document_is_an_exception_again(
    office: Office, ready: DocumentView, okafor: Actor, rowe: Actor
) -> None:
    back = office.approving.send_back(
        ready.id, "look at the total", by=okafor, revision=ready.revision, fields=("gross_total",)
    )
    assert (back.state, back.open_count) == (DocumentState.REVIEW, 1)
    assert "look at the total" in field(back, "gross_total").record.reasons[-1].message

    view = settle_all(office, back, rowe)
    office.reviewing.validate(view.id, by=rowe, revision=view.revision)
    again = office.reviewing.get_document(view.id, by=rowe)
    assert again.state is DocumentState.READY


def test_return_without_fields_asks_about_the_document(office: Office, ready: DocumentView, okafor: Actor) -> None:
    back = office.approving.send_back(ready.id, "whose is this?", by=okafor, revision=ready.revision)
    assert field(back, "document_type").record.state is FieldState.OPEN


def test_superseded_approval_is_kept_and_the_new_one_delivered_beside_it(
    office: Office, ready: DocumentView, okafor: Actor, rowe: Actor
) -> None:
    signed = office.approving.approve(ready.id, by=okafor, revision=ready.revision)
    office.work()
    opened = office.approving.supersede(ready.id, "wrong total", by=okafor, revision=signed.revision)
    view = settle_all(office, opened, rowe)
    office.reviewing.validate(view.id, by=rowe, revision=view.revision)
    view = office.reviewing.get_document(view.id, by=rowe)
    second = office.approving.approve(view.id, by=okafor, revision=view.revision)
    office.work()

    newest, first = second.approvals
    assert first.superseded_at is not None
    assert newest.superseded_at is None
    assert first.record_sha256 != newest.record_sha256
    assert len(list(office.out.glob("*.json"))) == 2


def test_destination_that_is_down_is_tried_again_later(office: Office, ready: DocumentView, okafor: Actor) -> None:
    office.out.rename(office.folder / "unmounted")
    office.approving.approve(ready.id, by=okafor, revision=ready.revision)
    office.work()
    waiting = office.reviewing.get_document(ready.id, by=okafor).approvals[0]
    assert waiting.delivery_state == "pending"
    assert "Mount it again" in (waiting.delivery_error or "")
    assert not office.out.exists()

    (office.folder / "unmounted").rename(office.out)
    assert office.delivering.due(by=MACHINE) == ()
    office.clock.advance(minutes=1)
    office.sweeping.sweep(by=MACHINE)
    office.work()
    assert office.reviewing.get_document(ready.id, by=okafor).approvals[0].delivery_state == "sent"
