"""What was erased, and what must not be."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.domain.erasure import ErasureBasis, ErasureState
from pipeline.store.columns import UtcDateTime
from pipeline.store.tables.base import Base, Id


class ErasureRow(Base):
    """One erasure of a document, or of a file that became none, from its request on; afterwards its tombstone."""

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), index=True)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"), index=True)
    state: Mapped[ErasureState] = mapped_column(String(16), index=True)
    basis: Mapped[ErasureBasis] = mapped_column(String(16))
    reference: Mapped[str] = mapped_column(String(40))
    """A number of the request elsewhere: it stays for ever, and so holds no name."""
    requested_by: Mapped[str] = mapped_column(String(200))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    executed_by: Mapped[str | None] = mapped_column(String(200))
    executed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sizes: Mapped[dict[str, int]] = mapped_column(JSON, default=dict[str, int])
    """Bytes of the files that go with the document, by their SHA-256."""
    models: Mapped[list[str]] = mapped_column(JSON, default=list[str])
    """Versions of the models that learned from it."""
    keys: Mapped[list[str]] = mapped_column(JSON, default=list[str])
    """Names of the keys in the vault that go: what lies under them in any copy can't be read then."""
    cleared: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict[str, Any])
    """How many files of which kind were removed."""
    error: Mapped[str | None] = mapped_column(Text)
    """Why files could not be removed yet; it is tried again."""


class LegalHoldRow(Base):
    """Somebody said that a document must not be erased, whatever its time; in force until it is released."""

    __tablename__ = "legal_holds"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    matter: Mapped[str] = mapped_column(String(120))
    """The matter that needs it: a number of a case, no name."""
    placed_by: Mapped[str] = mapped_column(String(200))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_by: Mapped[str | None] = mapped_column(String(200))
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_legal_holds_document", "document_id", "released_at"),)
