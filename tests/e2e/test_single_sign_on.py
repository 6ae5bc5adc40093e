"""A person logs in through another site's page, in a real browser, and out again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import world as worlds
from tests.e2e.axe import problems
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, Person, Provider, providing, serving


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing(Person("subject-1", "Mira Okonjo", ["desk-reviewers"], "mira")) as made:
        yield made


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, provider: Provider) -> Iterator[str]:
    """The pages of an installation with single sign-on, form tokens and all."""
    world = worlds.make(
        tmp_path_factory.mktemp("desk"),
        sqlite_template,
        guarded=True,
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_roles="desk-reviewers=reviewer",
    )
    with serving(world.app) as url:
        yield url
    world.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_person_logs_in_at_another_site_and_out_of_both(page: Page, address: str, provider: Provider) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if "Content Security" in message.text else None)
    page.goto(f"{address}/queue?state=held")
    page.get_by_role("link", name="Log in with single sign-on").click()
    page.get_by_role("button", name="I am Mira Okonjo").click()
    expect(page).to_have_url(f"{address}/queue?state=held")
    # a form of the page that was come to: its token is of the session that began just now
    page.goto(f"{address}/mentions")
    page.locator("summary", has=page.locator(".disc")).click()
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{address}/login")
    assert provider.left == [CLIENT_ID]
    assert said == [], "the content policy was in the way"
    page.goto(f"{address}/queue")
    expect(page.get_by_role("link", name="Log in with single sign-on")).to_be_visible()


def test_log_in_page_can_be_used_by_everybody(page: Page, address: str, provider: Provider) -> None:
    page.goto(f"{address}/login")
    assert problems(page) == []
    page.locator(".slip-other summary").click()
    assert problems(page) == []
    provider.mischief = "refusal"
    page.get_by_role("link", name="Log in with single sign-on").click()
    page.get_by_role("button", name="I am Mira Okonjo").click()
    expect(page.get_by_role("alert")).to_contain_text("did not let you in")
    assert problems(page) == []
    provider.mischief = ""
