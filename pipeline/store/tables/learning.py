"""Models, what they were taught, and what they would now ask about."""

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Boolean, Float, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.domain.models import FieldCurves, ModelState, TypeFigures
from pipeline.domain.value import Value
from pipeline.store.columns import PydanticJSON, Sealed, UtcDateTime
from pipeline.store.tables.base import Base, Id


class ModelRow(Base):
    """One trained model: how it did on documents that it had not seen, and what became of it."""

    __tablename__ = "models"

    version: Mapped[str] = mapped_column(String(12), primary_key=True)
    state: Mapped[ModelState] = mapped_column(String(16), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    by: Mapped[str] = mapped_column(String(200))
    documents: Mapped[int] = mapped_column(Integer)
    """Reviewed documents that it learned from."""
    seconds: Mapped[float] = mapped_column(Float)
    """How long its training took."""
    compared_with: Mapped[str | None] = mapped_column(String(12))
    """The champion that it was measured against; None: the rules alone."""
    why: Mapped[str] = mapped_column(Text)
    """What the comparison said, in words."""
    figures: Mapped[tuple[TypeFigures, ...]] = mapped_column(PydanticJSON(TypeAdapter(tuple[TypeFigures, ...])))
    curves: Mapped[tuple[FieldCurves, ...]] = mapped_column(
        PydanticJSON(TypeAdapter(tuple[FieldCurves, ...])), deferred=True
    )
    promoted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its file was removed: it can't serve any more, its figures stay."""


class TrainingRow(Base):
    """How training stands, in one row: what runs, what the last one saw, whether better models serve by themselves."""

    __tablename__ = "training"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seen: Mapped[str] = mapped_column(Text, default="")
    """The state of the lessons that the last training saw: with another one, there is something to learn."""
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    """Trainings that failed one after the other."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    running_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str | None] = mapped_column(Text)
    automatic: Mapped[bool] = mapped_column(Boolean, default=True)
    """Whether a better model serves by itself; a rollback by a person ends that until a person says so again."""


class TaughtRow(Base):
    """A document whose values the company had already: it teaches, and never comes up for review."""

    __tablename__ = "taught"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    """Of its file, which is among the blobs."""
    name: Mapped[str] = mapped_column(Sealed(Text(), "taught.name", ""))
    type: Mapped[str] = mapped_column(String(64))
    values: Mapped[dict[str, Value | None]] = mapped_column(
        Sealed(PydanticJSON(TypeAdapter(dict[str, Value | None])), "taught.values", {})
    )
    """Canonical, by field; None: the document has none."""
    group: Mapped[str | None] = mapped_column(Sealed(Text(), "taught.group"))
    """Issuer or template, where the truth file says so."""
    key: Mapped[str | None] = mapped_column(String(32))
    """Names the key in the vault that they are sealed under."""
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecheckRow(Base):
    """A label that a sure held-out prediction contradicts: one of the two is wrong."""

    __tablename__ = "rechecks"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    """Of the lesson: another approval of the document is another lesson."""
    field: Mapped[str] = mapped_column(String(64))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    taught_id: Mapped[int | None] = mapped_column(ForeignKey("taught.id"))
    said: Mapped[str | None] = mapped_column(Sealed(Text(), "rechecks.said"))
    """What the machine said; None: that there is none."""
    confidence: Mapped[float] = mapped_column(Float)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    dismissed_by: Mapped[str | None] = mapped_column(String(200))
    dismissed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("key", "field"),)
