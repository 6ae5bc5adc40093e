"""Stopping, starting and dying: everything is as it was, nothing runs on, and an open page loses no work."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from fixtures.make import make_invoice
from tests.e2e.installation import Installation, installed
from tests.e2e.workbench import Person

SIGNED, OPEN = make_invoice(905, language="de_CH"), make_invoice(909, language="de_DE")
LATER = make_invoice(910, language="fr_FR")


@pytest.fixture(scope="module")
def desk() -> Iterator[Installation]:
    with installed() as installation:
        installation.ask_for("invoice.invoice_number", "invoice.issue_date")
        for made in (SIGNED, OPEN):
            installation.drop(made.name, made.bytes)
        installation.wait_until_settled(2)
        installation.hire("mara")
        installation.settle(installation.documents()[SIGNED.name].id, by=installation.person("mara"), sign=True)
        installation.wait_until_delivered(1)
        yield installation


def state_of(desk: Installation) -> dict[str, Any]:
    """Return all that a restart must not change."""
    seen = desk.look()
    return {
        "files": seen.files,
        "documents": seen.documents,
        "views": {name: view.model_dump(exclude={"claim"}) for name, view in desk.documents().items()},
        "claims": {name: view.claim and view.claim.user_id for name, view in desk.documents().items()},
        "delivered": {path.name: path.read_bytes() for path in desk.delivered()},
    }


def test_open_page_goes_on_after_a_restart_and_everything_is_as_it_was(desk: Installation, browser: Browser) -> None:
    document_id = desk.documents()[OPEN.name].id
    with Person(desk, browser, "mara") as mara:
        mara.log_in()
        mara.take(document_id)
        mara.keep()
        before = state_of(desk)
        field = mara.field

        assert desk.interrupt() < 30
        assert desk.processes() == []
        assert '"up.stopped"' in desk.last_words()
        desk.drop(LATER.name, LATER.bytes)  # while nobody watches
        mara.press("Enter")  # and while nobody answers
        expect(mara.page.get_by_text("Not saved since")).to_be_visible()

        desk.start()
        desk.wait_until_settled(3)
        expect(mara.desk, "what was pressed is saved by itself, in the same session").not_to_have_attribute(
            "data-field", field
        )
        expect(mara.page.locator("save-state")).to_contain_text("saved")
    after = state_of(desk)
    record = desk.record(document_id, field)
    assert (record.state, record.settled_by) == ("confirmed", "mara")
    assert after["views"][SIGNED.name] == before["views"][SIGNED.name]
    assert after["claims"] == {**before["claims"], LATER.name: None}
    assert after["delivered"] == before["delivered"]
    assert after["files"]["stored"] == before["files"]["stored"] + 1
    assert after["documents"]["total"] == before["documents"]["total"] + 1


def test_killed_supervisor_leaves_no_process_and_no_damage(desk: Installation) -> None:
    before = state_of(desk)
    everyone = desk.processes()
    assert len(everyone) >= 5
    desk.kill()
    desk.process = None
    desk.wait_for("the end of all its processes", lambda: not desk.processes(), seconds=60)
    desk.start()
    desk.wait_until_settled(len(desk.documents()))
    assert state_of(desk) == before
    desk.cli("audit", "verify")
