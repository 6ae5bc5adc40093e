"""Accounts of people who come by single sign-on, on both databases, with a provider that says what it is told to."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from pipeline.domain.actors import Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.routing import Policy
from pipeline.errors import ConfigurationError, LoginRefusedError
from pipeline.ports import Attempt, Identity
from pipeline.services.accounts import Login
from pipeline.services.auditing import EventFilter
from pipeline.services.single_sign_on import SingleSignOn, groups_by_group, roles_by_group
from pipeline.services.typeshelf import TypeShelf
from tests import builders
from tests.builders import MACHINE
from tests.desk import CHEAP_HASHER, Office

ISSUER = "https://id.example"
OWNER = builders.person(0, "owner")


@dataclass
class FakeProvider:
    """Says what stands in `claims`, under the code's own name as subject."""

    claims: dict[str, Any] = field(default_factory=dict[str, Any])
    issuer: str = ISSUER

    def address(self, attempt: Attempt) -> str:
        return f"{ISSUER}/authorize?state={attempt.state}"

    def redeem(self, code: str, attempt: Attempt) -> Identity:
        return Identity(issuer=ISSUER, subject=code, claims=self.claims)

    def leaving(self, back: str) -> str | None:
        return None

    def names_itself(self) -> bool:
        return False


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider({"realm": {"roles": ["staff"]}, "name": "Mira Okonjo", "preferred_username": "mira"})


@pytest.fixture
def door(office: Office, provider: FakeProvider) -> SingleSignOn:
    roles = roles_by_group("staff=reviewer,finance=approver")
    return SingleSignOn(office.store, office.clock, CHEAP_HASHER, provider, role_claim="realm.roles", roles=roles)


def come(door: SingleSignOn, subject: str = "s-1") -> Login:
    _, attempt = door.begin("https://desk.example/answer")
    answer: Mapping[str, str] = {"state": attempt.state, "code": subject}
    return door.finish(answer, attempt, address="203.0.113.9", agent="Firefox")


def test_account_is_made_once_and_its_roles_follow(office: Office, door: SingleSignOn, provider: FakeProvider) -> None:
    first = come(door)
    assert first.actor.roles == {Role.REVIEWER}
    found = office.accounts.find_actor(first.token)
    assert found is not None
    assert not found.must_change
    provider.claims["realm"] = {"roles": ["finance", "staff"]}
    again = come(door)
    assert (again.actor.id, again.actor.roles) == (first.actor.id, {Role.REVIEWER, Role.APPROVER})
    assert office.accounts.find_actor(first.token) is not None, "who gained a role loses no session"
    provider.claims["realm"] = {}
    with pytest.raises(LoginRefusedError, match="none of your groups"):
        come(door)
    assert office.accounts.find_actor(again.token) is None
    told = office.auditing.list_events(EventFilter(), by=MACHINE).rows
    tags = [event.tag for event in reversed(told) if event.tag.startswith("access:")]
    grant, login, revoke, deny = (
        AuditTag.ACCESS_GRANT,
        AuditTag.ACCESS_LOGIN,
        AuditTag.ACCESS_REVOKE,
        AuditTag.ACCESS_DENY,
    )
    assert tags == [grant, login, grant, login, revoke, deny]


def test_two_browsers_that_come_first_at_once_get_one_account(office: Office, door: SingleSignOn) -> None:
    with ThreadPoolExecutor(4) as several:
        logins = list(several.map(lambda _: come(door), range(4)))
    assert len({login.actor.id for login in logins}) == 1


def test_people_of_one_name_get_names_of_their_own(office: Office, door: SingleSignOn) -> None:
    office.hire("mira", Role.APPROVER)
    assert [come(door, subject).actor.name for subject in ("s-1", "s-2", "s-1")] == ["mira-2", "mira-3", "mira-2"]


