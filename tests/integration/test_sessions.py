"""Where people are logged in: each sees and ends their own sessions, administrators end anybody's."""

from types import SimpleNamespace

import pytest

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.errors import AccessDeniedError, NotFoundError
from pipeline.services.auditing import EventFilter
from pipeline.services.views import EventView
from pipeline.settings import Settings
from review_ui import create_app
from tests import builders
from tests.desk import Office

OWNER = builders.person(0, "owner")


@pytest.fixture
def password(office: Office) -> str:
    return office.accounts.add("mara", "Mara", [Role.REVIEWER], by=OWNER)


def log_in(office: Office, password: str, agent: str = "Firefox", address: str = "192.0.2.1") -> tuple[str, Actor]:
    login = office.accounts.login("mara", password, address=address, agent=agent)
    return login.token, login.actor


def revocations(office: Office) -> list[EventView]:
    wanted = EventFilter(tag=AuditTag.ACCESS_REVOKE)
    return list(office.auditing.list_events(wanted, by=OWNER).rows)


def test_person_sees_where_they_are_logged_in_and_which_one_asks(office: Office, password: str) -> None:
    token, mara = log_in(office, password, "Firefox/140 Windows\x00")
    office.clock.advance(minutes=10)
    _, phone = log_in(office, password, "Safari iPhone", "2001:db8::1")

    seen = office.sessions.list_own(by=mara)
    assert [(one.agent, one.address, one.is_this) for one in seen] == [
        ("Safari iPhone", "2001:db8::1", False),
        ("Firefox/140 Windows", "192.0.2.1", True),
    ]
    assert [one.is_this for one in office.sessions.list_own(by=phone)] == [True, False]
    assert all(token not in one.id and one.id not in token for one in seen)


def test_ended_session_lets_nobody_in_and_is_on_record(office: Office, password: str) -> None:
    first, mara = log_in(office, password)
    second, _ = log_in(office, password)
    other = next(one for one in office.sessions.list_own(by=mara) if not one.is_this)

    office.sessions.end(other.id, by=mara)

    assert office.accounts.find_actor(second) is None
    assert office.accounts.find_actor(first) is not None
    [event] = revocations(office)
    assert (event.by, event.facts["what"], event.facts["sessions"]) == ("mara", "sessions", 1)
    with pytest.raises(NotFoundError):
        office.sessions.end(other.id, by=mara)


def test_nobody_ends_a_session_of_somebody_else(office: Office, password: str, okafor: Actor) -> None:
    token, mara = log_in(office, password)
    [mine] = office.sessions.list_own(by=mara)
    with pytest.raises(NotFoundError):
        office.sessions.end(mine.id, by=okafor)
    with pytest.raises(AccessDeniedError):
        office.sessions.end_all_of(mara.id or 0, by=okafor)
    assert office.accounts.find_actor(token) is not None


def test_ending_all_others_keeps_the_one_that_asks(office: Office, password: str) -> None:
    old, _ = log_in(office, password)
    token, mara = log_in(office, password)
    assert office.sessions.end_others(by=mara) == 1
    assert office.accounts.find_actor(token) is not None
    assert office.accounts.find_actor(old) is None
    assert office.sessions.end_others(by=mara) == 0
    assert len(revocations(office)) == 1, "nothing ended, nothing on record"


def test_administrator_ends_all_sessions_of_a_person(office: Office, password: str) -> None:
    tokens = [log_in(office, password)[0] for _ in range(3)]
    owner = office.hire("owner")
    mara = office.accounts.find_actor(tokens[0])
    assert mara is not None
    assert office.sessions.end_all_of(mara.actor.id or 0, by=owner) == 3
    assert [office.accounts.find_actor(token) for token in tokens] == [None] * 3
    assert len(office.sessions.list_own(by=owner)) == 1


def test_session_that_timed_out_is_not_listed(office: Office, password: str) -> None:
    log_in(office, password)
    office.clock.advance(hours=9)
    _, mara = log_in(office, password)
    assert len(office.sessions.list_own(by=mara)) == 1


def test_who_logs_in_again_in_a_browser_ends_the_session_that_it_had(office: Office, password: str) -> None:
    app = create_app(SimpleNamespace(**vars(office)), Settings(data=office.folder))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    browser, other = app.test_client(), log_in(office, password)[0]
    form = {"name": "mara", "password": password}
    tokens: list[str] = []
    for _ in range(2):
        answer = browser.post("/login", data=form)
        assert answer.status_code == 302
        cookie = browser.get_cookie("proofdesk")
        assert cookie is not None
        tokens.append(cookie.value)
    assert office.accounts.find_actor(tokens[0]) is None
    assert office.accounts.find_actor(tokens[1]) is not None
    assert office.accounts.find_actor(other) is not None, "in other browsers one stays logged in"
