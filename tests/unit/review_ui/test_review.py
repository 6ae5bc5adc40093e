import html
import json
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from pipeline.domain.documents import DocumentState
from pipeline.domain.review import Decision, Draft, FieldState, Settlement
from pipeline.domain.routing import ReasonCode, ReviewReason
from pipeline.errors import InvalidCorrectionError
from tests.unit.review_ui.conftest import JSON
from tests.unit.review_ui.doubles import COLLEAGUE, NOW, REVIEWER, FakeServices
from tests.unit.review_ui.test_cards import ambiguous

FORM = {"revision": "1"}


def settle(client: FlaskClient, field: str, headers=JSON, **form: str):
    return client.post(f"/documents/7/fields/{field}/settlement", data={**FORM, **form}, headers=headers)


def test_the_first_open_exception_is_shown_with_its_value_named_on_the_button(holding: FlaskClient) -> None:
    text = holding.get("/documents/7").text
    assert 'data-field="invoice_number"' in text
    assert "Keep CF-20814" in " ".join(text.split())


def test_a_decision_leaves_the_acts_on_the_whole_document_as_they_are(
    reviewer: FlaskClient, services: FakeServices
) -> None:
    assert "Hand over" in reviewer.post("/documents/7/claim", headers=JSON).json["foot"]
    for field in ("invoice_number", "gross_total"):
        answer = settle(reviewer, field, decision="confirm", revision=str(services.documents[7].revision))
        assert "foot" not in answer.json
        assert "Hand over" not in answer.json["panel"]
    services.documents[7].holder = COLLEAGUE.id
    assert "Hand over" not in reviewer.get("/documents/7?field=gross_total", headers=JSON).json["foot"]


def test_a_failed_check_outlines_the_button_and_sets_the_sum(holding: FlaskClient) -> None:
    text = " ".join(holding.get("/documents/7?field=gross_total").text.split())
    assert "Keep 1,482.00 all the same" in text
    assert 'class="doubted keep"' in text
    assert "The page says 1,482.00, but net and VAT make 1,428.00." in text
    assert "<td>1,190.00</td>" in text
    assert '<div class="cut"><svg class="crop"' in text


def test_rivals_carry_the_digits_that_stand_on_the_page(holding: FlaskClient) -> None:
    text = holding.get("/documents/7?field=gross_total").text
    assert 'name="choice" value="1" data-key="1"' in text
    assert 'class="mark mark-rival"' in text
    assert 'class="mark mark-focus"' in text


def test_editing_starts_from_the_print_so_that_the_document_s_decimal_sign_holds(holding: FlaskClient) -> None:
    assert 'value="1.482,00"' in holding.get("/documents/7?field=gross_total").text


def test_confirming_by_script_returns_the_next_exception_without_a_reload(
    holding: FlaskClient, services: FakeServices
) -> None:
    answer = settle(holding, "invoice_number", decision="confirm", handling_ms="4200")
    assert answer.status_code == 200
    assert answer.json["field"] == "gross_total"
    assert answer.json["revision"] == 2
    assert answer.json["open"] == 3
    assert "Gross total" in answer.json["panel"]
    assert "mark-focus" in answer.json["marks"]["1"]
    [(_, settlement)] = services.called("settle")
    assert settlement.decision is Decision.CONFIRM
    assert settlement.handling_ms == 4200


def test_confirming_without_script_leads_back_to_the_page(holding: FlaskClient) -> None:
    answer = settle(holding, "invoice_number", headers=None, decision="confirm")
    assert answer.status_code == 302
    assert answer.location == "/documents/7?field=gross_total"


def test_a_rival_is_taken_with_the_place_where_it_stands(holding: FlaskClient, services: FakeServices) -> None:
    settle(holding, "gross_total", decision="take", choice="1")
    [(_, settlement)] = services.called("settle")
    assert settlement.value == "1428.00"
    assert settlement.provenance.boxes[0].top == 700


