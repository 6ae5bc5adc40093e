"""Wrong passwords and codes: counted, so that whoever guesses is slowed and nobody else."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditTag
from pipeline.errors import LoginRefusedError
from pipeline.services.entries import entry
from pipeline.store import events
from pipeline.store.tables import LoginFailureRow

DOOR = Actor.machine("door")
"""Who refuses a log-in: nobody is known yet."""

FAILURES_ALLOWED = 5
FAILURES_ALLOWED_ADDRESS = 50
"""From one address over all names: an office behind one address mistypes too, but not so often."""
FAILURE_WINDOW = timedelta(minutes=15)

SLOWED = "Too many failed attempts from your address. Wait a quarter of an hour, then try again."


def check_allowed(session: Session, name: str, address: str, now: datetime) -> None:
    """Let another guess at `name` pass, or refuse.

    Raises:
        LoginRefusedError: there were too many; the sentence says how long to wait.
    """
    names = session.scalars(
        select(LoginFailureRow.name).where(
            LoginFailureRow.address == address, LoginFailureRow.at > now - FAILURE_WINDOW
        )
    ).all()
    if names.count(name) >= FAILURES_ALLOWED or len(names) >= FAILURES_ALLOWED_ADDRESS:
        raise LoginRefusedError(SLOWED)


def count(session: Session, name: str, address: str, now: datetime, what: str) -> None:
    """Count a wrong guess, and put it on record.

    Args:
        session: one that writes.
        name: the login name that was guessed at, whether or not there is such an account.
        address: where the guess came from.
        now: when.
        what: login, code or signature.
    """
    session.execute(delete(LoginFailureRow).where(LoginFailureRow.at < now - timedelta(hours=1)))
    session.add(LoginFailureRow(name=name, address=address, at=now))
    denied = entry(AuditTag.ACCESS_DENY, DOOR, now, facts={"what": what}, values={"name": name, "address": address})
    events.append(session, denied)


def forgive(session: Session, name: str, address: str) -> None:
    """Forget the wrong guesses of whoever was let in."""
    session.execute(delete(LoginFailureRow).where(LoginFailureRow.name == name, LoginFailureRow.address == address))
