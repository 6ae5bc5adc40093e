"""People who log in at an identity provider: their accounts are made and their roles renewed as they come."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from argon2 import PasswordHasher
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.errors import ConfigurationError, LoginRefusedError, NotFoundError
from pipeline.ports import Attempt, Clock, Identity, IdentityProvider
from pipeline.services import identities, membership, sessions
from pipeline.services.accounts import Login, actor_of
from pipeline.services.entries import entry
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.tables import ClaimRow, GroupRow, IdentityRow, SessionRow, UserRow

PROVIDER = Actor.machine("single-sign-on")
"""Who gives and takes roles here: nobody decides it at Proofdesk."""

EVERY_GROUP = "*"
"""Instead of a group's name: whoever is in the provider's sees everything."""

OFF = "Single sign-on is not set up here. Log in with name and password."
NOT_THIS = "This log-in was not begun in this browser, or too long ago. Start again from the log-in page."
NOT_THERE = "The single sign-on service did not let you in. Try again, or ask an administrator there."
NO_GROUP = (
    "The single sign-on service knows you, but none of your groups there is one of a group here. "
    "Ask an administrator which documents you may see."
)
NO_ROLE = (
    "The single sign-on service knows you, but none of your groups has a role here. "
    "Ask an administrator to give one of them a role."
)
CLOSED = "Your account here is closed. Ask an administrator to open it again."


@dataclass(frozen=True)
class SingleSignOn:
    """The door for people whom an identity provider knows; `provider` is None where there is none."""

    store: Store
    clock: Clock
    hasher: PasswordHasher
    provider: IdentityProvider | None
    role_claim: str = "groups"
    """Where the groups are; dots lead into objects, as in `realm_access.roles`."""
    name_claim: str = "name"
    roles: Mapping[str, frozenset[Role]] = field(default_factory=dict[str, frozenset[Role]])
    """By group."""
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Names of groups here by the provider's; empty: who sees what is said here alone."""
    types: TypeShelf = field(default_factory=lambda: TypeShelf(()))

    @property
    def is_on(self) -> bool:
        return self.provider is not None

    def begin(self, back: str) -> tuple[str, Attempt]:
        """Return where the browser goes, and what it has to bring back.

        Args:
            back: the address of ours that the provider sends the browser to afterwards.

        Raises:
            IdentityProviderUnavailableError: it does not answer.
        """
        attempt = Attempt(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            back=back,
        )
        return self._there().address(attempt), attempt

    def finish(self, answer: Mapping[str, str], attempt: Attempt | None, *, address: str, agent: str = "") -> Login:
        """Let somebody in who comes back from the provider.

        Args:
            answer: what the provider gave the browser to bring: `state`, and `code` or `error`.
            attempt: what this browser began with; None where it has begun nothing.
            address: the browser's.
            agent: what the browser says it is.

        Raises:
            LoginRefusedError: with a sentence for the person.
            IdentityProviderUnavailableError: the provider does not answer.
        """
        provider = self._there()
        if attempt is None or not secrets.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise LoginRefusedError(NOT_THIS)
        named = answer.get("iss")
        if named != provider.issuer and (named is not None or provider.names_itself()):
            raise LoginRefusedError(NOT_THIS)  # an answer by one provider to a question to another
        if not answer.get("code"):
            raise LoginRefusedError(NOT_THERE)
        try:
            identity = provider.redeem(answer["code"], attempt)
        except LoginRefusedError:
            self._deny(address, "token")
            raise
        return self._enter(identity, address, agent)

    def leaving(self, actor: Actor, back: str) -> str | None:
        """Return where somebody goes who logs out, to be logged out there, too; None where they need not."""
        if self.provider is None:
            return None
        with self.store.reading() as session:
            if not identities.is_linked(session, actor.id or 0):
                return None
        return self.provider.leaving(back)

    def _there(self) -> IdentityProvider:
        if self.provider is None:
            raise NotFoundError(OFF)
        return self.provider

    def _enter(self, identity: Identity, address: str, agent: str) -> Login:
        now = self.clock.now()
        told = self._groups_of(identity)
        wanted = frozenset[Role]().union(*(self.roles.get(group, ()) for group in told))
        # hashed before the transaction, and known to nobody: this account has no password
        hashed = self.hasher.hash(secrets.token_hex(32))
        refused: str | None = None
        login: Login | None = None
        with self.store.writing() as session:
            limits, missing = self._limits(session, told), NO_ROLE
            if wanted and limits is not None and not limits:
                wanted, missing = frozenset[Role](), NO_GROUP
            link = session.get(IdentityRow, (identity.issuer, identity.subject))
            user = session.get(UserRow, link.user_id) if link is not None else None
            if user is not None and not user.active:
                refused = CLOSED
            elif user is None and not wanted:
                refused = missing
            else:
                if user is None:
                    user = self._hire(session, identity, wanted, hashed)
                    link = IdentityRow(
                        issuer=identity.issuer, subject=identity.subject, user_id=user.id, created_at=now, seen_at=now
                    )
                    session.add(link)
                self._renew(session, user, identity, wanted)
                if link is not None:
                    link.seen_at = now
                if limits:
                    rows = [row for row in limits if row is not None]
                    membership.put(session, user, rows, self.types, PROVIDER, now)
                if wanted:
                    login = self._admit(session, user, address[:64], agent)
                else:
                    refused = missing
        if login is None:
            self._deny(address, {NO_ROLE: "role", NO_GROUP: "group"}.get(refused or NO_ROLE, "account"))
            raise LoginRefusedError(refused or NO_ROLE)
        return login

    def _admit(self, session: Session, user: UserRow, address: str, agent: str) -> Login:
        now = self.clock.now()
        token = sessions.begin(session, user, now, address=address, agent=printable(agent))
        facts = {"what": "single sign-on"}
        come = entry(AuditTag.ACCESS_LOGIN, actor_of(user), now, facts=facts, values={"address": address})
        events.append(session, come)
        return Login(token=token, actor=actor_of(user, token), must_change=False)

    def _hire(self, session: Session, identity: Identity, roles: Iterable[Role], hashed: str) -> UserRow:
        user = UserRow(
            name=_free_name(session, identity),
            display_name=self._display_name(identity),
            roles=tuple(sorted(roles)),
            password_hash=hashed,
            must_change=False,
            created_at=self.clock.now(),
        )
        session.add(user)
        session.flush()
        facts = {"what": "account", "roles": list(user.roles)}
        self._record(session, AuditTag.ACCESS_GRANT, user, facts)
        return user

    def _renew(self, session: Session, user: UserRow, identity: Identity, wanted: frozenset[Role]) -> None:
        """Give the account the roles that the provider says now; who lost some is out everywhere else."""
        user.display_name = self._display_name(identity)
        before, after = tuple(user.roles), tuple(sorted(wanted))
        if set(before) == set(after):
            return
        user.roles = after
        gained = set(after) - set(before)
        tag = AuditTag.ACCESS_GRANT if gained else AuditTag.ACCESS_REVOKE
        self._record(session, tag, user, {"what": "roles", "from": list(before), "to": list(after)})
        now = self.clock.now()
        if set(before) - set(after):
            ended = update(SessionRow).where(SessionRow.user_id == user.id, SessionRow.revoked_at.is_(None))
            session.execute(ended.values(revoked_at=now))
        if Role.REVIEWER not in after:
            held = session.scalars(delete(ClaimRow).where(ClaimRow.user_id == user.id).returning(ClaimRow.document_id))
            for document_id in sorted(held.all()):
                facts = {"holder": user.id}
                release = entry(AuditTag.CLAIM_RELEASE, PROVIDER, now, document_id=document_id, facts=facts)
                events.append(session, release)

    def _record(self, session: Session, tag: AuditTag, user: UserRow, facts: dict[str, Any]) -> None:
        values = {"account_name": user.name}
        events.append(
            session, entry(tag, PROVIDER, self.clock.now(), facts={"account": user.id, **facts}, values=values)
        )

    def _deny(self, address: str, why: str) -> None:
        facts = {"what": f"single sign-on, {why}"}
        with self.store.writing() as session:
            denied = entry(AuditTag.ACCESS_DENY, PROVIDER, self.clock.now(), facts=facts, values={"address": address})
            events.append(session, denied)

    def _limits(self, session: Session, told: Iterable[str]) -> list[GroupRow | None] | None:
        """Return the groups here that the provider puts somebody into.

        Returns:
            None where the provider does not decide it. [None] where they see everything. [] where they see nothing.
        """
        if not self.groups:
            return None
        names = frozenset[str]().union(*(self.groups.get(group, ()) for group in told))
        if EVERY_GROUP in names:
            return [None]
        return list(session.scalars(select(GroupRow).where(GroupRow.name.in_(names)).order_by(GroupRow.id)))

    def _groups_of(self, identity: Identity) -> list[str]:
        """Return what the provider says of which groups somebody is in."""
        found: Any = identity.claims
        # a claim's own name may have dots, as addresses have
        if self.role_claim in identity.claims:
            found = identity.claims[self.role_claim]
        else:
            for part in self.role_claim.split("."):
                found = cast(dict[str, Any], found).get(part) if isinstance(found, Mapping) else None
        groups = cast(list[object], [found] if isinstance(found, str) else found if isinstance(found, list) else [])
        return [group for group in groups if isinstance(group, str)]

    def _display_name(self, identity: Identity) -> str:
        for name in (self.name_claim, "name", "preferred_username"):
            text = identity.claims.get(name)
            if isinstance(text, str) and printable(text).strip():
                return " ".join(printable(text).split())[:200]
        return identity.subject[:200]


