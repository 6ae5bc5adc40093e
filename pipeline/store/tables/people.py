"""Accounts, how they log in, and what each keeps."""

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pipeline.domain.actors import Role
from pipeline.domain.sight import Allowance, Sight
from pipeline.store.columns import PydanticJSON, UtcDateTime
from pipeline.store.tables.base import Base, Id


class UserRow(Base):
    """An account."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    display_name: Mapped[str] = mapped_column(String(200))
    roles: Mapped[tuple[Role, ...]] = mapped_column(PydanticJSON(TypeAdapter(tuple[Role, ...])))
    password_hash: Mapped[str] = mapped_column(Text)
    must_change: Mapped[bool] = mapped_column(Boolean, default=False)
    """The password was given out once and must be replaced at first log-in."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    unread_mentions: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Comments that name this person, or answer them, and that they have not seen; kept by triggers."""
    # loaded with every account: nobody can make an actor of it and forget what limits them
    groups: Mapped[list["GroupRow"]] = relationship(
        secondary="group_members", order_by="GroupRow.id", lazy="selectin", viewonly=True
    )

    @property
    def sight(self) -> Sight:
        """How far the person sees: without a group, everything."""
        return Sight(allowances=tuple(group.allowance for group in self.groups) or None)


class GroupRow(Base):
    """A group, which limits its members to document types, folders, or both."""

    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    allowance: Mapped[Allowance] = mapped_column(PydanticJSON(TypeAdapter(Allowance)))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MemberRow(Base):
    """That a person is in a group."""

    __tablename__ = "group_members"

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False, index=True)


class SavedViewRow(Base):
    """A filter and order of the queue under a name."""

    __tablename__ = "saved_views"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(Text)
    """The query of the list's address."""
    shared: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("user_id", "name"),)


class LoginFailureRow(Base):
    """A refused log-in, for slowing down whoever guesses; kept for an hour."""

    __tablename__ = "login_failures"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(64), index=True)
    """Of IPv6 the network."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    device: Mapped[str | None] = mapped_column(String(64))
    """The browser that guessed, where it had logged in under the name before."""

    __table_args__ = (Index("ix_login_failures_who", "name", "address", "at"),)


class SessionRow(Base):
    """A browser's log-in; the cookie holds a token, the row only its SHA-256."""

    __tablename__ = "sessions"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Where the browser was at log-in."""
    agent: Mapped[str] = mapped_column(String(300), default="", server_default="")
    """What it says it is."""
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When somebody last signed in it."""
