from datetime import timedelta

import pytest

from pipeline.domain.actors import Actor, Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.review import Decision, FieldState, Settlement
from pipeline.domain.routing import Policy
from pipeline.errors import (
    AccessDeniedError,
    ClaimNotHeldError,
    ClaimTakenError,
    InvalidCorrectionError,
    InvalidTransitionError,
    NotFoundError,
    OpenExceptionsError,
    StaleTaskError,
)
from pipeline.services.views import DocumentView, FieldView, QueueFilter
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office

SWAPPED = {"gross_total": "1482.00"}


@pytest.fixture
def rowe(office: Office) -> Actor:
    return office.hire("rowe", Role.REVIEWER)


@pytest.fixture
def amadi(office: Office) -> Actor:
    return office.hire("amadi", Role.REVIEWER)


@pytest.fixture
def okafor(office: Office) -> Actor:
    return office.hire("okafor", Role.APPROVER)


def field(view: DocumentView, name: str) -> FieldView:
    return next(each for each in view.fields if each.record.name == name)


def settle(
    office: Office, view: DocumentView, by: Actor, name: str, decision: Decision, **more: object
) -> DocumentView:
    command = Settlement.model_validate({"field": name, "decision": decision, **more})
    return office.reviewing.settle(view.id, command, by=by, revision=view.revision)


def settle_all(office: Office, view: DocumentView, by: Actor) -> DocumentView:
    """Confirm what was read, and mark as absent what was not."""
    view = office.reviewing.claim(view.id, by=by)
    for each in view.fields:
        if field(view, each.record.name).record.state is FieldState.OPEN:
            absent = each.record.machine_value is None
            view = settle(office, view, by, each.record.name, Decision.ABSENT if absent else Decision.CONFIRM)
    return view


def test_two_people_cannot_hold_one_document(office: Office, rowe: Actor, amadi: Actor) -> None:
    view = office.receive()
    office.reviewing.claim(view.id, by=rowe)

    with pytest.raises(ClaimTakenError, match="Rowe holds document"):
        office.reviewing.claim(view.id, by=amadi)
    with pytest.raises(ClaimNotHeldError, match="Rowe holds"):
        settle(office, view, amadi, "iban", Decision.ABSENT)


def test_expired_lease_can_be_claimed_by_another_reviewer(office: Office, rowe: Actor, amadi: Actor) -> None:
    view = office.receive()
    office.reviewing.claim(view.id, by=rowe)
    office.clock.advance(minutes=14)
    office.reviewing.renew(view.id, by=rowe)
    office.clock.advance(minutes=14)
    with pytest.raises(ClaimTakenError):
        office.reviewing.claim(view.id, by=amadi)

    office.clock.advance(minutes=2)
    taken = office.reviewing.claim(view.id, by=amadi)
    assert taken.claim is not None
    assert taken.claim.is_mine
    with pytest.raises(ClaimNotHeldError):
        office.reviewing.renew(view.id, by=rowe)


def test_stale_page_cannot_overwrite_newer_work(office: Office, rowe: Actor) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    settle(office, view, rowe, "iban", Decision.ABSENT)

    with pytest.raises(StaleTaskError, match="Nothing was overwritten"):
        settle(office, view, rowe, "iban", Decision.CORRECT, value="X1")


def test_settling_every_exception_hands_the_document_on(office: Office, rowe: Actor) -> None:
    view = settle_all(office, office.receive(builders.extraction(SWAPPED)), rowe)
    assert view.open_count == 0

    office.reviewing.validate(view.id, by=rowe, revision=view.revision)
    done = office.reviewing.get_document(view.id, by=rowe)
    assert (done.state, done.validated_by, done.claim) == (DocumentState.READY, "rowe", None)


def test_open_exceptions_keep_a_document_in_review(office: Office, rowe: Actor) -> None:
    view = office.reviewing.claim(office.receive(builders.extraction(SWAPPED)).id, by=rowe)
    with pytest.raises(OpenExceptionsError, match="still open"):
        office.reviewing.validate(view.id, by=rowe, revision=view.revision)
    assert office.state(view.id) is DocumentState.REVIEW


def test_correction_is_read_in_the_document_s_own_way(office: Office, rowe: Actor) -> None:
    view = office.reviewing.claim(office.receive(builders.extraction(SWAPPED)).id, by=rowe)
    view = settle(office, view, rowe, "gross_total", Decision.CORRECT, value="£ 1,428.00")

    record = field(view, "gross_total").record
    assert (record.state, record.value, record.machine_value) == (FieldState.CORRECTED, "1428.00", "1482.00")
    assert view.findings == ()


def test_typing_what_was_read_is_a_confirmation(office: Office, rowe: Actor) -> None:
    view = office.reviewing.claim(office.receive(builders.extraction(SWAPPED)).id, by=rowe)
    view = settle(office, view, rowe, "net_total", Decision.CORRECT, value="1,190.00")
    assert field(view, "net_total").record.state is FieldState.CONFIRMED


@pytest.mark.parametrize("typed", ["not a date", ""])
def test_value_that_cannot_be_read_is_refused_with_a_sentence(office: Office, rowe: Actor, typed: str) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    with pytest.raises(InvalidCorrectionError):
        settle(office, view, rowe, "issue_date", Decision.CORRECT, value=typed)
    assert office.reviewing.get_document(view.id, by=rowe).revision == view.revision


