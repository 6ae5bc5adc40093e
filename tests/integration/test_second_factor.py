"""One-time passwords beside the password: set up, asked for, used once, lost, taken away."""

from dataclasses import dataclass

import pytest
from pyotp.totp import TOTP
from sqlalchemy import select, text

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, LoginRefusedError, ProofNeededError
from pipeline.services.accounts import HalfLogin, Login
from pipeline.services.auditing import EventFilter
from pipeline.services.guesses import FAILURES_ALLOWED, FAILURES_ALLOWED_NAME
from pipeline.services.presence import Proof
from pipeline.store.tables import HalfLoginRow
from tests import builders
from tests.desk import Office

OWNER = builders.person(0, "owner")
HERE, ELSEWHERE = "192.0.2.1", "203.0.113.9"


@dataclass
class Mara:
    """A reviewer with an authenticator."""

    office: Office
    password: str
    actor: Actor
    totp: TOTP
    recovery: tuple[str, ...]

    def code(self, steps: int = 0) -> str:
        return self.totp.at(self.office.clock.now(), counter_offset=steps)

    def half(self, address: str = HERE) -> str:
        found = self.office.accounts.login("mara", self.password, address=address)
        assert isinstance(found, HalfLogin)
        return found.token

    def enter(self, code: str, address: str = HERE) -> Login:
        return self.office.accounts.login_with_code(self.half(address), code, address=address)


@pytest.fixture
def mara(office: Office) -> Mara:
    password = office.accounts.add("mara", "Mara", [Role.REVIEWER], by=OWNER)
    found = office.accounts.login("mara", password, address=HERE)
    assert isinstance(found, Login)
    office.second_factors.begin(by=found.actor, proof=Proof(said=password))
    enrolment = office.second_factors.get_own(by=found.actor).enrolment
    assert enrolment is not None
    totp = TOTP(enrolment.secret)
    recovery = office.second_factors.confirm(totp.at(office.clock.now()), by=found.actor)
    office.clock.advance(seconds=60)
    return Mara(office, password, found.actor, totp, recovery)


def test_secret_counts_only_once_a_code_of_it_is_confirmed(office: Office) -> None:
    password = office.accounts.add("mara", "Mara", [Role.REVIEWER], by=OWNER)
    login = office.accounts.login("mara", password, address=HERE)
    assert isinstance(login, Login)
    with pytest.raises(ProofNeededError):
        office.second_factors.begin(by=login.actor)
    with pytest.raises(LoginRefusedError):
        office.second_factors.begin(by=login.actor, proof=Proof(said="somebody else at the desk"))
    assert office.second_factors.get_own(by=login.actor).enrolment is None
    office.second_factors.begin(by=login.actor, proof=Proof(said=password))
    assert isinstance(office.accounts.login("mara", password, address=HERE), Login)
    with pytest.raises(InvalidCorrectionError, match="does not fit"):
        office.second_factors.confirm("000000", by=login.actor)
    enrolment = office.second_factors.get_own(by=login.actor).enrolment
    assert enrolment is not None
    assert enrolment.uri.startswith("otpauth://totp/Proofdesk:mara?secret=")
    office.second_factors.confirm(TOTP(enrolment.secret).at(office.clock.now()), by=login.actor)
    assert isinstance(office.accounts.login("mara", password, address=HERE), HalfLogin)
    assert office.second_factors.get_own(by=login.actor).enrolment is None, "the secret is never shown again"


def test_right_password_alone_opens_nothing_and_the_code_the_rest(office: Office, mara: Mara) -> None:
    half = mara.half()
    assert office.accounts.find_actor(half) is None
    login = office.accounts.login_with_code(half, mara.code(), address=HERE, agent="Firefox")
    assert office.accounts.find_actor(login.token) is not None
    with pytest.raises(LoginRefusedError, match="in time"):
        office.accounts.login_with_code(half, mara.code(1), address=HERE)


def test_code_of_a_clock_that_is_half_a_minute_off_fits_and_of_more_does_not(office: Office, mara: Mara) -> None:
    with pytest.raises(LoginRefusedError):
        mara.enter(mara.code(2))
    with pytest.raises(LoginRefusedError):
        mara.enter(mara.code(-2))
    mara.enter(mara.code(1))


def test_code_is_good_once_and_so_is_whatever_came_before_it(office: Office, mara: Mara) -> None:
    code, before = mara.code(), mara.code(-1)
    mara.enter(code)
    for used in (code, before):
        with pytest.raises(LoginRefusedError, match="used before"):
            mara.enter(used)
    office.clock.advance(seconds=30)
    mara.enter(mara.code())


def test_recovery_codes_are_ten_good_once_each_and_kept_as_hashes(office: Office, mara: Mara) -> None:
    assert len(set(mara.recovery)) == 10
    mara.enter(f" {mara.recovery[3].upper().replace('-', ' ')} ")
    with pytest.raises(LoginRefusedError):
        mara.enter(mara.recovery[3])
    mara.enter(mara.recovery[4])
    assert office.second_factors.get_own(by=mara.actor).recovery_codes == 8
    with office.store.reading() as session:
        kept = str(session.execute(text("SELECT sha256 FROM recovery_codes")).all())
        sealed = str(session.execute(text("SELECT sealed FROM second_factors")).all())
    assert not any(code in kept for code in mara.recovery)
    assert str(mara.totp.secret) not in sealed


