"""What a reviewer's decision leaves behind: the value, its place on the page, and what the record says of both."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pipeline import assembly
from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.extraction import Candidate, DocumentLocale, Extraction, Provenance
from pipeline.domain.fields import FieldKind
from pipeline.domain.review import Decision, FieldState
from pipeline.domain.routing import ReasonCode
from pipeline.errors import InvalidCorrectionError, NotFoundError
from pipeline.services import correction
from pipeline.services.auditing import EventFilter
from pipeline.services.views import DocumentView, QueueFilter
from pipeline.settings import Settings
from pipeline.store.engine import Store
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office
from tests.fakes import FakeQueue
from tests.integration.test_review_document import field, settle, settle_all

READER = builders.person(0, "reader")
NUMBER = "invoice_number"
MACHINES_PLACE = Provenance(page=1, boxes=(builders.box(),), reader="fake 1")
RUNNER_UPS_PLACE = Provenance(page=1, boxes=(builders.box(200, 400),), reader="fake 1")
POINTED = Provenance(page=1, boxes=(builders.box(300, 300),))


def unsure_of_the_number() -> Extraction:
    """The machine reads CF-20814, has CF-99 as its runner-up, and is sure of neither."""
    answer = builders.extraction(unsure={NUMBER: 0.5})
    runner_up = Candidate(text="CF-99", value="CF-99", confidence=0.4, provenance=RUNNER_UPS_PLACE)
    fields = [
        each.model_copy(update={"candidates": (runner_up,)}) if each.name == NUMBER else each for each in answer.fields
    ]
    return answer.model_copy(update={"fields": tuple(fields)})


@pytest.fixture
def view(office: Office, rowe: Actor) -> DocumentView:
    """A document in a reviewer's hands."""
    return office.reviewing.claim(office.receive(unsure_of_the_number()).id, by=rowe)


def place(view: DocumentView) -> Provenance | None:
    return field(view, NUMBER).record.provenance


def test_typed_value_does_not_keep_the_place_of_another(office: Office, view: DocumentView, rowe: Actor) -> None:
    assert place(view) == MACHINES_PLACE
    view = settle(office, view, rowe, NUMBER, Decision.CORRECT, value="X-1")
    assert place(view) is None


@pytest.mark.parametrize(
    ("typed", "expected"), [("CF-20814", MACHINES_PLACE), ("CF-99", RUNNER_UPS_PLACE)], ids=["answer", "runner-up"]
)
def test_typed_value_has_the_place_where_the_machine_read_the_same(
    office: Office, view: DocumentView, rowe: Actor, typed: str, expected: Provenance
) -> None:
    view = settle(office, view, rowe, NUMBER, Decision.CORRECT, value=typed)
    assert place(view) == expected


def test_place_that_the_reviewer_pointed_at_is_kept_until_the_value_changes(
    office: Office, view: DocumentView, rowe: Actor
) -> None:
    view = settle(office, view, rowe, NUMBER, Decision.CORRECT, value="X-1", provenance=POINTED)
    assert place(view) == POINTED
    view = settle(office, view, rowe, NUMBER, Decision.CORRECT, value="X-1", comment="seen twice")
    assert place(view) == POINTED
    view = settle(office, view, rowe, NUMBER, Decision.CONFIRM)
    assert place(view) == MACHINES_PLACE


def test_absent_value_has_no_place(office: Office, view: DocumentView, rowe: Actor) -> None:
    view = settle(office, view, rowe, NUMBER, Decision.ABSENT, provenance=POINTED)
    assert place(view) is None


@pytest.mark.parametrize("decision", [Decision.CORRECT, Decision.ABSENT])
def test_undo_puts_the_machine_s_place_back(
    office: Office, view: DocumentView, rowe: Actor, decision: Decision
) -> None:
    view = settle(office, view, rowe, NUMBER, decision, value="X-1", provenance=POINTED)
    view = office.reviewing.reopen(view.id, NUMBER, by=rowe, revision=view.revision)
    assert place(view) == MACHINES_PLACE


def test_correcting_to_a_number_that_was_sent_before_is_an_exception(office: Office, rowe: Actor) -> None:
    first = office.receive()
    view = office.receive(builders.extraction({NUMBER: "CF-2O814"}, unsure={NUMBER: 0.4}))
    view = office.reviewing.claim(view.id, by=rowe)
    before = view.open_count

    view = settle(office, view, rowe, NUMBER, Decision.CORRECT, value="CF-20814")
    told = [reason for each in view.fields for reason in each.record.reasons if reason.code is ReasonCode.SAME_NUMBER]
    assert [reason.related_document for reason in told] == [first.id]
    assert view.open_count == before, "the number is settled, and whether it is the same document is asked"
    assert view.duplicates == (first.id,)


def test_fields_that_a_correction_opens_and_closes_are_in_its_event(
    office: Office, view: DocumentView, rowe: Actor
) -> None:
    view = settle(office, view, rowe, "gross_total", Decision.CORRECT, value="1500.00")
    opened = [each.record.name for each in view.fields if each.record.state is FieldState.OPEN]
    assert {"net_total", "tax_total"} <= set(opened)
    view = settle(office, view, rowe, "gross_total", Decision.CORRECT, value="1428.00")

    wrong, right = [event.facts for event in office.events(view.id, AuditTag.FIELD_SETTLE)]
    assert wrong["opened"] == right["closed"] == ["net_total", "tax_total"]
    assert wrong["closed"] == right["opened"] == []


