import pytest

from pipeline.domain.actors import Role
from pipeline.errors import AccessDeniedError, ConfigurationError, InvalidCorrectionError, LoginRefusedError
from pipeline.services.guesses import FAILURES_ALLOWED
from tests import builders
from tests.desk import Office

HERE = "192.0.2.1"


def test_first_account_is_made_once_with_a_one_time_password(office: Office) -> None:
    made = office.accounts.ensure_first(None)
    assert made is not None
    name, password = made
    assert office.accounts.ensure_first(None) is None

    login = office.accounts.login(name, password or "", address=HERE)
    assert login.must_change
    assert login.actor.roles == frozenset(Role)


def test_short_first_password_is_refused(office: Office) -> None:
    with pytest.raises(ConfigurationError, match="at least 12"):
        office.accounts.ensure_first("short")


def test_wrong_name_wrong_password_and_closed_account_get_the_same_sentence(office: Office) -> None:
    owner = office.hire("owner")
    rowe = office.hire("rowe", Role.REVIEWER)
    password = office.accounts.reset_password(rowe.id or 0, by=owner)
    office.accounts.set_active(rowe.id or 0, False, by=owner)

    sentences = set()
    for name, word in (("nobody", "x"), ("owner", "x"), ("rowe", password)):
        with pytest.raises(LoginRefusedError) as refused:
            office.accounts.login(name, word, address=HERE)
        sentences.add(str(refused.value))
    assert len(sentences) == 1


def test_guessing_is_slowed_for_the_guesser_alone(office: Office) -> None:
    owner = office.hire("owner")
    password = office.accounts.add("rowe", "Rowe", [Role.REVIEWER], by=owner)
    for _ in range(FAILURES_ALLOWED):
        with pytest.raises(LoginRefusedError):
            office.accounts.login("rowe", "guess", address="203.0.113.9")

    with pytest.raises(LoginRefusedError, match="quarter of an hour"):
        office.accounts.login("rowe", password, address="203.0.113.9")
    assert office.accounts.login("rowe", password, address=HERE).actor.name == "rowe"
    office.clock.advance(minutes=16)
    assert office.accounts.login("rowe", password, address="203.0.113.9").actor.name == "rowe"


def test_session_ends_by_logout_idleness_and_age(office: Office) -> None:
    owner = office.hire("owner")
    password = office.accounts.add("rowe", "Rowe", [Role.REVIEWER], by=owner)

    def token() -> str:
        return office.accounts.login("rowe", password, address=HERE).token

    left = token()
    office.accounts.logout(left)
    assert office.accounts.find_actor(left) is None

    idle = token()
    office.clock.advance(hours=9)
    assert office.accounts.find_actor(idle) is None

    busy = token()
    for _ in range(4):
        office.clock.advance(hours=5)
        assert office.accounts.find_actor(busy) is not None
    office.clock.advance(hours=5)
    assert office.accounts.find_actor(busy) is None
    assert office.accounts.find_actor("invented") is None


def test_reset_ends_sessions_and_asks_for_a_new_password(office: Office) -> None:
    owner = office.hire("owner")
    password = office.accounts.add("rowe", "Rowe", [Role.REVIEWER], by=owner)
    before = office.accounts.login("rowe", password, address=HERE)

    fresh = office.accounts.reset_password(before.actor.id or 0, by=owner)
    assert office.accounts.find_actor(before.token) is None
    login = office.accounts.login("rowe", fresh, address=HERE)
    assert login.must_change
    with pytest.raises(InvalidCorrectionError, match="at least 12"):
        office.accounts.change_password(fresh, "short", by=login.actor)
    office.accounts.change_password(fresh, "four random words here", by=login.actor)
    assert not office.accounts.login("rowe", "four random words here", address=HERE).must_change


def test_last_administrator_stays(office: Office) -> None:
    owner = office.hire("owner")
    with pytest.raises(InvalidCorrectionError, match="Nobody would be left"):
        office.accounts.set_roles(owner.id or 0, [Role.REVIEWER], by=owner)
    with pytest.raises(InvalidCorrectionError, match="Nobody would be left"):
        office.accounts.set_active(owner.id or 0, False, by=owner)
    assert Role.ADMINISTRATOR in office.accounts.list_people(by=owner)[0].roles


def test_only_an_administrator_adds_people(office: Office) -> None:
    with pytest.raises(AccessDeniedError):
        office.accounts.add("eve", "Eve", [Role.ADMINISTRATOR], by=builders.person(3, "rowe", Role.REVIEWER))


@pytest.mark.parametrize(
    "guessed",
    ["password1234", "qwertyuiop12", "aaaaaaaaaaaa", "Proofdesk2026!", "Lindqvist2026", "lindqvistlindqvist"],
)
def test_password_that_is_guessed_soon_is_refused(office: Office, guessed: str) -> None:
    owner = builders.person(0, "owner")
    once = office.accounts.add("lindqvist", "Maja Lindqvist", (Role.AUDITOR,), by=owner)
    login = office.accounts.login("lindqvist", once, address="127.0.0.1")
    with pytest.raises(InvalidCorrectionError, match="guessed soon"):
        office.accounts.change_password(once, guessed, by=login.actor, token=login.token)
    with pytest.raises(InvalidCorrectionError, match="at least 12 characters"):
        office.accounts.change_password(once, guessed[:11], by=login.actor, token=login.token)
    office.accounts.change_password(once, "copper lantern drifts " * 20, by=login.actor, token=login.token)