def test_an_ambiguous_value_has_no_button_that_keeps_it(holding: FlaskClient, services: FakeServices) -> None:
    services.documents[7].fields = (ambiguous(),)
    text = " ".join(holding.get("/documents/7?field=issue_date").text.split())
    assert "data-primary" not in text
    acts = text.split('card-acts">')[1]
    assert "filled" not in acts.split("</article>")[0]
    assert 'value="confirm"' not in text
    assert 'data-key="1"' in text
    assert 'data-key="2"' in text
    settle(holding, "issue_date", decision="take", choice="2")
    [(_, settlement)] = services.called("settle")
    assert settlement.value == "2026-04-03"


@pytest.mark.parametrize("field", ["gross_total", "line_items"])
def test_a_settled_field_can_be_edited_where_it_stands(
    holding: FlaskClient, services: FakeServices, field: str
) -> None:
    settle(holding, field, decision="confirm")
    text = holding.get(f"/documents/7?field={field}").text
    assert text.count('data-key="e"') == 1
    assert 'name="value"' in text or 'name="cell-amount"' in text
    assert f"/fields/{field}/settlement" in text
    assert "Decide again" in text


def test_long_lines_keep_what_can_be_done_with_them_beside_their_scroll(holding: FlaskClient) -> None:
    text = holding.get("/documents/7?field=line_items").text
    scroll, rest = text.split('class="lines-scroll"')[1].split("</table>")
    assert scroll.count("<textarea") == 3
    assert "data-primary" not in scroll
    assert "data-primary" in rest
    assert 'form="lines-form"' in rest


def test_a_rival_that_is_not_there_settles_nothing(holding: FlaskClient, services: FakeServices) -> None:
    answer = settle(holding, "gross_total", decision="take", choice="9")
    assert answer.status_code == 400
    assert services.called("settle") == []


def test_lines_under_a_header_that_a_person_names_are_shown_for_saving_and_not_saved(
    holding: FlaskClient, services: FakeServices
) -> None:
    text = " ".join(
        holding.get("/documents/7?field=line_items&header-description=Wumpo&header-amount=Snarf").text.split()
    )
    assert services.called("read_lines") == [("line_items", {"description": "Wumpo", "amount": "Snarf"})]
    assert services.called("settle") == []
    card = text.split("card-lines")[1]
    assert "data-dirty" in card.split(">")[0]
    assert ">Read under it</textarea>" in card
    assert 'name="header-amount" value="Snarf"' in card
    assert "1 line stands under these words." in card


def test_words_that_are_no_header_stay_beside_what_is_wrong_with_them(holding: FlaskClient) -> None:
    answer = holding.get("/documents/7?field=line_items&header-amount=Fizzt")
    assert answer.status_code == 422
    text = " ".join(answer.text.split())
    assert "Type what stands above the column of “Amount”: lines are found by it." in text
    assert 'name="header-amount" value="Fizzt"' in text
    assert "data-dirty" not in text.split("card-lines")[1].split(">")[0]


def test_a_header_is_marked_by_whoever_holds_the_document(reviewer: FlaskClient, services: FakeServices) -> None:
    assert 'name="header-amount"' not in reviewer.get("/documents/7?field=line_items&header-amount=Snarf").text
    assert services.called("read_lines") == []


def test_lines_arrive_as_rows_without_blank_ones(holding: FlaskClient, services: FakeServices) -> None:
    form = {
        **FORM,
        "decision": "correct",
        "cell-description": ["Oak riser", "", "  "],
        "cell-amount": ["90,00", "1.00", ""],
    }
    holding.post("/documents/7/fields/line_items/settlement", data=form, headers=JSON)
    [(_, settlement)] = services.called("settle")
    assert settlement.value == (
        {"description": "Oak riser", "amount": "90,00"},
        {"description": None, "amount": "1.00"},
    )


