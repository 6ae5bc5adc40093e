"""Where checkpoints leave the machine to, and who stamps them: the ports, and what is kept of how that goes."""

from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.value import Frozen
from pipeline.errors import TransientError
from pipeline.record.verify import Stamp
from pipeline.store.engine import Store
from pipeline.store.tables import OutletRow

log = structlog.get_logger()

AGAIN = timedelta(minutes=5)
"""How long a place is left alone that could not be reached."""


class Outlet(Protocol):
    """Somewhere that checkpoints leave the machine to."""

    @property
    def name(self) -> str:
        """What the record calls it; no secrets, no paths."""
        ...

    @property
    def place(self) -> str:
        """What an operator knows it by; no secrets."""
        ...

    def find_last(self, sent: datetime | None) -> datetime | None:
        """Return when the last one was made that is there, in UTC; None where there is none.

        Args:
            sent: when the last one was made that was put there, as far as is known.

        Raises:
            TransientError: the place can't be reached.
        """
        ...

    def put(self, name: str, content: bytes) -> None:
        """Put a checkpoint there, whole or not at all.

        Raises:
            TransientError: the place can't be reached or written.
        """
        ...

    def put_stamp(self, name: str, stamp: bytes) -> None:
        """Put the time-stamp of the checkpoint of that name beside it, where that is of any use.

        Raises:
            TransientError: the place can't be reached or written.
        """
        ...


class StampAuthority(Protocol):
    """Somebody else who says that they saw a hash, and when."""

    @property
    def name(self) -> str:
        """Its host."""
        ...

    def stamp(self, content: bytes, now: datetime) -> tuple[bytes, Stamp]:
        """Return its answer over the content, and what that says, checked.

        Raises:
            TransientError: it does not answer, or not with a stamp that holds.
        """
        ...


class OutletView(Frozen):
    """How sending checkpoints somewhere goes."""

    place: str
    sent_at: datetime | None = None
    """When the last checkpoint was made that arrived, or was stamped, there."""
    problem: str | None = None
    """Why the last attempt failed."""


class Standing(Frozen):
    """How checkpoints get away from this machine."""

    outlets: tuple[OutletView, ...] = ()
    authority: OutletView | None = None
    """None: no time-stamps are asked for."""


def stamps_place(authority: StampAuthority) -> str:
    """Return what the authority's attempts are kept under: it may be on the machine that is an outlet, too."""
    return f"time-stamps {authority.name}"


def find_tried(session: Session, place: str) -> OutletRow | None:
    return session.get(OutletRow, place)


def rests(row: OutletRow | None, now: datetime) -> bool:
    """Return whether the place failed so lately that it is left alone."""
    return row is not None and row.problem is not None and now < row.tried_at + AGAIN


def note(
    session: Session, place: str, now: datetime, *, sent: datetime | None = None, problem: str | None = None
) -> None:
    """Keep how an attempt went: what arrived, or why nothing did."""
    row = session.get(OutletRow, place)
    if row is None:
        row = OutletRow(place=place, tried_at=now)
        session.add(row)
    row.tried_at, row.problem = now, problem
    if sent is not None:
        row.sent_at = max(sent, row.sent_at or sent)


def view(session: Session, place: str, called: str) -> OutletView:
    row = session.scalar(select(OutletRow).where(OutletRow.place == place))
    return OutletView(place=called, sent_at=row.sent_at if row else None, problem=row.problem if row else None)


def is_open(store: Store, outlet: Outlet, now: datetime) -> bool:
    """Return whether something can be put there now, as far as can be told without doing it."""
    with store.reading() as session:
        if rests(find_tried(session, outlet.place), now):
            return False
    try:
        outlet.find_last(None)
    except TransientError as error:
        log.warning("outlets.unreachable", error=str(error))
        return False
    return True


def hand_over(store: Store, outlet: Outlet, name: str, content: bytes, now: datetime) -> None:
    """Put something there, or keep why that failed.

    Raises:
        TransientError: as `Outlet.put`.
    """
    try:
        outlet.put(name, content)
    except TransientError as error:
        with store.writing() as session:
            note(session, outlet.place, now, problem=str(error))
        raise
