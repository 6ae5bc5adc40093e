from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from pipeline.domain.actors import Actor, Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileState
from pipeline.errors import ConfigurationError
from pipeline.services.exports.filter import ExportFormat
from pipeline.services.outlets import OutletView, Standing
from tests.unit.review_ui.conftest import JSON
from tests.unit.review_ui.doubles import ADMINISTRATOR, AUDITOR, COLLEAGUE, REVIEWER, FakeServices, received, seen

PDF = b"%PDF-1.7"


def test_the_filter_lives_in_the_address(reviewer: FlaskClient, services: FakeServices) -> None:
    reviewer.get("/queue?state=held&state=review&type=invoice&holder=me&search=%2312&sort=amount&order=down&page=2")
    wanted = services.called("list_queue")[0][0]
    assert wanted.states == (DocumentState.HELD, DocumentState.REVIEW)
    assert (wanted.type, wanted.holder, wanted.search) == ("invoice", "me", "12")
    assert (wanted.sort, wanted.descending, wanted.page) == ("amount", True, 2)


@pytest.mark.parametrize("number", ["x", "²", "-1", "9" * 20])
def test_a_document_that_the_record_can_not_know_is_told(auditor: FlaskClient, number: str) -> None:
    assert auditor.get(f"/audit?document={number}").status_code == 400


def test_an_address_that_names_no_list_is_told(reviewer: FlaskClient) -> None:
    assert reviewer.get("/queue?state=nonsense").status_code == 400


@pytest.mark.parametrize("number", ["x", "²", "٣", "-1", "0", "", "9" * 400])
@pytest.mark.parametrize("address", ["/queue", "/approvals", "/approved", "/files", "/mentions"])
def test_a_page_that_no_list_has_is_the_first(
    log_in: Callable[[Actor], FlaskClient], address: str, number: str
) -> None:
    assert log_in(ADMINISTRATOR).get(f"{address}?page={number}").status_code == 200


@pytest.mark.parametrize("number", ["x", "²", "-1", "9" * 400])
@pytest.mark.parametrize(
    "address", ["/queue/upcoming?after={}", "/documents/7/pages/1.webp?dpi={}", "/queue?search={}", "/files?search={}"]
)
def test_a_number_that_is_none_is_passed_over(reviewer: FlaskClient, address: str, number: str) -> None:
    assert reviewer.get(address.format(number)).status_code == 200


def test_a_row_is_taken_by_its_button_and_only_read_where_somebody_holds_it(
    reviewer: FlaskClient, services: FakeServices
) -> None:
    services.documents[8].holder = COLLEAGUE.id
    text = reviewer.get("/queue").text
    assert 'action="/documents/7/claim"' in text
    assert 'action="/documents/8/claim"' not in text
    assert 'href="/documents/8"' in text
    assert "Jon Amadi" in text


def test_an_empty_queue_says_what_to_do(reviewer: FlaskClient, services: FakeServices) -> None:
    for held in services.documents.values():
        held.state = DocumentState.READY
    settled = reviewer.get("/queue").text
    assert "No exceptions." in settled
    assert "Go to approval" in settled
    services.documents.clear()
    empty = reviewer.get("/queue").text
    assert "Nothing has come in yet." in empty
    assert "Hand in files" in empty
    assert "Go to approval" not in empty
    assert "Nothing fits this filter." in reviewer.get("/queue?type=receipt").text


def test_everybody_begins_where_their_work_is(log_in) -> None:
    assert log_in(REVIEWER).get("/").location == "/queue"
    assert log_in(AUDITOR).get("/").location == "/audit"


def test_an_approval_is_signed_and_leads_to_the_next(approver: FlaskClient, services: FakeServices) -> None:
    for held in services.documents.values():
        held.state = DocumentState.READY
    text = approver.get("/documents/7/approval").text
    assert "I approve this record, document 7." in text
    answer = approver.post("/documents/7/approval", data={"revision": "1"})
    assert answer.location == "/documents/8/approval"
    assert services.documents[7].state is DocumentState.APPROVED
    assert "on its way" in approver.get("/approved").text


