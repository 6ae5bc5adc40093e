"""The queue: live without a reload, its filter and order kept, several given away at once, and any value found."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from fixtures.make import make_invoice
from pipeline.domain.actors import Role
from pipeline.services.views import QueueFilter
from tests.e2e.installation import Installation
from tests.e2e.workbench import Person

FIRST, SECOND, THIRD, LATER = (make_invoice(seed, language="de_CH") for seed in (961, 962, 963, 964))
LOADED = "performance.timeOrigin"
LOOK_MS = 5_000
"""Longer than a list waits between two looks at whether anything has changed."""
REST_MS = 11 * 60_000
"""Longer than a list that nobody touches looks at all."""


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for("invoice.invoice_number")
    house.receive(FIRST, SECOND, THIRD)
    for name in ("mara", "tilo"):
        house.hire(name, Role.REVIEWER)
    return house


def rows(page: Page) -> list[int]:
    return [int(row.get_attribute("data-document") or 0) for row in page.locator("[data-row]").all()]


def test_list_shows_what_others_take_and_what_arrives_without_a_reload(desk: Installation, mara: Person) -> None:
    number = desk.number_of(FIRST.name)
    mara.page.clock.install()
    with mara.page.expect_response("**/queue/pulse"):
        mara.open("/queue")
    mara.page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))  # from then on it looks when it is told to
    loaded = mara.page.evaluate(LOADED)
    expect(mara.row(number)).not_to_contain_text("Tilo")
    mara.row(number).get_by_role("button").focus()
    mara.press("x")
    desk.services.reviewing.claim(number, by=desk.person("tilo"))
    mara.page.clock.run_for(LOOK_MS)
    expect(mara.row(number)).to_contain_text("Tilo")
    expect(mara.row(number).get_by_role("checkbox"), "what was chosen stays so").to_be_checked()
    expect(mara.page.locator(":focus"), "and so does the focus").to_have_text(desk.document(number).number or "")

    desk.receive(LATER)
    later = desk.number_of(LATER.name)
    expect(mara.row(later)).to_have_count(0)
    mara.page.clock.run_for(LOOK_MS)
    expect(mara.row(later)).to_be_visible()
    desk.services.reviewing.release(number, by=desk.person("tilo"))
    mara.page.clock.run_for(LOOK_MS)
    expect(mara.row(number)).not_to_contain_text("Tilo")
    assert mara.page.evaluate(LOADED) == loaded

    asked: list[str] = []
    mara.page.on("request", lambda request: asked.append(request.url))
    mara.page.clock.fast_forward(REST_MS)
    mara.page.clock.run_for(LOOK_MS)
    assert asked == [], "it rests where nobody is at it"
    with mara.page.expect_request("**/queue/pulse"):
        mara.press("Shift")
        mara.page.clock.run_for(LOOK_MS)


def test_filter_and_order_live_in_the_address_and_are_kept_as_a_view(
    desk: Installation, mara: Person, browser: Browser
) -> None:
    mara.open("/queue")
    mara.press("/")
    page = mara.page
    page.get_by_label("Type").select_option("invoice")
    page.get_by_label("With").select_option("free")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("columnheader", name="Amount").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Amount")).to_have_attribute("aria-sort", "descending")
    address = page.url
    shown = rows(page)
    amounts = [float(desk.document(number).amount or 0) for number in shown]
    assert len(amounts) >= 3
    assert amounts == sorted(amounts, reverse=True)
    page.reload()
    assert rows(page) == shown

    page.get_by_text("Views", exact=True).click()
    page.get_by_label("Save what this list shows as").fill("Largest free")
    page.get_by_label("for everybody").check()
    page.get_by_role("button", name="Save the view").click()
    expect(page.get_by_text("The view “Largest free” is saved.")).to_be_visible()
    with Person(desk, browser, "tilo") as tilo:
        tilo.enter().open("/queue")
        tilo.page.get_by_role("link", name="Largest free").click()
        expect(tilo.page.get_by_role("link", name="Largest free")).to_have_attribute("aria-current", "true")
        assert rows(tilo.page) == shown
        assert set(tilo.page.url.partition("?")[2].split("&")) <= set(address.partition("?")[2].split("&"))
        tilo.page.get_by_text("Views", exact=True).click()
        expect(tilo.page.get_by_role("button", name="Remove")).to_have_count(0)

    page.get_by_text("Views", exact=True).click()
    page.get_by_role("button", name="Remove “Largest free”").click()
    mara.open("/queue")
    expect(page.get_by_role("link", name="Largest free")).to_have_count(0)


def test_chosen_documents_are_given_to_a_colleague_at_once(desk: Installation, mara: Person, browser: Browser) -> None:
    numbers = {desk.number_of(made.name) for made in (SECOND, THIRD)}
    mara.open("/queue")
    give = mara.page.get_by_role("button", name="Give", exact=True)
    expect(give).not_to_be_visible()
    for number in numbers:
        mara.row(number).get_by_role("checkbox").check()
    mara.page.get_by_label("Who gets them").select_option(label="Tilo")
    give.click()
    expect(mara.page.get_by_text("2 documents are with Tilo now.")).to_be_visible()
    with Person(desk, browser, "tilo") as tilo:
        tilo.enter().open("/queue?holder=me")
        assert set(rows(tilo.page)) == numbers
        tilo.press("n")
        expect(tilo.desk).to_be_visible()
        assert int(tilo.desk.get_attribute("data-document") or 0) in numbers
    held = desk.services.reviewing.list_queue(QueueFilter(holder="me"), by=desk.person("tilo"))
    assert {row.id for row in held.rows} == numbers


def test_document_is_found_by_any_of_its_values(desk: Installation, mara: Person) -> None:
    number = desk.number_of(FIRST.name)
    for field in ("iban", "gross_total", "buyer_name"):
        mara.open("/queue")
        mara.press("/")
        mara.type(str(FIRST.fields[field]))
        mara.press("Enter")
        mara.page.wait_for_url("**search=**")
        found = rows(mara.page)
        assert number in found, field
        assert {desk.record(each, field).value for each in found} == {FIRST.fields[field]}
