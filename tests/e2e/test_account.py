"""One's own account: a second factor, where one is logged in, and getting in while others guess."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pyotp.totp import TOTP

from pipeline.domain.actors import Role
from pipeline.services.guesses import FAILURES_ALLOWED
from tests.e2e.installation import PASSWORD, Installation
from tests.e2e.workbench import Person


@pytest.fixture
def ada(house: Installation, browser: Browser) -> Iterator[Person]:
    """Somebody who logs in by the form: each test has a name of its own, whose wrong guesses concern no other."""
    house.hire("ada", Role.REVIEWER)
    with Person(house, browser, "ada") as person:
        yield person


def fill_in(page: Page, name: str, password: str) -> None:
    page.goto("/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def log_out(page: Page) -> None:
    page.locator(".bar-person summary").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")


def test_second_factor_is_set_up_asked_for_and_stood_in_for(ada: Person) -> None:
    page = ada.page
    fill_in(page, "ada", PASSWORD)
    page.goto("/account")
    page.get_by_role("link", name="Set up a second factor").click()
    page.get_by_label("Your password").fill("not the password")
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("alert").filter(has_text="does not fit")).to_be_visible()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    totp = TOTP((page.locator("code.secret").text_content() or "").replace(" ", ""))
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Put it in force").click()
    expect(page.get_by_role("alert")).to_contain_text("does not fit")
    page.get_by_role("textbox", name="Code").fill(totp.now())
    page.keyboard.press("Enter")
    expect(page.locator(".recovery code")).to_have_count(10)
    codes = page.locator(".recovery code").all_text_contents()
    page.get_by_role("link", name="I kept them").click()
    expect(page.get_by_text("10 recovery codes are left.")).to_be_visible()

    log_out(page)
    fill_in(page, "ada", PASSWORD)
    page.wait_for_url("**/login/code*")
    page.goto("/queue")
    expect(page).to_have_url(f"{ada.installation.address}/login?next=/queue")
    fill_in(page, "ada", PASSWORD)
    page.get_by_role("textbox", name="Code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not fit")
    # the code that was confirmed is used up: a telephone that is half a minute early has the next one
    page.get_by_role("textbox", name="Code").fill(totp.generate_otp(int(time.time()) // 30 + 1))
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")

    log_out(page)
    fill_in(page, "ada", PASSWORD)
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_role("textbox", name="Recovery code").fill(codes[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")
    page.goto("/account")
    expect(page.get_by_text("9 recovery codes are left.")).to_be_visible()


def test_session_that_was_ended_elsewhere_is_out_at_its_next_request(house: Installation, browser: Browser) -> None:
    house.hire("bela", Role.REVIEWER)
    with Person(house, browser, "bela") as here, Person(house, browser, "bela") as there:
        for person in (here, there):
            fill_in(person.page, "bela", PASSWORD)
            person.page.wait_for_url("**/queue")
        here.page.goto("/account")
        rows = here.page.get_by_role("table", name="Sessions").locator("tbody tr")
        expect(rows.filter(has_text="this one")).to_have_count(1)
        others = rows.filter(has=here.page.get_by_role("button", name="End the session"))
        expect(others.first).to_contain_text("Chrome on Linux")
        here.page.get_by_role("button", name="End all others").click()
        expect(rows).to_have_count(1)
        there.page.goto("/queue")
        expect(there.page).to_have_url(f"{house.address}/login?next=/queue&expired=1")
        here.page.goto("/queue")
        here.page.wait_for_url("**/queue")


def test_whoever_guesses_is_slowed_and_a_browser_that_was_there_before_gets_in(
    house: Installation, browser: Browser
) -> None:
    house.hire("cleo", Role.REVIEWER)
    with Person(house, browser, "cleo") as cleo, Person(house, browser, "guesser") as guesser:
        fill_in(cleo.page, "cleo", PASSWORD)
        cleo.page.wait_for_url("**/queue")
        log_out(cleo.page)
        for _ in range(FAILURES_ALLOWED):
            fill_in(guesser.page, "cleo", "a guess at it")
            expect(guesser.page.get_by_role("alert")).to_contain_text("do not fit together")
        fill_in(guesser.page, "cleo", PASSWORD)
        expect(guesser.page.get_by_role("alert")).to_contain_text("Wait a quarter of an hour")
        fill_in(cleo.page, "cleo", PASSWORD)
        cleo.page.wait_for_url("**/queue")
