"""Every page and what opens on it can be used by everybody: no violation that axe knows, nothing cut off."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from fixtures.make import Quirk, damaged, make_invoice, make_scan
from pipeline.domain.actors import Role
from pipeline.domain.review import Decision, Settlement
from pipeline.services.presence import Proof
from tests.e2e.axe import SIZES, problems
from tests.e2e.installation import PASSWORD, Installation
from tests.e2e.workbench import Person

WRONG = make_invoice(910, language="fr_FR", quirks=(Quirk.WRONG_SUM,))
AMBIGUOUS = make_invoice(925, language="en_GB", quirks=(Quirk.AMBIGUOUS_DATE,))
SIGNED = make_invoice(934, language="de_CH")
WAITING = make_invoice(909, language="de_DE")
CHANGED = make_invoice(939, language="de_CH")
STALE = make_invoice(940, language="de_CH")
SCAN = make_scan(make_invoice(61, language="de_DE"), seed=1)
PAPERS = (WRONG, AMBIGUOUS, SIGNED, WAITING, CHANGED, STALE)
ASKED = ("invoice_number", "issue_date", "iban", "line_items")
MENU = "details.menu[open] .menu-sheet"
DESK, TELEPHONE = SIZES
WIDE = {"width": DESK, "height": SIZES[DESK]}


@dataclass
class Desk:
    """An installation with a document in each state that a page shows, and somebody who may see all."""

    installation: Installation
    person: Person
    documents: dict[str, int]

    def at(self, name: str, rest: str = "", before: str = "documents") -> str:
        return f"/{before}/{self.documents[name]}{rest}"

    def change(self, name: str, settlement: Settlement) -> None:
        """Settle a field behind the back of whoever looks at it."""
        reviewing, by = self.installation.services.reviewing, self.installation.person(self.person.name)
        view = reviewing.claim(self.documents[name], by=by)
        reviewing.settle(view.id, settlement, by=by, revision=view.revision)


@pytest.mark.parametrize("path", ["/queue", "/approvals"])
def test_empty_list_can_be_used_by_everybody(house: Installation, browser: Browser, path: str) -> None:
    with Person(house, browser, house.hire("mara")) as mara:
        assert problems(mara.enter().open(path)) == []


@pytest.fixture(scope="module")
def desk(house: Installation, browser: Browser) -> Iterator[Desk]:
    house.ask_for(*(f"invoice.{name}" for name in ASKED))
    house.receive(*PAPERS)
    house.drop("again.pdf", WRONG.bytes)
    for broken in damaged()[:2]:
        house.drop(broken.name, broken.bytes)
    house.drop(SCAN.name, SCAN.bytes)  # last: its words are read off the image while other pages are looked at
    documents = {made.name: house.number_of(made.name) for made in PAPERS}
    mara, tilo = house.person(house.hire("mara")), house.person(house.hire("tilo"))
    house.hire("runa", Role.REVIEWER)
    with Person(house, browser, "mara") as person:
        made = Desk(house, person.enter(), documents)
        made.change(CHANGED.name, Settlement(field="purchase_order", decision=Decision.CORRECT, value="4711"))
        made.change(CHANGED.name, Settlement(field="buyer_name", decision=Decision.ABSENT))
        house.settle(documents[SIGNED.name], by=mara, sign=True)
        house.settle(documents[WAITING.name], by=mara)
        house.settle(documents[CHANGED.name], by=mara)
        house.services.reviewing.claim(documents[AMBIGUOUS.name], by=tilo)
        for name in (WRONG.name, STALE.name):
            house.services.reviewing.claim(documents[name], by=mara)
        grouping = house.services.grouping
        made.documents["group"] = grouping.add("Everybody here", ("invoice", "receipt"), ("customers/acme",), by=mara)
        house.services.legal_holds.place(documents[WAITING.name], "Case 7", "the court asked", by=mara)
        yield made
        grouping.remove(made.documents["group"], by=mara)


def login(desk: Desk, page: Page) -> None:
    page.context.clear_cookies(name="proofdesk")
    page.goto("/login")


def second_factor(desk: Desk, page: Page) -> None:
    desk.installation.services.second_factors.begin(by=desk.installation.person("mara"), proof=Proof(said=PASSWORD))
    page.goto("/account/second-factor")
    expect(page.locator(".qr svg")).to_be_visible()


def refused_login(desk: Desk, page: Page) -> None:
    login(desk, page)
    page.get_by_label("Name").fill("nobody")
    page.get_by_label("Password").fill("guessed")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def nothing_before_the_log_in(desk: Desk, page: Page) -> None:
    page.context.clear_cookies(name="proofdesk")
    page.goto("/static/nothing.css")
    expect(page.get_by_role("heading")).to_be_visible()


def not_allowed(desk: Desk, page: Page) -> None:
    token = desk.installation.login("runa").token
    page.context.add_cookies([{"name": "proofdesk", "value": token, "url": desk.installation.address}])
    page.goto("/audit")


def draft(desk: Desk, page: Page) -> None:
    by = desk.installation.person("mara")
    desk.installation.services.drafting.keep(desk.documents[WRONG.name], "invoice_number", {"value": ["7"]}, by=by)
    page.goto(desk.at(WRONG.name, "?field=invoice_number"))
    expect(page.locator("[name=value]")).to_be_visible()


def conflict(desk: Desk, page: Page) -> None:
    page.goto(desk.at(STALE.name, "?field=invoice_number"))
    press("e")(page)
    page.keyboard.type("another")
    desk.change(STALE.name, Settlement(field="issue_date", decision=Decision.CONFIRM))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


def scan(desk: Desk, page: Page) -> None:
    desk.installation.wait_until_read(SCAN.name)
    number = desk.installation.number_of(SCAN.name)
    desk.installation.services.reviewing.claim(number, by=desk.installation.person("mara"))
    page.goto(f"/documents/{number}")


def verified_record(desk: Desk, page: Page) -> None:
    page.goto("/audit")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Unbroken.")).to_be_visible()


def thresholds(desk: Desk, page: Page) -> None:
    page.goto("/admin/policy")
    page.locator("details.fold summary").first.click()


def new_person(desk: Desk, page: Page) -> None:
    page.goto("/admin/people")
    page.get_by_label("Login name").fill("newly")
    page.get_by_label("reviewer").last.check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("One-time password for")).to_be_visible()


def press(*keys: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.wait_for_load_state()
        for key in keys:
            page.keyboard.press(key)

    return act


def at(path: str, *keys: str, sees: str = "main") -> Callable[[Desk, Page], None]:
    """Return how to get to an address and press keys there, until something is seen."""

    def go(desk: Desk, page: Page) -> None:
        page.goto(path)
        press(*keys)(page)
        expect(page.locator(sees).first).to_be_visible()

    return go


def opened(path: str, summary: str) -> Callable[[Desk, Page], None]:
    def go(desk: Desk, page: Page) -> None:
        page.goto(path)
        page.locator(summary).click()
        expect(page.locator(MENU)).to_be_visible()

    return go


def document(
    name: str, rest: str = "", *keys: str, before: str = "documents", sees: str = "main"
) -> Callable[[Desk, Page], None]:
    def go(desk: Desk, page: Page) -> None:
        at(desk.at(name, rest, before), *keys, sees=sees)(desk, page)

    return go


PLACES: dict[str, Callable[[Desk, Page], None]] = {
    "queue": at("/queue"),
    "queue, some chosen": at("/queue", "ArrowDown", "x", sees="row-list[data-choosing]"),
    "queue, filter open": at("/queue", "/", sees=MENU),
    "queue, views open": opened("/queue", "summary.chip-add:not([data-key])"),
    "queue, nothing found": at("/queue?search=nothing-like-this"),
    "queue, sorted and filtered": at("/queue?state=ready&type=invoice&sort=amount&order=down"),
    "keys": at("/queue", "?", sees="dialog[open]"),
    "account": opened("/queue", ".bar-person summary"),
    "review, open exception": document(WRONG.name, "?field=gross_total", sees="[data-primary]"),
    "review, editing": document(WRONG.name, "?field=issue_date", "e", sees="[name=value]"),
    "review, draft": draft,
    "review, reject": document(WRONG.name, "?field=issue_date", "r", sees=MENU),
    "review, hold": document(WRONG.name, "?field=issue_date", "p", sees=MENU),
    "review, hand over": document(WRONG.name, "?field=issue_date", "h", sees=MENU),
    "review, search": document(WRONG.name, "?field=issue_date", "/", "e", sees="[data-search-box]"),
    "review, words by keys": document(WRONG.name, "?field=issue_date", "w", sees="[data-viewer-says]:not(:empty)"),
    "review, lines": document(WRONG.name, "?field=line_items"),
    "review, lines edited": document(WRONG.name, "?field=line_items", "e", sees="textarea:focus"),
    "review, type": document(WRONG.name, "?field=document_type"),
    "review, summary with open ones": document(WRONG.name, "?field=summary"),
    "review, held by somebody else": document(AMBIGUOUS.name),
    "review, settled": document(WAITING.name, "?field=summary"),
    "review, conflict": conflict,
    "approve": at("/approvals"),
    "approve, some chosen": at("/approvals", "ArrowDown", "x", sees="row-list[data-choosing]"),
    "approval": document(WAITING.name, "/approval"),
    "approval, changed": document(CHANGED.name, "/approval", sees="ins"),
    "approval, returning": document(CHANGED.name, "/approval", "r", sees=MENU),
    "approval, signed": document(SIGNED.name, "/approval"),
    "approved": at("/approved"),
    "files": at("/files"),
    "audit": verified_record,
    "history": document(SIGNED.name, before="audit/documents"),
    "keep and erase": at("/audit/erasure"),
    "status": at("/status"),
    "learning": at("/learning"),
    "mentions": at("/mentions"),
    "people": new_person,
    "groups": at("/admin/groups"),
    "group": document("group", before="admin/groups"),
    "policy": thresholds,
    "password": at("/password"),
    "own account": at("/account"),
    "second factor": second_factor,
    "tokens": at("/admin/tokens"),
    "not found": at("/documents/999999"),
    "not allowed": not_allowed,
    "login": login,
    "login, refused": refused_login,
    "nothing before the log-in": nothing_before_the_log_in,
    "review, scan": scan,
}


ENGLISH = frozenset(
    {"review, conflict", "audit", "people", "login", "login, refused", "nothing before the log-in", "not allowed"}
)
"""Places that are looked at in one language: what leads there is found by its words, or can be done only once."""


@pytest.mark.parametrize("place", PLACES)
def test_page_can_be_used_by_everybody(desk: Desk, place: str) -> None:
    """On a desk in English, on a telephone in German, whose words are longer."""
    page, found = desk.person.page, list[str]()
    languages = {"en": tuple(SIZES)} if place in ENGLISH else {"en": (DESK,), "de": (TELEPHONE,)}
    try:
        for language, widths in languages.items():
            page.set_viewport_size(WIDE)
            page.context.add_cookies([{"name": "language", "value": language, "url": desk.installation.address}])
            PLACES[place](desk, page)
            assert str(page.locator("html").get_attribute("lang")).startswith(language)
            found += (f"{language}, {one}" for one in problems(page, widths))
    finally:
        desk.person.enter()
    assert not found, "\n".join(found)
