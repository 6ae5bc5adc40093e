"""Whoever signs shows that it is them: at the first signature of a session, and after a break."""

import dataclasses
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from pyotp.totp import TOTP

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.errors import LoginRefusedError, ProofNeededError, StaleTaskError
from pipeline.services.accounts import Login
from pipeline.services.approving import Approving
from pipeline.services.auditing import EventFilter
from pipeline.services.guesses import FAILURES_ALLOWED
from pipeline.services.presence import Proof
from pipeline.services.views import DocumentView, ProofAsked, QueueFilter
from pipeline.store.tables import IdentityRow
from tests import builders
from tests.desk import Office
from tests.integration.test_two_signatures import ready, rule

OWNER = builders.person(0, "owner")
BREAK = timedelta(minutes=15)
ASKED = ProofAsked(password=True, code=False)


@pytest.fixture
def approving(office: Office) -> Approving:
    """As it is installed: the next quarter of an hour after a signature is one period."""
    return dataclasses.replace(office.approving, presence=dataclasses.replace(office.presence, idle=BREAK))


@pytest.fixture
def password(office: Office) -> str:
    return office.accounts.add("nora", "Nora", [Role.APPROVER], by=OWNER)


def log_in(office: Office, password: str) -> Actor:
    found = office.accounts.login("nora", password, address="192.0.2.1")
    assert isinstance(found, Login)
    return found.actor


@pytest.fixture
def nora(office: Office, password: str) -> Actor:
    return log_in(office, password)


def sign(approving: Approving, view: DocumentView, by: Actor, said: str | None = None) -> DocumentView:
    return approving.approve(view.id, by=by, revision=view.revision, proof=Proof(said=said) if said else None)


def signed_with(office: Office, view: DocumentView) -> object:
    [event] = office.events(view.id, AuditTag.DOCUMENT_APPROVE)
    [approval] = office.reviewing.get_document(view.id, by=OWNER).approvals
    assert approval.signed_with == event.facts["signed_with"]
    return approval.signed_with


def test_first_signature_of_a_session_takes_the_password_and_the_next_ones_a_click(
    office: Office, approving: Approving, rowe: Actor, nora: Actor, password: str
) -> None:
    one, two, three = (ready(office, rowe, f"A-{number}") for number in range(3))
    assert approving.get_signing(one.id, by=nora).proof == ASKED
    with pytest.raises(ProofNeededError, match="password"):
        sign(approving, one, nora)
    assert office.state(one.id) is DocumentState.READY

    sign(approving, one, nora, password)
    assert approving.get_signing(two.id, by=nora).proof is None
    office.clock.advance(minutes=14)
    sign(approving, two, nora)
    office.clock.advance(minutes=14)
    sign(approving, three, nora)
    assert [signed_with(office, view) for view in (one, two, three)] == ["password", "session", "session"]
    office.work()
    delivered = json.loads(next(office.out.glob(f"document-{one.id}-*.json")).read_text())
    assert delivered["signature"]["signed_with"] == "password"


def test_break_and_another_session_ask_again(
    office: Office, approving: Approving, rowe: Actor, nora: Actor, password: str
) -> None:
    one, two = ready(office, rowe, "A-1"), ready(office, rowe, "A-2")
    sign(approving, one, nora, password)
    with pytest.raises(ProofNeededError):
        sign(approving, two, log_in(office, password))
    office.clock.advance(minutes=15, seconds=1)
    with pytest.raises(ProofNeededError):
        sign(approving, two, nora)
    sign(approving, two, nora, password)


def test_who_asks_without_a_session_shows_it_every_time(
    office: Office, approving: Approving, rowe: Actor, nora: Actor, password: str
) -> None:
    one, two = ready(office, rowe, "A-1"), ready(office, rowe, "A-2")
    elsewhere = nora.model_copy(update={"session": None})
    sign(approving, one, elsewhere, password)
    with pytest.raises(ProofNeededError):
        sign(approving, two, elsewhere)


