"""Somebody whose group shows them one folder: their queue, next and search hold nothing else, and addresses neither."""

import dataclasses
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from fixtures.make import make_invoice
from pipeline.domain.actors import Role
from tests.e2e.installation import TEST, Installation
from tests.e2e.workbench import Person

FOLDER = "customers/Müller GmbH"
FOREIGN, PLAIN = (make_invoice(seed, language="de_CH") for seed in (995, 996))
OWN = tuple(make_invoice(seed, language="de_CH") for seed in (997, 998))


@pytest.fixture(scope="module")
def desk(house: Installation) -> Iterator[Installation]:
    house.ask_for("invoice.invoice_number")
    house.receive(PLAIN, dataclasses.replace(FOREIGN, name=f"customers/other/{FOREIGN.name}"))
    house.receive(*(dataclasses.replace(made, name=f"{FOLDER}/{made.name}") for made in OWN))
    house.hire("mara", Role.ADMINISTRATOR, Role.REVIEWER)
    house.hire("lena", Role.REVIEWER)
    yield house
    for group in house.services.grouping.list_groups(by=TEST):
        house.services.grouping.set_members(group.id, [], by=TEST)
        house.services.grouping.remove(group.id, by=TEST)


def test_administrator_limits_somebody_who_then_works_on_their_folder_alone(
    desk: Installation, mara: Person, browser: Browser
) -> None:
    page = mara.open("/admin/groups")
    page.get_by_label("Name", exact=True).fill("Müller")
    page.get_by_label("Folders inside").fill(f"{FOLDER}/\n")
    page.get_by_role("button", name="Make the group").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Müller")
    page.get_by_label("Lena").check()
    page.get_by_role("button", name="Set the members").click()
    expect(page.get_by_label("Lena")).to_be_checked()
    page.goto("/admin/people")
    expect(page.get_by_role("group", name="Groups of lena").get_by_label("Müller")).to_be_checked()

    own = [desk.number_of(f"{FOLDER}/{made.name}") for made in OWN]
    foreign = desk.number_of(f"customers/other/{FOREIGN.name}")
    with Person(desk, browser, "lena") as lena:
        page = lena.enter().open("/queue")
        expect(page.locator("[data-row]")).to_have_count(2)
        assert {int(row.get_attribute("data-document") or 0) for row in page.locator("[data-row]").all()} == set(own)
        page = lena.open(f"/queue?search={desk.document(foreign).number}")
        expect(page.locator("[data-row]")).to_have_count(0)

        page = lena.open("/queue")
        lena.press("n")
        expect(lena.desk).to_be_visible()
        first = int(lena.desk.get_attribute("data-document") or 0)
        assert first in own
        ahead = page.request.get("/queue/upcoming", params={"after": first}).json()
        assert ahead["document"] in own

        answer = page.goto(f"/documents/{foreign}")
        assert answer is not None
        assert answer.status == 404
        told = page.locator("main").inner_text()
        missing = page.goto("/documents/999999")
        assert missing is not None
        assert missing.status == 404
        assert page.locator("main").inner_text() == told.replace(str(foreign), "999999")
        for rest in ("/pages/1.webp", "/original", "/words", "/comments"):
            assert page.request.get(f"/documents/{foreign}{rest}").status == 404
        lena.complaints = [one for one in lena.complaints if "404" not in one]

        page = lena.open("/files")
        expect(page.get_by_label("Folder")).to_have_value(FOLDER)
        assert FOREIGN.name not in page.content()