def test_fresh_recovery_codes_replace_those_of_before(office: Office, mara: Mara) -> None:
    with pytest.raises(LoginRefusedError):
        office.second_factors.renew_recovery("123", by=mara.actor, address=HERE)
    fresh = office.second_factors.renew_recovery(mara.code(), by=mara.actor, address=HERE)
    with pytest.raises(LoginRefusedError):
        mara.enter(mara.recovery[0])
    mara.enter(fresh[0])


def test_wrong_codes_are_counted_and_slowed_like_wrong_passwords(office: Office, mara: Mara) -> None:
    for _ in range(FAILURES_ALLOWED):
        with pytest.raises(LoginRefusedError, match="does not fit"):
            mara.enter("000000", ELSEWHERE)
    with pytest.raises(LoginRefusedError, match="quarter of an hour"):
        mara.half(ELSEWHERE)
    mara.enter(mara.code())
    denied = office.auditing.list_events(EventFilter(tag=AuditTag.ACCESS_DENY), by=OWNER).rows
    assert [event.facts["what"] for event in denied] == ["code"] * FAILURES_ALLOWED


def test_right_password_forgives_no_wrong_code(office: Office, mara: Mara) -> None:
    """Whoever knows the password can't begin anew after each four guesses."""
    half = mara.half(ELSEWHERE)
    for _ in range(FAILURES_ALLOWED):
        with pytest.raises(LoginRefusedError):
            office.accounts.login_with_code(half, "000000", address=ELSEWHERE)
    with pytest.raises(LoginRefusedError, match="quarter of an hour"):
        office.accounts.login_with_code(half, mara.code(), address=ELSEWHERE)


def test_half_log_in_is_short_and_ends_with_a_new_password(office: Office, mara: Mara) -> None:
    half = mara.half()
    office.clock.advance(minutes=11)
    assert not office.accounts.is_half(half)
    with pytest.raises(LoginRefusedError, match="in time"):
        office.accounts.login_with_code(half, mara.code(), address=HERE)
    half = mara.half()
    with office.store.reading() as session:
        assert len(session.scalars(select(HalfLoginRow)).all()) == 1, "those that are over are swept out"
    office.accounts.reset_password(mara.actor.id or 0, by=OWNER)
    with pytest.raises(LoginRefusedError):
        office.accounts.login_with_code(half, mara.code(), address=HERE)


def test_administrator_takes_a_lost_factor_away_and_the_record_says_so(office: Office, mara: Mara) -> None:
    owner = office.hire("owner")
    shown = {person.name: person.second_factor for person in office.accounts.list_people(by=owner)}
    assert shown == {"mara": True, "owner": False}
    with pytest.raises(AccessDeniedError):
        office.second_factors.take_away(mara.actor.id or 0, by=mara.actor)
    office.second_factors.take_away(mara.actor.id or 0, by=owner)
    assert isinstance(office.accounts.login("mara", mara.password, address=HERE), Login)
    events = office.auditing.list_events(EventFilter(), by=OWNER).rows
    told = [(event.tag, event.by) for event in events if event.facts.get("what") == "second factor"]
    assert sorted(told) == [("access:grant", "mara"), ("access:revoke", "owner")]
    with pytest.raises(InvalidCorrectionError):
        office.second_factors.take_away(mara.actor.id or 0, by=owner)


def test_own_factor_is_taken_away_against_a_code_only(office: Office, mara: Mara) -> None:
    with pytest.raises(LoginRefusedError):
        office.second_factors.remove_own("000000", by=mara.actor, address=HERE)
    office.second_factors.remove_own(mara.recovery[0], by=mara.actor, address=HERE)
    assert office.second_factors.get_own(by=mara.actor).since is None


def test_policy_that_asks_a_role_for_it_lets_them_no_further_than_the_set_up(office: Office) -> None:
    password = office.accounts.add("tilo", "Tilo", [Role.APPROVER], by=OWNER)
    policy = office.policies.get_current(by=OWNER)
    roles = (Role.APPROVER, Role.ADMINISTRATOR)
    office.policies.change(policy.model_copy(update={"second_factor_roles": roles}), "signatures", by=OWNER)
    login = office.accounts.login("tilo", password, address=HERE)
    assert isinstance(login, Login)
    assert login.must_enrol
    assert office.second_factors.get_own(by=login.actor).required_for == ("approver",)
    office.second_factors.begin(by=login.actor, proof=Proof(said=password))
    enrolment = office.second_factors.get_own(by=login.actor).enrolment
    assert enrolment is not None
    office.second_factors.confirm(TOTP(enrolment.secret).at(office.clock.now()), by=login.actor)
    found = office.accounts.find_actor(login.token)
    assert found is not None
    assert not found.must_enrol
    rowe = office.accounts.add("rowe", "Rowe", [Role.REVIEWER], by=OWNER)
    reviewer = office.accounts.login("rowe", rowe, address=HERE)
    assert isinstance(reviewer, Login)
    assert not reviewer.must_enrol


def test_wrong_codes_of_others_do_not_keep_a_known_browser_out(office: Office, mara: Mara) -> None:
    device = mara.enter(mara.code()).device
    office.clock.advance(seconds=60)
    for number in range(FAILURES_ALLOWED_NAME):
        with pytest.raises(LoginRefusedError, match="does not fit"):
            mara.enter("000000", f"198.51.100.{number + 1}")
    with pytest.raises(LoginRefusedError, match="logged in with before"):
        mara.half()
    half = office.accounts.login("mara", mara.password, address=HERE, device=device)
    assert isinstance(half, HalfLogin)
    office.accounts.login_with_code(half.token, mara.code(), address=HERE)
