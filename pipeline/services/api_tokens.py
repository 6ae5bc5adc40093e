"""Tokens by which other systems ask: made, listed and taken back by administrators."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor, Scope
from pipeline.domain.audit import AuditTag
from pipeline.domain.sight import EVERYTHING, Sight
from pipeline.domain.value import Frozen
from pipeline.errors import InvalidCorrectionError, NotFoundError
from pipeline.ports import Clock
from pipeline.services import access
from pipeline.services.entries import entry
from pipeline.services.sessions import hash_of
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.tables import ApiTokenRow, GroupRow

DAYS_MOST = 366
PREFIX = "proofdesk_"
"""By which programs that look for leaked secrets know one."""
USED_STEP = timedelta(seconds=60)
"""A token's last use is written at most this often."""


class ApiTokenView(Frozen):
    id: int
    name: str
    scopes: tuple[Scope, ...]
    groups: tuple[str, ...]
    """Names of those that limit what it sees; none: it sees everything."""
    created_at: datetime
    created_by: str
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    is_good: bool


@dataclass(frozen=True)
class ApiTokens:
    """Other systems at the door: each has a name of its own in the record, and may do what its scopes cover."""

    store: Store
    clock: Clock

    def list_tokens(self, *, by: Actor) -> tuple[ApiTokenView, ...]:
        """Return all tokens, the newest first."""
        access.check_may(by, Act.ADMINISTER)
        now = self.clock.now()
        with self.store.reading() as session:
            rows = session.scalars(select(ApiTokenRow).order_by(ApiTokenRow.id.desc()))
            names = {group.id: group.name for group in session.scalars(select(GroupRow))}
            return tuple(
                ApiTokenView(
                    id=row.id,
                    name=row.name,
                    scopes=row.scopes,
                    groups=tuple(names.get(group, f"#{group}") for group in row.groups or ()),
                    created_at=row.created_at,
                    created_by=row.created_by,
                    expires_at=row.expires_at,
                    used_at=row.used_at,
                    revoked_at=row.revoked_at,
                    is_good=row.revoked_at is None and row.expires_at > now,
                )
                for row in rows
            )

    def create(self, name: str, scopes: Iterable[Scope], days: int, *, by: Actor, groups: Iterable[int] = ()) -> str:
        """Make a token and return it, to be shown this once.

        Args:
            name: of the system that will use it; the record calls it `integration:<name>`.
            scopes: what it may do.
            days: how long it is good, at most 366.
            by: who makes it.
            groups: numbers of those that limit what it sees; none: it sees everything.

        Raises:
            InvalidCorrectionError: the name is taken or unusable, no scope is given, or the days are out of bounds.
            NotFoundError: there is no such group.
        """
        access.check_may(by, Act.ADMINISTER)
        name, chosen, now = name.strip(), tuple(sorted(set(scopes))), self.clock.now()
        if not name or len(name) > 100 or not name.isprintable() or ":" in name:
            raise InvalidCorrectionError("Give the token a name of at most 100 characters, without a colon.")
        if not chosen:
            raise InvalidCorrectionError("Choose at least one thing that the token may do.")
        if not 1 <= days <= DAYS_MOST:
            raise InvalidCorrectionError(f"Choose between 1 and {DAYS_MOST} days; then a fresh token is made.")
        token = PREFIX + secrets.token_urlsafe(32)
        with self.store.writing() as session:
            if session.scalar(select(ApiTokenRow.id).where(ApiTokenRow.name == name)) is not None:
                raise InvalidCorrectionError(f"There is a token called “{name}” already. Choose another name.")
            limits = [queries.get_group(session, group).id for group in sorted(set(groups))]
            row = ApiTokenRow(
                name=name,
                scopes=chosen,
                groups=limits or None,
                sha256=hash_of(token),
                created_at=now,
                created_by=by.name,
                expires_at=now + timedelta(days=days),
            )
            session.add(row)
            session.flush()
            facts = {
                "what": "token",
                "token": row.id,
                "scopes": list(chosen),
                "groups": limits,
                "until": row.expires_at.isoformat(),
            }
            events.append(session, entry(AuditTag.ACCESS_GRANT, by, now, facts=facts, values={"account_name": name}))
        return token

    def revoke(self, token_id: int, *, by: Actor) -> None:
        """Take a token back: its next request is refused.

        Raises:
            NotFoundError: there is no such token, or it was taken back already.
        """
        access.check_may(by, Act.ADMINISTER)
        now = self.clock.now()
        with self.store.writing() as session:
            row = queries.find_row(session, ApiTokenRow, token_id)
            if row is None or row.revoked_at is not None:
                raise NotFoundError("There is no such token. Reload the list: it may have been taken back already.")
            row.revoked_at = now
            facts = {"what": "token", "token": row.id}
            events.append(
                session, entry(AuditTag.ACCESS_REVOKE, by, now, facts=facts, values={"account_name": row.name})
            )

    def find_actor(self, token: str) -> Actor | None:
        """Return whom a token stands for; None where there is none, or it expired or was taken back."""
        now = self.clock.now()
        with self.store.reading() as session:
            row = session.scalar(select(ApiTokenRow).where(ApiTokenRow.sha256 == hash_of(token)))
            if row is None or row.revoked_at is not None or row.expires_at <= now:
                return None
            used_at, sight = row.used_at, _sight_of(session, row)
        if used_at is None or now - used_at > USED_STEP:
            with self.store.writing() as session:
                session.execute(update(ApiTokenRow).where(ApiTokenRow.id == row.id).values(used_at=now))
        return Actor(
            id=None,
            name=f"integration:{row.name}",
            display_name=row.name,
            scopes=frozenset(row.scopes),
            sight=sight,
        )


def _sight_of(session: Session, row: ApiTokenRow) -> Sight:
    """Return how far a token sees; a group that is gone shows it nothing."""
    if row.groups is None:
        return EVERYTHING
    found = session.scalars(select(GroupRow).where(GroupRow.id.in_(row.groups)).order_by(GroupRow.id))
    return Sight(allowances=tuple(group.allowance for group in found))
