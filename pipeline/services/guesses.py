"""Wrong passwords and codes: counted, so that whoever guesses is slowed and nobody else.

A browser that logged in under a name before is known by a cookie, and keeps an allowance of its own for that name:
whatever others guess, from however many addresses, it is let try. Source: OWASP, "Slow Down Online Guessing Attacks
with Device Cookies".
"""

import secrets
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditTag
from pipeline.errors import LoginRefusedError
from pipeline.services.entries import entry
from pipeline.services.sessions import hash_of
from pipeline.store import events
from pipeline.store.tables import DeviceRow, LoginFailureRow, UserRow

DOOR = Actor.machine("door")
"""Who refuses a log-in: nobody is known yet."""

FAILURES_ALLOWED = 5
"""At one name, by one known browser, or from one address by all that are not known."""
FAILURES_ALLOWED_ADDRESS = 50
"""From one address over all names: an office behind one address mistypes too, but not so often."""
FAILURES_ALLOWED_NAME = 20
"""At one name, from whatever addresses, by browsers that are not known."""
FAILURE_WINDOW = timedelta(minutes=15)
DEVICE_LIFE = timedelta(days=400)
"""A browser that was not used for so long is not known any more; browsers keep no cookie longer."""
IPV6_BITS = 64
"""What one customer of a provider has at least: whoever guesses may use all addresses in it."""

SLOWED = "Too many failed attempts from your address. Wait a quarter of an hour, then try again."
SLOWED_HERE = "Too many failed attempts in this browser. Wait a quarter of an hour, then try again."
SLOWED_NAME = (
    "Too many failed attempts at this name. Wait a quarter of an hour, "
    "or use a browser that you logged in with before: it is let in at any time."
)


def check_allowed(session: Session, name: str, address: str, now: datetime, known: str | None) -> None:
    """Let another guess at `name` pass, or refuse.

    Args:
        session: one that reads.
        name: the login name that is guessed at.
        address: where the guess comes from.
        now: when.
        known: the browser, where it is known for this name.

    Raises:
        LoginRefusedError: there were too many; the sentence says how long to wait.
    """
    lately = LoginFailureRow.at > now - FAILURE_WINDOW
    if known is not None:
        mine = select(LoginFailureRow.id).where(LoginFailureRow.name == name, LoginFailureRow.device == known, lately)
        if len(session.scalars(mine).all()) >= FAILURES_ALLOWED:
            raise LoginRefusedError(SLOWED_HERE)
        return
    network = network_of(address)
    about = or_(LoginFailureRow.address == network, LoginFailureRow.name == name)
    statement = select(LoginFailureRow.name, LoginFailureRow.address)
    found = session.execute(statement.where(about, LoginFailureRow.device.is_(None), lately)).all()
    here = [row.name for row in found if row.address == network]
    if here.count(name) >= FAILURES_ALLOWED or len(here) >= FAILURES_ALLOWED_ADDRESS:
        raise LoginRefusedError(SLOWED)
    if sum(row.name == name for row in found) >= FAILURES_ALLOWED_NAME:
        raise LoginRefusedError(SLOWED_NAME)


def count(session: Session, name: str, address: str, now: datetime, known: str | None, what: str) -> None:
    """Count a wrong guess, and put it on record.

    Args:
        session: one that writes.
        name: the login name that was guessed at, whether or not there is such an account.
        address: where the guess came from.
        now: when.
        known: the browser, where it is known for this name.
        what: login, code or signature.
    """
    session.execute(delete(LoginFailureRow).where(LoginFailureRow.at < now - timedelta(hours=1)))
    session.add(LoginFailureRow(name=name, address=network_of(address), at=now, device=known))
    denied = entry(AuditTag.ACCESS_DENY, DOOR, now, facts={"what": what}, values={"name": name, "address": address})
    events.append(session, denied)


def forgive(session: Session, name: str, address: str, known: str | None) -> None:
    """Forget the wrong guesses of whoever was let in."""
    if known is not None:
        own = LoginFailureRow.device == known
    else:
        own = (LoginFailureRow.address == network_of(address)) & LoginFailureRow.device.is_(None)
    session.execute(delete(LoginFailureRow).where(LoginFailureRow.name == name, own))


def network_of(address: str) -> str:
    """Return what guesses from an address are counted under: itself, of IPv6 the /64 that it is in."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), IPV6_BITS), strict=False))


def find_known(session: Session, name: str, device: str | None, now: datetime) -> str | None:
    """Return the key of a browser that logged in under this name before; None where it did not.

    Args:
        session: one that reads.
        name: the login name.
        device: what its cookie for that name holds.
        now: the time.
    """
    if not device:
        return None
    row = session.get(DeviceRow, hash_of(device))
    user = session.get(UserRow, row.user_id) if row is not None else None
    if row is None or user is None or user.name != name or now - row.seen_at > DEVICE_LIFE:
        return None
    return row.token_sha256


def remember(session: Session, user_id: int, known: str | None, now: datetime) -> str | None:
    """Remember the browser that a person logged in with; return the token for its cookie, None where it has one."""
    row = session.get(DeviceRow, known) if known is not None else None
    if row is not None:
        row.seen_at = now
        return None
    session.execute(delete(DeviceRow).where(DeviceRow.seen_at < now - DEVICE_LIFE))
    token = secrets.token_urlsafe(32)
    session.add(DeviceRow(token_sha256=hash_of(token), user_id=user_id, seen_at=now))
    return token


def forget_all(session: Session, user_id: int) -> None:
    """Know none of a person's browsers any more."""
    session.execute(delete(DeviceRow).where(DeviceRow.user_id == user_id))
