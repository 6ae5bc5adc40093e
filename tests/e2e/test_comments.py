"""People ask and answer each other on a document: by keys alone, without a reload, and losing nothing that is typed."""

import pytest
from playwright.sync_api import Locator, expect

from fixtures.make import make_invoice
from pipeline.domain.actors import Role
from tests.e2e.axe import problems
from tests.e2e.installation import Installation
from tests.e2e.workbench import Person

PAPERS = tuple(make_invoice(seed, language="de_DE") for seed in (971, 972))


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for("invoice.invoice_number", "invoice.issue_date")
    house.receive(*PAPERS)
    house.hire("mara", Role.REVIEWER)
    house.hire("tilo", Role.REVIEWER, Role.APPROVER)
    return house


def fold(person: Person) -> Locator:
    return person.page.locator("talk-fold")


def box(person: Person) -> Locator:
    return fold(person).get_by_role("textbox", name="Your comment")


def test_question_and_answer_go_to_and_fro_by_keys_alone(desk: Installation, mara: Person, tilo: Person) -> None:
    document_id = desk.number_of(PAPERS[0].name)
    mara.take(document_id)
    field = mara.field
    mara.press("c")
    expect(box(mara)).to_be_focused()
    assert mara.page.evaluate("document.scrollingElement.scrollTop") == 0  # the panel went there, the page stands
    mara.type("@ti")
    expect(fold(mara).get_by_role("option", name="Tilo")).to_be_visible()
    mara.press("Enter")
    mara.type("is this ours? e, s and 1 are letters here")
    expect(box(mara)).to_have_value("@tilo is this ours? e, s and 1 are letters here")
    mara.press("Control+Enter")
    expect(fold(mara).locator("[data-comment]")).to_have_count(1)
    expect(box(mara)).to_have_value("")
    # the document's own keys work again, and nobody's work was touched
    mara.press("Escape", "e")
    assert mara.field == field
    expect(mara.card.locator("[name=value]")).to_be_focused()
    mara.press("Escape")

    tilo.open("/queue")
    expect(tilo.row(document_id)).to_contain_text("1 comment, 1 for you")
    expect(tilo.page.locator("[data-mentions-count]")).to_have_text("1")
    tilo.press("g", "m")
    tilo.page.wait_for_url("**/mentions")
    tilo.press("ArrowDown", "Enter")
    tilo.page.wait_for_url(f"**/documents/{document_id}?talk=open#comment-*")
    expect(fold(tilo).locator("[data-comment]")).to_contain_text("@tilo is this ours?")
    # it was before their eyes: it waits no more
    expect(tilo.page.locator("[data-mentions-count]")).to_have_text("")
    fold(tilo).get_by_role("link", name="Answer").click()
    expect(fold(tilo).get_by_text("Answering Mara")).to_be_visible()
    tilo.type("Yes, it is.")
    tilo.press("Control+Enter")
    # the page that Mara has open hears of it by itself
    expect(fold(mara).locator("[data-answer]")).to_contain_text("Yes, it is.")
    expect(fold(mara).get_by_role("status")).to_have_text("There is a new comment.")
    expect(mara.page.locator("[data-mentions-count]")).to_have_text("")
    fold(tilo).get_by_role("button", name="Withdraw").click()
    expect(fold(tilo).get_by_text("Withdrawn by Tilo")).to_be_visible()
    mara.page.get_by_role("button", name="Stop here").click()
    mara.page.wait_for_url("**/queue")


def test_what_is_typed_outlives_a_reload_and_the_next_field(desk: Installation, mara: Person) -> None:
    mara.take(desk.number_of(PAPERS[1].name))
    first = str(fold(mara).locator("[data-talk-about] span").text_content())
    mara.press("c")
    mara.type("The stamp hides it")
    mara.page.reload()
    expect(box(mara)).to_have_value("The stamp hides it")
    mara.press_and_save("Enter")
    expect(box(mara)).to_have_value("The stamp hides it")
    # it is about what was open when it was typed
    assert fold(mara).locator("[data-talk-about] span").text_content() == first
    mara.press("c", "Control+Enter")
    expect(fold(mara).locator("[data-comment]")).to_contain_text(first.removeprefix("about "))
    assert fold(mara).locator("[data-talk-about] span").text_content() != first
    mara.page.reload()
    expect(fold(mara).locator("textarea")).to_have_value("")


def test_names_are_offered_chosen_by_arrows_and_left_by_escape(desk: Installation, mara: Person) -> None:
    mara.open(f"/documents/{desk.number_of(PAPERS[1].name)}")
    people = fold(mara).get_by_role("listbox", name="People")
    mara.press("c")
    mara.type("@")
    expect(people).to_be_visible()
    names = people.get_by_role("option").all_inner_texts()
    mara.press("ArrowDown")
    expect(people.locator("[aria-selected=true]")).to_have_text(names[1])
    mara.press("Escape")
    expect(people).to_be_hidden()
    expect(box(mara)).to_be_focused()
    mara.type("t")
    expect(people).to_be_visible()
    mara.press("Tab")
    expect(box(mara)).to_have_value("@tilo ")
    mara.type("and nobody@tilo")
    expect(people).to_be_hidden()
    mara.page.evaluate("localStorage.clear()")


def test_comments_can_be_used_by_everybody(desk: Installation, tilo: Person) -> None:
    talking, document_id = desk.services.talking, desk.number_of(PAPERS[1].name)
    by = desk.person("mara")
    said = talking.write(document_id, "@tilo look at this, please", by=by, field="issue_date").id
    talking.write(document_id, "It is the second page.", by=by, answers=said)
    talking.withdraw(document_id, talking.write(document_id, "No.", by=desk.person("tilo")).id, by=desk.person("tilo"))
    found: dict[str, list[str]] = {}
    tilo.open("/mentions")
    found["mentions"] = problems(tilo.page)
    tilo.open(f"/documents/{document_id}?talk=open")
    tilo.press("c")
    tilo.type("@m")
    expect(fold(tilo).get_by_role("option").first).to_be_visible()
    found["open, names offered"] = problems(tilo.page)
    tilo.open(f"/documents/{document_id}/approval?talk=open")
    found["to sign"] = problems(tilo.page)
    desk.services.talking.read_all(by=desk.person("tilo"))
    assert not any(found.values()), found
