"""Lines are moved, split, joined and pasted by keys, their sum follows, and what is saved is what stood there."""

import pytest
from playwright.sync_api import expect

from fixtures.make import make_invoice
from pipeline.domain.actors import Role
from pipeline.domain.review import Decision, Settlement
from tests.e2e.installation import Installation
from tests.e2e.workbench import PASTE, Person

PAPER = make_invoice(943, language="en_GB")
SHEET = 'Hinge of brass\t3\t4.50\t\t13.50\r\n"Oak dowel,\nlong"\t10\t0.72\t\t7.20\r\n'


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for("invoice.line_items")
    house.receive(PAPER)
    house.hire("mara", Role.REVIEWER)
    return house


@pytest.fixture
def mara(desk: Installation, mara: Person) -> Person:
    """A reviewer at the document's lines, as they were read."""
    document, by = desk.number_of(PAPER.name), desk.person("mara")
    desk.forget_drafts(document, by=by)
    desk.services.reviewing.claim(document, by=by)
    mara.open(f"/documents/{document}?field=line_items")
    return mara


def column(person: Person, name: str) -> list[str]:
    cells = person.card.locator(f"tbody tr:not(.line-new) [data-column='{name}']").all()
    return [cell.input_value() for cell in cells]


def cell(person: Person, row: int, name: str):
    return person.card.locator("tbody tr").nth(row).locator(f"[data-column='{name}']")


def test_a_line_is_moved_by_keys_and_keeps_the_focus(mara: Person) -> None:
    before = column(mara, "description")
    cell(mara, 0, "description").focus()
    mara.press("Alt+ArrowDown")
    assert column(mara, "description") == [before[1], before[0], *before[2:]]
    expect(cell(mara, 1, "description")).to_be_focused()
    mara.press("Alt+ArrowUp", "Alt+ArrowUp")
    assert column(mara, "description") == before


def test_a_line_is_split_at_the_cursor_and_joined_again(mara: Person) -> None:
    before, amounts = column(mara, "description"), column(mara, "amount")
    first = before[0].split()
    cell(mara, 0, "description").focus()
    cell(mara, 0, "description").evaluate("(cell, at) => cell.setSelectionRange(at, at)", len(first[0]))
    mara.press("Alt+KeyS")
    assert column(mara, "description")[:2] == [first[0], " ".join(first[1:])]
    assert column(mara, "amount") == [amounts[0], "", *amounts[1:]]
    expect(cell(mara, 1, "description")).to_be_focused()
    mara.press("ArrowUp", "Alt+KeyJ")
    assert (column(mara, "description"), column(mara, "amount")) == (before, amounts)


def test_a_line_is_inserted_above_filled_in_and_dropped_again(mara: Person) -> None:
    before = column(mara, "amount")
    cell(mara, 1, "amount").focus()
    mara.press("Alt+KeyI")
    assert column(mara, "amount") == [before[0], "", *before[1:]]
    cell(mara, 1, "amount").focus()
    mara.type("1.00")
    mara.press("Tab")
    expected = sum(float(amount) for amount in before) + 1
    expect(mara.card.locator("output[data-sum]")).to_have_text(f"{expected:,.2f}")
    cell(mara, 1, "amount").focus()
    mara.press("Alt+KeyX")
    assert column(mara, "amount") == before


def test_cells_of_a_spreadsheet_go_down_and_to_the_right_and_escape_gives_them_back(mara: Person) -> None:
    before = [column(mara, name) for name in ("description", "quantity", "amount")]
    last = cell(mara, len(before[0]) - 1, "description")
    last.focus()
    last.evaluate(PASTE, SHEET)
    expect(mara.card.get_by_text("2 lines filled from the clipboard.")).to_be_visible()
    assert column(mara, "description") == [*before[0][:-1], "Hinge of brass", "Oak dowel, long"]
    assert column(mara, "quantity")[-2:] == ["3", "10"]
    assert column(mara, "amount")[-2:] == ["13.50", "7.20"]
    mara.press("Escape")
    expect(mara.card.get_by_text("Given back")).to_be_visible()
    assert [column(mara, name) for name in ("description", "quantity", "amount")] == before


def test_a_single_text_is_pasted_as_anywhere(mara: Person) -> None:
    before = column(mara, "description")
    cell(mara, 0, "description").evaluate(PASTE, "Hinge")
    assert column(mara, "description") == before


def test_lines_typed_on_an_old_page_stand_beside_the_newer_work_until_one_is_chosen(
    desk: Installation, mara: Person
) -> None:
    document, before = desk.number_of(PAPER.name), column(mara, "amount")
    confirmed = Settlement(field="invoice_number", decision=Decision.CONFIRM)
    for choice, left in (("Keep what I typed", ["4,711.00", *before[1:]]), ("Look at the newer work", before)):
        cell(mara, 0, "amount").fill("4,711.00")
        revision = desk.document(document).revision
        desk.services.reviewing.settle(document, confirmed, by=desk.person("mara"), revision=revision)
        cell(mara, 0, "amount").press("Enter")
        dialog = mara.page.get_by_role("dialog", name="The document was changed meanwhile")
        dialog.get_by_role("button", name=choice).click()
        expect(cell(mara, 0, "amount")).to_have_value(left[0])
        assert column(mara, "amount") == left
    assert desk.record(document, "line_items").state == "open"


def test_pasted_lines_are_summed_and_saved(desk: Installation, mara: Person) -> None:
    count = len(column(mara, "description"))
    for _ in range(count):
        cell(mara, 0, "description").focus()
        mara.press("Alt+KeyX")
    cell(mara, 0, "description").evaluate(PASTE, SHEET)
    expect(mara.card.locator("output[data-sum]")).to_have_text("20.70")
    cell(mara, 0, "description").focus()
    mara.press_and_save("Enter")
    record = desk.record(desk.number_of(PAPER.name), "line_items")
    rows = [row for row in record.value or () if not isinstance(row, str)]
    assert [(row["description"], row["quantity"], row["amount"]) for row in rows] == [
        ("Hinge of brass", "3", "13.50"),
        ("Oak dowel, long", "10", "7.20"),
    ]
