"""What was signed, and where it went."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.columns import Sealed, UtcDateTime
from pipeline.store.tables.base import Base, Id


class Signed:
    """Who put their name under which revision of a document, when, and what they said by it."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    revision: Mapped[int] = mapped_column(Integer)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    by: Mapped[str] = mapped_column(String(200))
    by_display: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    meaning: Mapped[str] = mapped_column(Text)
    was_reviewer: Mapped[bool] = mapped_column(Boolean)
    signed_with: Mapped[str | None] = mapped_column(String(32))
    """How they were known: session, password, code or single sign-on; None before this was kept."""


class ApprovalRow(Signed, Base):
    """An approver's signature under one revision; a later revision marks it superseded and keeps it."""

    __tablename__ = "approvals"

    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    record: Mapped[dict[str, Any]] = mapped_column(Sealed(JSON(), "approvals.record", {}))
    """Exactly what was signed: values, file hashes, who settled what."""
    record_sha256: Mapped[str] = mapped_column(String(64))
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignatureRow(Signed, Base):
    """The first of two signatures under a document: in force while nobody ended it and the revision is the same."""

    __tablename__ = "signatures"

    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_as: Mapped[str | None] = mapped_column(String(16))
    """`completed` by the second, `revoked` by the signer, or `returned` with the document."""


class DeliveryRow(Base):
    """The outbox: one row for each approval and destination."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    approval_id: Mapped[int] = mapped_column(ForeignKey("approvals.id"))
    destination: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    """pending, sent or failed."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reference: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Sealed(Text(), "deliveries.error"))
