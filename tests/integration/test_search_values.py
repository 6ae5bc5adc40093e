"""Searching over every value in force, however it is written."""

import pytest
from sqlalchemy import select

from pipeline.domain.actors import Actor
from pipeline.domain.documents import DocumentState
from pipeline.domain.review import Decision
from pipeline.services.views import QueueFilter
from pipeline.store import listing
from pipeline.store.engine import Store
from pipeline.store.tables import SearchTermRow
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_review_document import settle


def find(office: Office, by: Actor, text: str, *states: DocumentState) -> list[str | None]:
    wanted = QueueFilter(search=text, states=states or (DocumentState.REVIEW,))
    page = office.reviewing.list_queue(wanted, by=by)
    assert page.total == len(page.rows)
    return [row.number for row in page.rows]


@pytest.fixture
def papers(office: Office) -> None:
    for number, seller, gross in (
        ("CF-20814", "Calder & Finch Joinery Ltd", "1482.00"),
        ("RE 2024/77", "MÜLLER Straßenbau GmbH", "99.90"),
    ):
        office.receive(builders.extraction({"invoice_number": number, "seller_name": seller, "gross_total": gross}))


@pytest.mark.usefixtures("papers")
def test_value_is_found_however_it_is_written(office: Office, rowe: Actor) -> None:
    amounts, numbers = ("1,482.00", "1.482,00", "1482", "1 482,00", "148"), ("CF-20814", "cf20814", "CF-208")
    for typed in (*amounts, *numbers, "finch", "joinery cald", "calder 1482.00"):
        assert find(office, rowe, typed) == ["CF-20814"], typed


@pytest.mark.usefixtures("papers")
def test_letters_of_other_languages_are_found_without_regard_to_case(office: Office, rowe: Actor) -> None:
    for typed in ("müller", "strassenbau", "99,90", "re 2024/77", "2024/77", "Müller 99.90"):
        assert find(office, rowe, typed) == ["RE 2024/77"], typed


@pytest.mark.usefixtures("papers")
def test_date_file_name_and_currency_are_found_too(office: Office, rowe: Actor) -> None:
    for typed in ("2026-03-04", "4 March 2026", "04.03.2026", "invoice.pdf", "gbp"):
        assert find(office, rowe, typed) == ["CF-20814", "RE 2024/77"], typed


@pytest.mark.usefixtures("papers")
def test_all_words_have_to_be_in_one_document_and_begin_as_typed(office: Office, rowe: Actor) -> None:
    for typed in ("calder 99.90", "482", "%", "'; --", "#", "alder"):
        assert find(office, rowe, typed) == [], typed


def test_corrected_value_is_found_and_what_it_replaced_is_not(office: Office, rowe: Actor) -> None:
    view = office.receive(builders.extraction({"gross_total": "1482.00"}))
    view = office.reviewing.claim(view.id, by=rowe)
    settle(office, view, rowe, "gross_total", Decision.CORRECT, value="1428.00")
    assert find(office, rowe, "1,428.00") == ["CF-20814"]
    assert find(office, rowe, "1,482.00") == []


def test_document_is_found_by_its_own_number_and_before_it_was_read_by_its_file(
    office: Office, store: Store, rowe: Actor
) -> None:
    office.intake.claim([office.put("leeds/Scan_0417.pdf", b"%PDF unread")], by=MACHINE)
    for typed in ("scan_0417", "0417", "leeds", "1"):
        assert find(office, rowe, typed, DocumentState.QUEUED) == [None], typed
    with store.reading() as session:
        [listed] = listing.readable(session)
        assert set(session.scalars(select(SearchTermRow.term))) == {
            listed.term(word) for word in ("leeds", "scan", "0417", "pdf", "leedsscan0417pdf", "scan0417pdf")
        }
