"""The pages over the real services: what a person does in the browser ends in the database."""

import html
import re
from io import BytesIO
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient

from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.review import FieldState
from pipeline.services.health import Health
from pipeline.settings import Settings
from review_ui import create_app
from tests import builders
from tests.desk import Office
from tests.integration.test_next_document import paper
from tests.templates import COMPILED

JSON = {"Accept": "application/json"}
PASSWORD = "a long enough password"


@pytest.fixture
def client(office: Office) -> FlaskClient:
    """A browser on the office's services, form tokens included."""
    services = SimpleNamespace(
        **{name: getattr(office, name) for name in vars(office)},
        health=Health(office.store, office.queue),
    )
    app = create_app(services, Settings(data=office.folder))
    app.jinja_env.bytecode_cache = COMPILED
    app.config["TESTING"] = True
    return app.test_client()


def token(client: FlaskClient, page: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(page).text)
    assert found, page
    return found[1]


def log_in(client: FlaskClient, office: Office, *roles: Role, name: str = "rowe") -> None:
    """Make an account and log in through the forms, the change of the one-time password included."""
    once = office.accounts.add(name, name.title(), roles or tuple(Role), by=builders.person(0, "owner"))
    form = {"name": name, "password": once, "csrf_token": token(client, "/login")}
    assert client.post("/login", data=form).location == "/password"
    form = {"old": once, "new": PASSWORD, "again": PASSWORD, "csrf_token": token(client, "/password")}
    assert client.post("/password", data=form).location == "/"


def post(client: FlaskClient, address: str, page: str = "/queue", **form: str):
    return client.post(address, data={**form, "csrf_token": token(client, page)}, headers=JSON)


def settle_all(client: FlaskClient, document_id: int) -> dict:
    """Take a document and keep whatever is shown, one exception after the other."""
    answer = post(client, f"/documents/{document_id}/claim")
    assert answer.status_code == 200, answer.text
    while answer.json["open"]:
        decision = "confirm" if 'value="confirm"' in answer.json["panel"] else "absent"
        address = f"/documents/{document_id}/fields/{answer.json['field']}/settlement"
        answer = post(client, address, revision=str(answer.json["revision"]), decision=decision, handling_ms="1500")
        assert answer.status_code == 200, answer.text
    return answer.json


def test_an_upload_is_reviewed_signed_and_told_in_the_record(client: FlaskClient, office: Office) -> None:
    log_in(client, office)
    office.engine.answer = builders.extraction()
    form = {"files": (BytesIO(b"%PDF from the browser"), "invoice.pdf"), "csrf_token": token(client, "/files")}
    sent = client.post("/files", data=form, headers=JSON)
    assert sent.status_code == 201
    assert sent.json["state"] == "stored"
    [document_id] = office.work()
    assert "invoice.pdf" in client.get("/files").text

    settled = settle_all(client, document_id)
    assert settled["field"] == "summary"
    handed_on = post(client, f"/documents/{document_id}/validation", revision=str(settled["revision"]), then="next")
    assert handed_on.json == {"location": "/queue"}
    assert office.state(document_id) is DocumentState.READY

    page = client.get(f"/documents/{document_id}/approval").text
    statement = html.unescape(re.search(r'class="statement"[^>]*>([^<]+)<', page)[1])
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    unproved = post(client, f"/documents/{document_id}/approval", revision=revision)
    assert (unproved.status_code, unproved.json["error"]["code"]) == (403, "proof-needed")
    assert 'name="proof"' in page
    address = f"/documents/{document_id}/approval"
    assert post(client, address, revision=revision, proof=PASSWORD).status_code == 302
    office.work()
    assert office.state(document_id) is DocumentState.APPROVED
    [signed] = office.reviewing.get_document(document_id, by=builders.person(0, "reader")).approvals
    assert signed.meaning == statement, "what is shown above the signature is what is signed"
    assert "delivered" in client.get("/approved").text

    history = client.get(f"/audit/documents/{document_id}").text
    assert "Approved, signed" in history
    assert "Delivered" in history
    verified = client.post("/audit/verification", data={"csrf_token": token(client, "/audit")})
    assert "Unbroken." in verified.text


