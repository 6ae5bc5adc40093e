"""What somebody typed and did not save comes back to them, and to nobody else, until it is decided."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from pipeline.domain.actors import Actor, Role
from pipeline.domain.review import Decision, FieldState, Settlement
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, InvalidTransitionError, NotFoundError
from pipeline.services.views import DocumentView
from pipeline.store.tables import EventRow
from tests.desk import Office

TYPED = {"value": ["CF-208"], "comment": ["half of it is torn off"]}


@pytest.fixture
def rowe(office: Office) -> Actor:
    return office.hire("rowe", Role.REVIEWER)


@pytest.fixture
def held(office: Office, rowe: Actor) -> DocumentView:
    return office.reviewing.claim(office.receive().id, by=rowe)


def typed(office: Office, document: DocumentView, by: Actor) -> dict[str, dict[str, tuple[str, ...]]]:
    return {draft.field: draft.entries for draft in office.reviewing.get_document(document.id, by=by).drafts}


def record_of(office: Office) -> int:
    with office.store.reading() as session:
        return session.scalar(select(func.count()).select_from(EventRow)) or 0


def test_a_draft_comes_back_to_who_typed_it_and_changes_nothing(
    office: Office, held: DocumentView, rowe: Actor
) -> None:
    amadi = office.hire("amadi", Role.REVIEWER)
    before = record_of(office)
    assert office.drafting.keep(held.id, "invoice_number", TYPED, by=rowe) == office.clock.now()
    assert typed(office, held, rowe) == {
        "invoice_number": {"value": ("CF-208",), "comment": ("half of it is torn off",)}
    }
    assert typed(office, held, amadi) == {}
    assert office.reviewing.get_document(held.id, by=rowe).revision == held.revision
    assert record_of(office) == before


def test_what_is_typed_later_takes_the_place_of_what_was_kept(office: Office, held: DocumentView, rowe: Actor) -> None:
    for text in ("C", "CF", "CF-20814"):
        office.drafting.keep(held.id, "invoice_number", {"value": [text]}, by=rowe)
    assert typed(office, held, rowe)["invoice_number"]["value"] == ("CF-20814",)


def test_a_draft_is_kept_though_the_lease_ran_out(office: Office, held: DocumentView, rowe: Actor) -> None:
    office.clock.advance(hours=2)
    office.reviewing.claim(held.id, by=office.hire("amadi", Role.REVIEWER))
    office.drafting.keep(held.id, "invoice_number", TYPED, by=rowe)
    assert "invoice_number" in typed(office, held, rowe)


def test_a_decision_takes_the_place_of_its_draft_and_of_no_other(
    office: Office, held: DocumentView, rowe: Actor
) -> None:
    office.drafting.keep(held.id, "invoice_number", TYPED, by=rowe)
    office.drafting.keep(held.id, "gross_total", {"value": ["7"]}, by=rowe)
    command = Settlement(field="invoice_number", decision=Decision.CORRECT, value="CF-20814")
    office.reviewing.settle(held.id, command, by=rowe, revision=held.revision)
    assert list(typed(office, held, rowe)) == ["gross_total"]


def test_no_draft_outlives_the_review(office: Office, held: DocumentView, rowe: Actor) -> None:
    office.drafting.keep(held.id, "invoice_number", TYPED, by=rowe)
    view = held
    for each in held.fields:
        if each.record.state is FieldState.OPEN:
            decision = Decision.CONFIRM if each.record.machine_value is not None else Decision.ABSENT
            command = Settlement(field=each.record.name, decision=decision)
            view = office.reviewing.settle(held.id, command, by=rowe, revision=view.revision)
    office.drafting.keep(held.id, "invoice_number", TYPED, by=rowe)
    office.reviewing.validate(held.id, by=rowe, revision=view.revision)
    view = office.reviewing.get_document(held.id, by=rowe)
    assert view.drafts == ()
    with pytest.raises(InvalidTransitionError):
        office.drafting.keep(held.id, "invoice_number", TYPED, by=rowe)


def test_a_hold_keeps_drafts_for_the_day_on_which_the_document_comes_back(
    office: Office, held: DocumentView, rowe: Actor
) -> None:
    office.drafting.keep(held.id, "invoice_number", TYPED, by=rowe)
    until = office.clock.now() + timedelta(days=2)
    office.reviewing.hold(held.id, "the other page is to come", until, by=rowe, revision=held.revision)
    assert "invoice_number" in typed(office, held, rowe)


def test_a_draft_that_is_left_is_forgotten(office: Office, held: DocumentView, rowe: Actor) -> None:
    office.drafting.keep(held.id, "invoice_number", TYPED, by=rowe)
    for _ in range(2):
        office.drafting.drop(held.id, "invoice_number", by=rowe)
        assert typed(office, held, rowe) == {}


def test_what_is_no_field_or_no_value_is_refused(office: Office, held: DocumentView, rowe: Actor) -> None:
    with pytest.raises(NotFoundError):
        office.drafting.keep(held.id, "colour", TYPED, by=rowe)
    with pytest.raises(InvalidCorrectionError, match="too long"):
        office.drafting.keep(held.id, "invoice_number", {"value": ["x" * 200_001]}, by=rowe)
    with pytest.raises(AccessDeniedError):
        office.drafting.keep(held.id, "invoice_number", TYPED, by=office.hire("okafor", Role.APPROVER))