def test_correction_that_breaks_a_check_opens_the_accepted_fields(office: Office, rowe: Actor) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    assert field(view, "net_total").record.state is FieldState.ACCEPTED

    view = settle(office, view, rowe, "gross_total", Decision.CORRECT, value="1500.00")
    assert field(view, "net_total").record.state is FieldState.OPEN
    view = office.reviewing.reopen(view.id, "gross_total", by=rowe, revision=view.revision)
    assert field(view, "net_total").record.state is FieldState.ACCEPTED
    assert field(view, "gross_total").record.value == "1428.00"


def test_undo_opens_an_exception_again(office: Office, rowe: Actor) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    view = settle(office, view, rowe, "iban", Decision.ABSENT)
    view = office.reviewing.reopen(view.id, "iban", by=rowe, revision=view.revision)
    assert field(view, "iban").record.state is FieldState.OPEN


def test_rejection_needs_a_reason_and_is_final(office: Office, rowe: Actor) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    with pytest.raises(InvalidCorrectionError, match="Say why"):
        office.reviewing.reject(view.id, "  ", by=rowe, revision=view.revision)
    gone = office.reviewing.reject(view.id, "an advertisement", by=rowe, revision=view.revision)
    assert (gone.state, gone.note) == (DocumentState.REJECTED, "an advertisement")
    with pytest.raises(InvalidTransitionError):
        office.reviewing.claim(view.id, by=rowe)


def test_held_document_comes_back_by_itself(office: Office, rowe: Actor) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    until = office.clock.now() + timedelta(days=2)
    office.reviewing.hold(view.id, "waits for the supplier", until, by=rowe, revision=view.revision)
    assert office.sweeping.sweep(by=MACHINE).resumed == 0

    office.clock.advance(days=2)
    assert office.sweeping.sweep(by=MACHINE).resumed == 1
    assert office.state(view.id) is DocumentState.REVIEW


def test_handover_gives_the_document_to_a_colleague(office: Office, rowe: Actor, amadi: Actor, okafor: Actor) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    with pytest.raises(NotFoundError, match="does not review"):
        office.reviewing.handover(view.id, okafor.id or 0, "", by=rowe, revision=view.revision)
    office.reviewing.handover(view.id, amadi.id or 0, "you know them", by=rowe, revision=view.revision)

    mine = office.reviewing.list_queue(QueueFilter(holder="me"), by=amadi)
    assert [row.id for row in mine.rows] == [view.id]
    assert office.reviewing.find_next(by=amadi) == view.id
    assert office.reviewing.find_next(by=rowe) is None


def test_another_type_has_the_document_read_again_and_keeps_settled_fields(office: Office, rowe: Actor) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    view = settle(office, view, rowe, "seller_name", Decision.CORRECT, value="Calder and Finch")
    office.reviewing.retype(view.id, "invoice", by=rowe, revision=view.revision)
    assert office.state(view.id) is DocumentState.QUEUED

    office.work()
    again = office.reviewing.get_document(view.id, by=rowe)
    assert field(again, "seller_name").record.value == "Calder and Finch"
    assert again.claim is not None


def test_ended_leases_are_cleared_and_the_work_is_kept(office: Office, rowe: Actor) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    settle(office, view, rowe, "iban", Decision.ABSENT)
    office.clock.advance(minutes=16)

    assert office.sweeping.sweep(by=MACHINE).expired_claims == 1
    kept = office.reviewing.get_document(view.id, by=rowe)
    assert kept.claim is None
    assert field(kept, "iban").record.state is FieldState.ABSENT


def test_approver_may_not_review(office: Office, okafor: Actor) -> None:
    view = office.receive()
    with pytest.raises(AccessDeniedError):
        office.reviewing.claim(view.id, by=okafor)


def test_queue_filters_sorts_and_counts(office: Office, rowe: Actor) -> None:
    office.receive(builders.extraction({"invoice_number": "B-2", "gross_total": "20.00"}))
    office.receive(builders.extraction({"invoice_number": "A-1", "gross_total": "1482.00"}))

    page = office.reviewing.list_queue(QueueFilter(sort="amount", descending=True), by=rowe)
    assert [row.number for row in page.rows] == ["A-1", "B-2"]
    assert page.exceptions == sum(row.open_count for row in page.rows)
    found = office.reviewing.list_queue(QueueFilter(search="a-1"), by=rowe)
    assert [row.number for row in found.rows] == ["A-1"]
    assert found.by_state[DocumentState.REVIEW] == 2
    assert "gross total does not agree" in found.rows[0].what


def test_separate_duties_keep_a_reviewer_from_approving(office: Office) -> None:
    both = office.hire("both", Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR)
    office.policies.change(Policy(separate_duties=True), "audit finding 7", by=both)
    view = settle_all(office, office.receive(), both)
    office.reviewing.validate(view.id, by=both, revision=view.revision)
    ready = office.reviewing.get_document(view.id, by=both)

    with pytest.raises(AccessDeniedError, match="separates duties"):
        office.approving.approve(view.id, by=both, revision=ready.revision)
    office.policies.change(Policy(version=2, separate_duties=False), "too few people", by=both)
    signed = office.approving.approve(view.id, by=both, revision=ready.revision)
    assert signed.approvals[0].was_reviewer
