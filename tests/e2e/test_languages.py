"""A Swiss reader of German: the page, its scripts and its numbers speak as they do; English is one click away."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from fixtures.make import make_invoice
from pipeline.domain.actors import Role
from tests.e2e.installation import Installation
from tests.e2e.workbench import Person

PAPER = make_invoice(957, language="de_CH")


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for("invoice.issue_date", "invoice.line_items")
    house.receive(PAPER)
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


def test_english_is_chosen_in_the_menu_and_stays(mara: Person) -> None:
    mara.open("/queue")
    expect(mara.page.get_by_role("heading", level=1)).to_have_text("Warteschlange")
    mara.page.locator(".bar-person summary").click()
    mara.page.get_by_role("button", name="English").click()
    expect(mara.page.get_by_role("heading", level=1)).to_have_text("Queue")
    mara.open("/files")
    expect(mara.page.get_by_role("heading", level=1)).to_have_text("Files")
