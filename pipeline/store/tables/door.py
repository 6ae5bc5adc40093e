"""How people prove that it is them, beside their passwords."""

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.domain.actors import Scope
from pipeline.store.columns import PydanticJSON, UtcDateTime
from pipeline.store.tables.base import Base, Id


class SecondFactorRow(Base):
    """What a person's one-time passwords are made from."""

    __tablename__ = "second_factors"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    sealed: Mapped[str] = mapped_column(Text)
    """The secret, as `Sealer` keeps it."""
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a first code was confirmed; before that it counts for nothing."""
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """The step of thirty seconds whose code was used last: it, and all before, are used up."""


class RecoveryCodeRow(Base):
    """A code that stands in for a lost telephone, once."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HalfLoginRow(Base):
    """Somebody who gave the right password and has yet to give a code; lets nobody in."""

    __tablename__ = "half_logins"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    device: Mapped[str | None] = mapped_column(String(64))
    """The browser, where it is known for this name."""


class DeviceRow(Base):
    """A browser that somebody logged in with; its cookie holds a token, the row only its SHA-256."""

    __tablename__ = "devices"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiTokenRow(Base):
    """What another system asks with; the row holds only its SHA-256."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    scopes: Mapped[tuple[Scope, ...]] = mapped_column(PydanticJSON(TypeAdapter(tuple[Scope, ...])))
    groups: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    """Those that limit what it sees; None: nothing does."""
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