def test_uneven_columns_are_refused(holding: FlaskClient, services: FakeServices) -> None:
    form = {**FORM, "decision": "correct", "cell-description": ["one", "two"], "cell-amount": ["1.00"]}
    assert holding.post("/documents/7/fields/line_items/settlement", data=form, headers=JSON).status_code == 400
    assert services.called("settle") == []


def test_where_the_reviewer_pointed_goes_along(holding: FlaskClient, services: FakeServices) -> None:
    place = {"page": 1, "boxes": [{"x0": 1, "top": 2, "x1": 3, "bottom": 4}]}
    settle(holding, "invoice_number", decision="correct", value="CF-1", provenance=json.dumps(place))
    [(_, settlement)] = services.called("settle")
    assert settlement.provenance.boxes[0].x1 == 3


@pytest.mark.parametrize("place", ["{", "[]", '{"page": 99, "boxes": []}', '{"page": 1, "boxes": [{"x0": 5}]}'])
def test_a_place_that_cannot_be_is_refused(holding: FlaskClient, services: FakeServices, place: str) -> None:
    answer = settle(holding, "invoice_number", decision="correct", value="CF-1", provenance=place)
    assert answer.status_code == 400
    assert services.called("settle") == []


def test_a_stale_page_overwrites_nothing_and_keeps_what_was_typed(holding: FlaskClient, services: FakeServices) -> None:
    services.documents[7].revision = 5
    answer = settle(holding, "gross_total", decision="correct", value="1428.00")
    assert answer.status_code == 409
    assert answer.json["error"]["code"] == "stale"
    assert answer.json["typed"] == "1428.00"
    assert answer.json["revision"] == 5
    assert "1428.00" in answer.json["conflict"]
    assert services.called("settle") == []
    plain = settle(holding, "gross_total", headers=None, decision="correct", value="1428.00")
    assert plain.status_code == 409
    assert "You typed <strong>1428.00</strong>" in plain.text
    assert 'value="1428.00"' in plain.text


def test_what_cannot_be_read_is_told_in_a_sentence_and_kept(holding: FlaskClient) -> None:
    answer = settle(holding, "gross_total", decision="correct", value="unreadable")
    assert answer.status_code == 422
    assert "can't be read as an amount" in answer.json["error"]["message"]
    plain = settle(holding, "gross_total", headers=None, decision="correct", value="unreadable")
    assert plain.status_code == 422
    assert 'value="unreadable"' in plain.text


def test_a_form_without_its_revision_is_refused(holding: FlaskClient) -> None:
    answer = holding.post("/documents/7/fields/gross_total/settlement", data={"decision": "confirm"}, headers=JSON)
    assert answer.status_code == 400


def test_a_field_that_the_type_lacks_is_not_found(holding: FlaskClient) -> None:
    assert settle(holding, "nonsense", decision="confirm").status_code == 404


def test_undo_opens_the_field_again(holding: FlaskClient, services: FakeServices) -> None:
    settle(holding, "invoice_number", decision="confirm")
    answer = holding.post("/documents/7/fields/invoice_number/reopening", data={"revision": "2"}, headers=JSON)
    assert answer.json["field"] == "invoice_number"
    assert services.documents[7].fields[1].record.state is FieldState.OPEN


def test_typed_text_is_shown_as_it_would_be_read(holding: FlaskClient) -> None:
    answer = holding.get("/documents/7/fields/issue_date/reading?text=03/04/26", headers=JSON)
    assert [one["shown"] for one in answer.json["readings"]] == ["3 Apr 2026", "4 Mar 2026"]
    assert holding.get("/documents/7/fields/issue_date/reading?text=%20", headers=JSON).json == {"readings": []}