def test_a_stale_signature_signs_nothing(approver: FlaskClient, services: FakeServices) -> None:
    services.documents[7].state = DocumentState.READY
    assert approver.post("/documents/7/approval", data={"revision": "9"}).status_code == 409
    assert services.documents[7].state is DocumentState.READY


def test_a_reviewer_sees_no_signature_and_may_not_sign(reviewer: FlaskClient, services: FakeServices) -> None:
    services.documents[7].state = DocumentState.READY
    assert "Sign and approve" not in reviewer.get("/documents/7/approval").text
    assert reviewer.post("/documents/7/approval", data={"revision": "1"}).status_code == 403


def test_separate_duties_take_the_button_from_who_reviewed(log_in, services: FakeServices) -> None:
    held = services.documents[7]
    held.state, held.validated_by = DocumentState.READY, ADMINISTRATOR.name
    held.fields = tuple(
        view.model_copy(update={"record": view.record.model_copy(update={"settled_by": ADMINISTRATOR.name})})
        for view in held.fields
    )
    browser = log_in(ADMINISTRATOR)
    assert "Sign and approve" in browser.get("/documents/7/approval").text
    services.policy = services.policy.model_copy(update={"separate_duties": True})
    text = browser.get("/documents/7/approval").text
    assert "Sign and approve" not in text
    assert "somebody else has to sign" in text


def test_a_return_needs_a_comment_and_may_name_fields(approver: FlaskClient, services: FakeServices) -> None:
    services.documents[7].state = DocumentState.READY
    refused = approver.post("/documents/7/return", data={"revision": "1", "why": " ", "fields": ["iban"]})
    assert refused.status_code == 400
    assert "Write what should be looked at again.</span>" in refused.text
    assert "Sign and approve" in refused.text, "it is the document's page"
    approver.post("/documents/7/return", data={"revision": "1", "why": "see page 2", "fields": ["iban"]})
    assert services.called("send_back") == [(7, "see page 2", ("iban",))]


def test_an_approved_document_is_reopened_with_its_reason(approver: FlaskClient, services: FakeServices) -> None:
    services.documents[7].state = DocumentState.APPROVED
    refused = approver.post("/documents/7/revision", data={"revision": "1", "why": ""})
    assert refused.status_code == 400
    assert "Write why the approved record is opened again.</span>" in refused.text
    answer = approver.post("/documents/7/revision", data={"revision": "1", "why": "wrong supplier"})
    assert answer.location == "/documents/7"
    assert services.called("supersede") == [(7, "wrong supplier")]


def test_one_upload_by_script_answers_for_its_file(reviewer: FlaskClient, services: FakeServices) -> None:
    form = {"files": (BytesIO(PDF), "a.pdf"), "type": "invoice"}
    answer = reviewer.post("/files", data=form, headers=JSON)
    assert answer.status_code == 201
    assert answer.json["document"] == "/documents/12"
    assert services.called("receive") == [("a.pdf", PDF, "invoice")]


def test_many_uploads_without_script_are_told_one_by_one(reviewer: FlaskClient, services: FakeServices) -> None:
    services.received = [
        received("a.pdf"),
        received("b.pdf", FileState.DUPLICATE),
        received("c.pdf", FileState.QUARANTINED, "This PDF needs a password to open."),
    ]
    form = {"files": [(BytesIO(PDF), name) for name in ("a.pdf", "b.pdf", "c.pdf")]}
    assert reviewer.post("/files", data=form).location == "/files"
    text = reviewer.get("/files").text
    assert "a.pdf</bdi>: taken" in text
    assert "b.pdf</bdi>: the same bytes as file 3" in text
    assert "c.pdf</bdi>: This PDF needs a password to open." in text


def test_a_duplicate_links_to_the_document_that_the_first_file_became(
    reviewer: FlaskClient, services: FakeServices
) -> None:
    services.received = [received("b.pdf", FileState.DUPLICATE), received("b.pdf", FileState.DUPLICATE)]
    answer = reviewer.post("/files", data={"files": (BytesIO(PDF), "b.pdf")}, headers=JSON)
    assert (answer.json["document"], answer.json["document_id"]) == ("/documents/7", 7)
    reviewer.post("/files", data={"files": (BytesIO(PDF), "b.pdf")})
    services.seen = [seen("b.pdf")]
    text = reviewer.get("/files").text
    assert '<a href="/documents/7">Open document 7</a>' in text
    assert 'which became <a href="/documents/7">document 7</a>' in text
    assert '<a class="row-open" href="/documents/7">#7, to review</a>' in text


