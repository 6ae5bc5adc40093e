"""The list of what waits for a signature: what changed at a glance, one or many signed, two people where asked for."""

import pytest
from flask.testing import FlaskClient

from pipeline.domain.documents import DocumentState
from pipeline.domain.fields import FieldKind
from pipeline.services.views import ReadyChange, SignatureView
from tests.unit.review_ui.doubles import NOW, FakeServices, Held

CHANGE = ReadyChange(
    name="gross_total",
    title={"en": "Gross total"},
    kind=FieldKind.MONEY,
    before="1482.00",
    after="1428.00",
    confidence=0.61,
    comment="digits <swapped>",
    by_display="Mara Rowe",
)


@pytest.fixture(autouse=True)
def waiting(services: FakeServices) -> None:
    services.documents = {number: Held(number, state=DocumentState.READY, validated_by="mara") for number in (7, 8)}


def first(*, mine: bool) -> SignatureView:
    return SignatureView(
        by="ines", by_display="Ines Okafor", at=NOW, meaning="I approve.", was_reviewer=False, is_mine=mine
    )


def test_list_shows_each_change_with_its_reason_and_who_made_it(approver: FlaskClient, services: FakeServices) -> None:
    services.changes = (CHANGE,)
    text = approver.get("/approvals").text
    assert "<del>1,482.00</del> <ins>1,428.00</ins> “digits &lt;swapped&gt;”" in text
    assert "Mara Rowe; the machine was 61 % sure" in text


def test_chosen_documents_are_signed_and_what_was_not_is_told_by_itself(
    approver: FlaskClient, services: FakeServices
) -> None:
    services.apart = {8: "its account is critical"}
    answer = approver.post("/approvals/signatures", data={"document": ["7:1", "8:3"]}, follow_redirects=True)
    assert services.called("approve_many") == [(((7, 1), (8, 3)),)]
    assert "1 document approved and on the way." in answer.text
    assert "Document 8 was not signed. It was changed meanwhile." in answer.text


@pytest.mark.parametrize("chosen", [[], ["7"], ["seven:1"], ["7:x"]])
def test_form_that_names_nothing_to_sign_is_refused(
    approver: FlaskClient, services: FakeServices, chosen: list[str]
) -> None:
    assert approver.post("/approvals/signatures", data={"document": chosen}).status_code == 400
    assert services.called("approve_many") == []


def test_document_that_is_signed_by_itself_only_has_no_box_and_says_why(
    approver: FlaskClient, services: FakeServices
) -> None:
    services.apart = {8: "Account is critical, and nobody has looked at it"}
    text = approver.get("/approvals").text
    assert 'value="7:1"' in text
    assert 'value="8:1"' not in text
    assert "By itself only: Account is critical, and nobody has looked at it." in text


def test_reviewer_sees_the_list_without_boxes(reviewer: FlaskClient) -> None:
    text = reviewer.get("/approvals").text
    assert "CF-20814" in text
    assert 'type="checkbox"' not in text


def test_first_of_two_signatures_can_be_taken_back_by_whoever_gave_it(
    approver: FlaskClient, services: FakeServices
) -> None:
    services.second_why, services.first = "from 1000 on two people sign", first(mine=True)
    assert "Take my signature back" in approver.get("/documents/7/approval").text
    services.first = first(mine=False)
    text = approver.get("/documents/7/approval").text
    assert "Ines Okafor signed first" in text
    assert "Take my signature back" not in text
    approver.post("/documents/7/signature", data={"revision": "1"})
    assert services.called("revoke") == [(7,)]


def test_button_of_the_first_signature_does_not_promise_a_delivery(
    approver: FlaskClient, services: FakeServices
) -> None:
    services.second_why = "from 1000 on two people sign"
    text = approver.get("/documents/7/approval").text
    assert "Sign first, of two" in text
    assert "Two people sign this: from 1000 on two people sign." in text
    assert "it is delivered at once" not in text