def test_what_was_typed_and_not_saved_stands_in_the_editor_again(holding: FlaskClient) -> None:
    typed = {"value": "CF-208", "comment": "torn off", "handling_ms": "900"}
    assert holding.post("/documents/7/fields/invoice_number/draft", data=typed).json == {
        "at": "2026-03-10T09:30:00+00:00"
    }
    text = " ".join(holding.get("/documents/7?field=invoice_number").text.split())
    assert '<details class="editor" open>' in text
    assert 'value="CF-208" data-original="CF-20814"' in text
    assert 'name="comment" value="torn off"' in text
    assert "not saved yet" in text
    assert "Keep CF-20814" in text
    assert "not saved yet" not in holding.get("/documents/7?field=gross_total").text


def steps(client: FlaskClient) -> list[dict]:
    [found] = re.findall(r'data-steps="([^"]*)"', client.get("/documents/7").text)
    return json.loads(html.unescape(found))


def test_a_page_that_is_loaded_again_knows_what_undo_goes_back_through(
    holding: FlaskClient, services: FakeServices
) -> None:
    assert steps(holding) == []
    settle(holding, "gross_total", decision="correct", value="1.428,00")
    settle(holding, "invoice_number", revision="2", decision="confirm")
    address = "/documents/7/fields/{}/settlement"
    assert [(one["field"], one["decision"], one["address"]) for one in steps(holding)] == [
        ("gross_total", "correct", address.format("gross_total")),
        ("invoice_number", "confirm", address.format("invoice_number")),
    ]
    again = steps(holding)[0]
    holding.post("/documents/7/fields/gross_total/reopening", data={"revision": "3"}, headers=JSON)
    settle(holding, "gross_total", revision="4", decision=again["decision"], value=again["value"])
    assert services.called("settle")[-1][1].value == services.called("settle")[0][1].value


def test_what_somebody_else_settled_is_not_undone_by_undo(holding: FlaskClient, services: FakeServices) -> None:
    settle(holding, "invoice_number", decision="confirm")
    held = services.documents[7]
    held.fields = tuple(
        view.model_copy(update={"record": view.record.model_copy(update={"settled_by": COLLEAGUE.name})})
        for view in held.fields
    )
    assert steps(holding) == []


def test_an_empty_form_forgets_the_draft(holding: FlaskClient, services: FakeServices) -> None:
    address = "/documents/7/fields/invoice_number/draft"
    holding.post(address, data={"value": "CF-208"})
    assert holding.post(address, data={"handling_ms": "900"}).json == {"at": None}
    assert services.documents[7].drafts == {}


def test_lines_that_were_typed_and_not_saved_stand_in_their_grid_again(holding: FlaskClient) -> None:
    cells = {"cell-description": ["Hinge", "Dowel", ""], "cell-amount": ["13.50", "7.20", ""]}
    holding.post("/documents/7/fields/line_items/draft", data=cells)
    text = holding.get("/documents/7?field=line_items").text
    assert "Dowel" in text
    assert 'value="7.20"' in text
    assert 'id="line-2"' in text
    assert 'id="line-3"' not in text
    assert "data-dirty" in text


def test_nothing_can_be_settled_on_a_document_that_somebody_else_holds(
    reviewer: FlaskClient, services: FakeServices
) -> None:
    services.documents[7].holder = COLLEAGUE.id
    text = reviewer.get("/documents/7").text
    assert "Jon Amadi holds this until" in text
    assert "/settlement" not in text
    assert settle(reviewer, "invoice_number", decision="confirm").status_code == 409


def test_claiming_what_somebody_else_holds_is_told(reviewer: FlaskClient, services: FakeServices) -> None:
    services.documents[7].holder = COLLEAGUE.id
    answer = reviewer.post("/documents/7/claim")
    assert answer.status_code == 409
    assert "Jon Amadi holds document 7" in answer.text


def test_an_approver_may_read_but_not_claim(approver: FlaskClient) -> None:
    assert approver.get("/documents/7").status_code == 200
    answer = approver.post("/documents/7/claim")
    assert answer.status_code == 403
    assert "another role" in answer.text


