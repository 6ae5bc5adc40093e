"""Documents that come back: returned by an approver, opened again, or read again for another type."""

from pathlib import Path

import pytest

from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.fields import TYPE_FIELD, DocumentType
from pipeline.domain.review import Decision, FieldState
from pipeline.errors import InvalidCorrectionError
from pipeline.services.views import DocumentView
from pipeline.store.engine import Store
from review_ui.narrative import tell
from tests import builders
from tests.desk import Office
from tests.integration.test_review_document import field, settle, settle_all


def two_types() -> tuple[DocumentType, ...]:
    """Invoices and receipts with the same fields."""
    invoice = builders.invoice_type()
    return invoice, invoice.model_copy(update={"name": "receipt", "title": {"en": "Receipt"}})


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Office:
    """The services with two types of document."""
    return Office(store, tmp_path, types=two_types())


@pytest.fixture
def doubtful(office: Office, rowe: Actor) -> DocumentView:
    """A receipt, as the machine has it but for one doubt, in a reviewer's hands."""
    view = office.receive(builders.extraction(type_name="receipt", type_confidence=0.5))
    return office.reviewing.claim(view.id, by=rowe)


def as_invoice(office: Office, view: DocumentView, by: Actor) -> DocumentView:
    """Say that it is an invoice, and have it read as one."""
    office.queue.take()
    office.reviewing.retype(view.id, "invoice", by=by, revision=view.revision)
    office.engine.answer = builders.extraction()
    office.work()
    return office.reviewing.get_document(view.id, by=by)


def returned(
    office: Office, view: DocumentView, reviewer: Actor, approver: Actor, why: str = "check again", *fields: str
) -> DocumentView:
    """Hand it on, have it sent back, and take it up again."""
    view = settle_all(office, view, reviewer)
    office.reviewing.validate(view.id, by=reviewer, revision=view.revision)
    view = office.reviewing.get_document(view.id, by=reviewer)
    view = office.approving.send_back(view.id, why, by=approver, revision=view.revision, fields=fields)
    return office.reviewing.claim(view.id, by=reviewer)


def test_confirming_a_returned_field_keeps_the_correction_that_is_shown(
    office: Office, rowe: Actor, okafor: Actor
) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    view = settle(office, view, rowe, "invoice_number", Decision.CORRECT, value="CF-20841")
    view = returned(office, view, rowe, okafor, "check again", "invoice_number")
    assert field(view, "invoice_number").record.value == "CF-20841"

    view = settle(office, view, rowe, "invoice_number", Decision.CONFIRM)
    record = field(view, "invoice_number").record
    assert (record.value, record.state) == ("CF-20841", FieldState.CORRECTED)


def test_correcting_a_returned_correction_records_the_value_that_was_in_force(
    office: Office, rowe: Actor, okafor: Actor
) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    view = settle(office, view, rowe, "invoice_number", Decision.CORRECT, value="CF-20841")
    view = returned(office, view, rowe, okafor, "check again", "invoice_number")
    view = settle(office, view, rowe, "invoice_number", Decision.CORRECT, value="CF-20842")

    settled = [each for each in office.events(view.id, AuditTag.FIELD_SETTLE) if each.field == "invoice_number"]
    assert [(each.values["before"], each.values["after"]) for each in settled] == [
        ("CF-20814", "CF-20841"),
        ("CF-20841", "CF-20842"),
    ]
    told = [tell(each, {}).what for each in settled]
    assert told == ["CF-20814 → CF-20841, 99 %", "CF-20841 → CF-20842"]


def test_print_with_two_readings_is_chosen_from_and_not_confirmed(office: Office, rowe: Actor, okafor: Actor) -> None:
    read = builders.extraction({"issue_date": "2024-03-12"})
    twofold = [
        each.model_copy(update={"text": "12/03/2024", "readings": ("2024-03-12", "2024-12-03")})
        if each.name == "issue_date"
        else each
        for each in read.fields
    ]
    view = office.receive(read.model_copy(update={"fields": tuple(twofold)}))
    view = office.reviewing.claim(view.id, by=rowe)
    with pytest.raises(InvalidCorrectionError, match="Choose what is meant"):
        settle(office, view, rowe, "issue_date", Decision.CONFIRM)

    view = settle(office, view, rowe, "issue_date", Decision.CORRECT, value="2024-03-12")
    assert field(view, "issue_date").record.state is FieldState.CONFIRMED
    view = returned(office, view, rowe, okafor, "check again", "issue_date")
    view = settle(office, view, rowe, "issue_date", Decision.CONFIRM)
    assert field(view, "issue_date").record.value == "2024-03-12"


