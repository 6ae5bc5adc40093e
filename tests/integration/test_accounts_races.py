"""Two things at once at the door: closing while somebody enters, changing while somebody changes, guessing wide."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.errors import InvalidCorrectionError, LoginRefusedError, StaleTaskError
from pipeline.services.accounts import Accounts
from pipeline.services.guesses import FAILURES_ALLOWED_ADDRESS
from tests.desk import CHEAP_HASHER, Office

HERE, ELSEWHERE = "192.0.2.1", "203.0.113.9"
NEW_PASSWORD = "four random words here"


@pytest.fixture
def owner(office: Office) -> Actor:
    return office.hire("owner")


@dataclass(frozen=True)
class Slow:
    """Checks passwords so slowly that something happens meanwhile."""

    meanwhile: Callable[[], object]

    def hash(self, password: str) -> str:
        return CHEAP_HASHER.hash(password)

    def verify(self, hashed: str, password: str) -> bool:
        fits = CHEAP_HASHER.verify(hashed, password)
        self.meanwhile()
        return fits


def slow(office: Office, meanwhile: Callable[[], object]) -> Accounts:
    """Return the accounts, for a process in which something happens between a password's check and its use."""
    return dataclasses.replace(office.accounts, hasher=Slow(meanwhile))  # type: ignore[arg-type]


def add_eve(office: Office, owner: Actor) -> tuple[int, str]:
    """Return the id and the password of a new account."""
    password = office.accounts.add("eve", "Eve", [Role.REVIEWER], by=owner)
    [eve] = [person for person in office.accounts.list_people(by=owner) if person.name == "eve"]
    return eve.id, password


def test_account_that_is_closed_while_its_password_is_checked_lets_nobody_in(office: Office, owner: Actor) -> None:
    eve, password = add_eve(office, owner)
    accounts = slow(office, lambda: office.accounts.set_active(eve, False, by=owner))
    with pytest.raises(LoginRefusedError):
        accounts.login("eve", password, address=HERE)


def test_password_that_is_reset_while_it_is_checked_lets_nobody_in(office: Office, owner: Actor) -> None:
    eve, password = add_eve(office, owner)
    accounts = slow(office, lambda: office.accounts.reset_password(eve, by=owner))
    with pytest.raises(LoginRefusedError):
        accounts.login("eve", password, address=HERE)


def test_password_that_is_reset_while_its_owner_changes_it_stays_reset(office: Office, owner: Actor) -> None:
    eve, password = add_eve(office, owner)
    login = office.accounts.login("eve", password, address=HERE)
    fresh: list[str] = []
    accounts = slow(office, lambda: fresh.append(office.accounts.reset_password(eve, by=owner)))

    with pytest.raises(LoginRefusedError, match="reset meanwhile"):
        accounts.change_password(password, NEW_PASSWORD, by=login.actor)
    assert office.accounts.login("eve", fresh[0], address=HERE).must_change


def test_changing_the_password_ends_every_session_but_the_one_it_was_changed_in(office: Office, owner: Actor) -> None:
    _, password = add_eve(office, owner)
    stolen = office.accounts.login("eve", password, address=ELSEWHERE)
    mine = office.accounts.login("eve", password, address=HERE)

    office.accounts.change_password(password, NEW_PASSWORD, by=mine.actor, token=mine.token)
    assert office.accounts.find_actor(stolen.token) is None
    assert office.accounts.find_actor(mine.token) is not None


def test_closing_an_account_frees_the_documents_it_holds(office: Office, owner: Actor, rowe: Actor) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    office.accounts.set_active(rowe.id or 0, False, by=owner)

    assert office.reviewing.get_document(view.id, by=owner).claim is None
    [released] = office.events(view.id, AuditTag.CLAIM_RELEASE)
    assert (released.by, released.facts["holder"]) == ("owner", rowe.id)


def test_taking_the_reviewer_s_role_frees_the_documents_it_holds(office: Office, owner: Actor, rowe: Actor) -> None:
    view = office.reviewing.claim(office.receive().id, by=rowe)
    office.accounts.set_roles(rowe.id or 0, [Role.REVIEWER, Role.AUDITOR], by=owner)
    assert office.reviewing.get_document(view.id, by=owner).claim is not None
    office.accounts.set_roles(rowe.id or 0, [Role.AUDITOR], by=owner)
    assert office.reviewing.get_document(view.id, by=owner).claim is None


def test_guessing_many_names_from_one_address_is_slowed_for_that_address(office: Office, owner: Actor) -> None:
    _, password = add_eve(office, owner)
    for number in range(FAILURES_ALLOWED_ADDRESS):
        with pytest.raises(LoginRefusedError, match="do not fit together"):
            office.accounts.login(f"name {number}", "guess", address=ELSEWHERE)

    with pytest.raises(LoginRefusedError, match="quarter of an hour"):
        office.accounts.login("eve", password, address=ELSEWHERE)
    assert office.accounts.login("eve", password, address=HERE).actor.name == "eve"
    office.clock.advance(minutes=16)
    assert office.accounts.login("eve", password, address=ELSEWHERE).actor.name == "eve"


@pytest.mark.parametrize("name", ["a\x00b", "\x00", "\ud800", "x" * 5000])
def test_login_under_a_name_that_no_account_can_have_is_refused_like_any(office: Office, name: str) -> None:
    with pytest.raises(LoginRefusedError, match="do not fit together"):
        office.accounts.login(name, "guess", address=HERE)


def test_account_under_a_name_with_control_characters_is_refused(office: Office, owner: Actor) -> None:
    with pytest.raises(InvalidCorrectionError, match="printable"):
        office.accounts.add("e\x00ve", "Eve", [Role.REVIEWER], by=owner)
    office.accounts.add("eve", "E\x00ve", [Role.REVIEWER], by=owner)
    assert "Eve" in [person.display_name for person in office.accounts.list_people(by=owner)]


def test_policy_that_another_has_changed_meanwhile_is_not_overwritten(office: Office, owner: Actor) -> None:
    page = office.policies.get_current(by=owner)
    office.policies.change(page.model_copy(update={"separate_duties": True}), "audit finding 7", by=owner)

    with pytest.raises(StaleTaskError, match="Nothing was overwritten"):
        office.policies.change(page.model_copy(update={"sample_rate": 0.1}), "sample more", by=owner)
    now = office.policies.get_current(by=owner)
    assert (now.separate_duties, now.sample_rate) == (True, page.sample_rate)
