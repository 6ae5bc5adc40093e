"""A document from the queue to its signature without a mouse."""

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, Request, Route, expect

from fixtures.make import Quirk, make_invoice
from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from pipeline.services.views import DocumentView
from review_ui.formatting import format_day
from tests.e2e.installation import Installation
from tests.e2e.workbench import SUMMARY, Person

PAPER = make_invoice(928, language="en_GB", quirks=(Quirk.AMBIGUOUS_DATE,))
OTHER = make_invoice(935, language="de_CH")
DATE = date.fromisoformat(str(PAPER.fields["issue_date"]))
PAPER_DATE = f"{DATE:%d/%m/%Y}"
THE_OTHER_WAY = format_day(DATE.replace(day=DATE.month, month=DATE.day))
EVERY_KEY = "0 1 2 9 s z Z e d n h p r q n v x f t + - [ ] ? g q g a"


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for(*(f"invoice.{name}" for name in ("invoice_number", "issue_date", "purchase_order")))
    house.receive(PAPER, OTHER)
    house.hire("mara", Role.REVIEWER)
    house.hire("tilo", Role.APPROVER)
    return house


@pytest.fixture(autouse=True)
def nothing_half_typed(desk: Installation) -> Iterator[None]:
    """Forget what a test typed and did not save: it would stand in its editor again in the next one."""
    yield
    for made in (PAPER, OTHER):
        desk.forget_drafts(desk.number_of(made.name), by=desk.person("mara"))


@pytest.fixture(scope="module")
def paper(desk: Installation) -> DocumentView:
    return desk.document(desk.number_of(PAPER.name))


def test_reviewer_and_approver_need_no_mouse(desk: Installation, paper: DocumentView, browser: Browser) -> None:
    with Person(desk, browser, "mara") as mara:
        _log_in_by_keys(mara)
        _open_from_the_list(mara, paper)
        _keep_undo_and_skip(mara)
        _type_without_firing(mara)
        _read_the_list_of_keys(mara)
        _take_the_rival_of_the_date(mara)
        _settle_the_rest(mara)
        mara.press("Enter")
        mara.page.wait_for_url(lambda url: f"/documents/{paper.id}" not in url)
    view = desk.document(paper.id)
    assert view.state is DocumentState.READY
    values = {one.spec.name: one.record for one in view.fields}
    assert values["purchase_order"].value is None
    assert values["purchase_order"].state == "absent"
    assert values["invoice_number"].value == EVERY_KEY.replace(" ", "")
    assert values["issue_date"].state == "corrected"

    with Person(desk, browser, "tilo") as tilo:
        _log_in_by_keys(tilo)
        tilo.press("g", "d")
        tilo.page.wait_for_url("**/approved")
        tilo.press("g", "a")
        tilo.page.wait_for_url("**/approvals")
        expect(tilo.row(paper.id)).to_be_visible()
        tilo.press("ArrowDown", "Enter")
        tilo.page.wait_for_url(f"**/documents/{paper.id}/approval")
        tilo.press("r")
        expect(tilo.page.get_by_label("What should be looked at again?")).to_be_focused()
        tilo.type("a a a")  # typed, so nothing is signed
        tilo.press("Escape")
        assert desk.document(paper.id).state is DocumentState.READY
        tilo.sign()
        expect(tilo.page.locator(".told[role=status]")).to_contain_text("is approved")
    assert desk.document(paper.id).state is DocumentState.APPROVED


@pytest.fixture
def other(desk: Installation) -> int:
    """The document that Mara holds, whose card of a date is open to be settled."""
    number = desk.number_of(OTHER.name)
    desk.services.reviewing.claim(number, by=desk.person("mara"))
    return number


def card_of_date(person: Person, other: int) -> None:
    """Open the date's card, with the keys at work."""
    person.open(f"/documents/{other}?field=issue_date")
    expect(person.page.locator("key-map:defined")).to_have_count(1)


