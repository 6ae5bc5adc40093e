"""Signing: several at once where all that is critical was seen, two people where the policy says so, and returning."""

import pytest
from playwright.sync_api import Browser, Locator, expect

from fixtures.make import Quirk, make_invoice
from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.review import Decision, FieldState, Settlement
from tests.e2e.installation import Installation
from tests.e2e.workbench import Person

LOOKED_AT = tuple(make_invoice(seed, language="de_CH") for seed in (951, 952))
WRONG = make_invoice(953, language="de_CH", quirks=(Quirk.WRONG_SUM,))
OWN, TWICE, BACK = (make_invoice(seed, language="de_CH") for seed in (954, 955, 956))
PAPERS = (*LOOKED_AT, WRONG, OWN, TWICE, BACK)


@pytest.fixture(scope="module")
def desk(house: Installation) -> Installation:
    house.ask_for("invoice.invoice_number")
    house.receive(*PAPERS)
    house.hire("mara", Role.REVIEWER, Role.APPROVER)
    for name in ("tilo", "nora"):
        house.hire(name, Role.APPROVER)
    by = house.person("mara")
    view = house.services.reviewing.claim(house.number_of(BACK.name), by=by)
    wrong = Settlement(field="purchase_order", decision=Decision.CORRECT, value="4711", comment="as phoned")
    house.services.reviewing.settle(view.id, wrong, by=by, revision=view.revision)
    for made in PAPERS:
        house.settle(house.number_of(made.name), by=by)
    return house


def state(desk: Installation, name: str) -> DocumentState:
    return desk.document(desk.number_of(name)).state


def tick(person: Person, document_id: int) -> Locator:
    return person.row(document_id).get_by_role("checkbox")


def go_to(person: Person, document_id: int) -> None:
    """Open the document from the list; keys work from then on."""
    person.row(document_id).get_by_role("link").click()
    person.page.wait_for_url(f"**/documents/{document_id}/approval")


def told(person: Person) -> Locator:
    return person.page.locator(".told[role=status]")


def test_documents_are_signed_together_but_for_one_that_has_to_be_looked_at(desk: Installation, tilo: Person) -> None:
    """That a critical value which nobody has seen is another reason is in tests/integration/test_two_signatures.py."""
    numbers = [desk.number_of(made.name) for made in LOOKED_AT]
    alone = desk.number_of(WRONG.name)
    tilo.open("/approvals")
    expect(tick(tilo, alone)).to_have_count(0)
    expect(tilo.row(alone)).to_contain_text("By itself only: it was kept although")
    sign = tilo.page.get_by_role("button", name="Sign the chosen")
    expect(sign).to_be_disabled()
    for number in numbers:
        tick(tilo, number).check()
    expect(tilo.page.locator("[data-chosen]")).to_have_text("2 chosen.")
    tilo.prove()
    sign.click()
    expect(told(tilo)).to_contain_text("2 documents approved and on the way.")
    assert [desk.document(number).state for number in numbers] == [DocumentState.APPROVED] * 2
    assert state(desk, WRONG.name) is DocumentState.READY
    # on its own page its values stand before the signer, and it is signed like any other
    go_to(tilo, alone)
    tilo.sign()
    expect(told(tilo)).to_contain_text(f"Document {alone} is approved")
    assert state(desk, WRONG.name) is DocumentState.APPROVED


def test_reviewer_does_not_sign_their_own_work_where_duties_are_separate(
    desk: Installation, mara: Person, tilo: Person
) -> None:
    desk.rule(separate_duties=True)
    number = desk.number_of(OWN.name)
    mara.open("/approvals")
    expect(tick(mara, number)).to_have_count(0)
    why = mara.row(number).locator(".apart").inner_text()
    go_to(mara, number)
    expect(mara.page.get_by_role("region", name="Signature")).to_contain_text(why)
    expect(mara.page.get_by_role("button", name="Sign and approve")).to_have_count(0)
    mara.press("a")
    assert state(desk, OWN.name) is DocumentState.READY
    tilo.open(f"/documents/{number}/approval")
    tilo.sign()
    expect(told(tilo)).to_contain_text(f"Document {number} is approved")
    [signature] = desk.document(number).approvals
    assert (signature.by, signature.was_reviewer) == ("tilo", False)


def test_second_of_two_signatures_is_another_person_s_and_nothing_leaves_before_it(
    desk: Installation, tilo: Person, browser: Browser
) -> None:
    desk.rule(four_eyes_types=("invoice",))
    number, before = desk.number_of(TWICE.name), len(desk.delivered())
    tilo.open(f"/documents/{number}/approval")
    tilo.prove()
    tilo.page.get_by_role("button", name="Sign first, of two").click()
    expect(told(tilo)).to_contain_text("Somebody else signs second.")
    tilo.open(f"/documents/{number}/approval")
    region = tilo.page.get_by_role("region", name="Signature")
    expect(region).to_contain_text("You signed first")
    expect(region.locator("[data-key=a]")).to_have_count(0)
    tilo.press("a")
    assert (state(desk, TWICE.name), len(desk.delivered())) == (DocumentState.READY, before)
    with Person(desk, browser, "nora") as nora:
        nora.enter().open("/approvals")
        expect(nora.row(number)).to_contain_text("Tilo signed first")
        go_to(nora, number)
        expect(nora.page.get_by_role("region", name="Signature")).to_contain_text("Tilo signed first")
        nora.sign()
        expect(told(nora)).to_contain_text(f"Document {number} is approved")
    [signature] = desk.document(number).approvals
    assert (signature.first_by_display, signature.by) == ("Tilo", "nora")
    desk.wait_until_delivered(before + 1)


def test_returned_document_comes_back_to_the_reviewer_with_the_comment_and_the_field_open(
    desk: Installation, mara: Person, tilo: Person
) -> None:
    desk.rule()
    number = desk.number_of(BACK.name)
    tilo.open("/approvals")
    row = tilo.row(number)
    expect(row.locator("ins")).to_have_text("4711")
    expect(row).to_contain_text("as phoned")
    go_to(tilo, number)
    expect(tilo.page.locator("tr[data-field=purchase_order] ins")).not_to_have_count(0)
    tilo.press("r")
    tilo.type("Which order is it? The page names another.")
    tilo.page.get_by_role("checkbox", name="Purchase order").check()
    tilo.page.get_by_role("button", name="Return to review").click()
    expect(told(tilo)).to_contain_text(f"Document {number} is back in review")
    expect(tilo.row(number)).to_have_count(0)

    mara.open("/queue")
    expect(mara.row(number)).to_contain_text("Which order is it?")
    mara.take(number)
    assert mara.field == "purchase_order"
    expect(mara.page.get_by_text("Which order is it? The page names another.").first).to_be_visible()
    mara.press_and_save("Enter")
    mara.hand_on()
    assert state(desk, BACK.name) is DocumentState.READY
    record = desk.record(number, "purchase_order")
    assert (record.value, record.state) == ("4711", FieldState.CORRECTED)