def test_the_lease_is_renewed_in_json(holding: FlaskClient) -> None:
    answer = holding.post("/documents/7/claim/renewal", headers=JSON)
    assert answer.json["lease_until"] == "2026-03-10T09:45:00+00:00"


def test_handing_on_takes_the_next_document(holding: FlaskClient, services: FakeServices) -> None:
    held = services.documents[7]
    all_settled(services)
    answer = holding.post("/documents/7/validation", data={**FORM, "then": "next"}, headers=JSON)
    assert answer.json["location"] == "/documents/8"
    assert held.state is DocumentState.READY
    assert services.documents[8].holder == REVIEWER.id


def test_handing_on_brings_the_next_document_along_as_its_own_page_shows_it(
    holding: FlaskClient, services: FakeServices
) -> None:
    all_settled(services)
    answer = holding.post("/documents/7/validation", data={**FORM, "then": "next"}, headers=JSON)
    assert "Document 7 is handed on for approval." in answer.json["told"]
    alone = holding.get("/documents/8").text
    assert without_tokens(answer.json["page"]).strip() in without_tokens(alone)
    assert f"<title>{answer.json['title']} · Proofdesk</title>" in alone
    assert "is handed on for approval" not in alone


def test_the_next_document_is_with_the_browser_before_it_is_taken(holding: FlaskClient, services: FakeServices) -> None:
    services.documents[8].holder = REVIEWER.id
    services.settle(8, Settlement(field="invoice_number", decision=Decision.CONFIRM), by=REVIEWER, revision=1)
    services.documents[8].holder = None
    found = holding.get("/queue/upcoming?after=7").json
    assert found["document"] == 8
    assert services.documents[8].holder is None
    known = {"If-None-Match": f'"{found["fingerprint"]}"'}
    assert holding.get("/queue/upcoming?after=7", headers=known).status_code == 304
    page = found["page"].replace("&amp;", "&")
    assert found["images"]
    assert all(address in page for address in found["images"])

    all_settled(services)
    form = {**FORM, "then": "next", "ready": found["fingerprint"]}
    answer = holding.post("/documents/7/validation", data=form, headers=JSON).json
    assert answer["ready"]
    assert answer["location"] == "/documents/8"
    assert "Document 7 is handed on for approval." in answer["told"]
    assert "page" not in answer
    assert services.documents[8].holder == REVIEWER.id
    assert without_tokens(found["page"]).strip() in without_tokens(holding.get("/documents/8").text)


def draft_on_the_next(services: FakeServices) -> None:
    draft = Draft(field="invoice_number", entries={"value": ("A-1",)}, at=NOW)
    services.documents[8].drafts[REVIEWER.id, "invoice_number"] = draft


def comment_on_the_next(services: FakeServices) -> None:
    services.talking.write(8, "Look at the sender.", by=COLLEAGUE)


def change_the_next(services: FakeServices) -> None:
    services.documents[8].revision += 1


@pytest.mark.parametrize("happen", [draft_on_the_next, comment_on_the_next, change_the_next])
def test_a_page_that_has_aged_meanwhile_is_sent_again(
    holding: FlaskClient, services: FakeServices, happen: Callable[[FakeServices], None]
) -> None:
    before = holding.get("/queue/upcoming?after=7").json["fingerprint"]
    happen(services)
    assert holding.get("/queue/upcoming?after=7").json["fingerprint"] != before
    all_settled(services)
    form = {**FORM, "then": "next", "ready": before}
    answer = holding.post("/documents/7/validation", data=form, headers=JSON).json
    assert without_tokens(answer["page"]).strip() in without_tokens(holding.get("/documents/8").text)


def test_where_nothing_comes_next_nothing_is_fetched(holding: FlaskClient, services: FakeServices) -> None:
    services.documents.pop(8)
    assert holding.get("/queue/upcoming?after=7").json == {"document": None}