def decisions(person: Person) -> list[str]:
    """Return what the page asks to have decided from now on: a look at what is saved may come too soon."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and not request.url.endswith("/draft"):
            sent.append(request.url)

    person.page.on("request", note)
    return sent


PRESS = """keys => {
    for (const one of keys) {
        const press = { key: one.replace("Shift+", ""), shiftKey: one.startsWith("Shift+") };
        const event = new KeyboardEvent("keydown", { ...press, bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(event);
    }
    return document.activeElement.name ?? "";
}"""
"""Presses keys and returns, before the browser does anything else, the name of the field that has the focus."""


@pytest.mark.parametrize(
    ("path", "key", "name"),
    [
        ("/documents/{id}?field=issue_date", "e", "value"),
        ("/documents/{id}?field=issue_date", "r", "reason"),
        ("/documents/{id}?field=issue_date", "p", "why"),
        ("/documents/{id}?field=issue_date", "h", "person"),
        ("/queue", "/", "search"),
    ],
)
def test_next_key_after_one_that_opens_a_field_is_typed_into_it(
    mara: Person, other: int, path: str, key: str, name: str
) -> None:
    """However fast the typist: a digit that comes before the focus would take a runner-up."""
    mara.open(path.format(id=other))
    expect(mara.page.locator("key-map:defined")).to_have_count(1)
    decided = decisions(mara)
    assert mara.page.evaluate(PRESS, [key]) == name
    mara.type("31.12.2024")
    assert decided == []
    if name == "value":
        # what was typed is kept as a draft, which the next test would find open
        expect(mara.page.get_by_text("kept as a draft")).to_be_visible()
        with mara.page.expect_response("**/draft"):
            mara.press("Escape")


@pytest.mark.parametrize("key", ["e", "r"])
def test_key_right_after_the_escape_that_closes_a_field_is_heard(mara: Person, other: int, key: str) -> None:
    """What the open field hid or held is free at once: the event that tells of its closing comes later."""
    card_of_date(mara, other)
    mara.page.evaluate("document.activeElement.blur()")  # so that there is nothing for the focus to go back to
    mara.press(key)
    expect(mara.page.locator("details[open] :focus")).to_be_visible()
    if key == "e":
        expect(mara.card.locator(".card-acts")).to_be_hidden()
    mara.page.evaluate(PRESS, ["Escape", "s"])
    expect(mara.desk).not_to_have_attribute("data-field", "issue_date")


GO_ON = """async ([key, name]) => {
    const press = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(press);
    document.activeElement.form.elements.namedItem(name).focus();
    await new Promise((later) => setTimeout(() => requestAnimationFrame(later), 50));
    return document.activeElement.name;
}"""
"""Presses a key that opens a form, goes on to another of its fields at once, and returns where the focus is then."""


@pytest.mark.parametrize(("key", "name"), [("e", "comment"), ("r", "why"), ("p", "until"), ("h", "comment")])
def test_who_goes_on_at_once_in_a_form_that_a_key_opened_is_not_called_back(
    mara: Person, other: int, key: str, name: str
) -> None:
    """That the form is open is told by an event which comes later than a quick typist's next keys."""
    card_of_date(mara, other)
    assert mara.page.evaluate(GO_ON, [key, name]) == name


@pytest.mark.parametrize("field", ["issue_date", "line_items"])
def test_e_on_a_settled_field_ends_in_its_editor_and_what_is_typed_stays_text(
    desk: Installation, mara: Person, other: int, field: str
) -> None:
    mara.open(f"/documents/{other}?field={field}")
    mara.keep()
    mara.turn_to(field)
    before = desk.document(other).revision
    assert mara.page.evaluate(PRESS, ["e"]) in ("value", "cell-description")
    assert mara.page.evaluate("document.activeElement.value"), "the value stands in it"
    mara.type("9")
    mara.press("End")
    mara.type(EVERY_KEY.replace(" ", ""))
    expect(mara.desk).to_have_attribute("data-field", field)
    assert desk.document(other).revision == before
    mara.press("Escape")
    mara.press_and_save("d")
    expect(mara.card).to_have_attribute("data-state", "open")


ON_TOP = """sheet => {
    const box = sheet.getBoundingClientRect();
    return sheet.contains(document.elementFromPoint(box.x + box.width / 2, box.y + 20));
}"""


def test_on_a_phone_what_is_done_with_a_document_opens_above_its_card(
    desk: Installation, browser: Browser, other: int
) -> None:
    with Person(desk, browser, "mara", width=390, height=844) as person:
        person.enter()
        for act in ("Hand over", "Hold", "Reject"):
            person.open(f"/documents/{other}")
            person.page.locator(".panel-foot summary", has_text=act).click()
            sheet = person.page.locator(".panel-foot details[open] .menu-sheet")
            expect(sheet).to_be_visible()
            assert sheet.evaluate(ON_TOP), act


def test_keys_pressed_before_the_scripts_are_there_show_or_are_told_and_settle_nothing(
    mara: Person, other: int
) -> None:
    decided = decisions(mara)
    held_back: list[Route] = []
    mara.page.route("**/js/main.js", lambda route: held_back.append(route))
    mara.page.goto(f"/documents/{other}?field=issue_date", wait_until="commit")
    expect(mara.card).to_be_visible()
    mara.press("Enter", "s")
    [main] = held_back
    main.continue_()
    expect(mara.desk).not_to_have_attribute("data-field", "issue_date")
    expect(mara.page.locator("[data-told]")).to_contain_text("not done: Enter")
    assert decided == []


@pytest.mark.parametrize("key", ["s", "Shift+Enter"])
def test_keys_pressed_before_another_field_is_there_settle_nothing(mara: Person, other: int, key: str) -> None:
    card_of_date(mara, other)
    decided = decisions(mara)
    mara.page.evaluate(PRESS, [key, "Enter", "0"])
    expect(mara.desk).not_to_have_attribute("data-field", "issue_date")
    assert decided == []


def _log_in_by_keys(person: Person) -> None:
    person.open("/login")
    expect(person.page.get_by_label("Name")).to_be_focused()
    person.type(person.name)
    person.press("Tab")
    person.type("a long one for tests")
    person.press("Enter")
    person.page.wait_for_url(lambda url: "/login" not in url)


def _open_from_the_list(mara: Person, paper: DocumentView) -> None:
    mara.press("g", "f")
    mara.page.wait_for_url("**/files")
    mara.press("g", "q")
    mara.page.wait_for_url("**/queue")
    for _ in range(5):
        mara.press("ArrowDown")
        if mara.row(paper.id).locator(":focus").count():
            break
    mara.press("Enter")
    expect(mara.desk).to_have_attribute("data-document", str(paper.id))


def _keep_undo_and_skip(mara: Person) -> None:
    first = mara.field
    mara.press_and_save("Enter")
    second = mara.field
    assert second != first
    mara.press_and_save("z")
    assert mara.field == first
    mara.press("s")
    expect(mara.desk).to_have_attribute("data-field", second)
    mara.press("Shift+Enter")
    expect(mara.desk).to_have_attribute("data-field", first)


def _type_without_firing(mara: Person) -> None:
    assert mara.field == "invoice_number"
    before = mara.revision
    mara.press("e")
    expect(mara.card.locator("[name=value]")).to_be_focused()
    mara.type(EVERY_KEY)
    assert (mara.field, mara.revision) == ("invoice_number", before)
    assert mara.page.locator("dialog[open]").count() == 0
    mara.press("Escape")
    assert mara.focused_tag != "input"
    assert (mara.field, mara.revision) == ("invoice_number", before), "what was left is not saved"
    mara.press("e")
    mara.press("ControlOrMeta+a")
    mara.type(EVERY_KEY.replace(" ", ""))
    mara.press_and_save("Enter")


def _read_the_list_of_keys(mara: Person) -> None:
    before = (mara.field, mara.revision)
    mara.press("?")
    dialog = mara.page.get_by_role("dialog", name="All keys")
    expect(dialog).to_be_visible()
    mara.press("0", "s", "z")
    assert (mara.field, mara.revision) == before
    mara.press("Escape")
    expect(dialog).to_be_hidden()


def _take_the_rival_of_the_date(mara: Person) -> None:
    while mara.field != "issue_date":
        mara.press("s")
        mara.page.wait_for_function(
            "before => document.querySelector('review-desk').dataset.field !== before", arg=mara.field
        )
    assert mara.shown == PAPER_DATE
    before = mara.revision
    mara.press("Enter")
    expect(mara.desk).to_have_attribute("data-field", "issue_date")
    assert mara.revision == before, "Enter keeps no reading that nobody chose"
    [rival] = [key for value, key in mara.rivals.items() if value == THE_OTHER_WAY]
    mara.press_and_save(rival)


def _settle_the_rest(mara: Person) -> None:
    while (name := mara.field) != SUMMARY:
        mara.press_and_save("0" if name == "purchase_order" else "Enter")