@pytest.mark.parametrize("is_taken", [False, True])
def test_the_page_fetched_ahead_is_shown_unless_somebody_else_took_the_document(
    client: FlaskClient, office: Office, is_taken: bool
) -> None:
    log_in(client, office)
    first, second, third = (paper(office, f"A-{place}", f"{90 // place}0.00").id for place in (1, 2, 3))
    settled = settle_all(client, first)
    ahead = client.get(f"/queue/upcoming?after={first}", headers=JSON).json
    assert ahead["document"] == second
    if is_taken:
        office.reviewing.claim(second, by=office.hire("amadi", Role.REVIEWER))
    form = {"revision": str(settled["revision"]), "then": "next", "ready": ahead["fingerprint"]}
    answer = post(client, f"/documents/{first}/validation", **form).json
    if is_taken:
        assert answer["location"] == f"/documents/{third}"
        assert f'data-document="{third}"' in answer["page"]
    else:
        assert answer["location"] == f"/documents/{second}"
        assert answer["ready"]
        assert "page" not in answer


def test_the_same_bytes_again_are_told_as_a_duplicate(client: FlaskClient, office: Office) -> None:
    log_in(client, office)
    for state in ("stored", "duplicate"):
        form = {"files": (BytesIO(b"%PDF twice"), "twice.pdf"), "csrf_token": token(client, "/files")}
        assert client.post("/files", data=form, headers=JSON).json["state"] == state


def test_what_is_no_pdf_is_told_what_to_do(client: FlaskClient, office: Office) -> None:
    log_in(client, office)
    form = {"files": (BytesIO(b"GIF89a"), "photo.gif"), "csrf_token": token(client, "/files")}
    answer = client.post("/files", data=form, headers=JSON)
    assert answer.json["state"] == "quarantined"
    assert "not a PDF" in answer.json["sentence"]
    assert "not a PDF" in client.get("/files?state=quarantined").text


def test_a_correction_is_read_by_the_document_s_own_decimal_sign(client: FlaskClient, office: Office) -> None:
    log_in(client, office)
    document_id = office.receive(builders.extraction()).id
    taken = post(client, f"/documents/{document_id}/claim").json
    address = f"/documents/{document_id}/fields/gross_total/settlement"
    refused = post(client, address, revision=str(taken["revision"]), decision="correct", value="no amount")
    assert refused.status_code == 422
    assert "no amount" in refused.json["error"]["message"]
    saved = post(client, address, revision=str(taken["revision"]), decision="correct", value="1428.00")
    assert saved.status_code == 200
    view = office.reviewing.get_document(document_id, by=builders.person(0, "reader"))
    record = next(each.record for each in view.fields if each.record.name == "gross_total")
    assert (record.value, record.settled_by) == ("1428.00", "rowe")
    assert record.state in {FieldState.CORRECTED, FieldState.CONFIRMED}
    undone = post(
        client, f"/documents/{document_id}/fields/gross_total/reopening", revision=str(saved.json["revision"])
    )
    assert undone.json["field"] == "gross_total"


def test_two_people_cannot_hold_one_document_and_a_stale_page_overwrites_nothing(
    client: FlaskClient, office: Office
) -> None:
    log_in(client, office)
    document_id = office.receive(builders.extraction()).id
    mine = post(client, f"/documents/{document_id}/claim").json
    other = client.application.test_client()
    log_in(other, office, Role.REVIEWER, name="amadi")
    refused = post(other, f"/documents/{document_id}/claim")
    assert refused.status_code == 409
    assert refused.json["error"]["code"] == "claim-taken"
    assert "Rowe holds this until" in other.get(f"/documents/{document_id}").text

    address = f"/documents/{document_id}/fields/{mine['field']}/settlement"
    decision = "confirm" if 'value="confirm"' in mine["panel"] else "absent"
    assert post(client, address, revision=str(mine["revision"]), decision=decision).status_code == 200
    again = post(client, address, revision=str(mine["revision"]), decision="absent")
    assert again.status_code == 409
    assert again.json["error"]["code"] == "stale"
    assert again.json["revision"] == mine["revision"] + 1


def test_a_closed_account_is_out_at_once(client: FlaskClient, office: Office) -> None:
    log_in(client, office, Role.REVIEWER)
    log_in_boss = client.application.test_client()
    log_in(log_in_boss, office, name="boss")
    people = {one.name: one.id for one in office.accounts.list_people(by=builders.person(0, "owner"))}
    assert client.get("/queue").status_code == 200
    closed = post(log_in_boss, f"/admin/people/{people['rowe']}/activity", active="no")
    assert closed.status_code == 302
    assert client.get("/queue").status_code == 302


@pytest.mark.parametrize("page", ["/audit", "/admin/people"])
def test_a_reviewer_is_refused_what_is_not_theirs(client: FlaskClient, office: Office, page: str) -> None:
    log_in(client, office, Role.REVIEWER)
    answer = client.get(page)
    assert answer.status_code == 403
    assert "You need the role" in answer.text


def test_ready_says_so_only_with_every_part(client: FlaskClient, office: Office) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json["parts"]["queue"] == "ok"