def without_tokens(page: str) -> str:
    """Return the page without its form tokens, which hold the second in which they were made."""
    return re.sub(r'name="csrf_token" value="[^"]*"', 'name="csrf_token"', page)


def all_settled(services: FakeServices) -> None:
    held = services.documents[7]
    held.fields = tuple(
        view.model_copy(update={"record": view.record.model_copy(update={"state": FieldState.CONFIRMED})})
        for view in held.fields
    )


def test_handing_on_with_open_exceptions_is_refused(holding: FlaskClient, services: FakeServices) -> None:
    answer = holding.post("/documents/7/validation", data=FORM, headers=JSON)
    assert answer.status_code == 409
    assert answer.json["error"]["code"] == "open-exceptions"


def test_next_goes_on_where_somebody_was_quicker(reviewer: FlaskClient, services: FakeServices) -> None:
    services.documents[7].holder = COLLEAGUE.id
    assert reviewer.post("/queue/next").location == "/documents/8"


def test_next_without_anything_left_leads_to_the_queue(reviewer: FlaskClient, services: FakeServices) -> None:
    services.documents.clear()
    assert reviewer.post("/queue/next").location == "/queue"
    assert "Nothing is left to take." in reviewer.get("/queue").text


def test_a_rejection_needs_a_reason(holding: FlaskClient, services: FakeServices) -> None:
    assert holding.post("/documents/7/rejection", data=FORM).status_code == 400
    holding.post("/documents/7/rejection", data={**FORM, "reason": "Pages are missing", "why": "page 2"})
    assert services.called("reject") == [(7, "Pages are missing; page 2")]


def test_a_hold_ends_in_the_morning_of_the_chosen_day(holding: FlaskClient, services: FakeServices) -> None:
    holding.post("/documents/7/hold", data={**FORM, "why": "credit note to come", "until": "2026-04-01"})
    [(_, why, until)] = services.called("hold")
    assert (why, until.isoformat()) == ("credit note to come", "2026-04-01T06:00:00+00:00")
    assert holding.post("/documents/8/hold", data={**FORM, "why": "x", "until": "soon"}).status_code == 400


@pytest.mark.parametrize(
    ("act", "sent", "field", "says"),
    [
        ("rejection", {"reason": "", "why": " "}, "why", "Choose a reason, or write one"),
        ("hold", {"why": "", "until": "2026-04-01"}, "why", "Write what this waits for."),
        ("hold", {"why": "credit note", "until": ""}, "until", "Choose the day on which it comes back."),
        ("hold", {"why": "credit note", "until": "soon"}, "until", "Write the day as YYYY-MM-DD."),
        ("hold", {"why": "credit note", "until": "2020-01-01"}, "until", "has passed"),
        ("handover", {"person": "", "comment": "please"}, "person", "Choose a person."),
    ],
)
def test_an_act_that_came_in_wrong_comes_back_to_the_document_with_the_sentence_beside_its_field(
    holding: FlaskClient, act: str, sent: dict[str, str], field: str, says: str
) -> None:
    plain = holding.post(f"/documents/7/{act}", data={**FORM, **sent, "at": "gross_total"})
    assert plain.status_code in (400, 422)
    assert 'data-field="gross_total"' in plain.text, "the field that was open still is"
    [form] = re.findall(rf'<details[^>]* open>(?:(?!</details>).)*?/{act}".*?</details>', plain.text, re.DOTALL)
    beside = re.search(
        rf'name="{field}"[^>]*aria-invalid="true".*?data-says-of="{field}"[^>]*>([^<]*)', form, re.DOTALL
    )
    assert beside is not None
    assert says in beside[1]
    for kept in sent.values():
        assert html.escape(kept.strip()) in form

    told = holding.post(f"/documents/7/{act}", data={**FORM, **sent}, headers=JSON)
    assert told.status_code == plain.status_code
    assert told.json["field"] == field
    assert says in told.json["error"]["message"]


