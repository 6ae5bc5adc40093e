"""Samples that auditors draw, and what they find: findings are added, never changed."""

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Boolean, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.domain.sampling import ExceptionKind, SampleWanted, Verdict
from pipeline.store.columns import PydanticJSON, Sealed, UtcDateTime
from pipeline.store.tables.base import Base, Id


class SampleRow(Base):
    """A sample as it was drawn."""

    __tablename__ = "samples"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    wanted: Mapped[SampleWanted] = mapped_column(PydanticJSON(TypeAdapter(SampleWanted)))
    is_limited: Mapped[bool] = mapped_column(Boolean)
    """Whether groups limited what it was drawn from."""
    seed: Mapped[str] = mapped_column(String(100))
    population: Mapped[int] = mapped_column(Integer)
    population_sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(String(200))


class SampleItemRow(Base):
    """One item of a sample, in the order of the draw."""

    __tablename__ = "sample_items"

    sample_id: Mapped[int] = mapped_column(ForeignKey("samples.id"), primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """From 1."""
    approval_id: Mapped[int] = mapped_column(ForeignKey("approvals.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    field: Mapped[str | None] = mapped_column(String(64))
    """None: the whole signed record."""


class SampleFindingRow(Base):
    """What somebody found of an item; the newest counts, the earlier ones stay."""

    __tablename__ = "sample_findings"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("samples.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    verdict: Mapped[Verdict] = mapped_column(String(16))
    kind: Mapped[ExceptionKind | None] = mapped_column(String(16))
    field: Mapped[str | None] = mapped_column(String(64))
    """The field that does not agree, where it is one."""
    comment: Mapped[str] = mapped_column(Sealed(Text(), "sample_findings.comment", ""))
    """Erasable."""
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    """The item's, whose key it is sealed under."""