def test_a_name_that_turns_itself_round_is_shown_with_the_sign_that_does_it(
    reviewer: FlaskClient, services: FakeServices
) -> None:
    services.documents[7].file_name = "rechnung\u202efdp.exe"
    services.seen = [seen("rechnung\u202efdp.exe"), seen("קבלה.pdf")]
    text = reviewer.get("/files").text + reviewer.get("/documents/7").text
    assert "\u202e" not in text
    shown = 'rechnung<span class="sign" title="right-to-left override">U+202E</span>fdp.exe</bdi>'
    assert text.count(shown) == 2
    assert 'title="קבלה.pdf">קבלה.pdf</bdi>' in text
    assert 'alt="Page 1 of rechnung[U+202E]fdp.exe"' in text


def test_an_upload_that_is_too_large_is_told_in_a_sentence(reviewer: FlaskClient, services: FakeServices) -> None:
    form = {"files": (BytesIO(b"x" * 100_000), "big.pdf")}
    answer = reviewer.post("/files", data=form, headers=JSON)
    assert answer.status_code == 413
    assert "larger than the installation takes" in answer.json["error"]["message"]
    assert services.called("receive") == []


def test_an_upload_of_nothing_says_so(reviewer: FlaskClient) -> None:
    assert reviewer.post("/files", data={}, headers=JSON).status_code == 400


def test_the_auditor_s_filter_lives_in_the_address(auditor: FlaskClient, services: FakeServices) -> None:
    text = auditor.get("/audit?tag=field:settle&person=mara&document=%237&since=2026-03-01&until=2026-03-31").text
    wanted = services.called("list_events")[0][0]
    assert (wanted.tag, wanted.person, wanted.document_id) == ("field:settle", "mara", 7)
    assert wanted.since.isoformat() == "2026-03-01T00:00:00+00:00"
    assert wanted.until.isoformat() == "2026-04-01T00:00:00+00:00"
    assert "Gross total corrected" in text
    assert "1482.00 → 1428.00" in text


def test_damaged_keys_take_nothing_from_the_record_but_what_they_sign(
    auditor: FlaskClient, services: FakeServices
) -> None:
    services.checkpointing.keys_problem = ConfigurationError("The signing keys in /data/keys can't be used (damaged).")
    page = auditor.get("/audit")
    assert page.status_code == 200
    assert "The signing keys can&#39;t be used. Restore their folder" in page.text
    assert "/data/keys" not in page.text
    assert auditor.post("/audit/verification").status_code == 200


def test_where_checkpoints_do_not_leave_to_is_told(auditor: FlaskClient, services: FakeServices) -> None:
    assert "do not leave this machine" not in auditor.get("/audit").text
    services.checkpointing.stands = Standing(
        outlets=(OutletView(place="keeper.example", problem="no"), OutletView(place="other.example")),
        authority=OutletView(place="tsa.example", problem="It does not answer."),
    )
    page = auditor.get("/audit").text
    assert "do not leave this machine to keeper.example: it is tried again" in page
    assert "other.example" not in page
    assert "tsa.example gives no stamp that holds" in page


def test_a_reviewer_is_refused_the_record_in_a_page_that_says_why(reviewer: FlaskClient) -> None:
    answer = reviewer.get("/audit")
    assert answer.status_code == 403
    assert "You need another role for this." in answer.text
    assert 'href="/audit"' not in answer.text


def test_an_export_is_streamed_with_its_filter(auditor: FlaskClient, services: FakeServices) -> None:
    form = {"format": "jsonl", "part": ["approvals"], "since": "2026-03-01", "type": "invoice", "state": "approved"}
    answer = auditor.post("/audit/export", data=form)
    assert answer.is_streamed
    assert answer.data == b"one\ntwo\n"
    assert answer.headers["Content-Disposition"].endswith('.jsonl"')
    [(form_asked, wanted, bom)] = services.called("export")
    assert (form_asked, bom) == (ExportFormat.JSONL, False)
    assert (wanted.document_type, wanted.states) == ("invoice", (DocumentState.APPROVED,))