def test_an_act_on_a_stale_page_is_refused_on_the_document_as_it_is_now(
    holding: FlaskClient, services: FakeServices
) -> None:
    services.documents[7].revision = 5
    answer = holding.post("/documents/7/rejection", data={**FORM, "reason": "Pages are missing", "why": "page 2"})
    assert answer.status_code == 409
    assert "was changed meanwhile" in answer.text
    assert 'value="page 2"' in answer.text
    assert '<option value="Pages are missing" selected>Pages are missing</option>' in answer.text


def test_who_no_longer_holds_a_document_is_told_on_it(reviewer: FlaskClient) -> None:
    answer = reviewer.post("/documents/7/rejection", data={**FORM, "why": "page 2 is missing"})
    assert answer.status_code == 409
    assert "You no longer hold this document." in answer.text
    assert "Nobody works on this." in answer.text


def test_the_type_as_read_is_confirmed_and_another_has_the_document_read_again(
    holding: FlaskClient, services: FakeServices
) -> None:
    confirmed = holding.post("/documents/7/type", data={**FORM, "type": "invoice"}, headers=JSON)
    assert confirmed.json["revision"] == 2
    changed = holding.post("/documents/7/type", data={"revision": "2", "type": "receipt"}, headers=JSON)
    assert changed.json == {"location": "/queue"}
    assert services.called("retype") == [(7, "receipt")]


def test_a_document_of_unknown_type_asks_only_for_its_type(holding: FlaskClient, services: FakeServices) -> None:
    held = services.documents[7]
    first = held.fields[0]
    held.type, held.fields = (
        None,
        (
            first.model_copy(
                update={
                    "record": first.record.model_copy(
                        update={"state": FieldState.OPEN, "value": None, "machine_value": None}
                    )
                }
            ),
        ),
    )
    text = holding.get("/documents/7").text
    assert "What is it?" in text
    assert 'name="type" value="receipt"' in text


def test_every_settled_field_leads_to_the_summary(holding: FlaskClient, services: FakeServices) -> None:
    revision = 1
    for field in ("invoice_number", "gross_total", "iban", "line_items"):
        form = {"revision": str(revision), "decision": "confirm"}
        answer = holding.post(f"/documents/7/fields/{field}/settlement", data=form, headers=JSON)
        revision = answer.json["revision"]
    assert answer.json["field"] == "summary"
    assert answer.json["open"] == 0
    assert "Hand on" in answer.json["panel"]


def test_an_error_of_the_services_is_a_page_or_json_by_what_is_asked_for(
    holding: FlaskClient, services: FakeServices
) -> None:
    services.raises["reopen"] = InvalidCorrectionError("Nobody settled this field, so there is nothing to undo.")
    as_page = holding.post("/documents/7/fields/iban/reopening", data=FORM)
    assert as_page.status_code == 422
    assert "<main" in as_page.text
    as_json = holding.post("/documents/7/fields/iban/reopening", data=FORM, headers=JSON)
    assert as_json.json["error"]["code"] == "invalid-correction"


def test_why_a_document_came_back_is_said_once_wherever_one_is_in_it(
    holding: FlaskClient, services: FakeServices
) -> None:
    held = services.documents[7]
    held.note = "Ines Okafor: The total includes the deposit."
    returned = ReviewReason(
        code=ReasonCode.REOPENED, message="Returned by Ines Okafor: The total includes the deposit."
    )
    held.fields = tuple(
        view.model_copy(update={"record": view.record.model_copy(update={"reasons": (returned,)})})
        if view.spec.name == "gross_total"
        else view
        for view in held.fields
    )
    for field in ("gross_total", "invoice_number", "summary"):
        assert holding.get(f"/documents/7?field={field}").text.count("The total includes the deposit.") == 1, field
