"""Logging in through a real OpenID Connect provider, well-behaved and otherwise."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pipeline.assembly import build
from pipeline.domain.actors import Role
from pipeline.domain.audit import AuditTag
from pipeline.errors import ConfigurationError, IdentityProviderUnavailableError, InvalidCorrectionError
from pipeline.identity.openid import OpenIdProvider
from pipeline.ports import Attempt
from pipeline.services.auditing import EventFilter
from pipeline.services.single_sign_on import roles_by_group
from pipeline.services.views import EventView
from pipeline.settings import Settings
from tests import builders
from tests import world as worlds
from tests.builders import MACHINE
from tests.fakes import FakeQueue
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, Person, Provider, providing
from tests.world import PASSWORD, World

BEGIN = "/login/single-sign-on"
GROUPS = "desk-reviewers=reviewer, desk-approvers=approver, desk-admins=administrator"
MISCHIEF = (
    "wrong nonce",
    "no nonce",
    "wrong audience",
    "other party",
    "other issuer",
    "expired",
    "no expiry",
    "no subject",
    "alg none",
    "signed with the client's secret",
    "signed with the public key",
    "somebody else's key",
    "no token",
)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing(Person("", "", [])) as made:
        yield made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, provider: Provider) -> Iterator[World]:
    world = worlds.make(
        tmp_path_factory.mktemp("sign-on"),
        sqlite_template,
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_roles=GROUPS,
    )
    yield world
    world.close()


@pytest.fixture
def world(made: World, provider: Provider) -> Iterator[World]:
    """The pages of an installation with single sign-on, as new; the provider knows Mira and does nothing wrong."""
    provider.person = Person("subject-1", "Mira Okonjo", ["desk-reviewers", "choir"], "mira")
    provider.mischief, provider.groups_in_token = "", True
    yield made
    made.restore()


@pytest.fixture
def browser(world: World) -> FlaskClient:
    return world.browser(None)


def log_in(browser: FlaskClient, provider: Provider, page: str = BEGIN) -> TestResponse:
    """Go to the provider, log in there, and come back."""
    away = browser.get(page)
    assert away.status_code == 302, away.text
    assert away.location.startswith(provider.url)
    return browser.get(provider.log_in(away.location))


def who(browser: FlaskClient, world: World) -> str | None:
    cookie = browser.get_cookie("proofdesk")
    login = world.services.accounts.find_actor(cookie.value) if cookie is not None else None
    return None if login is None else login.actor.display_name


def events_of(world: World, tag: AuditTag) -> list[EventView]:
    found = world.services.auditing.list_events(EventFilter(tag=tag), by=MACHINE).rows
    return [event for event in found if event.by == "machine:single-sign-on"]


def test_person_is_let_in_and_their_account_made(browser: FlaskClient, world: World, provider: Provider) -> None:
    back = log_in(browser, provider, f"{BEGIN}?next=/queue?state%3Dheld")
    assert back.status_code == 302
    assert back.location == "/queue?state=held"
    assert who(browser, world) == "Mira Okonjo"
    [granted] = events_of(world, AuditTag.ACCESS_GRANT)
    assert granted.facts["roles"] == ["reviewer"]
    [person] = [one for one in world.services.accounts.list_people(by=MACHINE) if one.name == "mira"]
    assert set(person.roles) == {Role.REVIEWER}
    assert browser.get("/queue").status_code == 200
    assert browser.get("/admin/people").status_code == 403


def test_request_carries_what_protects_it(browser: FlaskClient, world: World, provider: Provider) -> None:
    asked = parse_qs(urlsplit(browser.get(BEGIN).location).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 43
    again = parse_qs(urlsplit(browser.get(BEGIN).location).query)
    assert not {asked[name][0] for name in ("state", "nonce", "code_challenge")} & {
        again[name][0] for name in ("state", "nonce", "code_challenge")
    }


def test_cookie_of_the_attempt_is_out_of_reach_and_good_for_one_answer(
    browser: FlaskClient, world: World, provider: Provider
) -> None:
    away = browser.get(BEGIN)
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"} <= set(away.headers["Set-Cookie"].split("; "))
    back = provider.log_in(away.location)
    assert browser.get(back).location == "/"
    again = browser.get(back)
    assert again.status_code == 401
    assert "not begun in this browser" in again.text


def test_same_person_keeps_their_account_whatever_they_are_called(
    browser: FlaskClient, world: World, provider: Provider
) -> None:
    log_in(browser, provider)
    first = {one.id for one in world.services.accounts.list_people(by=MACHINE)}
    provider.person = Person("subject-1", "Mira Lindqvist", ["desk-reviewers"], "mira.lindqvist")
    log_in(world.browser(None), provider)
    people = world.services.accounts.list_people(by=MACHINE)
    assert {one.id for one in people} == first
    assert [one.display_name for one in people if one.name == "mira"] == ["Mira Lindqvist"]


def test_nobody_takes_an_account_over_by_being_called_like_it(
    browser: FlaskClient, world: World, provider: Provider
) -> None:
    provider.person = Person("subject-9", "Administrator", ["desk-reviewers"], "administrator")
    log_in(browser, provider)
    people = {one.name: one for one in world.services.accounts.list_people(by=MACHINE)}
    assert set(people["administrator-2"].roles) == {Role.REVIEWER}
    assert set(people["administrator"].roles) == {Role.ADMINISTRATOR}


def test_roles_follow_the_groups_at_each_log_in(browser: FlaskClient, world: World, provider: Provider) -> None:
    log_in(browser, provider)
    provider.person.groups = ["desk-approvers", "desk-admins"]
    other = world.browser(None)
    log_in(other, provider)
    [changed, _account] = events_of(world, AuditTag.ACCESS_GRANT)
    assert (changed.facts["from"], changed.facts["to"]) == (["reviewer"], ["administrator", "approver"])
    assert who(browser, world) is None, "a session with a role that is gone goes on"
    assert who(other, world) == "Mira Okonjo"

    provider.person.groups = ["desk-approvers"]
    log_in(other, provider)
    [revoked] = events_of(world, AuditTag.ACCESS_REVOKE)
    assert revoked.facts["to"] == ["approver"]
    log_in(other, provider)
    assert len(events_of(world, AuditTag.ACCESS_REVOKE)) == 1, "what stays as it is needs no event"


def test_who_reviews_no_more_holds_no_document(browser: FlaskClient, world: World, provider: Provider) -> None:
    log_in(browser, provider)
    taken = browser.post(f"/documents/{world.documents['nobody']}/claim")
    assert taken.status_code == 302
    provider.person.groups = ["desk-approvers"]
    log_in(browser, provider)
    document = world.services.reviewing.get_document(world.documents["nobody"], by=MACHINE)
    assert document.claim is None


def test_person_without_a_role_is_told_so_and_loses_what_they_had(
    browser: FlaskClient, world: World, provider: Provider
) -> None:
    log_in(browser, provider)
    provider.person.groups = ["choir"]
    other = world.browser(None)
    refused = log_in(other, provider)
    assert refused.status_code == 401
    assert "none of your groups has a role here" in refused.text
    assert who(other, world) is None
    assert who(browser, world) is None
    assert events_of(world, AuditTag.ACCESS_DENY)[0].facts["what"] == "single sign-on, role"

    provider.person = Person("subject-2", "Nobody", [])
    assert log_in(world.browser(None), provider).status_code == 401
    assert "nobody" not in {one.name for one in world.services.accounts.list_people(by=MACHINE)}


def test_closed_account_stays_closed(browser: FlaskClient, world: World, provider: Provider) -> None:
    log_in(browser, provider)
    [person] = [one for one in world.services.accounts.list_people(by=MACHINE) if one.name == "mira"]
    world.services.accounts.set_active(person.id, False, by=MACHINE)
    refused = log_in(world.browser(None), provider)
    assert refused.status_code == 401
    assert "is closed" in refused.text


def test_groups_are_asked_for_where_the_token_lacks_them(
    browser: FlaskClient, world: World, provider: Provider
) -> None:
    provider.groups_in_token = False
    assert log_in(browser, provider).location == "/"
    provider.mischief = "other person's userinfo"
    assert log_in(world.browser(None), provider).status_code == 401


def test_new_key_of_the_provider_is_fetched(browser: FlaskClient, world: World, provider: Provider) -> None:
    log_in(browser, provider)
    provider.change_key()
    assert log_in(world.browser(None), provider).location == "/"


@pytest.mark.parametrize("mischief", MISCHIEF)
def test_token_that_does_not_hold_lets_nobody_in(
    browser: FlaskClient, world: World, provider: Provider, mischief: str
) -> None:
    provider.mischief = mischief
    refused = log_in(browser, provider)
    assert refused.status_code == 401
    assert "does not hold" in refused.text
    assert "<details" in refused.text, "the log-in page is where one starts again"
    assert who(browser, world) is None
    assert events_of(world, AuditTag.ACCESS_DENY)[0].facts["what"] == "single sign-on, token"


@pytest.mark.parametrize("mischief", ["swapped state", "other issuer's answer", "nameless answer"])
def test_answer_to_another_question_is_none(
    browser: FlaskClient, world: World, provider: Provider, mischief: str
) -> None:
    provider.mischief = mischief
    before = provider.asked.count("/token")
    refused = log_in(browser, provider)
    assert refused.status_code == 401
    assert "not begun in this browser" in refused.text
    assert provider.asked.count("/token") == before, "its code was given away"
    assert who(browser, world) is None


def test_answer_for_one_browser_does_not_let_another_in(browser: FlaskClient, world: World, provider: Provider) -> None:
    back = provider.log_in(browser.get(BEGIN).location)
    victim = world.browser(None)
    victim.get(BEGIN)
    assert victim.get(back).status_code == 401
    assert who(victim, world) is None


def test_refusal_at_the_provider_is_told(browser: FlaskClient, world: World, provider: Provider) -> None:
    provider.mischief = "refusal"
    refused = log_in(browser, provider)
    assert refused.status_code == 401
    assert "did not let you in" in refused.text


def test_answer_leads_to_no_other_host(browser: FlaskClient, world: World, provider: Provider) -> None:
    assert log_in(browser, provider, f"{BEGIN}?next=//evil.example/").location == "/"


def test_log_out_ends_the_session_there_too_but_not_for_who_came_by_password(
    browser: FlaskClient, world: World, provider: Provider
) -> None:
    log_in(browser, provider)
    left = browser.post("/logout")
    assert left.status_code == 200
    address = left.headers["Refresh"].removeprefix("0; url=")
    asked = parse_qs(urlsplit(address).query)
    assert address.startswith(f"{provider.url}/leave?")
    assert asked["post_logout_redirect_uri"] == ["http://localhost/login"]
    assert who(browser, world) is None
    assert world.browser("reviewer").post("/logout").location == "/login"


def test_account_without_a_password_is_given_none(browser: FlaskClient, world: World, provider: Provider) -> None:
    log_in(browser, provider)
    [person] = [one for one in world.services.accounts.list_people(by=MACHINE) if one.name == "mira"]
    with pytest.raises(InvalidCorrectionError, match="has no password here"):
        world.services.accounts.reset_password(person.id, by=builders.person(0, "owner"))


def test_log_in_page_offers_it_and_policy_stays_as_strict(browser: FlaskClient, world: World) -> None:
    page = browser.get("/login?next=/approved")
    assert 'href="/login/single-sign-on?next=/approved"' in page.text
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]


def test_provider_that_is_away_is_told_and_passwords_still_work(tmp_path: Path, sqlite_template: Path) -> None:
    world = worlds.make(
        tmp_path, sqlite_template, oidc_issuer="http://127.0.0.1:9", oidc_client_id="x", oidc_roles="a=reviewer"
    )
    try:
        browser = world.browser(None)
        away = browser.get(BEGIN)
        assert away.status_code == 503
        assert "does not answer" in away.text
        form = {"name": "reviewer", "password": PASSWORD}
        assert browser.post("/login", data=form).location == "/"
    finally:
        world.close()


def test_provider_that_calls_itself_something_else_is_not_believed(
    tmp_path: Path, sqlite_template: Path, provider: Provider
) -> None:
    world = worlds.make(
        tmp_path, sqlite_template, oidc_issuer=provider.url, oidc_client_id="x", oidc_roles="a=reviewer"
    )
    provider.mischief = "other description"
    try:
        away = world.browser(None).get(BEGIN)
        assert away.status_code == 503
        assert "can&#39;t be used" in away.text
    finally:
        world.close()


def test_provider_is_asked_over_https_alone() -> None:
    attempt = Attempt(state="s", nonce="n", verifier="v" * 43, back="https://desk.example/")
    with pytest.raises(IdentityProviderUnavailableError, match="can't be used"):
        OpenIdProvider("http://id.example", "x", None, "").address(attempt)
    with pytest.raises(IdentityProviderUnavailableError, match="can't be used"):
        OpenIdProvider("file:///etc", "x", None, "").address(attempt)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
def test_redirect_of_the_provider_is_not_followed(
    tmp_path: Path, sqlite_template: Path, provider: Provider, path: str
) -> None:
    provider.person, provider.mischief = Person("subject-1", "Mira", ["desk-reviewers"]), f"redirect of {path}"
    world = worlds.make(
        tmp_path,
        sqlite_template,
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_roles=GROUPS,
    )
    try:
        browser = world.browser(None)
        away = browser.get(BEGIN)
        answer = browser.get(provider.log_in(away.location)) if away.status_code == 302 else away
        assert answer.status_code == 503
        assert "/elsewhere" not in provider.asked
    finally:
        provider.mischief = ""
        world.close()


def test_without_passwords_only_the_account_for_emergencies_has_one(
    tmp_path: Path, sqlite_template: Path, provider: Provider
) -> None:
    world = worlds.make(
        tmp_path,
        sqlite_template,
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT_ID,
        oidc_roles=GROUPS,
        oidc_only=True,
        oidc_break_glass="administrator",
    )
    try:
        browser = world.browser(None)
        refused = browser.post("/login", data={"name": "reviewer", "password": PASSWORD})
        assert refused.status_code == 401
        assert "Passwords are switched off" in refused.text
        assert browser.post("/login", data={"name": "administrator", "password": PASSWORD}).location == "/"
        form = {"name": "new", "display_name": "New", "roles": "reviewer"}
        assert "accounts are made as people log in" in browser.post("/admin/people", data=form).text
    finally:
        world.close()


def test_groups_and_roles_are_read_or_refused() -> None:
    assert roles_by_group("a=reviewer, a=approver ,b = auditor") == {
        "a": frozenset({Role.REVIEWER, Role.APPROVER}),
        "b": frozenset({Role.AUDITOR}),
    }
    for wrong in ("a", "=reviewer", "a=boss"):
        with pytest.raises(ConfigurationError, match="PROOFDESK_OIDC_ROLES"):
            roles_by_group(wrong)


def test_half_a_set_up_stops_at_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="PROOFDESK_OIDC_CLIENT_ID"):
        build(Settings(data=tmp_path, oidc_issuer="https://id.example"), FakeQueue())
    missing = Settings(
        data=tmp_path,
        oidc_issuer="https://id.example",
        oidc_client_id="x",
        oidc_roles="a=reviewer",
        oidc_client_secret_file=tmp_path / "secret",
    )
    with pytest.raises(ConfigurationError, match="PROOFDESK_OIDC_CLIENT_SECRET_FILE cannot be read"):
        build(missing, FakeQueue())
