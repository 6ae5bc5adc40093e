from flask import Flask
from flask.testing import FlaskClient

from pipeline.settings import Settings
from review_ui import create_app
from tests.unit.review_ui.conftest import JSON
from tests.unit.review_ui.doubles import PASSWORD, REVIEWER, FakeServices, Held


def test_a_stranger_is_sent_to_the_log_in_and_back_afterwards(app: Flask) -> None:
    client = app.test_client()
    asked = client.get("/queue?state=held")
    assert asked.status_code == 302
    assert asked.location == "/login?next=/queue?state%3Dheld"
    form = {"name": "mara", "password": PASSWORD, "next": "/queue?state=held"}
    assert client.post("/login", data=form).location == "/queue?state=held"


def test_a_stranger_s_script_is_told_so_in_json(app: Flask) -> None:
    answer = app.test_client().get("/documents/7", headers=JSON)
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "logged-out"


def test_log_in_never_leads_to_another_host(app: Flask) -> None:
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example", "\\/evil.example", "/\tevil"):
        form = {"name": "mara", "password": PASSWORD, "next": target}
        assert app.test_client().post("/login", data=form).location == "/"


def test_a_wrong_password_is_told_with_the_name_kept(app: Flask) -> None:
    answer = app.test_client().post("/login", data={"name": "mara", "password": "guess"})
    assert answer.status_code == 401
    assert "do not fit together" in answer.text
    assert 'value="mara"' in answer.text
    assert "Set-Cookie" not in answer.headers or "proofdesk=" not in answer.headers["Set-Cookie"]


def test_the_login_cookie_is_out_of_reach_of_scripts_and_other_sites(
    services: FakeServices, settings: Settings
) -> None:
    secure = create_app(services, settings.model_copy(update={"secure_cookies": True}))
    secure.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    answer = secure.test_client().post(
        "/login", data={"name": "mara", "password": PASSWORD}, base_url="https://desk.example"
    )
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("__Host-proofdesk="))
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


def test_log_out_ends_the_session_and_forgets_cached_pages(reviewer: FlaskClient, services: FakeServices) -> None:
    answer = reviewer.post("/logout")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert services.tokens == {}
    assert reviewer.get("/queue").status_code == 302


def test_a_one_time_password_has_to_be_changed_before_anything_else(
    reviewer: FlaskClient, services: FakeServices
) -> None:
    services.must_change.add(REVIEWER.name)
    assert reviewer.get("/queue").location == "/password"
    assert reviewer.get("/documents/7", headers=JSON).json["error"]["code"] == "must-change"
    assert reviewer.get("/password").status_code == 200
    new = {"old": PASSWORD, "new": "a new long password", "again": "a new long password"}
    assert reviewer.post("/password", data=new).location == "/"
    assert reviewer.get("/queue").status_code == 200


def test_second_factor_that_the_policy_asks_for_has_to_be_set_up_before_anything_else(
    reviewer: FlaskClient, services: FakeServices
) -> None:
    services.must_enrol.add(REVIEWER.name)
    assert reviewer.get("/queue").location == "/account/second-factor"
    assert reviewer.post("/documents/7/claim", headers=JSON).json["error"]["code"] == "must-enrol"
    page = reviewer.get("/account/second-factor")
    assert page.status_code == 200
    assert "<svg" in page.text
    assert "JBSW Y3DP" in page.text
    services.must_change.add(REVIEWER.name)
    assert reviewer.get("/queue").location == "/password", "the password comes first"
    assert reviewer.get("/password").status_code == 200


def test_two_different_new_passwords_change_nothing(reviewer: FlaskClient, services: FakeServices) -> None:
    answer = reviewer.post("/password", data={"old": PASSWORD, "new": "one", "again": "other"})
    assert answer.status_code == 400
    assert services.called("change_password") == []


def test_a_form_without_its_token_is_refused(services: FakeServices, settings: Settings) -> None:
    guarded = create_app(services, settings)
    guarded.config["TESTING"] = True
    client = guarded.test_client()
    services.tokens["token"] = REVIEWER
    client.set_cookie("proofdesk", "token")
    services.documents[7] = Held(7)
    refused = client.post("/documents/7/claim", headers=JSON)
    assert refused.status_code == 400
    assert refused.json["error"]["code"] == "csrf"
    assert services.called("claim") == []
    token = refused.json["csrf_token"]
    accepted = client.post("/documents/7/claim", headers={**JSON, "X-CSRFToken": token})
    assert accepted.status_code == 200
    assert services.called("claim") == [(7,)]


def test_theme_is_kept_in_a_cookie_and_the_page_arrives_in_it(reviewer: FlaskClient) -> None:
    answer = reviewer.post("/appearance", data={"theme": "dark", "back": "/queue"})
    assert answer.location == "/queue"
    assert 'data-theme="dark"' in reviewer.get("/queue").text
    reviewer.post("/appearance", data={"theme": '"><script>', "back": "/queue"})
    assert 'data-theme="dark"' in reviewer.get("/queue").text


def test_browser_is_known_next_time_by_a_cookie_for_that_name_alone(services: FakeServices, app: Flask) -> None:
    services.device = "device-token"
    client = app.test_client()
    answer = client.post("/login", data={"name": "mara", "password": PASSWORD})
    [cookie] = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("proofdesk-device-")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "mara" not in cookie
    client.post("/logout")
    client.post("/login", data={"name": "mara", "password": "wrong"})
    client.post("/login", data={"name": "jon", "password": "wrong"})
    assert [facts[2] for facts in services.called("login")] == [None, "device-token", None]
