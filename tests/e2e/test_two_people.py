"""Two people on one document: one holds it, the other sees who, and no page overwrites newer work."""

import pytest
from playwright.sync_api import expect

from fixtures.make import make_invoice
from pipeline.domain.actors import Role
from tests.e2e.installation import Installation
from tests.e2e.workbench import Person

PAPERS = tuple(make_invoice(seed, language="de_CH") for seed in (931, 932, 933))
FIELDS = ("invoice_number", "purchase_order", "issue_date")
AHEAD = "() => document.querySelector('next-page').ahead?.content.querySelector('review-desk').dataset.document"
"""Returns the number of the document whose page was fetched ahead."""


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for(*(f"invoice.{name}" for name in FIELDS))
    house.receive(*PAPERS)
    for name in ("mara", "tilo"):
        house.hire(name, Role.REVIEWER)
    return house


def document(desk: Installation, place: int) -> int:
    return desk.number_of(PAPERS[place].name)


def type_another_number(person: Person, text: str) -> None:
    person.turn_to("invoice_number")
    person.card.get_by_role("button", name="Edit").click()
    person.card.locator("[name=value]").fill(text)


def test_second_person_sees_who_holds_the_document_and_can_not_settle(
    desk: Installation, mara: Person, tilo: Person
) -> None:
    document_id = document(desk, 0)
    mara.take(document_id)
    tilo.open("/queue")
    expect(tilo.row(document_id)).to_contain_text("Mara")
    tilo.row(document_id).get_by_role("link").click()
    expect(tilo.page.get_by_text("Mara holds this until")).to_be_visible()
    expect(tilo.page.locator("[data-primary]")).to_have_count(0)
    tilo.press("Enter", "0", "1")
    assert desk.record(document_id, mara.field).state == "open"
    # taking the next one gives another document, not this
    tilo.open("/queue")
    tilo.press("n")
    expect(tilo.desk).to_be_visible()
    assert tilo.desk.get_attribute("data-document") != str(document_id)
    tilo.page.get_by_role("button", name="Stop here").click()
    tilo.page.wait_for_url("**/queue")
    mara.page.get_by_role("button", name="Stop here").click()
    mara.page.wait_for_url("**/queue")


def test_what_was_fetched_ahead_is_asked_for_again_when_a_colleague_may_have_taken_it(
    desk: Installation, mara: Person
) -> None:
    reviewing, by = desk.services.reviewing, desk.person("tilo")
    mara.page.clock.install()
    mara.take(document(desk, 0))
    mara.page.locator("next-page[data-fetched]").wait_for(state="attached")
    ahead = int(mara.page.evaluate(AHEAD))
    reviewing.claim(ahead, by=by)
    mara.page.clock.fast_forward("01:01")
    mara.press("s")
    mara.page.wait_for_function(f"before => ({AHEAD})() !== before", arg=str(ahead))
    assert int(mara.page.evaluate(AHEAD)) in {document(desk, 1), document(desk, 2)} - {ahead}
    reviewing.release(ahead, by=by)
    mara.page.get_by_role("button", name="Stop here").click()
    mara.page.wait_for_url("**/queue")


def test_stale_page_is_told_and_overwrites_nothing(desk: Installation, mara: Person) -> None:
    document_id = document(desk, 1)
    mara.take(document_id)
    type_another_number(mara, "OLD-1")
    newer = mara.context.new_page()
    newer.goto(f"/documents/{document_id}?field=purchase_order")
    newer.keyboard.press("Enter")
    expect(newer.locator("review-desk")).not_to_have_attribute("data-field", "purchase_order")

    mara.card.locator("[data-save-button]").click()
    dialog = mara.page.get_by_role("dialog", name="The document was changed meanwhile")
    expect(dialog).to_contain_text("OLD-1")
    assert desk.record(document_id, "invoice_number").state == "open"
    assert desk.record(document_id, "purchase_order").state == "confirmed"

    dialog.get_by_role("button", name="Keep what I typed").click()
    expect(mara.card.locator("[name=value]")).to_have_value("OLD-1")
    mara.press_and_save("Enter")
    assert desk.record(document_id, "invoice_number").value == "OLD-1"
    newer.close()


def test_whoever_handed_over_can_not_save_from_a_page_left_open(desk: Installation, mara: Person, tilo: Person) -> None:
    document_id = document(desk, 2)
    mara.take(document_id)
    type_another_number(mara, "LATE-1")
    expect(mara.page.get_by_text("kept as a draft")).to_be_visible()
    other = mara.context.new_page()
    other.goto(f"/documents/{document_id}?field=issue_date")  # her draft opens the number: h is a letter there
    other.keyboard.press("h")
    other.locator("select[name=person]").select_option(label="Tilo")
    other.get_by_label("Comment", exact=True).fill("the seller is yours")
    other.get_by_role("button", name="Hand over", exact=True).click()
    other.wait_for_url("**/queue")
    other.close()

    tilo.take(document_id)
    expect(tilo.page.get_by_text("the seller is yours")).to_be_visible()
    tilo.turn_to("invoice_number")
    kept = tilo.shown
    tilo.keep()

    mara.card.locator("[data-save-button]").click()
    dialog = mara.page.get_by_role("dialog", name="The document was changed meanwhile")
    expect(dialog).to_contain_text("LATE-1")
    dialog.get_by_role("button", name="Look at the newer work").click()
    expect(mara.page.get_by_text("Tilo holds this until")).to_be_visible()
    expect(mara.page.locator("[data-primary]")).to_have_count(0)
    record = desk.record(document_id, "invoice_number")
    assert (record.state, record.value, record.settled_by) == ("confirmed", kept, "tilo")
