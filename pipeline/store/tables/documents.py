"""Documents, what was read of them, and what lists find and order them by."""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from pydantic import TypeAdapter
from sqlalchemy import JSON, BigInteger, Boolean, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.domain.documents import DocumentState, PageRef
from pipeline.domain.extraction import Extraction
from pipeline.domain.pages import PageSummary
from pipeline.domain.routing import Finding
from pipeline.domain.worth import Priority
from pipeline.store.columns import PydanticJSON, Sealed, UtcDateTime
from pipeline.store.tables.base import Base, Folder, Id, Order


class DocumentRow(Base):
    """A document: its state and what lists show of it."""

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    state: Mapped[DocumentState] = mapped_column(String(16))
    revision: Mapped[int] = mapped_column(Integer, default=1)
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), index=True)
    pages: Mapped[tuple[PageRef, ...] | None] = mapped_column(PydanticJSON(TypeAdapter(tuple[PageRef, ...])))
    """Its pages in order; None: every page of its file."""
    page_count: Mapped[int | None] = mapped_column(Integer)
    page_summaries: Mapped[tuple[PageSummary, ...] | None] = mapped_column(
        PydanticJSON(TypeAdapter(tuple[PageSummary, ...]))
    )
    folder: Mapped[str] = mapped_column(Folder, default="", server_default="")
    """Its file's: groups limit people to folders, and a join would cost every list."""
    type: Mapped[str | None] = mapped_column(String(64))
    type_fixed: Mapped[bool] = mapped_column(Boolean, default=False)
    """A person or the drop folder set the type."""
    number: Mapped[str | None] = mapped_column(Sealed(Text(), "documents.number"))
    party: Mapped[str | None] = mapped_column(Sealed(Text(), "documents.party"))
    amount_text: Mapped[str | None] = mapped_column(Sealed(Text(), "documents.amount_text"))
    currency: Mapped[str | None] = mapped_column(String(8))
    number_order: Mapped[str | None] = mapped_column(Order)
    """What it is sorted by: a code of `pipeline.store.listing`, as the next two."""
    party_order: Mapped[str | None] = mapped_column(Order)
    amount_order: Mapped[str | None] = mapped_column(Order)
    identity: Mapped[str | None] = mapped_column(String(64), index=True)
    """A token of party and number, normalised: the same invoice in other bytes has the same."""
    open_count: Mapped[int] = mapped_column(Integer, default=0)
    critical_count: Mapped[int] = mapped_column(Integer, default=0)
    open_states: Mapped[list[str]] = mapped_column(JSON, default=list[str])
    """One icon word for each open exception, in the fields' order: "check", "critical"."""
    what: Mapped[str] = mapped_column(Sealed(Text(), "documents.what", ""), default="")
    """What to look at, in words, for the queue."""
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    """Attempts made since it was last queued by a person or by intake."""
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    """Number of the current attempt, ever rising: a result commits only under its own."""
    running_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure_code: Mapped[str | None] = mapped_column(String(40))
    failure: Mapped[str | None] = mapped_column(Sealed(Text(), "documents.failure"))
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(Sealed(Text(), "documents.note"))
    """The reason it was last held, returned or rejected with."""
    validated_by: Mapped[str | None] = mapped_column(String(200))
    validated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    corrected: Mapped[bool] = mapped_column(Boolean, default=False)
    findings: Mapped[tuple[Finding, ...] | None] = mapped_column(
        Sealed(PydanticJSON(TypeAdapter(tuple[Finding, ...])), "documents.findings")
    )
    policy_version: Mapped[int | None] = mapped_column(Integer)
    model: Mapped[str | None] = mapped_column(String(12))
    """Version of the model that it was last read with, or is to be read with again; None: the rules alone."""
    chance: Mapped[float | None] = mapped_column(Float)
    """That at least one open value is wrong, from their calibrated confidence; None until it was read."""
    seconds: Mapped[float | None] = mapped_column(Float)
    """What a person is predicted to need for it."""
    rank: Mapped[float | None] = mapped_column(Float)
    """Its place among those under review, the higher the sooner: as in `pipeline.domain.worth`."""
    priority: Mapped[Priority] = mapped_column(String(8), default=Priority.NORMAL, server_default="normal")
    priority_why: Mapped[str | None] = mapped_column(Sealed(Text(), "documents.priority_why"))
    """Who set it, and why."""
    comment_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Comments on it that were not withdrawn; kept by triggers."""
    key: Mapped[str | None] = mapped_column(String(32))
    """Names the key in the vault that its values are sealed under; None: it came before there were keys."""
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when nothing that was read from it is left; its number, state and times stay."""

    @property
    def amount(self) -> float | None:
        """What is sorted and weighed by; the exact value is in the fields."""
        try:
            return float(Decimal(self.amount_text)) if self.amount_text else None
        except InvalidOperation:
            return None

    # lists are read by state in some order, a page at a time: each order that a list offers has its index
    __table_args__ = (
        # type and folder ride along: what a person may not see is then passed over without a look at its row
        Index("ix_documents_state_due", "state", "due_at", "id", "type", "folder"),
        Index("ix_documents_state_changed", "state", "changed_at"),
        Index("ix_documents_state_rank", "state", "rank", "id", "type", "folder"),
        # who sees few finds them by their folders, and has them put in the usual orders from here
        Index("ix_documents_state_folder", "state", "folder", "type", "due_at", "rank"),
        Index("ix_documents_state_received", "state", "received_at", "id"),
        Index("ix_documents_state_type", "state", "type", "due_at", "id"),
        Index("ix_documents_state_number", "state", "number_order", "id", "type", "folder"),
        Index("ix_documents_state_party", "state", "party_order", "id", "type", "folder"),
        Index("ix_documents_state_amount", "state", "amount_order", "id", "type", "folder"),
        Index("ix_documents_state_open", "state", "open_count", "id"),
    )


class DocumentCountRow(Base):
    """How many documents are in a state, by type: kept by triggers, because counting them takes ever longer."""

    __tablename__ = "document_counts"

    state: Mapped[str] = mapped_column(String(16), primary_key=True)
    type: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Empty for documents without one."""
    documents: Mapped[int] = mapped_column(BigInteger)
    exceptions: Mapped[int] = mapped_column(BigInteger)
    """Open ones in them."""


class FolderCountRow(Base):
    """As `DocumentCountRow`, by folder too, for people who see some folders or types alone; empty rows are removed."""

    __tablename__ = "folder_counts"

    state: Mapped[str] = mapped_column(String(16), primary_key=True)
    type: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Empty for documents without one."""
    folder: Mapped[str] = mapped_column(Folder, primary_key=True)
    documents: Mapped[int] = mapped_column(BigInteger)
    exceptions: Mapped[int] = mapped_column(BigInteger)


class PaceRow(Base):
    """How long people took for one field of one type, over all documents."""

    __tablename__ = "paces"

    type: Mapped[str] = mapped_column(String(64), primary_key=True)
    field: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    total_ms: Mapped[int] = mapped_column(BigInteger)


class ExtractionRow(Base):
    """One run of the engine over a document; never overwritten."""

    __tablename__ = "extractions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    attempt: Mapped[int] = mapped_column(Integer)
    engine: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    result: Mapped[Extraction] = mapped_column(Sealed(PydanticJSON(TypeAdapter(Extraction)), "extractions.result"))
