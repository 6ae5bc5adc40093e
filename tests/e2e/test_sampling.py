"""An auditor draws a sample, walks through it by keys, closes it; and certifies that nothing that came in is lost."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from fixtures.make import make_invoice
from pipeline.domain.actors import Role
from tests.e2e import axe
from tests.e2e.installation import Installation
from tests.e2e.workbench import Person

PAPERS = tuple(make_invoice(seed) for seed in (1301, 1302, 1303))


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for("invoice.invoice_number")
    house.receive(*PAPERS)
    house.hire("sofia", Role.APPROVER, Role.REVIEWER)
    house.hire("tilo", Role.AUDITOR)
    for paper in PAPERS:
        house.settle(house.number_of(paper.name), by=house.person("sofia"), sign=True)
    return house


def test_auditor_draws_walks_through_and_closes_a_sample(desk: Installation, tilo: Person, tmp_path: Path) -> None:
    page = tilo.open("/audit/samples")
    page.get_by_label("Signed by (login name)").fill("sofia")
    page.get_by_label("Tolerable share").fill("30")
    page.get_by_role("button", name="Work it out").click()
    expect(page.get_by_text("3 of 3 signed records")).to_be_visible()
    assert axe.problems(page) == []
    page.get_by_label("Title").fill("Sofia’s invoices")
    page.get_by_label("Seed").fill("autumn")
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sofia’s invoices")
    page.wait_for_load_state()

    tilo.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Item 1 of 3")
    expect(page.get_by_role("img", name="The print of Gross total")).to_be_visible()
    assert axe.problems(page) == []
    page.wait_for_load_state()
    tilo.press("y")
    expect(page.get_by_role("heading", level=1)).to_have_text("Item 2 of 3")
    page.wait_for_load_state()
    tilo.press("x")
    expect(page.get_by_label("Which field?")).to_be_focused()
    page.get_by_label("Which field?").select_option("gross_total")
    page.get_by_label("What did you find?").fill("the page says another total")
    page.get_by_role("button", name="Record the exception").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Item 3 of 3")
    page.wait_for_load_state()
    tilo.press("p")
    expect(page.get_by_text("the page says another total")).to_be_visible()
    page.wait_for_load_state()
    tilo.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Item 3 of 3")
    page.wait_for_load_state()
    tilo.press("y")

    expect(page.get_by_text("at most 1 of the 3 are exceptions (33.33 %)")).to_be_visible()
    expect(page.get_by_text("the sample does not support it")).to_be_visible()
    page.get_by_role("button", name="Close the sample").click()
    expect(page.get_by_text("Closed by tilo")).to_be_visible()
    assert axe.problems(page) == []
    with page.expect_download() as download:
        tilo.press("e")
    pack = tmp_path / download.value.suggested_filename
    download.value.save_as(pack)
    lines = [json.loads(line) for line in zipfile.ZipFile(pack).read("export.jsonl").splitlines()]
    assert {line["tag"] for line in lines if line["kind"] == "event"} >= {
        "sample:draw",
        "sample:close",
        "sample:finding",
    }
    verifier = [sys.executable, zipfile.ZipFile(pack).extract("verify.py", tmp_path), str(pack)]
    checked = subprocess.run(verifier, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    page.goto("/audit?tag=sample:close")
    expect(page.get_by_role("cell", name="Sample closed")).to_be_visible()


def test_auditor_certifies_the_day(desk: Installation, tilo: Person) -> None:
    page = tilo.open("/audit/completeness")
    page.get_by_role("button", name="Certify this day").click()
    expect(page.get_by_text("everything is accounted for")).to_be_visible()
    assert axe.problems(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Take the certificate away").click()
    assert download.value.suggested_filename.startswith("proofdesk-certificate-")
    tilo.open("/audit/completeness")
    assert axe.problems(page) == []