def test_undoing_a_returned_correction_puts_back_what_the_machine_read(
    office: Office, rowe: Actor, okafor: Actor
) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    view = settle(office, view, rowe, "invoice_number", Decision.CORRECT, value="CF-20841")
    view = returned(office, view, rowe, okafor, "check again", "invoice_number")

    view = settle(office, view, rowe, "invoice_number", Decision.CONFIRM)
    view = office.reviewing.reopen(view.id, "invoice_number", by=rowe, revision=view.revision)
    record = field(view, "invoice_number").record
    assert (record.value, record.state) == ("CF-20814", FieldState.OPEN)


def test_confirming_the_type_of_a_returned_document_keeps_the_type_a_person_chose(
    office: Office, doubtful: DocumentView, rowe: Actor, okafor: Actor
) -> None:
    view = returned(office, as_invoice(office, doubtful, rowe), rowe, okafor)
    view = settle(office, view, rowe, TYPE_FIELD, Decision.CONFIRM)
    assert (view.type, field(view, TYPE_FIELD).record.value) == ("invoice", "invoice")


def test_returned_document_whose_type_the_machine_never_knew_can_be_confirmed(
    office: Office, rowe: Actor, okafor: Actor
) -> None:
    view = office.receive(builders.extraction(type_name=None, type_confidence=0.5))
    view = as_invoice(office, office.reviewing.claim(view.id, by=rowe), rowe)
    view = returned(office, view, rowe, okafor)

    view = settle(office, view, rowe, TYPE_FIELD, Decision.CONFIRM)
    assert (view.open_count, view.type) == (0, "invoice")


def test_undoing_a_choice_of_type_leaves_the_type_that_the_fields_were_read_for(
    office: Office, doubtful: DocumentView, rowe: Actor
) -> None:
    view = as_invoice(office, doubtful, rowe)
    view = office.reviewing.reopen(view.id, TYPE_FIELD, by=rowe, revision=view.revision)
    assert (view.type, field(view, TYPE_FIELD).record.value) == ("invoice", "invoice")
    assert view.open_count > 0


def test_type_cannot_be_marked_as_absent(office: Office, rowe: Actor) -> None:
    view = office.receive(builders.extraction(type_name=None, type_confidence=0.0))
    view = office.reviewing.claim(view.id, by=rowe)

    with pytest.raises(InvalidCorrectionError, match="Choose it from the list"):
        settle(office, view, rowe, TYPE_FIELD, Decision.ABSENT)
    with pytest.raises(InvalidCorrectionError, match="Choose it from the list"):
        settle(office, view, rowe, TYPE_FIELD, Decision.CONFIRM)
    assert field(office.reviewing.get_document(view.id, by=rowe), TYPE_FIELD).record.state is FieldState.OPEN


def test_document_that_is_ready_once_read_again_is_held_by_nobody(store: Store, tmp_path: Path) -> None:
    uncritical = [
        each.model_copy(update={"fields": tuple(spec for spec in each.fields if not spec.critical)})
        for each in two_types()
    ]
    office = Office(store, tmp_path, types=tuple(uncritical))
    rowe = office.hire("rowe")
    view = office.receive(builders.extraction(type_name="receipt", type_confidence=0.5))
    view = office.reviewing.claim(view.id, by=rowe)

    view = as_invoice(office, view, rowe)
    assert (view.state, view.claim) == (DocumentState.READY, None)
    [released] = office.events(view.id, AuditTag.CLAIM_RELEASE)
    assert released.facts["holder"] == rowe.id


def test_document_with_exceptions_once_read_again_stays_with_who_chose_its_type(
    office: Office, doubtful: DocumentView, rowe: Actor
) -> None:
    view = as_invoice(office, doubtful, rowe)
    assert view.state is DocumentState.REVIEW
    assert view.claim is not None
    assert view.claim.is_mine
    assert office.events(view.id, AuditTag.CLAIM_RELEASE) == []


def test_reason_for_a_return_is_kept_without_control_characters(office: Office, rowe: Actor, okafor: Actor) -> None:
    view = returned(office, office.receive(), rowe, okafor, "look\x00 at\r\nthe\u00a0total\ud800")
    assert view.note == "Okafor: look at\nthe total"
