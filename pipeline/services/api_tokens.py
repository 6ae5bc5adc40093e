"""Tokens by which other systems ask: made, listed and taken back by administrators."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from pipeline.domain.actors import Act, Actor, Scope
from pipeline.domain.audit import AuditTag
from pipeline.domain.sight import EVERYTHING
from pipeline.domain.value import Frozen
from pipeline.errors import InvalidCorrectionError, NotFoundError
from pipeline.ports import Clock
from pipeline.services import access
from pipeline.services.entries import entry
from pipeline.services.sessions import hash_of
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.tables import ApiTokenRow

DAYS_MOST = 366
PREFIX = "proofdesk_"
"""By which programs that look for leaked secrets know one."""
USED_STEP = timedelta(seconds=60)
"""A token's last use is written at most this often."""


class ApiTokenView(Frozen):
    id: int
    name: str
    scopes: tuple[Scope, ...]
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
            return tuple(
                ApiTokenView(
                    id=row.id,
                    name=row.name,
                    scopes=row.scopes,
                    created_at=row.created_at,
                    created_by=row.created_by,
                    expires_at=row.expires_at,
                    used_at=row.used_at,
                    revoked_at=row.revoked_at,
                    is_good=row.revoked_at is None and row.expires_at > now,
                )
                for row in rows
            )

    def create(self, name: str, scopes: Iterable[Scope], days: int, *, by: Actor) -> str:
        """Make a token and return it, to be shown this once.

        Args:
            name: of the system that will use it; the record calls it `integration:<name>`.
            scopes: what it may do.
            days: how long it is good, at most 366.
            by: who makes it.

        Raises:
            InvalidCorrectionError: the name is taken or unusable, no scope is given, or the days are out of bounds.
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
            row = ApiTokenRow(
                name=name,
                scopes=chosen,
                sha256=hash_of(token),
                created_at=now,
                created_by=by.name,
                expires_at=now + timedelta(days=days),
            )
            session.add(row)
            session.flush()
            facts = {"what": "token", "token": row.id, "scopes": list(chosen), "until": row.expires_at.isoformat()}
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
            used_at = row.used_at
        if used_at is None or now - used_at > USED_STEP:
            with self.store.writing() as session:
                session.execute(update(ApiTokenRow).where(ApiTokenRow.id == row.id).values(used_at=now))
        return Actor(
            id=None,
            name=f"integration:{row.name}",
            display_name=row.name,
            scopes=frozenset(row.scopes),
            sight=EVERYTHING,  # its scopes limit it: it belongs to no group
        )
