"""A whole day's work without a mouse: everything that happens to documents, done by keys, and on record in the end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from fixtures.make import Quirk, make_invoice
from pipeline.domain.actors import Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.review import FieldState
from pipeline.domain.worth import Priority
from tests.e2e.installation import PASSWORD, TEST, Installation
from tests.e2e.workbench import SUMMARY, Person

HARD = make_invoice(981, language="en_GB", quirks=(Quirk.AMBIGUOUS_DATE,))
EASY = tuple(make_invoice(seed, language="de_CH") for seed in (982, 983, 984, 985))
ASKED = ("invoice_number", "issue_date", "due_date", "purchase_order", "buyer_name", "seller_name", "line_items")
BUYER, COMMENT, WHY = "Larkmere 1 Estates, e s d", "Please look at the seller, Tilo", "Which number is right? z 0 9"
NO_POINTER = "addEventListener('pointerdown', () => console.error('a pointer was used'), true);"
"""The browser's own complaints fail the test of whoever is at it."""


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for(*(f"invoice.{name}" for name in ASKED))
    house.receive(HARD)
    house.ask_for("invoice.invoice_number")
    house.receive(*EASY)
    house.hire("mara", Role.REVIEWER)
    house.hire("tilo", Role.REVIEWER)
    house.hire("nora", Role.APPROVER)
    urgent = [house.number_of(HARD.name)]
    house.services.dispatching.prioritise(urgent, Priority.URGENT, "the hard one first", by=house.person("mara"))
    return house


@dataclass
class Day:
    """What a reviewer does with documents, by keys alone, and what they remember of the first."""

    mara: Person
    settled: list[str] = field(default_factory=list)
    taken: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def document(self) -> int:
        return int(self.mara.desk.get_attribute("data-document") or 0)

    def settle_all(self) -> None:
        """Clear every exception of the document that is open."""
        ways: dict[str, Callable[[], None]] = {
            "invoice_number": self.change_their_mind,
            "issue_date": self.take_the_rival,
            "due_date": lambda: self.mara.press_and_save("0"),
            "purchase_order": self.point_at_a_word,
            "buyer_name": self.type_another,
            "line_items": self.edit_the_lines,
        }
        while (name := self.mara.field) != SUMMARY:
            self.settled.append(name)
            ways.get(name, lambda: self.mara.press_and_save("Enter"))()

    def change_their_mind(self) -> None:
        """Keep the value, take that back, do it again after all."""
        mara, name = self.mara, self.mara.field
        mara.press_and_save("Enter")
        mara.press_and_save("z")
        expect(mara.desk).to_have_attribute("data-field", name)
        mara.press_and_save("Z")
        expect(mara.desk).not_to_have_attribute("data-field", name)

    def take_the_rival(self) -> None:
        self.mara.press_and_save(list(self.mara.rivals.values())[-1])

    def point_at_a_word(self) -> None:
        mara = self.mara
        says = mara.page.locator("[data-viewer-says]")
        mara.press("w")
        expect(says).not_to_be_empty()
        mara.press("Home", "Shift+ArrowRight")
        expect(says).to_contain_text(", 2 words")
        mara.press("Enter")
        expect(mara.card.locator("[name=value]")).to_be_focused()
        self.taken = mara.card.locator("[name=value]").input_value()
        mara.press_and_save("Enter")

    def type_another(self) -> None:
        self.mara.press("e")
        expect(self.mara.card.locator("[name=value]")).to_be_focused()
        self.mara.press("ControlOrMeta+a")
        self.mara.type(BUYER)
        self.mara.press("Tab")
        expect(self.mara.card.locator("[name=comment]")).to_be_focused()
        self.mara.type("as on the letter")
        self.mara.press_and_save("Enter")

    def edit_the_lines(self) -> None:
        """Name the first line anew, and drop the last one."""
        mara = self.mara
        cells = mara.card.locator("tbody tr:not(.line-new) [data-column=description]")
        before = [cell.input_value() for cell in cells.all()]
        self.lines = ["Hinge", *before[1:-1]]
        mara.press("e")
        expect(mara.page.locator("[data-column]:focus")).to_have_count(1)
        while mara.page.locator(":focus").get_attribute("data-column") != "description":
            mara.press("Tab")
        mara.press("ControlOrMeta+a")
        mara.type("Hinge")
        mara.press(*["ArrowDown"] * (len(before) - 1), "Alt+KeyX")
        expect(cells).to_have_count(len(before) - 1)
        mara.press_and_save("Enter")

    def hold(self) -> date:
        mara = self.mara
        until = datetime.now(UTC).date() + timedelta(days=40)
        mara.press("p")
        mara.type("the credit note")
        mara.press("Tab")
        mara.type(f"{until:%m%d%Y}")
        mara.press("Enter")
        mara.page.wait_for_url("**/queue")
        return until

    def hand_over(self) -> None:
        self.mara.press("h")
        self.mara.type("Tilo")
        self.mara.press("Tab")
        self.mara.type(COMMENT)
        self.mara.press("Enter")
        self.mara.page.wait_for_url("**/queue")

    def reject(self) -> None:
        self.mara.press("r")
        self.mara.press("ArrowDown", "Tab")
        self.mara.type("sent twice, r q z")
        self.mara.press("Enter")
        self.mara.page.wait_for_url("**/queue")

    def take_the_next(self) -> int:
        self.mara.press("n")
        self.mara.page.wait_for_url("**/documents/*")  # and its scripts are there: what came before them is only told
        expect(self.mara.card).to_be_focused()
        return self.document

    def hand_on(self) -> int:
        """Hand the document on; return the next, which takes its place."""
        before = self.document
        self.mara.press("Enter")
        expect(self.mara.desk).not_to_have_attribute("data-document", str(before))
        expect(self.mara.card).to_be_focused()
        self.mara.page.wait_for_timeout(300)  # what is pressed at once was meant for the document before
        return self.document