def test_evidence_is_asked_for_by_document_and_without_fields(auditor: FlaskClient, services: FakeServices) -> None:
    answer = auditor.post("/audit/evidence", data={"documents": "#7, 12", "redact": ["iban"], "originals": "yes"})
    assert answer.data == b"PK!"
    assert answer.headers["Content-Disposition"].endswith('.zip"')
    [(wanted, originals)] = services.called("pack")
    assert (wanted.documents, wanted.redact, originals) == ((7, 12), ("iban",), True)
    assert auditor.post("/audit/evidence", data={"documents": "7 seven"}).status_code == 400
    assert "5f1c" * 16 in auditor.get("/audit").text


def test_a_refused_export_is_a_page_and_no_half_file(reviewer: FlaskClient) -> None:
    answer = reviewer.post("/audit/export", data={"format": "csv"})
    assert answer.status_code == 403
    assert "Content-Disposition" not in answer.headers


def test_verifying_says_what_it_found(auditor: FlaskClient, services: FakeServices) -> None:
    answer = auditor.post("/audit/verification", data={"checkpoint": (BytesIO(b"{}"), "checkpoint.json")})
    assert "Unbroken." in answer.text
    assert services.called("verify") == [(b"{}",)]


def test_a_new_person_s_password_is_shown_once_on_the_answer_itself(log_in, services: FakeServices) -> None:
    browser = log_in(ADMINISTRATOR)
    answer = browser.post(
        "/admin/people", data={"name": "lea", "display_name": "Lea", "roles": ["reviewer", "auditor"]}
    )
    assert "once-only-secret" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert services.called("add") == [("lea", "Lea", frozenset({Role.REVIEWER, Role.AUDITOR}))]
    assert "once-only-secret" not in browser.get("/admin/people").text


def test_a_policy_change_takes_percents_and_keeps_its_reason(log_in, services: FakeServices) -> None:
    form = {
        "version": "1",
        "sample_rate": "2,5",
        "separate_duties": "yes",
        "four_eyes_from": "5000",
        "four_eyes_types": "invoice",
        "next_by": "due",
        "threshold:invoice.iban": "99.5",
        "threshold:invoice.currency": "",
        "why": "new supplier contract",
    }
    assert log_in(ADMINISTRATOR).post("/admin/policy", data=form).location == "/admin/policy"
    [(policy, why)] = services.called("change")
    assert policy.sample_rate == pytest.approx(0.025)
    assert policy.separate_duties
    assert (policy.four_eyes_from, policy.four_eyes_types, policy.next_by) == (5000, ("invoice",), "due")
    assert policy.thresholds == {"invoice.iban": pytest.approx(0.995)}
    assert why == "new supplier contract"


@pytest.mark.parametrize(
    "change",
    [{"version": "0"}, {"sample_rate": "many"}, {"sample_rate": "101"}, {"four_eyes_from": "much"}, {"why": " "}],
)
def test_a_policy_change_that_cannot_be_is_refused(log_in, services: FakeServices, change: dict[str, str]) -> None:
    form = {"version": "1", "sample_rate": "2", "why": "because", **change}
    assert log_in(ADMINISTRATOR).post("/admin/policy", data=form).status_code == 400
    assert services.called("change") == []


def test_a_failed_document_shows_its_cause_and_can_be_tried_again(
    reviewer: FlaskClient, services: FakeServices
) -> None:
    held = services.documents[7]
    held.state, held.failure = DocumentState.FAILED, "Reading took longer than 120 s."
    assert "Reading took longer than 120 s." in reviewer.get("/status").text
    assert (
        reviewer.post("/documents/7/retry", data={"back": "/status", "revision": held.revision}).location == "/status"
    )
    assert services.called("retry") == [(7,)]


def test_an_unknown_document_is_not_found(reviewer: FlaskClient) -> None:
    answer = reviewer.get("/documents/99")
    assert answer.status_code == 404
    assert "There is no document 99." in answer.text
