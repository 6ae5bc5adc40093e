"""A document is put under a legal hold, released, and erased by an administrator; and what is seen of it then."""

import gzip
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fixtures.make import make_invoice
from pipeline.domain.actors import Role
from tests.e2e.installation import PASSWORD, Installation
from tests.e2e.workbench import Person

PAPER = make_invoice(1201)


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for("invoice.invoice_number")
    house.receive(PAPER)
    house.hire("mara", Role.APPROVER, Role.REVIEWER)
    house.hire("tilo", Role.ADMINISTRATOR, Role.AUDITOR)
    house.settle(house.number_of(PAPER.name), by=house.person("mara"), sign=True)
    name = f"document-{house.number_of(PAPER.name)}-"
    house.wait_for("the delivery", lambda: any(path.name.startswith(name) for path in house.delivered()))
    return house


def test_document_is_held_released_and_erased_for_good(desk: Installation, tilo: Person) -> None:
    number, page = desk.number_of(PAPER.name), tilo.page
    found = found_below(desk.folder)
    assert found
    assert not [path for path in found if "blobs" in path.parts], "what is stored is sealed"
    [delivered] = [path for path in desk.delivered() if path.name.startswith(f"document-{number}-")]
    tilo.open(f"/audit/documents/{number}")
    page.get_by_role("link", name="Keep or erase it").click()
    expect(page.get_by_role("heading", name="Keep and erase")).to_be_visible()

    page.get_by_text("Put documents under legal hold").click()
    page.get_by_label("Matter, by its number").fill("Case 2026/118")
    page.get_by_label("Reason, for the auditors").last.fill("the court asked")
    page.get_by_role("button", name="Keep them from being erased").click()
    expect(page.get_by_text("1 document is under legal hold.")).to_be_visible()
    ask(page, number)
    expect(page.get_by_text("is under a legal hold for Case 2026/118")).to_be_visible()

    page.get_by_label(f"Why the hold on document {number} is released").fill("it is over")
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_text("The hold is released.")).to_be_visible()
    ask(page, number)
    expect(page.get_by_text("1 document is to be erased.")).to_be_visible()

    page.get_by_role("checkbox", name=f"Erase document {number}").check()
    page.get_by_role("checkbox", name="I know that this can’t be undone").check()
    page.get_by_label("Your password").fill("not the password")
    page.get_by_role("button", name="Erase the chosen ones").click()
    expect(page.get_by_role("alert").filter(has_text="does not fit")).to_be_visible()
    page.get_by_role("checkbox", name=f"Erase document {number}").check()
    page.get_by_role("checkbox", name="I know that this can’t be undone").check()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Erase the chosen ones").click()
    expect(page.get_by_text("1 erasure is carried out.")).to_be_visible()
    desk.wait_for("the files to go", lambda: not delivered.exists())
    desk.wait_for("the end of it", lambda: not found_below(desk.folder))

    tilo.open(f"/documents/{number}")
    expect(page.get_by_role("alert")).to_contain_text(f"Document {number} was erased")
    tilo.open(f"/audit/documents/{number}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Document #{number}, erased")
    expect(page.get_by_text("Files cleared")).to_be_visible()
    tilo.open("/audit")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Unbroken.")).to_be_visible()


def found_below(folder: Path) -> list[Path]:
    """Return every file below a folder, of whatever part of the installation, that holds the invoice's number."""
    wanted = str(PAPER.fields["invoice_number"]).casefold().encode()
    found: list[Path] = []
    for path in folder.rglob("*"):
        with suppress(OSError):  # removed meanwhile, or a socket
            content = path.read_bytes() if path.is_file() else b""
            with suppress(OSError, EOFError, zlib.error):
                content += gzip.decompress(content)
            if wanted in content.lower() or wanted in str(path).casefold().encode():
                found.append(path)
    return found


def ask(page: Page, number: int) -> None:
    form = page.locator("section").filter(has=page.get_by_role("heading", name="Ask for an erasure"))
    form.get_by_label("Documents, by their numbers").fill(str(number))
    form.get_by_label("Reference, without names").fill("DSR-2026-14")
    form.get_by_label("Reason in words").fill("asked by letter")
    form.get_by_role("button", name="Ask for it").click()