def test_control_characters_reach_no_comment_and_no_value(office: Office, view: DocumentView, rowe: Actor) -> None:
    view = settle(
        office,
        view,
        rowe,
        "seller_name",
        Decision.CORRECT,
        value="Calder\x00 & \ud800Finch",
        comment="a\x00b\r\n\tc\x07",
    )
    record = field(view, "seller_name").record
    assert (record.value, record.comment) == ("Calder & Finch", "ab\n\tc")
    [event] = office.events(view.id, AuditTag.FIELD_SETTLE)
    assert (event.values["after"], event.values["why"]) == ("Calder & Finch", "ab\n\tc")


@pytest.mark.parametrize("typed", ["\x00", " \u200b ", "\r\n"])
def test_value_of_nothing_that_can_be_seen_is_refused(
    office: Office, view: DocumentView, rowe: Actor, typed: str
) -> None:
    with pytest.raises(InvalidCorrectionError):
        settle(office, view, rowe, "seller_name", Decision.CORRECT, value=typed)
    assert office.reviewing.get_document(view.id, by=rowe).revision == view.revision


def test_blank_in_a_pasted_name_stays_a_blank(office: Office, view: DocumentView, rowe: Actor) -> None:
    view = settle(office, view, rowe, "seller_name", Decision.CORRECT, value="Calder\u00a0Finch")
    assert field(view, "seller_name").record.value == "Calder Finch"


def test_control_characters_in_a_handover_are_left_out(office: Office, view: DocumentView, rowe: Actor) -> None:
    amadi = office.hire("amadi")
    view = office.reviewing.handover(view.id, amadi.id or 0, "you\x00 know them", by=rowe, revision=view.revision)
    assert view.note == "Rowe: you know them"
    [event] = office.events(view.id, AuditTag.CLAIM_HANDOVER)
    assert event.values["why"] == "you know them"


def test_list_of_blanks_is_no_list() -> None:
    parties = builders.spec("parties", FieldKind.LIST)
    with pytest.raises(InvalidCorrectionError, match="at least one entry"):
        correction.canonical(("  ", "", "\x00"), parties, None, DocumentLocale())


@pytest.mark.parametrize("digits", [30, 50, 400])
def test_amount_of_many_digits_is_shown_to_a_person(office: Office, digits: int) -> None:
    view = office.receive(builders.extraction({"gross_total": "9" * digits + ".00"}))
    assert view.state is DocumentState.REVIEW
    assert office.reviewing.list_queue(QueueFilter(sort="amount"), by=READER).total == 1


def test_amount_longer_than_any_is_refused_with_a_sentence(office: Office, view: DocumentView, rowe: Actor) -> None:
    with pytest.raises(InvalidCorrectionError, match="Type it again"):
        settle(office, view, rowe, "gross_total", Decision.CORRECT, value="1" * 60)


@pytest.mark.parametrize(
    ("party", "wanted"),
    [("Weiß GmbH", "Weiß"), ("Weiß GmbH", "gmbh"), ("MÜLLER", "müller"), ("Weiß GmbH", "We\x00iß\ud800")],
)
def test_document_is_found_by_its_party_as_a_person_types_it(office: Office, party: str, wanted: str) -> None:
    office.receive(builders.extraction({"seller_name": party}))
    assert office.reviewing.list_queue(QueueFilter(search=wanted), by=READER).total == 1


@pytest.mark.parametrize("filters", [{"search": "%"}, {"search": "x\x00y"}, {"type": "in\x00voic"}])
def test_search_that_fits_nothing_finds_nothing(office: Office, filters: dict[str, str]) -> None:
    office.receive()
    assert office.reviewing.list_queue(QueueFilter.model_validate(filters), by=READER).total == 0


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"search": "nobody\x00"}, False),
        ({"person": "nobody\x00"}, False),
        ({"tag": "claim\x00", "person": "ro\x00we"}, True),
        ({"tag": "claim:take\x00"}, True),
    ],
)
def test_record_can_be_asked_for_anything_a_person_can_paste(
    office: Office, view: DocumentView, filters: dict[str, str], found: bool
) -> None:
    assert bool(office.auditing.list_events(EventFilter.model_validate(filters), by=MACHINE).total) is found


@pytest.mark.parametrize("document_id", [0, -1, 2**63, 10**30])
def test_number_that_no_document_can_have_is_not_found(office: Office, document_id: int) -> None:
    with pytest.raises(NotFoundError, match="There is no document"):
        office.reviewing.get_document(document_id, by=READER)


def test_error_of_the_database_quotes_no_value(store: Store) -> None:
    with pytest.raises(DBAPIError) as raised, store.reading() as session:
        session.execute(text("SELECT :value FROM nowhere"), {"value": "Erika Mustermann"})
    assert "nowhere" in str(raised.value)
    assert "Mustermann" not in str(raised.value)


def test_signed_record_says_where_each_value_stands(office: Office, view: DocumentView, rowe: Actor) -> None:
    okafor = office.hire("okafor")
    view = settle(office, view, rowe, NUMBER, Decision.CORRECT, value="X-1")
    view = settle_all(office, view, rowe)
    office.reviewing.validate(view.id, by=rowe, revision=view.revision)
    view = office.reviewing.get_document(view.id, by=rowe)
    office.approving.approve(view.id, by=okafor, revision=view.revision)
    office.work()

    [path] = office.out.glob("*.json")
    fields = json.loads(path.read_text())["fields"]
    assert (fields[NUMBER]["value"], fields[NUMBER]["provenance"]) == ("X-1", None)
    assert fields["seller_name"]["provenance"] == MACHINES_PLACE.model_dump(mode="json")


def test_shipped_services_tell_spreadsheets_which_fields_are_amounts(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    assembly.upgrade(settings)
    services = assembly.build(settings, FakeQueue())
    try:
        assert services.auditing.types.find("invoice") is not None
    finally:
        services.close()