def log_in(person: Person) -> None:
    """From the log-in page on, nobody here has more than a keyboard."""
    person.context.add_init_script(NO_POINTER)
    person.open("/login")
    person.type(person.name)
    person.press("Tab")
    person.type(PASSWORD)
    person.press("Enter")
    person.page.wait_for_url(lambda url: "/login" not in url)


def tab_to(person: Person, name: str) -> None:
    """Press Tab until a button of that name has the focus."""
    for _ in range(40):
        if (
            person.page.locator(":focus")
            .get_by_text(name)
            .or_(person.page.locator(f":focus:text-is('{name}')"))
            .count()
        ):
            return
        person.press("Tab")
    raise AssertionError(f"Tab never came to “{name}”")


def go_to_row(person: Person, document_id: int) -> None:
    for _ in range(60):
        if person.row(document_id).locator(":focus").count():
            return
        person.press("ArrowDown")
    raise AssertionError(f"the arrows never came to document {document_id}")


def test_whole_day_needs_no_mouse(desk: Installation, browser: Browser) -> None:
    with Person(desk, browser, "mara") as mara, Person(desk, browser, "nora") as nora:
        log_in(mara)
        day = Day(mara)
        hard = day.take_the_next()
        assert hard == desk.number_of(HARD.name)
        day.settle_all()
        easy = day.hand_on()
        Day(mara).settle_all()
        held = day.hand_on()
        until = day.hold()
        given = day.take_the_next()
        day.hand_over()
        rejected = day.take_the_next()
        day.reject()
        assert {easy, held, given, rejected} == {desk.number_of(made.name) for made in EASY}

        log_in(nora)
        nora.page.wait_for_url("**/approvals")
        go_to_row(nora, hard)
        nora.press("Enter")
        nora.page.wait_for_url(f"**/documents/{hard}/approval")
        nora.sign()
        expect(nora.page.locator(".told[role=status]")).to_contain_text(f"Document {hard} is approved")
        nora.page.wait_for_url(f"**/documents/{easy}/approval")
        nora.press("r")
        nora.type(WHY)
        nora.press("Tab", "Space")
        tab_to(nora, "Return to review")
        nora.press("Enter")
        expect(nora.page.locator(".told[role=status]")).to_contain_text(f"Document {easy} is back in review")

        mara.press("g", "q")
        expect(mara.row(easy)).to_contain_text(WHY)
        go_to_row(mara, easy)
        mara.press("Enter")
        expect(mara.desk).to_have_attribute("data-document", str(easy))
        mara.page.wait_for_load_state()
        expect(mara.page.get_by_text(WHY).first).to_be_visible()
        assert mara.field == "invoice_number"
        mara.press_and_save("Enter")
        mara.press("Enter")
        mara.page.wait_for_url("**/queue")

    assert {"invoice_number", "issue_date", "purchase_order", "buyer_name", "line_items"} <= set(day.settled)
    _check_the_hard_one(desk, hard, day)
    states = {number: desk.document(number).state for number in (easy, held, given, rejected)}
    assert states == {
        easy: DocumentState.READY,
        held: DocumentState.HELD,
        given: DocumentState.REVIEW,
        rejected: DocumentState.REJECTED,
    }
    on_hold = desk.document(held)
    assert (on_hold.note, on_hold.held_until and on_hold.held_until.date()) == ("the credit note", until)
    claim = desk.document(given).claim
    assert claim is not None
    assert (claim.display_name, desk.document(given).note) == ("Tilo", f"Mara: {COMMENT}")
    assert "sent twice, r q z" in (desk.document(rejected).note or "")
    history = desk.services.auditing.history(easy, by=TEST)
    assert [event.by for event in history if event.tag == AuditTag.DOCUMENT_VALIDATE] == ["mara", "mara"]
    assert [event.values["why"] for event in history if event.tag == AuditTag.DOCUMENT_RETURN] == [WHY]


def _check_the_hard_one(desk: Installation, hard: int, day: Day) -> None:
    view = desk.document(hard)
    [signature] = view.approvals
    assert (view.state, signature.by, view.validated_by) == (DocumentState.APPROVED, "nora", "mara")
    number = desk.record(hard, "invoice_number")
    assert (number.value, number.state) == (HARD.fields["invoice_number"], FieldState.CONFIRMED)
    tags = [event.tag for event in desk.services.auditing.history(hard, by=TEST) if event.field == "invoice_number"]
    assert tags == [AuditTag.FIELD_SETTLE, AuditTag.FIELD_REOPEN, AuditTag.FIELD_SETTLE]
    issued = desk.record(hard, "issue_date")
    assert (issued.state, issued.value == HARD.fields["issue_date"]) == (FieldState.CORRECTED, False)
    assert desk.record(hard, "due_date").state is FieldState.ABSENT
    order = desk.record(hard, "purchase_order")
    assert (order.value, order.state) == (day.taken, FieldState.CORRECTED)
    assert order.provenance is not None
    assert len(order.provenance.boxes) == 2
    buyer = desk.record(hard, "buyer_name")
    assert (buyer.value, buyer.comment) == (BUYER, "as on the letter")
    rows = [row for row in desk.record(hard, "line_items").value or () if not isinstance(row, str)]
    assert [row["description"] for row in rows] == day.lines
