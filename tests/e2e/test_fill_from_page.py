"""The page beside the fields: words are taken from it, searched, gone to and looked at closely."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from fixtures.make import make_agreement, make_invoice
from pipeline.domain.extraction import Provenance
from pipeline.domain.geometry import BoundingBox
from pipeline.domain.review import FieldRecord
from tests.e2e.installation import TEST, Installation
from tests.e2e.workbench import Person

INVOICE = make_invoice(902, language="en_GB")
AGREEMENT = make_agreement()
ASKED = ("invoice.invoice_number", "invoice.purchase_order", "invoice.line_items", "nda.party", "nda.jurisdiction")

MIDDLE = """async ([page, text, nth]) => {
    const viewer = document.querySelector("page-viewer");
    const sheet = viewer.sheets[page - 1];
    const word = (await viewer.library.of(sheet)).all.filter((one) => one.text === text)[nth];
    viewer.bring(sheet, word);
    const seen = viewer.seen(sheet, word);
    return [(seen.left + seen.right) / 2, (seen.top + seen.bottom) / 2];
}"""
"""Brings a word into sight, and says where its middle is in the window."""


@dataclass
class Page:
    """A reviewer who points at pages."""

    person: Person
    installation: Installation
    documents: dict[str, int]

    def open(self, name: str, field: str) -> None:
        self.person.open(f"/documents/{self.documents[name]}?field={field}")
        expect(self.person.page.locator("page-search:defined")).to_have_count(1)
        self.person.press("Escape")  # a draft that another test left

    def middle(self, text: str, nth: int = 0, page: int = 1) -> tuple[float, float]:
        x, y = self.person.page.evaluate(MIDDLE, [page, text, nth])
        return x, y

    def click(self, text: str, nth: int = 0, page: int = 1, *held: str) -> None:
        x, y = self.middle(text, nth, page)
        for key in held:
            self.person.page.keyboard.down(key)
        self.person.page.mouse.click(x, y)
        for key in held:
            self.person.page.keyboard.up(key)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        mouse = self.person.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move(*end, steps=6)
        mouse.up()

    def expect_value(self, text: str) -> None:
        expect(self.person.card.locator("[name=value]")).to_have_value(text)

    def saved(self, name: str, field: str) -> FieldRecord:
        return self.installation.record(self.documents[name], field)

    def boxes(self, name: str, *texts: str, page: int = 1) -> tuple[BoundingBox, ...]:
        """Return where words stand, each at its first place on the page."""
        read = self.installation.services.pages.words(self.documents[name], page, by=TEST).page
        return tuple(next(word.box for word in read.words if word.text == text) for text in texts)


@pytest.fixture(scope="module")
def at(house: Installation, browser: Browser) -> Iterator[Page]:
    house.ask_for(*ASKED)
    house.receive(INVOICE, AGREEMENT)
    mara = house.person(house.hire("mara"))
    documents = {made.name: house.number_of(made.name) for made in (INVOICE, AGREEMENT)}
    for document_id in documents.values():
        house.services.reviewing.claim(document_id, by=mara)
    with Person(house, browser, "mara") as person:
        yield Page(person.enter(), house, documents)


def place(provenance: Provenance | None) -> tuple[int, tuple[BoundingBox, ...]]:
    assert provenance is not None
    return provenance.page, provenance.boxes


def test_click_on_a_word_fills_the_open_field_and_its_place_is_where_it_was_clicked(at: Page) -> None:
    at.open(INVOICE.name, "purchase_order")
    at.click("27886")
    at.expect_value("27886")
    expect(at.person.card.locator(".editor-reading")).to_have_text("Reads as 27886")
    expect(at.person.page.locator(".word-taken")).to_have_count(1)
    at.person.press_and_save("Enter")
    record = at.saved(INVOICE.name, "purchase_order")
    assert record.value == "27886"
    assert place(record.provenance) == (1, at.boxes(INVOICE.name, "27886"))
    expect(at.person.page.locator(".word-taken")).to_have_count(0)


def test_what_is_typed_over_a_taken_word_keeps_no_place_and_escape_gives_the_field_back(at: Page) -> None:
    at.open(INVOICE.name, "invoice_number")
    before = at.person.shown
    at.click("TT-440")
    at.expect_value("TT-440")
    at.person.press("Escape")
    expect(at.person.page.locator(".word-taken")).to_have_count(0)
    assert at.person.shown == before
    at.click("TT-440")
    at.expect_value("TT-440")
    at.person.type("-B")
    expect(at.person.page.locator(".word-taken")).to_have_count(0)
    at.person.press_and_save("Enter")
    record = at.saved(INVOICE.name, "invoice_number")
    assert (record.value, record.provenance) == ("TT-440-B", None)


def test_shift_click_goes_on_from_the_last_word_and_a_drag_takes_what_it_passes(at: Page) -> None:
    at.open(AGREEMENT.name, "jurisdiction")
    at.click("This")
    at.expect_value("This")
    at.click("Agreement", 0, 1, "Shift")
    at.expect_value("This Mutual Non-Disclosure Agreement")
    at.drag(at.middle("Mutual"), at.middle("Agreement"))
    at.expect_value("Mutual Non-Disclosure Agreement")
    at.person.press("Escape")


def test_a_list_takes_another_entry_and_keeps_the_places_of_the_others(at: Page) -> None:
    at.open(AGREEMENT.name, "party")
    found = at.saved(AGREEMENT.name, "party")
    before = found.machine_value
    assert isinstance(before, tuple)
    at.drag(at.middle("Port"), at.middle("Ellery,"))
    at.expect_value("\n".join([*map(str, before), "Port Ellery,"]))
    at.person.card.locator("[data-save-button]").click()
    expect(at.person.desk).not_to_have_attribute("data-field", "party")
    record = at.saved(AGREEMENT.name, "party")
    assert record.value == (*before, "Port Ellery,")
    assert place(record.provenance) == (1, (*place(found.provenance)[1], *at.boxes(AGREEMENT.name, "Port", "Ellery,")))


def test_rectangle_over_a_column_fills_the_lines_downward_and_escape_gives_them_back(at: Page) -> None:
    at.open(INVOICE.name, "line_items")
    cells = at.person.card.locator("[name=cell-amount]")

    def values() -> list[str]:
        return [cell.input_value() for cell in cells.all()]

    before = values()
    rows = at.saved(INVOICE.name, "line_items").machine_value
    assert isinstance(rows, tuple)
    amounts = [f"{float(str(row['amount'])):,.2f}" for row in rows if not isinstance(row, str)]
    cells.nth(1).focus()
    (x0, top), (x1, bottom) = at.middle(amounts[0]), at.middle(amounts[-1])
    at.drag((x0 - 45, top - 9), (x1 + 45, bottom + 9))
    expect(at.person.card.locator("[data-says]")).to_have_text(
        f"{len(amounts)} lines filled from the page. Esc gives them back."
    )
    assert values() == [before[0], *amounts, ""], "a line was added for each that there was no room for"
    at.person.press("Escape")
    expect(at.person.card.locator("[data-says]")).to_contain_text("Given back")
    assert values() == before
    at.click("27886")
    expect(cells.nth(1)).to_have_value("27,886.00")
    at.person.press("Escape", "Escape")


def test_words_are_taken_by_keys_alone(at: Page) -> None:
    at.open(AGREEMENT.name, "jurisdiction")
    says = at.person.page.locator("[data-viewer-says]")
    at.person.press("w")
    expect(says).to_contain_text("Oregon")  # where the machine has read the field
    at.person.press("ArrowDown", "ArrowUp", "Home", "Shift+ArrowRight", "Shift+ArrowRight")
    expect(says).to_contain_text(", 3 words · page 2, line")
    at.person.press("Enter")
    expect(at.person.card.locator("[name=value]")).to_be_focused()
    value = at.person.card.locator("[name=value]").input_value()
    assert len(value.split()) == 3
    at.person.press("Alt+w")
    expect(says).to_contain_text(value.split()[0])
    at.person.press("Escape")
    expect(at.person.card.locator("[name=value]")).to_be_focused()
    at.person.press_and_save("Enter")
    record = at.saved(AGREEMENT.name, "jurisdiction")
    assert record.value == value
    page, boxes = place(record.provenance)
    read = at.installation.services.pages.words(at.documents[AGREEMENT.name], page, by=TEST).page
    assert " ".join(word.text for word in read.words if word.box in boxes) == value


def test_boxes_on_the_page_name_their_fields_and_lead_to_them_and_alt_takes_their_words(at: Page) -> None:
    at.open(INVOICE.name, "line_items")
    box = at.person.page.locator(".mark-area[data-field=seller_vat_id]")
    box.hover()
    expect(at.person.page.locator(".mark-name")).to_have_text("Seller's VAT number")
    box.click()
    expect(at.person.desk).to_have_attribute("data-field", "seller_vat_id")
    # the document that comes next takes this one's place without a page load
    at.person.desk.evaluate("desk => desk.replaceWith(desk.cloneNode(true))")
    at.click("Larkmere", 0, 1, "Alt")
    at.expect_value("Larkmere")
    expect(at.person.page.locator("save-state")).to_have_text("kept as a draft")
    at.person.page.reload()
    at.expect_value("Larkmere")
    expect(at.person.page.locator(".word-taken")).to_have_count(1)
    at.person.press("Escape")
    expect(at.person.page.locator(".word-taken")).to_have_count(0)


def test_search_finds_without_accents_and_case_over_words_and_pages_and_gives_the_focus_back(at: Page) -> None:
    at.open(AGREEMENT.name, "party")
    page = at.person.page
    count = page.locator("[data-search-count]")
    at.person.press("/")
    at.person.type("CONFIDÉNTIAL   infórmation")
    expect(count).to_contain_text("1 of ")
    total = int(count.inner_text().split()[-1])
    assert total > 1
    at.person.press("Enter")
    expect(count).to_have_text(f"2 of {total}")
    at.person.press("Shift+Enter", "Shift+Enter")
    expect(count).to_have_text(f"{total} of {total}")
    expect(page.locator(".word-current").first).to_be_in_viewport()
    at.person.press("ControlOrMeta+a")
    at.person.type("zzz")
    expect(count).to_have_text("no match")
    at.person.press("Escape")
    expect(at.person.card).to_be_focused()
    expect(page.locator(".word-found")).to_have_count(0)


def test_page_is_crisp_at_400_percent_and_stays_under_the_pointer_while_it_is_zoomed(at: Page) -> None:
    at.open(INVOICE.name, "invoice_number")
    page = at.person.page
    x, y = at.middle("27886")
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    for _ in range(8):
        page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    expect(page.locator("[data-zoom-now]")).to_have_text("400 %")
    page.wait_for_function("() => document.querySelector('.sheet img').currentSrc.endsWith('dpi=400')")
    where = "document.querySelector('.viewer-pages').scrollLeft"
    before = page.evaluate(where)
    page.keyboard.down("Space")
    at.drag((x, y), (x - 80, y))
    page.keyboard.up("Space")
    assert page.evaluate(where) == pytest.approx(before + 80, abs=1)
    expect(page.locator("details.editor[open]")).to_have_count(0)


def test_edge_between_page_and_fields_moves_by_keys_is_remembered_and_set_back(at: Page) -> None:
    at.open(INVOICE.name, "invoice_number")
    edge = at.person.page.get_by_role("separator")
    side = at.person.page.locator(".side")

    def width() -> int:
        return int(side.evaluate("side => side.offsetWidth"))

    before = width()
    edge.focus()
    at.person.press("ArrowLeft")
    assert width() == before + 24
    at.person.press("End")
    assert width() == 360
    at.open(INVOICE.name, "invoice_number")
    assert width() == 360
    edge.dblclick(position={"x": 3, "y": 200})
    assert width() == before


LOGIC = """async (address) => {
    const at = (name) => import(address.replace(/main\\.js$/, name));
    const { PageWords, textOf } = await at("words.js");
    const { found } = await at("finding.js");
    const { levelFor, pagePoint, seenAt } = await at("geometry.js");
    const word = (text, x, y) => [text, x, y, x + 6 * text.length, y + 10];
    const page = new PageWords(1, [
        word("Sold", 10, 10), word("to", 37, 10.4), word("Total", 200, 10),
        word("Zoë", 10, 24), word("12.50", 200, 24),
        word("Lindqvist", 10, 38), word("3.25", 206, 38),
    ]);
    const named = (text) => page.all.find((one) => one.text === text);
    const size = { width: 600, height: 800 };
    const box = { x0: 100, top: 50, x1: 160, bottom: 60 };
    const turned = [0, 1, 2, 3].map((turn) => {
        const paper = { left: 7, top: 9, width: turn % 2 ? 1600 : 1200, height: turn % 2 ? 1200 : 1600 };
        const seen = seenAt(paper, box, size, turn);
        const back = pagePoint(paper, (seen.left + seen.right) / 2, (seen.top + seen.bottom) / 2, size, turn);
        return [Math.round(back.x), Math.round(back.y)];
    });
    return {
        down: textOf(page.between(named("12.50"), named("Total"))),
        block: textOf(page.between(named("Sold"), named("Lindqvist"))),
        across: textOf(page.between(named("to"), named("12.50"))),
        ring: textOf(page.within({ x0: 190, top: 20, x1: 300, bottom: 60 })),
        below: page.step(named("Total"), "ArrowDown").text,
        found: found("TO total zoe", [page]).map((one) => one.boxes.length),
        solid: found("123 25", [new PageWords(1, [word("12", 0, 0), word("325", 30, 0)])]).length,
        turned,
        levels: [0.25, 1, 2, 3, 4].map((zoom) => levelFor(zoom, 1)),
    };
}"""


def test_words_are_told_apart_by_rows_and_columns_whichever_way_the_page_is_turned(at: Page) -> None:
    at.open(INVOICE.name, "invoice_number")
    address = at.person.page.locator("script[src$='main.js']").evaluate("script => script.src")
    said: dict[str, Any] = at.person.page.evaluate(LOGIC, address)
    assert said == {
        "down": "Total 12.50",
        "block": "Sold to Zoë Lindqvist",
        "across": "to Total Zoë 12.50",
        "ring": "12.50 3.25",
        "below": "12.50",
        "found": [3],
        "solid": 1,
        "turned": [[130, 55]] * 4,
        "levels": [110, 110, 200, 300, 400],
    }


def test_a_finger_takes_words_goes_to_marks_zooms_and_scrolls(at: Page, browser: Browser) -> None:
    house, pages = at.installation, "document.querySelector('.viewer-pages')"
    with Person(house, browser, "mara", width=390, height=844, touch=True) as person:
        page, hand = person.enter().page, Page(person, house, at.documents)
        touches = person.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            placed = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
            touches.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": placed})

        def size() -> int:
            return int((page.locator("[data-zoom-now]").text_content() or "").rstrip(" %"))

        hand.open(INVOICE.name, "purchase_order")
        x, y = hand.middle("27886")
        page.touchscreen.tap(x, y + 9)  # a fingertip comes down beside what it means
        hand.expect_value("27886")
        expect(person.card.locator("[name=value]")).not_to_be_focused()  # keys on the screen would cover the page
        x, y = hand.middle("4500085268")
        touch("Start", (x, y))  # and rests there
        expect(person.card.locator("[name=value]")).to_have_value(re.compile("^27886 .*4500085268$"))
        touch("End")
        person.press("Escape")

        hand.open(INVOICE.name, "purchase_order")
        before = size()
        middle, line = 195.0, page.evaluate(f"{pages}.getBoundingClientRect().top") + 120
        touch("Start", (middle - 20, line), (middle + 20, line))
        for apart in (30, 40, 50):
            touch("Move", (middle - apart, line), (middle + apart, line))
        touch("End")
        assert size() > before
        assert page.evaluate("visualViewport.scale") == 1, "the page is zoomed, not the window"
        top = page.evaluate(f"{pages}.scrollTop")
        touch("Start", (middle, line + 60))
        for moved in range(10, 70, 10):
            touch("Move", (middle, line + 60 - moved))
        touch("End")
        page.wait_for_function(f"before => {pages}.scrollTop > before", arg=top)
        expect(person.card.locator("[name=value]")).not_to_be_visible()

        box = page.locator(".mark-area[data-field=seller_vat_id]").first
        box.scroll_into_view_if_needed()
        found = box.bounding_box()
        assert found is not None
        page.touchscreen.tap(found["x"] + found["width"] / 2, found["y"] + found["height"] + 5)
        expect(person.desk).to_have_attribute("data-field", "seller_vat_id")
