"""A person at a browser: opens pages, settles exceptions, signs; finds everything by role, label or data hook."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsers import PATIENCE_MS
from tests.e2e.installation import PASSWORD, Installation

SUMMARY = "summary"
NOTHING = ("nothing found", "not on the page")
PASTE = """(cell, text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    cell.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
"""What a browser does when cells of a spreadsheet are pasted."""


class Person:
    """Somebody with a browser window of their own.

    Args:
        installation: where they work.
        browser: the program; each person gets a profile of their own in it.
        name: login name.
        width: of the window, in px.
        scheme: light or dark, as the system has it.
        touch: they point with their fingers.
    """

    def __init__(
        self,
        installation: Installation,
        browser: Browser,
        name: str,
        *,
        width: int = 1440,
        height: int = 900,
        scheme: str = "light",
        touch: bool = False,
    ) -> None:
        self.installation, self.name = installation, name
        self.context = browser.new_context(
            base_url=installation.address,
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            has_touch=touch,
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        """What the browser itself found wrong: script errors, and whatever the content policy refused."""
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.context.close()
        if error is None:
            assert not self.complaints, self.complaints

    def _heard(self, message: object) -> None:
        text = str(getattr(message, "text", ""))
        # a refusal with its status is an answer, not a fault of the page
        if getattr(message, "type", "") == "error" and not text.startswith("Failed to load resource"):
            self.complaints.append(text)

    # Places

    def open(self, path: str) -> Page:
        self.page.goto(path, wait_until="load")
        return self.page

    def log_in(self, password: str = PASSWORD) -> Self:
        """Log in by hand: name, password, Enter."""
        self.open("/login")
        self.page.get_by_label("Name").fill(self.name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_label("Password").press("Enter")
        expect(self.page).not_to_have_url(f"{self.installation.address}/login")
        return self

    def enter(self) -> Self:
        """Be logged in already, where the log-in page is not what the test is about."""
        token = self.installation.login(self.name).token
        self.context.add_cookies([{"name": "proofdesk", "value": token, "url": self.installation.address}])
        return self

    def change_password(self, old: str, new: str = PASSWORD) -> None:
        """Fill in the form that a one-time password leads to."""
        self.page.get_by_label("The password you have now").fill(old)
        self.page.get_by_label("New password", exact=True).fill(new)
        self.page.get_by_label("New password, again").fill(new)
        self.page.get_by_role("button", name="Change it").click()

    def row(self, document_id: int) -> Locator:
        """Return the document's row in the list that is open."""
        return self.page.locator(f"[data-row][data-document='{document_id}']")

    def take(self, document_id: int) -> None:
        """Open the document from the queue, which claims it.

        Where others were signed just now it may be away for a moment: a document that nobody has opened is read again.
        """
        button = self.row(document_id).get_by_role("button")

        def is_there() -> bool:
            self.open("/queue")
            return button.count() > 0

        self.installation.wait_for(f"document {document_id} in the queue", is_there)
        button.click()
        expect(self.desk).to_have_attribute("data-document", str(document_id))
        self.page.wait_for_load_state()  # keys work from then on

    # The review page

    @property
    def desk(self) -> Locator:
        return self.page.locator("review-desk")

    @property
    def card(self) -> Locator:
        return self.page.locator("[data-card]")

    @property
    def field(self) -> str:
        """The field whose exception is open, or `summary`."""
        return self.desk.get_attribute("data-field") or ""

    @property
    def revision(self) -> str:
        return self.desk.get_attribute("data-revision") or ""

    @property
    def shown(self) -> str:
        """The value on the open card; empty where there is none."""
        text = self.card.locator("output").first.inner_text().strip()
        return "" if text in NOTHING else text

    @property
    def rivals(self) -> dict[str, str]:
        """The values that can be taken instead: digit by value."""
        buttons = self.card.locator("button[name=choice]")
        return {
            button.locator("strong").inner_text().strip(): button.get_attribute("value") or ""
            for button in buttons.all()
        }

    def keep(self) -> None:
        """Settle the open exception as it is shown."""
        self._saving(lambda: self.card.locator("[data-primary]").click())

    def take_rival(self, digit: str) -> None:
        self._saving(lambda: self.card.locator(f"button[name=choice][value='{digit}']").click())

    def say_absent(self) -> None:
        self._saving(lambda: self.card.get_by_role("button", name="not on the page").click())

    def correct(self, text: str) -> None:
        """Type another value."""
        self.card.get_by_role("button", name="Edit").or_(self.card.get_by_role("button", name="Type it")).first.click()
        self.card.locator("[name=value]").fill(text)
        self._saving(lambda: self.card.locator("[data-save-button]").click())

    def turn_to(self, field: str) -> None:
        """Open another field of the document, or its summary."""
        self.open(f"{self.page.url.split('?')[0]}?field={field}")
        expect(self.desk).to_have_attribute("data-field", field)

    def settle(self, wanted: str, typed: str | None = None) -> str:
        """Bring the open field to a value; return how: keep, take, absent, correct.

        Args:
            wanted: as the page shows it; empty where it should be absent.
            typed: how a person writes it, where that differs.
        """
        shown = self.shown
        if shown == wanted:
            self.keep()
            return "keep"
        if wanted in (rivals := self.rivals):
            self.take_rival(rivals[wanted])
            return "take"
        if not wanted:
            self.say_absent()
            return "absent"
        self.correct(typed or wanted)
        return "correct"

    def hand_on(self) -> None:
        """From the summary, hand the document on to the approver."""
        expect(self.desk).to_have_attribute("data-field", SUMMARY)
        address = self.page.url
        self.card.get_by_role("button", name="Hand on").click()
        self.page.wait_for_url(lambda url: url.split("?")[0] != address.split("?")[0])

    # Keys

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        for key in keys:
            self.page.keyboard.press(key)

    def press_and_save(self, *keys: str) -> None:
        """Press keys of which the last one saves a decision; return when it is saved."""
        self._saving(lambda: self.press(*keys))

    def sign(self) -> None:
        """Press the key that signs; where the page asks whether it is them, it leads to the field for the password."""
        self.press("a")
        if self.page.locator("[data-proof]").count():
            expect(self.page.locator("[data-proof]")).to_be_focused()
            self.type(PASSWORD)
            self.press("Enter")

    def prove(self) -> None:
        """Type the password beside a signature, where the page asks for it."""
        for field in self.page.locator("[data-proof]").all():
            field.fill(PASSWORD)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    @property
    def focused_tag(self) -> str:
        return str(self.page.evaluate("document.activeElement.tagName")).lower()

    def _saving(self, act: Callable[[], None]) -> None:
        before = self.revision
        act()
        self.page.wait_for_function(
            """before => {
                const desk = document.querySelector("review-desk");
                return desk && desk.dataset.revision !== before && !desk.hasAttribute("aria-busy");
            }""",
            arg=before,
        )
