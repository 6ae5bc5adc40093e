"""Where people are logged in: the sessions of their browsers, to be seen and to be ended."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.value import Frozen
from pipeline.errors import NotFoundError
from pipeline.ports import Clock
from pipeline.services import access
from pipeline.services.entries import entry
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.tables import SessionRow, UserRow

AGENT_LONGEST = 300


class SessionView(Frozen):
    """One browser that a person is logged in with."""

    id: str
    """For naming it: says nothing about the token in the cookie."""
    begun_at: datetime
    seen_at: datetime
    """Last use, to the minute."""
    address: str
    agent: str
    """What the browser says it is."""
    is_this: bool
    """It is the one that asks."""


@dataclass(frozen=True)
class Sessions:
    """The sessions of people's browsers: each sees and ends their own, administrators end anybody's."""

    store: Store
    clock: Clock
    idle: timedelta
    longest: timedelta

    def list_own(self, *, by: Actor) -> tuple[SessionView, ...]:
        """Return where the person is logged in, the last used first."""
        access.check_may(by, Act.SELF)
        with self.store.reading() as session:
            rows = self._living(session, by.id or 0)
            return tuple(
                SessionView(
                    id=id_of(row.token_sha256),
                    begun_at=row.created_at,
                    seen_at=row.seen_at,
                    address=row.address,
                    agent=row.agent,
                    is_this=id_of(row.token_sha256) == by.session,
                )
                for row in sorted(rows, key=lambda row: row.seen_at, reverse=True)
            )

    def end(self, session_id: str, *, by: Actor) -> None:
        """End one of one's own sessions: its browser is logged out with its next request.

        Raises:
            NotFoundError: the person has no such session, or it has ended already.
        """
        access.check_may(by, Act.SELF)
        with self.store.writing() as session:
            row = next(
                (one for one in self._living(session, by.id or 0) if id_of(one.token_sha256) == session_id), None
            )
            if row is None:
                raise NotFoundError("There is no such session of yours. Reload the list: it may have ended already.")
            row.revoked_at = self.clock.now()
            self._ended(session, queries.get_user(session, by.id or 0), 1, by)

    def end_others(self, *, by: Actor) -> int:
        """End all of one's own sessions but the one that asks; return how many."""
        access.check_may(by, Act.SELF)
        with self.store.writing() as session:
            return self._end(session, queries.get_user(session, by.id or 0), by, but=by.session)

    def end_all_of(self, user_id: int, *, by: Actor) -> int:
        """End all sessions of a person; return how many."""
        access.check_may(by, Act.ADMINISTER)
        with self.store.writing() as session:
            return self._end(session, queries.get_user(session, user_id), by)

    def _end(self, session: Session, user: UserRow, by: Actor, but: str | None = None) -> int:
        rows = [row for row in self._living(session, user.id) if id_of(row.token_sha256) != but]
        for row in rows:
            row.revoked_at = self.clock.now()
        if rows:
            self._ended(session, user, len(rows), by)
        return len(rows)

    def _ended(self, session: Session, user: UserRow, count: int, by: Actor) -> None:
        facts = {"account": user.id, "what": "sessions", "sessions": count}
        ended = entry(AuditTag.ACCESS_REVOKE, by, self.clock.now(), facts=facts, values={"account_name": user.name})
        events.append(session, ended)

    def _living(self, session: Session, user_id: int) -> list[SessionRow]:
        now = self.clock.now()
        statement = select(SessionRow).where(
            SessionRow.user_id == user_id,
            SessionRow.revoked_at.is_(None),
            SessionRow.created_at >= now - self.longest,
            SessionRow.seen_at >= now - self.idle,
        )
        return list(session.scalars(statement))


def begin(session: Session, user: UserRow, now: datetime, *, address: str, agent: str) -> str:
    """Begin a session and return the token for its browser's cookie; the database keeps only its hash."""
    token = secrets.token_urlsafe(32)
    session.add(
        SessionRow(
            token_sha256=hash_of(token),
            user_id=user.id,
            created_at=now,
            seen_at=now,
            address=address[:64],
            agent=agent[:AGENT_LONGEST],
        )
    )
    return token


def find(session: Session, by: Actor) -> SessionRow | None:
    """Return the session that a person asks in, unless it was ended; None where they ask by other ways."""
    if by.session is None:
        return None
    rows = session.scalars(
        select(SessionRow)
        .where(SessionRow.user_id == by.id, SessionRow.revoked_at.is_(None))
        .order_by(SessionRow.created_at.desc())
    )
    return next((row for row in rows if id_of(row.token_sha256) == by.session), None)


def hash_of(token: str) -> str:
    """Return the SHA-256 of a token, by which its row is found."""
    return hashlib.sha256(token.encode()).hexdigest()


def id_of(token_sha256: str) -> str:
    """Return a session's public id, 16 hex digits: made from the hash by another hash, so that none leads back."""
    return hashlib.sha256(f"session {token_sha256}".encode()).hexdigest()[:16]
