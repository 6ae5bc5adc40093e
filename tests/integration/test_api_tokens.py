"""Other systems: what a token opens, what it does not, and what docs/api.md says about it."""

import re
import shlex
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from pipeline.domain.actors import Act, Actor, Role, Scope
from pipeline.domain.audit import AuditTag
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, NotFoundError
from pipeline.services import access
from pipeline.services.auditing import EventFilter
from pipeline.services.health import Health
from pipeline.settings import Settings
from pipeline.store.tables import GroupRow
from review_ui import create_app
from tests import builders
from tests.desk import Office

DOCS = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def owner(office: Office) -> Actor:
    return office.hire("owner")


@pytest.fixture
def client(office: Office) -> FlaskClient:
    """Another system, with the forms' tokens asked for as they are in earnest."""
    services = SimpleNamespace(**vars(office), health=Health(office.store, office.queue))
    return create_app(services, Settings(data=office.folder)).test_client()


def make(office: Office, owner: Actor, *scopes: Scope, name: str = "erp") -> dict[str, str]:
    token = office.api_tokens.create(name, scopes or tuple(Scope), 30, by=owner)
    return {"Authorization": f"Bearer {token}"}


def test_scopes_cover_what_they_say_and_nothing_else() -> None:
    for scope, act in ((Scope.RECEIVE, Act.RECEIVE), (Scope.READ, Act.READ), (Scope.EXPORT, Act.AUDIT)):
        system = Actor(id=None, name="integration:erp", scopes=frozenset({scope}))
        assert {one for one in Act if access.is_allowed(system, one)} == {act}
        with pytest.raises(AccessDeniedError, match="token may not"):
            access.check_may(system, Act.APPROVE)
    assert not any(access.is_allowed(Actor(id=None, name="machine:x", scopes=frozenset()), act) for act in Act)


def test_examples_of_the_guide_do_what_it_says(office: Office, owner: Actor, client: FlaskClient) -> None:
    headers = make(office, owner)
    examples = [line for line in DOCS.read_text().splitlines() if line.startswith("curl ")]
    hand_in, ask, fetch = (run(client, line, headers["Authorization"].split()[1]) for line in examples)
    assert (hand_in.status_code, hand_in.json["state"], hand_in.json["document"]) == (201, "stored", 1)
    assert (ask.status_code, ask.json["state"], ask.json["values"]) == (200, "queued", None)
    assert fetch.status_code == 200
    assert b'"integration:erp"' in fetch.data
    for answer in (hand_in, ask, fetch):
        assert "Set-Cookie" not in answer.headers


def run(client: FlaskClient, line: str, token: str) -> TestResponse:
    """Do what curl would, with the same arguments."""
    words = shlex.split(line.replace("$TOKEN", token).replace("$PROOFDESK", ""))
    form, headers, path = {}, {}, words[-1]
    for option, value in pairwise(words):
        if option == "-H":
            name, _, content = value.partition(": ")
            headers[name] = content
        elif option == "-F":
            name, _, content = value.partition("=")
            form[name] = (BytesIO(b"%PDF 1"), content[1:]) if content.startswith("@") else content
    assert re.match(r"/api/v1/", path)
    return client.post(path, data=form, headers=headers) if form else client.get(path, headers=headers)


def test_token_without_the_scope_is_refused_and_changes_nothing(
    office: Office, owner: Actor, client: FlaskClient
) -> None:
    headers = make(office, owner, Scope.READ)
    for answer in (
        client.post("/api/v1/files", data={"file": (BytesIO(b"%PDF"), "a.pdf")}, headers=headers),
        client.get("/api/v1/exports", headers=headers),
    ):
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "access-denied")
        assert "Set-Cookie" not in answer.headers
    assert office.files.list_files(by=owner).total == 0
    assert client.get("/api/v1/documents/9", headers=headers).status_code == 404


def test_without_a_token_that_is_good_nothing_answers(office: Office, owner: Actor, client: FlaskClient) -> None:
    headers = make(office, owner)
    [made] = office.api_tokens.list_tokens(by=owner)
    for wrong in ({}, {"Authorization": "Bearer invented"}, {"Authorization": headers["Authorization"][7:]}):
        answer = client.get("/api/v1/documents/1", headers=wrong)
        assert (answer.status_code, answer.json["error"]["code"]) == (401, "no-token")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    office.clock.advance(days=29)
    assert client.get("/api/v1/documents/1", headers=headers).status_code == 404
    office.clock.advance(days=1)
    assert client.get("/api/v1/documents/1", headers=headers).status_code == 401
    fresh = make(office, owner, name="second")
    office.api_tokens.revoke(office.api_tokens.list_tokens(by=owner)[0].id, by=owner)
    assert client.get("/api/v1/documents/1", headers=fresh).status_code == 401
    assert not made.used_at


