"""What was typed or settled outlives page, browser and network; the next document needs no new page."""

import pytest
from playwright.sync_api import Browser, Route, expect

from fixtures.make import make_invoice
from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.review import FieldState
from tests.e2e.installation import Installation
from tests.e2e.workbench import SUMMARY, Person

PAPERS = tuple(make_invoice(seed, language="de_CH") for seed in (905, 906, 908, 911, 912))
FIELDS = ("invoice_number", "purchase_order", "issue_date")
TYPED = "CF-208"


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for(*(f"invoice.{name}" for name in FIELDS))
    house.receive(*PAPERS)
    house.hire("mara", Role.REVIEWER)
    return house


def document(desk: Installation, place: int) -> int:
    return desk.number_of(PAPERS[place].name)


def test_what_was_typed_is_there_again_after_the_browser_was_killed(
    desk: Installation, browser: Browser, mara: Person
) -> None:
    document_id = document(desk, 0)
    with Person(desk, browser, "mara") as first:
        first.enter()
        first.take(document_id)
        first.turn_to("invoice_number")
        first.press("e")
        first.type(TYPED)
        expect(first.page.get_by_text("kept as a draft")).to_be_visible()
    mara.open(f"/documents/{document_id}?field=invoice_number")
    expect(mara.card.locator("[name=value]")).to_have_value(TYPED)
    expect(mara.card.locator("[name=value]")).to_be_focused()
    expect(mara.card.get_by_text("not saved yet")).to_be_visible()
    assert desk.record(document_id, "invoice_number").state is FieldState.OPEN
    with mara.page.expect_response("**/draft"):
        mara.press("Escape")
    mara.page.reload()
    expect(mara.card.locator("output").first).to_be_visible()
    expect(mara.card.locator("[name=value]")).not_to_be_visible()


LEAVE = """field => new Promise((left) => {
    const editor = field.closest("details");
    editor.addEventListener("toggle", () => left(editor.open), { once: true });
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
})"""
"""Presses Escape in a field, and returns once all have been told that its editor is closed."""


def test_what_is_left_while_it_is_being_kept_is_not_kept(desk: Installation, mara: Person) -> None:
    document_id, by = document(desk, 0), desk.person("mara")

    def kept() -> list[str]:
        return [draft.field for draft in desk.services.reviewing.get_document(document_id, by=by).drafts]

    mara.take(document_id)
    mara.turn_to("issue_date")
    under_way: list[Route] = []
    mara.page.route("**/draft", lambda route: under_way.append(route), times=1)
    mara.press("e")
    with mara.page.expect_request("**/draft"):
        mara.type("31.12.2024")
    assert mara.card.locator("[name=value]").evaluate(LEAVE) is False
    with mara.page.expect_response("**/draft"):
        under_way[0].continue_()
    desk.wait_for("the draft to be forgotten", lambda: kept() == [], seconds=10)
    mara.turn_to("issue_date")
    expect(mara.card.locator("details.editor[open]")).to_have_count(0)


def test_undo_goes_back_through_the_whole_document_after_a_reload(desk: Installation, mara: Person) -> None:
    document_id = document(desk, 1)
    mara.take(document_id)
    first = mara.field
    mara.press_and_save("Enter")
    second = mara.field
    mara.press_and_save("Enter")
    settled = {name: desk.record(document_id, name).state for name in (first, second)}
    assert FieldState.OPEN not in settled.values()
    mara.page.reload()
    for name in (second, first):
        mara.press_and_save("z")
        expect(mara.desk).to_have_attribute("data-field", name)
        assert desk.record(document_id, name).state is FieldState.OPEN
    mara.press_and_save("Z")
    mara.press_and_save("Z")
    assert {name: desk.record(document_id, name).state for name in (first, second)} == settled


def test_a_decision_waits_for_the_network_and_is_saved_when_it_is_back(desk: Installation, mara: Person) -> None:
    document_id = document(desk, 2)
    mara.take(document_id)
    name = mara.field
    mara.context.set_offline(True)
    mara.press("Enter")
    expect(mara.page.get_by_text("Not saved since")).to_be_visible()
    expect(mara.desk).to_have_attribute("data-field", name)
    assert desk.record(document_id, name).state is FieldState.OPEN
    mara.context.set_offline(False)
    mara.page.get_by_role("button", name="Try now").click()
    expect(mara.desk).not_to_have_attribute("data-field", name)
    assert desk.record(document_id, name).state is not FieldState.OPEN


def test_hold_that_is_about_to_end_warns_and_is_renewed_and_one_that_ended_gives_way_to_whoever_took_over(
    desk: Installation, mara: Person
) -> None:
    document_id = document(desk, 4)
    mara.page.clock.install()
    mara.take(document_id)
    keeper = mara.page.locator("lease-keeper")
    before = desk.document(document_id).claim
    expect(keeper).to_be_empty()
    mara.page.clock.fast_forward("13:40")
    expect(keeper.get_by_role("alert")).to_contain_text("Your hold on this document ends in")
    keeper.get_by_role("button", name="Keep it").focus()
    mara.press("Enter")
    expect(keeper).to_be_empty()
    after = desk.document(document_id).claim
    assert before is not None
    assert after is not None
    assert after.lease_until > before.lease_until

    mara.press_and_save("Enter" if mara.card.locator("[data-primary]").count() else "0")
    settled = desk.document(document_id)
    with mara.page.expect_response("**/claim/renewal"):  # somebody worked: it asks first, and the answer lies behind
        mara.page.clock.fast_forward("20:00")
    mara.page.clock.run_for("00:11")
    expect(keeper.get_by_role("alert")).to_contain_text("has ended. What you settled is kept.")
    desk.services.reviewing.release(document_id, by=desk.person("mara"))
    desk.services.reviewing.claim(document_id, by=desk.person(desk.hire("tilo", Role.REVIEWER)))
    keeper.get_by_role("button", name="Take it again").click()
    expect(keeper.get_by_role("alert")).to_contain_text("Tilo")
    assert desk.document(document_id).fields == settled.fields


def test_the_next_document_takes_the_place_of_the_one_before_without_a_new_page(
    desk: Installation, mara: Person
) -> None:
    document_id = document(desk, 3)
    mara.take(document_id)
    mara.page.locator("next-page[data-fetched]").wait_for(state="attached")
    loaded = mara.page.evaluate("performance.timeOrigin")
    while mara.field != SUMMARY:
        mara.press_and_save("Enter" if mara.card.locator("[data-primary]").count() else "0")
    with mara.page.expect_response("**/validation") as answer:
        mara.press("Enter")
    expect(mara.desk).not_to_have_attribute("data-document", str(document_id))
    assert answer.value.json()["ready"], "the page that was fetched ahead takes its place"
    assert mara.page.evaluate("performance.timeOrigin") == loaded
    assert desk.document(document_id).state is DocumentState.READY
    now = mara.desk.get_attribute("data-document")
    expect(mara.page).to_have_url(f"{desk.address}/documents/{now}")
    expect(mara.card).to_be_focused()
    expect(mara.page.get_by_text(f"Document {document_id} is handed on for approval.")).to_be_visible()
    mara.page.wait_for_timeout(300)  # what is pressed at once was meant for the document before
    before = mara.field
    mara.press_and_save("Enter" if mara.card.locator("[data-primary]").count() else "0")
    expect(mara.desk).not_to_have_attribute("data-field", before)
    mara.page.go_back()
    expect(mara.desk).to_have_attribute("data-document", str(document_id))