def roles_by_group(text: str) -> dict[str, frozenset[Role]]:
    """Return what PROOFDESK_OIDC_ROLES says: `group=role`, one after the other, separated by commas or semicolons.

    Raises:
        ConfigurationError: it can't be read.
    """
    found: dict[str, frozenset[Role]] = {}
    for part in _parts_of(text):
        group, _, name = part.rpartition("=")
        if not group.strip() or name.strip() not in set(Role):
            raise ConfigurationError(
                "PROOFDESK_OIDC_ROLES cannot be used: it should look like finance-approvers=approver,staff=reviewer, "
                f"with the roles {', '.join(Role)}. Set it again, or unset it."
            )
        found[group.strip()] = found.get(group.strip(), frozenset()) | {Role(name.strip())}
    return found


def groups_by_group(text: str) -> dict[str, frozenset[str]]:
    """Return what PROOFDESK_OIDC_GROUPS says: `group there=group here`, as `roles_by_group` has its parts.

    Raises:
        ConfigurationError: it can't be read.
    """
    found: dict[str, frozenset[str]] = {}
    for part in _parts_of(text):
        group, _, name = (piece.strip() for piece in part.rpartition("="))
        if not group or not name:
            raise ConfigurationError(
                "PROOFDESK_OIDC_GROUPS cannot be used: it should look like leeds-desk=Leeds,head-office=*, with the "
                "provider's groups first. Set it again, or unset it."
            )
        found[group] = found.get(group, frozenset()) | {name}
    return found


def _parts_of(text: str) -> list[str]:
    """Return the parts between commas, or between semicolons where there are any: names of directories have commas."""
    return [part for piece in text.split(";" if ";" in text else ",") if (part := piece.strip())]


def _free_name(session: Session, identity: Identity) -> str:
    """Return a login name that nobody has: what the record calls a person is never somebody else's.

    It is never an account's that is there already: whoever chooses their name at the provider would take it over.
    """
    asked = identity.claims.get("preferred_username")
    text = printable(asked) if isinstance(asked, str) else ""
    text = "-".join(text.replace(":", " ").split())[:180] or "person"
    name, number = text, 1
    while session.scalar(select(UserRow.id).where(UserRow.name == name)) is not None:
        number += 1
        name = f"{text}-{number}"
    return name
