"""Guesses are slowed for whoever guesses; a browser that was let in before is let try, whatever others do."""

import pytest

from pipeline.domain.actors import Role
from pipeline.errors import LoginRefusedError
from pipeline.services.accounts import Login
from pipeline.services.guesses import FAILURES_ALLOWED, FAILURES_ALLOWED_NAME, network_of
from tests import builders
from tests.desk import Office

OWNER = builders.person(0, "owner")
HOME = "192.0.2.1"


@pytest.fixture
def password(office: Office) -> str:
    return office.accounts.add("mara", "Mara", [Role.REVIEWER], by=OWNER)


def enter(office: Office, password: str, address: str = HOME, device: str | None = None, name: str = "mara") -> Login:
    found = office.accounts.login(name, password, address=address, device=device)
    assert isinstance(found, Login)
    return found


def guess(office: Office, address: str, device: str | None = None, name: str = "mara") -> str:
    with pytest.raises(LoginRefusedError) as refused:
        office.accounts.login(name, "a guess", address=address, device=device)
    return str(refused.value)


def besiege(office: Office, name: str = "mara") -> None:
    """Guess from so many addresses that each stays below its own limit."""
    for number in range(FAILURES_ALLOWED_NAME):
        assert "do not fit" in guess(office, f"198.51.100.{number + 1}", name=name)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix socket", "unix socket"),
        ("", ""),
    ],
)
def test_guesses_are_counted_by_what_one_customer_has(address: str, network: str) -> None:
    assert network_of(address) == network


def test_other_addresses_of_one_ipv6_network_are_no_new_allowance(office: Office, password: str) -> None:
    for number in range(FAILURES_ALLOWED):
        guess(office, f"2001:db8:1:2::{number + 1:x}")
    assert "your address" in guess(office, "2001:db8:1:2:ffff::9")
    with pytest.raises(LoginRefusedError, match="your address"):
        enter(office, password, "2001:db8:1:2:abcd::1")
    enter(office, password, "2001:db8:1:3::1")


def test_guesses_from_many_addresses_slow_strangers_and_not_the_browser_that_was_there_before(
    office: Office, password: str
) -> None:
    device = enter(office, password).device
    assert device is not None
    besiege(office)
    with pytest.raises(LoginRefusedError, match="browser that you logged in with before"):
        enter(office, password, "203.0.113.77")
    with pytest.raises(LoginRefusedError, match="browser that you logged in with before"):
        enter(office, password, HOME, device="invented")
    assert enter(office, password, "203.0.113.77", device).device is None, "it keeps the cookie that it has"
    office.clock.advance(minutes=16)
    enter(office, password, "203.0.113.77")


def test_known_browser_has_an_allowance_of_its_own_and_no_more(office: Office, password: str) -> None:
    device = enter(office, password).device
    for _ in range(FAILURES_ALLOWED):
        guess(office, HOME, device)
    assert "in this browser" in guess(office, HOME, device)
    with pytest.raises(LoginRefusedError, match="in this browser"):
        enter(office, password, "203.0.113.5", device)
    enter(office, password, HOME)


def test_browser_known_for_one_name_is_a_stranger_to_all_others(office: Office, password: str) -> None:
    device = enter(office, password).device
    other = office.accounts.add("tilo", "Tilo", [Role.REVIEWER], by=OWNER)
    besiege(office, "tilo")
    with pytest.raises(LoginRefusedError, match="logged in with before"):
        enter(office, other, device=device, name="tilo")


def test_name_that_nobody_has_is_slowed_alike(office: Office, password: str) -> None:
    besiege(office, "nobody")
    assert "logged in with before" in guess(office, "203.0.113.77", name="nobody")


def test_browsers_are_forgotten_with_the_password_and_after_a_long_while(office: Office, password: str) -> None:
    login = enter(office, password)
    fresh = office.accounts.reset_password(login.actor.id or 0, by=OWNER)
    besiege(office)
    with pytest.raises(LoginRefusedError):
        enter(office, fresh, device=login.device)
    office.clock.advance(minutes=16)
    device = enter(office, fresh).device
    office.clock.advance(days=401)
    besiege(office)
    with pytest.raises(LoginRefusedError):
        enter(office, fresh, device=device)


def test_wrong_guesses_of_others_are_not_forgiven_by_a_log_in(office: Office, password: str) -> None:
    device = enter(office, password).device
    besiege(office)
    enter(office, password, device=device)
    assert "logged in with before" in guess(office, "203.0.113.77")
