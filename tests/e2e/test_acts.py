"""What is done with a whole document in review: its type is changed, it is put aside and taken up again."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from fixtures.make import make_invoice, make_order
from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from tests.e2e.installation import Installation
from tests.e2e.workbench import Person

ORDER, ASIDE = make_order(993), make_invoice(994, language="de_CH")


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for("invoice.invoice_number", "purchase_order.order_number")
    house.receive(ORDER, ASIDE)
    house.hire("mara", Role.REVIEWER)
    return house


def test_document_of_another_type_is_read_again_and_stays_with_who_said_so(desk: Installation, mara: Person) -> None:
    number = desk.number_of(ORDER.name)
    assert desk.document(number).type == "purchase_order"
    mara.take(number)
    mara.turn_to("document_type")
    expect(mara.card.get_by_role("radio", name="Purchase order")).to_be_checked()
    mara.card.get_by_role("radio", name="Invoice", exact=False).first.check()
    mara.card.get_by_role("button", name="It is this").click()
    desk.wait_for("the other type", lambda: desk.document(number).type == "invoice")
    desk.wait_until_read(ORDER.name)
    view = desk.document(number)
    names = {one.spec.name for one in view.fields}
    assert {"invoice_number", "due_date"} <= names
    assert (view.state, view.type_fixed) == (DocumentState.REVIEW, True)
    mara.open(f"/documents/{number}")
    expect(mara.page.get_by_role("heading", level=1)).to_contain_text("Invoice")
    expect(mara.page.locator("[data-primary], .choose").first).to_be_visible()  # still hers to settle
    claim = desk.document(number).claim
    assert claim is not None
    assert claim.display_name == "Mara"


def test_document_on_hold_says_why_and_is_taken_up_again_before_its_day(desk: Installation, mara: Person) -> None:
    number = desk.number_of(ASIDE.name)
    day = datetime.now(UTC).date() + timedelta(days=12)
    mara.take(number)
    mara.press("p")
    mara.type("the credit note")
    mara.page.get_by_label("Comes back on").fill(day.isoformat())
    mara.page.get_by_role("button", name="Put on hold").click()
    mara.page.wait_for_url("**/queue")
    expect(mara.row(number)).to_have_count(0)
    mara.open("/queue?state=held")
    expect(mara.row(number)).to_contain_text("the credit note")
    mara.row(number).get_by_role("link").click()
    expect(mara.page.get_by_text("On hold until")).to_contain_text("the credit note")
    expect(mara.page.locator("[data-primary]")).to_have_count(0)
    mara.page.get_by_role("button", name="Take it off hold").click()
    expect(mara.page.get_by_text("Nobody works on this.")).to_be_visible()
    mara.page.wait_for_load_state()
    mara.press("Enter")
    expect(mara.page.locator("[data-primary]")).to_be_visible()
    view = desk.document(number)
    assert (view.state, view.claim is not None) == (DocumentState.REVIEW, True)
