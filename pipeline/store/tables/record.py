"""The chain of events."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.columns import CanonicalJSON, UtcDateTime
from pipeline.store.tables.base import Base, Id


class ChainHeadRow(Base):
    """The end of the chain, in one row: locking it makes writers take turns on PostgreSQL."""

    __tablename__ = "chain_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


class EventRow(Base):
    """An audit event. `text` is what is hashed; the other columns are derived from it, for queries."""

    __tablename__ = "events"

    seq: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    tag: Mapped[str] = mapped_column(String(40), index=True)
    by: Mapped[str] = mapped_column(String(200), index=True)
    file_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    document_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    field: Mapped[str | None] = mapped_column(String(64))


class EventValueRow(Base):
    """An erasable value of an event: the chain only holds its salted commitment."""

    __tablename__ = "event_values"

    seq: Mapped[int] = mapped_column(ForeignKey("events.seq"), primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    salt: Mapped[str] = mapped_column(String(64))
    value: Mapped[Any] = mapped_column(CanonicalJSON, nullable=False)


class CheckpointRow(Base):
    """A checkpoint that was made, and its time-stamp once there is one. The chain tells of both by their hashes."""

    __tablename__ = "checkpoints"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    is_leaving: Mapped[bool]
    """Whether it was made to leave by itself; the others were asked for."""
    stamp: Mapped[bytes | None] = mapped_column(LargeBinary)
    stamped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OutletRow(Base):
    """Somewhere outside that checkpoints are sent to or stamped, and how that goes."""

    __tablename__ = "outlets"

    place: Mapped[str] = mapped_column(String(500), primary_key=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the last checkpoint was made that arrived there."""
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime)
    problem: Mapped[str | None] = mapped_column(Text)
    """Why the last attempt failed, as a sentence; None where it did not."""
