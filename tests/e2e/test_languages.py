"""A Swiss reader of German: the page, its scripts and its numbers speak as they do; English is one click away."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from fixtures.make import make_invoice
from pipeline.domain.actors import Role
from tests.e2e.installation import Installation
from tests.e2e.workbench import PASTE, Person

PAPER = make_invoice(957, language="de_CH")
GERMAN = make_invoice(958, language="de_DE")
SHEET = "Scharnier\t2,125\t4,00\t\t8,50\nDübel\t1.144\t0,5\t\t572\n"
"""Copied from a German spreadsheet: only its other cells say how 2,125 and 1.144 are meant."""


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for("invoice.issue_date", "invoice.line_items")
    house.receive(PAPER, GERMAN)
    house.hire("mara", Role.REVIEWER)
    return house


@pytest.fixture
def mara(desk: Installation, browser: Browser) -> Iterator[Person]:
    with Person(desk, browser, "mara") as person:
        person.context.set_extra_http_headers({"Accept-Language": "de-CH,de;q=0.9,en;q=0.5"})
        person.enter()
        desk.services.reviewing.claim(desk.number_of(PAPER.name), by=desk.person("mara"))
        yield person


def test_scripts_and_sums_speak_as_the_page_does(desk: Installation, mara: Person) -> None:
    document = desk.number_of(PAPER.name)
    mara.open(f"/documents/{document}?field=issue_date")
    expect(mara.page.locator("html")).to_have_attribute("lang", "de-CH")
    mara.press("e")
    mara.type("31.12.2024")
    expect(mara.card.locator(".editor-reading")).to_have_text("Gelesen als 31.12.2024")
    with mara.page.expect_response("**/draft"):
        mara.press("Escape")
    mara.open(f"/documents/{document}?field=line_items")
    cell = mara.card.locator("tbody tr:not(.line-new) [data-column='amount']").first
    cell.fill("1234567.5")
    cell.press("Tab")
    expect(mara.card.locator("[data-sum='amount']")).to_have_text(re.compile(r"1’23\d’\d{3}\.\d\d"))


def test_lines_stand_in_the_readers_form_and_only_what_was_changed_is_saved(desk: Installation, mara: Person) -> None:
    mara.context.set_extra_http_headers({"Accept-Language": "de-DE,de;q=0.9"})
    document = desk.number_of(PAPER.name)
    mara.open(f"/documents/{document}?field=line_items")
    rows = mara.card.locator("tbody tr")
    count = rows.count() - 1

    def cell(row: int, name: str) -> Locator:
        return rows.nth(row).locator(f"[data-column={name}]")

    cell(0, "quantity").fill("1.144")  # the document writes 1’144.00: here the point is the decimal sign
    cell(0, "quantity").press("Tab")
    expect(cell(0, "quantity")).to_have_value("1,1440")
    cell(0, "amount").fill("1144.5")
    cell(0, "amount").press("Tab")
    expect(cell(0, "amount")).to_have_value("1.144,50")
    cell(count, "description").evaluate(PASTE, SHEET)
    expect(cell(count, "quantity")).to_have_value("2,1250")
    expect(cell(count + 1, "quantity")).to_have_value("1144")
    expect(cell(count + 1, "amount")).to_have_value("572,00")
    cell(count, "description").focus()
    mara.press_and_save("Enter")
    record = next(one.record for one in desk.document(document).fields if one.spec.name == "line_items")
    assert isinstance(record.value, tuple)
    assert isinstance(record.machine_value, tuple)
    first, *untouched, hinge, dowel = (row for row in record.value if not isinstance(row, str))
    assert (first["quantity"], first["amount"]) == ("1.144", "1144.50")
    assert tuple(untouched) == record.machine_value[1:]
    assert [(row["quantity"], row["unit_price"], row["amount"]) for row in (hinge, dowel)] == [
        ("2.125", "4.00", "8.50"),
        ("1144", "0.50", "572.00"),
    ]


def test_english_is_chosen_in_the_menu_and_stays(mara: Person) -> None:
    mara.open("/queue")
    expect(mara.page.get_by_role("heading", level=1)).to_have_text("Warteschlange")
    mara.page.locator(".bar-person summary").click()
    mara.page.get_by_role("button", name="English").click()
    expect(mara.page.get_by_role("heading", level=1)).to_have_text("Queue")
    mara.open("/files")
    expect(mara.page.get_by_role("heading", level=1)).to_have_text("Files")


def test_a_cell_saved_while_it_is_typed_in_means_what_it_means_to_its_reader(desk: Installation, mara: Person) -> None:
    """Where a column holds 1.144 already, the text 1.144 is that value as it is kept; a German means 1144 by it."""
    document = desk.number_of(GERMAN.name)
    desk.services.reviewing.claim(document, by=desk.person("mara"))
    cells = mara.card.locator("tbody tr [data-column=quantity]")
    for row, typed in enumerate(("1,144", "1.144")):
        mara.open(f"/documents/{document}?field=line_items")
        mara.press("e")
        cells.nth(row).fill(typed)
        mara.press_and_save("Enter")
    record = next(one.record for one in desk.document(document).fields if one.spec.name == "line_items")
    assert isinstance(record.value, tuple)
    assert [row["quantity"] for row in record.value[:2] if not isinstance(row, str)] == ["1.144", "1144"]
