"""Every page, in light and dark, on a desk and on a telephone: no violation that axe knows, nothing cut off."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from fixtures.make import Quirk, damaged, make_invoice, make_scan
from pipeline.services.views import DocumentView
from tests.e2e.installation import PASSWORD, Installation, installed
from tests.e2e.workbench import Person

WIDTHS = {1440: 900, 390: 844}
SCHEMES = {
    "light": {"resultTypes": ["violations"]},
    # nothing but colours differs from the light page
    "dark": {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]},
}

WRONG = make_invoice(910, language="fr_FR", quirks=(Quirk.WRONG_SUM,))
AMBIGUOUS = make_invoice(902, language="en_GB", quirks=(Quirk.AMBIGUOUS_DATE,))
SIGNED = make_invoice(905, language="de_CH")
WAITING = make_invoice(909, language="de_DE")
SCAN = make_scan(make_invoice(61, language="de_DE"), seed=1)


@dataclass
class Desk:
    """An installation with a document in each state that a page shows, and somebody who may see all."""

    installation: Installation
    person: Person
    documents: dict[str, DocumentView]

    def at(self, name: str, rest: str = "", before: str = "documents") -> str:
        return f"/{before}/{self.documents[name].id}{rest}"


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[Desk]:
    with installed() as installation:
        installation.ask_for("invoice.invoice_number", "invoice.issue_date", "invoice.line_items")
        papers = (WRONG, AMBIGUOUS, SIGNED, WAITING, SCAN)
        for made in papers:
            installation.drop(made.name, made.bytes)
        installation.drop("again.pdf", WRONG.bytes)
        for broken in damaged()[:2]:
            installation.drop(broken.name, broken.bytes)
        installation.wait_until_settled(len(papers) + 3)
        documents = installation.documents()
        mara = installation.person(installation.hire("mara"))
        tilo = installation.person(installation.hire("tilo"))
        installation.settle(documents[SIGNED.name].id, by=mara, sign=True)
        installation.settle(documents[WAITING.name].id, by=mara)
        installation.wait_until_delivered(1)
        installation.services.reviewing.claim(documents[AMBIGUOUS.name].id, by=tilo)
        installation.services.reviewing.claim(documents[WRONG.name].id, by=mara)
        installation.services.reviewing.claim(documents[SCAN.name].id, by=mara)
        with Person(installation, browser, "mara") as person:
            person.log_in()
            yield Desk(installation, person, documents)


def login(desk: Desk, page: Page) -> None:
    desk.person.context.clear_cookies(name="proofdesk")
    page.goto("/login")


def refused_login(desk: Desk, page: Page) -> None:
    login(desk, page)
    page.get_by_label("Name").fill("nobody")
    page.get_by_label("Password").fill("guessed")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def open_exception(desk: Desk, page: Page) -> None:
    page.goto(desk.at(WRONG.name, "?field=gross_total"))
    expect(page.locator("[data-card]")).to_contain_text("Keep")


def exception_being_edited(desk: Desk, page: Page) -> None:
    page.goto(desk.at(WRONG.name, "?field=issue_date"))
    page.keyboard.press("e")
    expect(page.locator("[name=value]")).to_be_focused()


def menu_of_a_document(desk: Desk, page: Page) -> None:
    page.goto(desk.at(WRONG.name, "?field=issue_date"))
    page.keyboard.press("r")
    expect(page.get_by_label("In words")).to_be_visible()


def list_of_keys(desk: Desk, page: Page) -> None:
    page.goto("/queue")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="All keys")).to_be_visible()


def filter_of_the_queue(desk: Desk, page: Page) -> None:
    page.goto("/queue")
    page.keyboard.press("/")
    expect(page.get_by_label("State")).to_be_visible()


def verified_record(desk: Desk, page: Page) -> None:
    page.goto("/audit")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Unbroken.")).to_be_visible()


def thresholds(desk: Desk, page: Page) -> None:
    page.goto("/admin/policy")
    page.locator("details.fold summary").first.click()


def learned_thresholds(desk: Desk, page: Page) -> None:
    page.goto("/learning")
    thresholds = page.locator("details.fold").last
    if thresholds.get_attribute("open") is None:  # a single type's are open from the start
        thresholds.locator("summary").click()
    expect(page.get_by_role("columnheader", name="For a derived one").last).to_be_visible()


def new_person(desk: Desk, page: Page) -> None:
    page.goto("/admin/people")
    page.get_by_label("Login name").fill("newly")
    page.get_by_label("reviewer").last.check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("One-time password for")).to_be_visible()


def at(path: str) -> Callable[[Desk, Page], None]:
    def go(desk: Desk, page: Page) -> None:
        page.goto(path)

    return go


def document(name: str, rest: str = "", before: str = "documents") -> Callable[[Desk, Page], None]:
    def go(desk: Desk, page: Page) -> None:
        page.goto(desk.at(name, rest, before))

    return go


PLACES: dict[str, Callable[[Desk, Page], None]] = {
    "queue": at("/queue"),
    "queue, filter open": filter_of_the_queue,
    "queue, nothing found": at("/queue?search=nothing-like-this"),
    "keys": list_of_keys,
    "review, open exception": open_exception,
    "review, editing": exception_being_edited,
    "review, menu": menu_of_a_document,
    "review, lines": document(WRONG.name, "?field=line_items"),
    "review, type": document(SCAN.name),
    "review, summary with open ones": document(WRONG.name, "?field=summary"),
    "review, held by somebody else": document(AMBIGUOUS.name),
    "review, settled": document(WAITING.name, "?field=summary"),
    "approve": at("/approvals"),
    "approval": document(WAITING.name, "/approval"),
    "approval, signed": document(SIGNED.name, "/approval"),
    "approved": at("/approved"),
    "files": at("/files"),
    "learning": learned_thresholds,
    "audit": verified_record,
    "history": document(SIGNED.name, before="audit/documents"),
    "status": at("/status"),
    "people": new_person,
    "policy": thresholds,
    "password": at("/password"),
    "error": at("/documents/999999"),
    "login": login,
    "login, refused": refused_login,
}


@pytest.mark.parametrize("place", PLACES)
def test_page_can_be_used_by_everybody(desk: Desk, place: str) -> None:
    page = desk.person.page
    page.set_viewport_size({"width": 1440, "height": 900})
    try:
        PLACES[place](desk, page)
        problems = [problem for width in WIDTHS for problem in _problems(page, width)]
    finally:
        if place.startswith("login"):
            desk.person.log_in(PASSWORD)
    assert not problems, "\n".join(problems)


def _problems(page: Page, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    problems: list[str] = []
    for scheme, options in SCHEMES.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for violation in Axe().run(page, options=options).response["violations"]:
            for node in violation["nodes"]:
                where = " ".join(str(part) for part in node["target"])
                problems.append(f"{width} px, {scheme}: {violation['id']} at {where}: {node['failureSummary']}")
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wider > 0:
        problems.append(f"{width} px: the page is {wider} px wider than the window")
    return problems
