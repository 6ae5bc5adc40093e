"""Fields, who settles them now, and what is typed but not decided."""

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.domain.extraction import Provenance
from pipeline.domain.review import FieldState
from pipeline.domain.routing import ReviewReason
from pipeline.domain.value import Value
from pipeline.store.columns import PydanticJSON, Sealed, UtcDateTime
from pipeline.store.tables.base import Base, Id

_VALUE = PydanticJSON(TypeAdapter(Value))
_PLACE = PydanticJSON(TypeAdapter(Provenance))


class FieldRow(Base):
    """A field of a document as it stands."""

    __tablename__ = "fields"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    name: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(Integer)
    state: Mapped[FieldState] = mapped_column(String(16))
    machine_value: Mapped[Value | None] = mapped_column(Sealed(_VALUE, "fields.machine_value"))
    value: Mapped[Value | None] = mapped_column(Sealed(_VALUE, "fields.value"))
    confidence: Mapped[float] = mapped_column(Float)
    threshold: Mapped[float] = mapped_column(Float)
    threshold_kind: Mapped[str] = mapped_column(String(16), default="starting", server_default="starting")
    """Whose threshold decided: `starting`, `derived` or `policy`."""
    reasons: Mapped[tuple[ReviewReason, ...]] = mapped_column(
        Sealed(PydanticJSON(TypeAdapter(tuple[ReviewReason, ...])), "fields.reasons", ())
    )
    sample_probability: Mapped[float | None] = mapped_column(Float)
    provenance: Mapped[Provenance | None] = mapped_column(Sealed(_PLACE, "fields.provenance"))
    settled_by: Mapped[str | None] = mapped_column(String(200))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handling_ms: Mapped[int] = mapped_column(Integer, default=0)
    comment: Mapped[str] = mapped_column(Sealed(Text(), "fields.comment", ""), default="")

    __table_args__ = (UniqueConstraint("document_id", "name"), Index("ix_fields_state", "state"))


class ClaimRow(Base):
    """Who holds a document, and until when."""

    __tablename__ = "claims"

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class DraftRow(Base):
    """What a person typed for a field and has not saved as a decision: theirs alone, and no part of the record."""

    __tablename__ = "drafts"

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(String(64), primary_key=True)
    entries: Mapped[dict[str, list[str]]] = mapped_column(Sealed(JSON(), "drafts.entries"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
