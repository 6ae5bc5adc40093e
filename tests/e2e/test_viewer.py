"""The pages beside the fields: zoomed from 25 to 400 %, fitted, turned, leafed through and moved by keys."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from fixtures.make import make_invoice
from tests.e2e.installation import Installation
from tests.e2e.workbench import Person

LONG = make_invoice(991, language="de_CH", item_count=60)
PAGES = "document.querySelector('.viewer-pages')"


@pytest.fixture(scope="module")
def mara(house: Installation, browser: Browser) -> Iterator[Person]:
    house.ask_for("invoice.invoice_number")
    house.receive(LONG)
    house.hire("mara")
    with Person(house, browser, "mara") as person:
        person.enter().take(house.number_of(LONG.name))
        yield person


def size(person: Person) -> int:
    """Return how large the pages are shown, in percent."""
    return int(person.page.locator("[data-zoom-now]").inner_text().rstrip(" %"))


def page_shown(person: Person) -> int:
    return int(person.page.locator("[data-page-now]").inner_text())


def scrolled(person: Person) -> tuple[float, float]:
    left, top = person.page.evaluate(f"[{PAGES}.scrollLeft, {PAGES}.scrollTop]")
    return left, top


def test_zoom_goes_from_25_to_400_percent_in_steps_and_back_to_the_width(mara: Person) -> None:
    mara.press("f")
    fitted = size(mara)
    sheet = mara.page.locator(".sheet").first
    sizes = [fitted]
    for _ in range(20):
        mara.press("+")
        sizes.append(size(mara))
    assert sizes == sorted(sizes)
    assert sizes[-1] == 400
    wide = sheet.evaluate("sheet => sheet.offsetWidth")
    for _ in range(30):
        mara.press("-")
        sizes.append(size(mara))
    assert sizes[-1] == 25
    assert sheet.evaluate("sheet => sheet.offsetWidth") == pytest.approx(wide / 16, abs=2)
    mara.page.get_by_role("button", name="Fit").click()
    assert size(mara) == fitted
    assert mara.page.evaluate(f"{PAGES}.scrollWidth <= {PAGES}.clientWidth")


def test_turning_goes_round_and_keeps_the_width_in_sight(mara: Person) -> None:
    mara.press("f")
    paper = mara.page.locator(".sheet .paper").first
    sides = []
    for _ in range(4):
        mara.press("t")
        box = paper.bounding_box()
        assert box is not None
        sides.append("wide" if box["width"] > box["height"] else "tall")
        assert mara.page.evaluate(f"{PAGES}.scrollWidth <= {PAGES}.clientWidth")
    assert sides == ["wide", "tall", "wide", "tall"]


def test_keys_and_thumbnails_leaf_through_the_pages(mara: Person) -> None:
    mara.press("f")
    count = mara.page.locator(".sheet").count()
    assert count > 1
    thumbs = mara.page.locator(".thumb")
    expect(thumbs).to_have_count(count)
    for number in range(1, count):
        mara.press("]")
        expect(mara.page.locator("[data-page-now]")).to_have_text(str(number + 1))
        expect(thumbs.nth(number)).to_have_attribute("aria-current", "true")
    mara.press("[")
    expect(mara.page.locator("[data-page-now]")).to_have_text(str(count - 1))
    thumbs.first.click()
    expect(mara.page.locator("[data-page-now]")).to_have_text("1")
    expect(thumbs.first).to_have_attribute("aria-current", "true")
    # the field with the exception is on the first page, and only that one is marked
    expect(thumbs.first.locator("[data-thumb-mark]")).to_be_visible()
    expect(thumbs.nth(1).locator("[data-thumb-mark]")).to_be_hidden()


def test_pages_are_moved_by_keys_once_they_have_the_focus_and_nothing_is_settled(mara: Person) -> None:
    mara.press("f", *["+"] * 6)
    before, revision = mara.field, mara.revision
    while not mara.page.evaluate(f"document.activeElement === {PAGES}"):
        mara.press("Shift+Tab")
    left, top = scrolled(mara)
    mara.press("ArrowDown")
    mara.page.wait_for_function(f"top => {PAGES}.scrollTop > top", arg=top)
    mara.press("ArrowRight")
    mara.page.wait_for_function(f"left => {PAGES}.scrollLeft > left", arg=left)
    mara.press("End")
    mara.page.wait_for_function(
        f"() => Math.ceil({PAGES}.scrollTop + {PAGES}.clientHeight) >= {PAGES}.scrollHeight - 1"
    )
    mara.press("Home")
    expect(mara.page.locator("[data-page-now]")).to_have_text("1")
    assert (mara.field, mara.revision) == (before, revision)