def test_second_factor_is_asked_for_at_the_provider(office: Office, door: SingleSignOn) -> None:
    office.policies.change(Policy(version=1, second_factor_roles=(Role.REVIEWER,)), "stricter", by=MACHINE)
    found = office.accounts.find_actor(come(door).token)
    assert found is not None
    assert not found.must_enrol


@pytest.fixture
def limited_door(office: Office, provider: FakeProvider) -> SingleSignOn:
    for name, folder in (("Leeds", "leeds"), ("York", "york")):
        office.grouping.add(name, (), (folder,), by=OWNER)
    return SingleSignOn(
        office.store,
        office.clock,
        CHEAP_HASHER,
        provider,
        role_claim="realm.roles",
        roles=roles_by_group("staff=reviewer"),
        groups=groups_by_group("leeds-desk=Leeds,york-desk=York,both=Leeds,both=York,head-office=*,gone=Nowhere"),
        types=TypeShelf(office.types),
    )


def folders_of(login: Login) -> list[str] | None:
    allowances = login.actor.sight.allowances
    return None if allowances is None else [folder for each in allowances for folder in sorted(each.folders)]


def test_groups_of_the_provider_limit_what_somebody_sees_from_the_first_log_in_on(
    office: Office, limited_door: SingleSignOn, provider: FakeProvider
) -> None:
    for told, seen in (
        (["leeds-desk"], ["leeds"]),
        (["both"], ["leeds", "york"]),
        (["york-desk", "gone"], ["york"]),
        (["head-office", "leeds-desk"], None),
        (["leeds-desk"], ["leeds"]),
    ):
        provider.claims["realm"] = {"roles": ["staff", *told]}
        login = come(limited_door)
        assert folders_of(login) == seen, told
        found = office.accounts.find_actor(login.token)
        assert found is not None
        assert found.actor.sight == login.actor.sight


@pytest.mark.parametrize("told", [[], ["gone"], ["other"]])
def test_nobody_comes_in_whom_the_provider_gives_nothing_to_see(
    office: Office, limited_door: SingleSignOn, provider: FakeProvider, told: list[str]
) -> None:
    provider.claims["realm"] = {"roles": ["staff", "head-office"]}
    before = come(limited_door)
    provider.claims["realm"] = {"roles": ["staff", *told]}
    with pytest.raises(LoginRefusedError, match="which documents you may see"):
        come(limited_door, "somebody else")
    with pytest.raises(LoginRefusedError, match="which documents you may see"):
        come(limited_door)
    assert office.accounts.find_actor(before.token) is None
    events = office.auditing.list_events(EventFilter(), by=MACHINE).rows
    assert [event.facts["what"] for event in events if event.tag == "access:deny"] == ["single sign-on, group"] * 2


def test_what_somebody_holds_and_sees_no_more_goes_back(
    office: Office, limited_door: SingleSignOn, provider: FakeProvider
) -> None:
    document = office.receive()
    provider.claims["realm"] = {"roles": ["staff", "head-office"]}
    office.reviewing.claim(document.id, by=come(limited_door).actor)
    provider.claims["realm"] = {"roles": ["staff", "leeds-desk"]}
    come(limited_door)
    assert office.reviewing.get_document(document.id, by=OWNER).claim is None


def test_names_with_commas_are_parted_by_semicolons() -> None:
    directory = "CN=Desk,OU=Leeds,DC=example=Leeds; CN=Head,DC=example=*"
    assert groups_by_group(directory) == {
        "CN=Desk,OU=Leeds,DC=example": frozenset({"Leeds"}),
        "CN=Head,DC=example": frozenset({"*"}),
    }
    assert roles_by_group("CN=Desk,DC=example=reviewer;") == {"CN=Desk,DC=example": frozenset({Role.REVIEWER})}


@pytest.mark.parametrize("text", ["leeds", "=Leeds", "leeds=", "leeds=Leeds,york"])
def test_groups_that_cannot_be_read_stop_the_start(text: str) -> None:
    with pytest.raises(ConfigurationError, match="PROOFDESK_OIDC_GROUPS"):
        groups_by_group(text)
