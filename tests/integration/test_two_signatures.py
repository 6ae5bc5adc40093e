"""Four eyes: where the policy asks for it, two people sign, and several documents can be signed at once."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.review import Decision
from pipeline.errors import AccessDeniedError, InvalidTransitionError, StaleTaskError
from pipeline.services.views import DocumentView, QueueFilter, ReadyRow
from pipeline.store.engine import Store
from tests import builders
from tests.desk import Office
from tests.integration.test_review_document import settle, settle_all

READY = QueueFilter(states=(DocumentState.READY,))


@pytest.fixture
def brandt(office: Office) -> Actor:
    return office.hire("brandt", Role.APPROVER)


def rule(office: Office, **rules: object) -> None:
    owner = builders.person(0, "owner")
    policy = office.policies.get_current(by=owner).model_copy(update=rules)
    office.policies.change(policy, "two people look at what is large", by=owner)


def ready(office: Office, by: Actor, number: str = "A-1", gross: str | None = "1428.00") -> DocumentView:
    """Take a document through review."""
    view = settle_all(office, office.receive(builders.extraction({"invoice_number": number, "gross_total": gross})), by)
    office.reviewing.validate(view.id, by=by, revision=view.revision)
    return office.reviewing.get_document(view.id, by=by)


def listed(office: Office, by: Actor) -> dict[int, ReadyRow]:
    return {one.row.id: one for one in office.approving.list_ready(READY, by=by).rows}


def test_first_signature_leaves_the_document_ready_and_the_second_approves_and_delivers_it(
    office: Office, rowe: Actor, okafor: Actor, brandt: Actor
) -> None:
    rule(office, four_eyes_from=Decimal(1000))
    view = ready(office, rowe)
    said = office.approving.get_signing(view.id, by=okafor)
    assert said.second_why == "from 1000 on two people sign"
    first = office.approving.approve(view.id, by=okafor, revision=view.revision, statement=said.statement)
    assert (first.state, first.revision, first.approvals) == (DocumentState.READY, view.revision, ())
    office.work()
    assert list(office.out.glob("*.json")) == []

    said = office.approving.get_signing(view.id, by=brandt)
    assert said.first is not None
    assert (said.first.by_display, said.first.is_mine) == ("Okafor", False)
    assert said.statement.endswith("Okafor signed first.")
    last = office.approving.approve(view.id, by=brandt, revision=view.revision, statement=said.statement)
    assert last.state is DocumentState.APPROVED
    assert (last.approvals[0].by_display, last.approvals[0].first_by_display) == ("Brandt", "Okafor")
    office.work()
    [delivered] = [json.loads(path.read_text()) for path in office.out.glob("*.json")]
    assert (delivered["first_signature"]["by"], delivered["signature"]["by"]) == ("okafor", "brandt")
    assert len(office.events(view.id, AuditTag.SIGNATURE_GIVE)) == 1
    assert len(office.events(view.id, AuditTag.DOCUMENT_APPROVE)) == 1


def test_nobody_signs_twice(office: Office, rowe: Actor, okafor: Actor) -> None:
    rule(office, four_eyes_types=("invoice",))
    view = ready(office, rowe)
    office.approving.approve(view.id, by=okafor, revision=view.revision)
    with pytest.raises(AccessDeniedError, match="somebody else has to give the second"):
        office.approving.approve(view.id, by=okafor, revision=view.revision)
    assert office.state(view.id) is DocumentState.READY


def test_first_signature_can_be_taken_back_by_its_signer_alone(
    office: Office, rowe: Actor, okafor: Actor, brandt: Actor
) -> None:
    rule(office, four_eyes_types=("invoice",))
    view = ready(office, rowe)
    office.approving.approve(view.id, by=okafor, revision=view.revision)
    with pytest.raises(InvalidTransitionError, match="You have no signature"):
        office.approving.revoke(view.id, by=brandt, revision=view.revision)
    office.approving.revoke(view.id, by=okafor, revision=view.revision)
    assert office.approving.get_signing(view.id, by=brandt).first is None
    again = office.approving.approve(view.id, by=brandt, revision=view.revision)
    assert again.state is DocumentState.READY
    assert len(office.events(view.id, AuditTag.SIGNATURE_REVOKE)) == 1


def test_who_thought_to_sign_first_does_not_approve_by_signing_second(
    office: Office, rowe: Actor, okafor: Actor, brandt: Actor
) -> None:
    rule(office, four_eyes_types=("invoice",))
    view = ready(office, rowe)
    read = office.approving.get_signing(view.id, by=brandt).statement
    office.approving.approve(view.id, by=okafor, revision=view.revision)
    with pytest.raises(StaleTaskError, match="has changed"):
        office.approving.approve(view.id, by=brandt, revision=view.revision, statement=read)


def test_returned_document_needs_both_signatures_anew(
    office: Office, rowe: Actor, okafor: Actor, brandt: Actor
) -> None:
    rule(office, four_eyes_types=("invoice",))
    view = ready(office, rowe)
    office.approving.approve(view.id, by=okafor, revision=view.revision)
    view = office.approving.send_back(view.id, "which account?", by=brandt, revision=view.revision)
    view = settle_all(office, view, rowe)
    office.reviewing.validate(view.id, by=rowe, revision=view.revision)
    view = office.reviewing.get_document(view.id, by=rowe)
    assert office.approving.get_signing(view.id, by=brandt).first is None
    assert office.approving.approve(view.id, by=brandt, revision=view.revision).state is DocumentState.READY


def test_neither_of_two_signatures_is_a_reviewer_s_where_duties_are_separate(office: Office, brandt: Actor) -> None:
    rule(office, four_eyes_types=("invoice",), separate_duties=True)
    mara = office.hire("mara")
    view = ready(office, mara)
    with pytest.raises(AccessDeniedError, match="separates duties"):
        office.approving.approve(view.id, by=mara, revision=view.revision)
    office.approving.approve(view.id, by=brandt, revision=view.revision)
    with pytest.raises(AccessDeniedError, match="separates duties"):
        office.approving.approve(view.id, by=mara, revision=view.revision)


@pytest.mark.parametrize(("gross", "asks"), [("999.99", False), ("1000.00", True), ("-1000.00", True), (None, True)])
def test_amount_decides_how_many_sign_and_a_missing_one_counts_as_large(
    office: Office, rowe: Actor, okafor: Actor, gross: str | None, asks: bool
) -> None:
    rule(office, four_eyes_from=Decimal(1000))
    view = ready(office, rowe, gross=gross)
    assert (office.approving.get_signing(view.id, by=okafor).second_why is not None) is asks


def test_list_shows_what_people_changed_and_why(office: Office, rowe: Actor, okafor: Actor) -> None:
    view = office.receive(builders.extraction({"gross_total": "1482.00"}))
    view = office.reviewing.claim(view.id, by=rowe)
    view = settle(office, view, rowe, "gross_total", Decision.CORRECT, value="1428.00", comment="digits swapped")
    view = settle_all(office, view, rowe)
    office.reviewing.validate(view.id, by=rowe, revision=view.revision)
    view = office.reviewing.get_document(view.id, by=rowe)
    one = listed(office, okafor)[view.id]
    [change] = one.changes
    assert (change.name, change.before, change.after) == ("gross_total", "1482.00", "1428.00")
    assert (change.comment, change.by_display) == ("digits swapped", "Rowe")
    assert (one.apart, one.refused, one.validated_by_display) == (None, None, "Rowe")


def test_several_are_signed_at_once_and_one_that_cannot_be_keeps_none_back(
    office: Office, rowe: Actor, okafor: Actor
) -> None:
    good, other = ready(office, rowe, "A-1"), ready(office, rowe, "A-2")
    doubted = ready(office, rowe, "A-3", gross="9999.00")
    assert listed(office, okafor)[doubted.id].apart is not None
    chosen = [(good.id, good.revision), (doubted.id, doubted.revision), (other.id, other.revision - 1), (999, 1)]
    outcomes = office.approving.approve_many(chosen, by=okafor)
    assert [one.state for one in outcomes] == [DocumentState.APPROVED, None, None, None]
    assert "Open it to sign it" in (outcomes[1].refused or "")
    assert "changed meanwhile" in (outcomes[2].refused or "")
    assert office.state(other.id) is DocumentState.READY
    with pytest.raises(AccessDeniedError):
        office.approving.approve_many([(other.id, other.revision)], by=rowe)


def test_critical_value_that_nobody_has_seen_is_signed_by_itself_only(store: Store, tmp_path: Path) -> None:
    invoice = builders.invoice_type()
    eased = invoice.model_copy(
        update={"fields": tuple(each.model_copy(update={"critical": False}) for each in invoice.fields)}
    )
    office = Office(store, tmp_path, types=(eased,))
    okafor = office.hire("okafor", Role.APPROVER)
    view = office.receive(builders.extraction())
    assert view.state is DocumentState.READY
    stricter = Office(store, tmp_path, types=(invoice,))
    one = listed(stricter, okafor)[view.id]
    assert one.apart == "Iban is critical, and nobody has looked at it"
    [outcome] = stricter.approving.approve_many([(view.id, view.revision)], by=okafor)
    assert outcome.refused == "Open it to sign it: Iban is critical, and nobody has looked at it."