def test_token_opens_no_page_and_a_session_no_interface(office: Office, owner: Actor, client: FlaskClient) -> None:
    headers = make(office, owner)
    assert client.get("/queue", headers=headers).status_code == 302
    assert client.get("/queue", headers={**headers, "Accept": "application/json"}).status_code == 401
    password = office.accounts.add("mara", "Mara", [Role.AUDITOR], by=owner)
    client.set_cookie("proofdesk", office.accounts.login("mara", password, address="192.0.2.1").token)
    assert client.get("/api/v1/exports").status_code == 401


def test_token_is_kept_as_a_hash_with_its_last_use_and_every_step_on_record(
    office: Office, owner: Actor, client: FlaskClient
) -> None:
    headers = make(office, owner, Scope.READ)
    client.get("/api/v1/documents/1", headers=headers)
    [made] = office.api_tokens.list_tokens(by=owner)
    assert (made.used_at, made.scopes, made.is_good) == (office.clock.now(), (Scope.READ,), True)
    database = office.store.engine
    with database.connect() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM api_tokens").all())
    assert headers["Authorization"][7:] not in kept
    office.api_tokens.revoke(made.id, by=owner)
    told = [
        (event.tag, event.facts["what"])
        for event in office.auditing.list_events(EventFilter(), by=owner).rows
        if event.tag in (AuditTag.ACCESS_GRANT, AuditTag.ACCESS_REVOKE) and event.facts.get("what") == "token"
    ]
    assert sorted(told) == [("access:grant", "token"), ("access:revoke", "token")]


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [
        ("", [Scope.READ], 30),
        ("a:b", [Scope.READ], 30),
        ("erp", [], 30),
        ("erp", [Scope.READ], 367),
        ("erp", [Scope.READ], 0),
    ],
)
def test_token_needs_a_name_a_scope_and_an_end(
    office: Office, owner: Actor, name: str, scopes: list[Scope], days: int
) -> None:
    with pytest.raises(InvalidCorrectionError):
        office.api_tokens.create(name, scopes, days, by=owner)


@pytest.fixture
def leeds(office: Office, owner: Actor) -> int:
    return office.grouping.add("Leeds", (), ("leeds",), by=owner)


def test_groups_limit_what_a_token_sees_and_hands_in(
    office: Office, owner: Actor, client: FlaskClient, leeds: int
) -> None:
    for folder in ("leeds", "york"):
        office.intake.claim([office.put(f"{folder}/a.pdf", f"%PDF {folder}".encode())], by=builders.MACHINE)
    documents = office.work()
    token = office.api_tokens.create("erp", tuple(Scope), 30, by=owner, groups=[leeds])
    headers = {"Authorization": f"Bearer {token}"}
    codes = [client.get(f"/api/v1/documents/{number}", headers=headers).status_code for number in documents]
    assert codes == [200, 404]
    assert b"york" not in client.get("/api/v1/exports?format=jsonl", headers=headers).data
    form = {"file": (BytesIO(b"%PDF new"), "new.pdf")}
    refused = client.post("/api/v1/files", data=form, headers=headers)
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "access-denied")
    form = {"file": (BytesIO(b"%PDF new"), "new.pdf"), "folder": "leeds"}
    taken = client.post("/api/v1/files", data=form, headers=headers)
    assert (taken.status_code, taken.json["document"]) == (201, 3)
    [view] = office.api_tokens.list_tokens(by=owner)
    assert view.groups == ("Leeds",)


def test_group_that_limits_a_good_token_stays(office: Office, owner: Actor, leeds: int) -> None:
    office.api_tokens.create("erp", [Scope.READ], 30, by=owner, groups=[leeds])
    with pytest.raises(InvalidCorrectionError, match="token of “erp” is limited"):
        office.grouping.remove(leeds, by=owner)
    office.api_tokens.revoke(office.api_tokens.list_tokens(by=owner)[0].id, by=owner)
    office.grouping.remove(leeds, by=owner)
    [view] = office.api_tokens.list_tokens(by=owner)
    assert view.groups == (f"#{leeds}",)


def test_token_of_a_group_that_is_gone_shows_nothing(office: Office, owner: Actor, leeds: int) -> None:
    token = office.api_tokens.create("erp", [Scope.READ], 30, by=owner, groups=[leeds])
    with office.store.writing() as session:
        session.execute(delete(GroupRow))
    actor = office.api_tokens.find_actor(token)
    assert actor is not None
    assert actor.sight.allowances == ()


def test_there_is_no_token_for_a_group_that_is_not_there(office: Office, owner: Actor) -> None:
    with pytest.raises(NotFoundError):
        office.api_tokens.create("erp", [Scope.READ], 30, by=owner, groups=[9])
