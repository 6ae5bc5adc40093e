"""Certificates of completeness, one day each; a day may have several, made at different times."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.columns import Sealed, UtcDateTime
from pipeline.store.tables.base import Base, Id


class CertificateRow(Base):
    """What was certified of a day."""

    __tablename__ = "certificates"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    day: Mapped[str] = mapped_column(String(10), index=True)
    """ISO 8601, in UTC."""
    is_over: Mapped[bool] = mapped_column(Boolean)
    """Whether the day was over then."""
    is_complete: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event_seq: Mapped[int] = mapped_column(BigInteger)
    """Of the event that says that it was made."""
    content: Mapped[str] = mapped_column(Text)
    """The signed text, without its sums of amounts."""
    totals: Mapped[dict[str, Any] | None] = mapped_column(Sealed(JSON(none_as_null=True), "certificates.totals"))
    """Those sums and their salt; None where they were erased, which the signature stands."""
    key: Mapped[str | None] = mapped_column(String(32))
    """Names the key in the vault that they are sealed under."""
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was put where checkpoints leave the machine to."""