def test_wrong_password_signs_nothing_and_is_counted_and_slowed(
    office: Office, approving: Approving, rowe: Actor, nora: Actor, password: str
) -> None:
    view = ready(office, rowe)
    for _ in range(FAILURES_ALLOWED):
        with pytest.raises(LoginRefusedError, match="nothing was done"):
            sign(approving, view, nora, "a guess")
    with pytest.raises(LoginRefusedError, match="quarter of an hour"):
        sign(approving, view, nora, password)
    assert office.state(view.id) is DocumentState.READY
    denied = [
        event.facts["what"]
        for event in office.auditing.list_events(EventFilter(tag=AuditTag.ACCESS_DENY), by=OWNER).rows
    ]
    assert denied == ["signature"] * FAILURES_ALLOWED
    office.clock.advance(minutes=16)
    sign(approving, view, nora, password)


def test_signature_that_was_refused_begins_no_period(
    office: Office, approving: Approving, rowe: Actor, nora: Actor, password: str
) -> None:
    view = ready(office, rowe)
    with pytest.raises(StaleTaskError):
        approving.approve(view.id, by=nora, revision=view.revision - 1, proof=Proof(said=password))
    with pytest.raises(ProofNeededError):
        sign(approving, view, nora)


def test_several_are_signed_with_one_password_or_none_is(
    office: Office, approving: Approving, rowe: Actor, nora: Actor, password: str
) -> None:
    chosen = [(view.id, view.revision) for view in (ready(office, rowe, "A-1"), ready(office, rowe, "A-2"))]
    assert approving.list_ready(QueueFilter(states=(DocumentState.READY,)), by=nora).proof == ASKED
    for proof in (None, Proof(said="a guess")):
        with pytest.raises((ProofNeededError, LoginRefusedError)):
            approving.approve_many(chosen, by=nora, proof=proof)
    assert {office.state(number) for number, _ in chosen} == {DocumentState.READY}
    done = approving.approve_many(chosen, by=nora, proof=Proof(said=password))
    assert [one.state for one in done] == [DocumentState.APPROVED] * 2


def test_first_of_two_signatures_and_taking_it_back_ask_alike(
    office: Office, approving: Approving, rowe: Actor, nora: Actor, password: str
) -> None:
    rule(office, four_eyes_from=Decimal(1000))
    view = ready(office, rowe)
    with pytest.raises(ProofNeededError):
        sign(approving, view, nora)
    sign(approving, view, nora, password)
    office.clock.advance(minutes=16)
    with pytest.raises(ProofNeededError):
        approving.revoke(view.id, by=nora, revision=view.revision)
    approving.revoke(view.id, by=nora, revision=view.revision, proof=Proof(said=password))
    [given] = office.events(view.id, AuditTag.SIGNATURE_GIVE)
    assert given.facts["signed_with"] == "password"


def test_code_of_the_telephone_signs_once(
    office: Office, approving: Approving, rowe: Actor, nora: Actor, password: str
) -> None:
    office.second_factors.begin(by=nora, proof=Proof(said=password))
    enrolment = office.second_factors.get_own(by=nora).enrolment
    assert enrolment is not None
    totp = TOTP(enrolment.secret)
    recovery = office.second_factors.confirm(totp.at(office.clock.now()), by=nora)
    one, two = ready(office, rowe, "A-1"), ready(office, rowe, "A-2")
    assert approving.get_signing(one.id, by=nora).proof == ProofAsked(password=True, code=True)
    office.clock.advance(minutes=1)
    code = totp.at(office.clock.now())
    elsewhere = nora.model_copy(update={"session": None})
    sign(approving, one, elsewhere, code)
    assert signed_with(office, one) == "code"
    for said in (code, recovery[0]):
        with pytest.raises(LoginRefusedError):
            sign(approving, two, elsewhere, said)
    sign(approving, two, elsewhere, password)


def test_who_comes_by_single_sign_on_is_known_by_a_fresh_log_in(
    office: Office, approving: Approving, rowe: Actor, nora: Actor, password: str
) -> None:
    with office.store.writing() as session:
        now = office.clock.now()
        link = IdentityRow(issuer="https://id", subject="1", user_id=nora.id or 0, created_at=now, seen_at=now)
        session.add(link)
    one, two = ready(office, rowe, "A-1"), ready(office, rowe, "A-2")
    assert approving.get_signing(one.id, by=nora).proof is None
    sign(approving, one, nora)
    assert signed_with(office, one) == "single sign-on"
    office.clock.advance(minutes=16)
    with pytest.raises(ProofNeededError, match="Log in again"):
        sign(approving, two, nora)
    with pytest.raises(LoginRefusedError):
        sign(approving, two, nora, password)
