"""Rows: identity, state, timestamps, and a column for what a query filters, sorts or joins; the rest is JSON."""

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState, PageRef
from pipeline.domain.extraction import Extraction, Provenance
from pipeline.domain.files import FileSource, FileState
from pipeline.domain.models import FieldCurves, ModelState, TypeFigures
from pipeline.domain.pages import PageSummary
from pipeline.domain.review import FieldState
from pipeline.domain.routing import Finding, Policy, ReviewReason
from pipeline.domain.value import Value
from pipeline.domain.worth import Priority
from pipeline.store.columns import CanonicalJSON, PydanticJSON, UtcDateTime

# SQLite gives only INTEGER primary keys a row id of their own
Id: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")

# compared byte by byte, so that a beginning is one stretch of the index on both databases
Term: TypeEngine[str] = String(64).with_variant(String(64, collation="C"), "postgresql")


class Base(DeclarativeBase):
    """Base of all rows."""

    # every constraint has a name of its own, so that a later migration can drop or change it on both databases
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class FileRow(Base):
    """One file seen, by whatever door."""

    __tablename__ = "files"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    state: Mapped[FileState] = mapped_column(String(16), index=True)
    source: Mapped[FileSource] = mapped_column(String(16))
    token: Mapped[str] = mapped_column(String(40), unique=True)
    """Names the file in the claimed folder: how a row and a moved file find each other after a crash."""
    name: Mapped[str] = mapped_column(Text)
    """Path as dropped, relative to the root, "/" between parts."""
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    page_count: Mapped[int | None] = mapped_column(Integer)
    preset_type: Mapped[str | None] = mapped_column(String(64))
    duplicate_of: Mapped[int | None] = mapped_column(ForeignKey("files.id"))
    reason_code: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(Text)
    received_by: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    moved: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether the dropped file has reached processed/, duplicates/ or quarantine/."""


class BlobRow(Base):
    """The bytes of a stored file, once for each hash."""

    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"))
    """The first file with these bytes."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


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
    type: Mapped[str | None] = mapped_column(String(64))
    type_fixed: Mapped[bool] = mapped_column(Boolean, default=False)
    """A person or the drop folder set the type."""
    number: Mapped[str | None] = mapped_column(Text)
    party: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[float | None] = mapped_column(Float)
    """For sorting only; the exact value is in the fields."""
    amount_text: Mapped[str | None] = mapped_column(Text)
    currency: Mapped[str | None] = mapped_column(String(8))
    identity: Mapped[str | None] = mapped_column(String(64), index=True)
    """SHA-256 of party and number, normalised: the same invoice in other bytes has the same."""
    open_count: Mapped[int] = mapped_column(Integer, default=0)
    critical_count: Mapped[int] = mapped_column(Integer, default=0)
    open_states: Mapped[list[str]] = mapped_column(JSON, default=list[str])
    """One icon word for each open exception, in the fields' order: "check", "critical"."""
    what: Mapped[str] = mapped_column(Text, default="")
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
    failure: Mapped[str | None] = mapped_column(Text)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(Text)
    """The reason it was last held, returned or rejected with."""
    validated_by: Mapped[str | None] = mapped_column(String(200))
    validated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    corrected: Mapped[bool] = mapped_column(Boolean, default=False)
    findings: Mapped[tuple[Finding, ...] | None] = mapped_column(PydanticJSON(TypeAdapter(tuple[Finding, ...])))
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
    priority_why: Mapped[str | None] = mapped_column(Text)
    """Who set it, and why."""
    comment_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Comments on it that were not withdrawn; kept by triggers."""

    # lists are read by state in some order, a page at a time: each order that a list offers has its index
    __table_args__ = (
        Index("ix_documents_state_due", "state", "due_at", "id"),
        Index("ix_documents_state_changed", "state", "changed_at"),
        Index("ix_documents_state_rank", "state", "rank", "id"),
        Index("ix_documents_state_received", "state", "received_at", "id"),
        Index("ix_documents_state_type", "state", "type", "due_at", "id"),
        Index("ix_documents_state_number", "state", "number", "id"),
        Index("ix_documents_state_party", "state", "party", "id"),
        Index("ix_documents_state_amount", "state", "amount", "id"),
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


class SearchTermRow(Base):
    """One term that a document is found by: see `pipeline.services.search`."""

    __tablename__ = "search_terms"

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), primary_key=True, autoincrement=False)
    term: Mapped[str] = mapped_column(Term, primary_key=True)

    __table_args__ = (Index("ix_search_terms_term", "term", "document_id"),)


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
    result: Mapped[Extraction] = mapped_column(PydanticJSON(TypeAdapter(Extraction)))


class FieldRow(Base):
    """A field of a document as it stands."""

    __tablename__ = "fields"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    name: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(Integer)
    state: Mapped[FieldState] = mapped_column(String(16))
    machine_value: Mapped[Value | None] = mapped_column(PydanticJSON(TypeAdapter(Value)))
    value: Mapped[Value | None] = mapped_column(PydanticJSON(TypeAdapter(Value)))
    confidence: Mapped[float] = mapped_column(Float)
    threshold: Mapped[float] = mapped_column(Float)
    threshold_kind: Mapped[str] = mapped_column(String(16), default="starting", server_default="starting")
    """Whose threshold decided: `starting`, `derived` or `policy`."""
    reasons: Mapped[tuple[ReviewReason, ...]] = mapped_column(PydanticJSON(TypeAdapter(tuple[ReviewReason, ...])))
    sample_probability: Mapped[float | None] = mapped_column(Float)
    provenance: Mapped[Provenance | None] = mapped_column(PydanticJSON(TypeAdapter(Provenance)))
    settled_by: Mapped[str | None] = mapped_column(String(200))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handling_ms: Mapped[int] = mapped_column(Integer, default=0)
    comment: Mapped[str] = mapped_column(Text, default="")

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
    entries: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApprovalRow(Base):
    """An approver's signature under one revision; a later revision marks it superseded and keeps it."""

    __tablename__ = "approvals"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    revision: Mapped[int] = mapped_column(Integer)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    by: Mapped[str] = mapped_column(String(200))
    by_display: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    meaning: Mapped[str] = mapped_column(Text)
    was_reviewer: Mapped[bool] = mapped_column(Boolean)
    record: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Exactly what was signed: values, file hashes, who settled what."""
    record_sha256: Mapped[str] = mapped_column(String(64))
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignatureRow(Base):
    """The first of two signatures under a document: in force while nobody ended it and the revision is the same."""

    __tablename__ = "signatures"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    revision: Mapped[int] = mapped_column(Integer)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    by: Mapped[str] = mapped_column(String(200))
    by_display: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    meaning: Mapped[str] = mapped_column(Text)
    was_reviewer: Mapped[bool] = mapped_column(Boolean)
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
    error: Mapped[str | None] = mapped_column(Text)


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


class CommentRow(Base):
    """What somebody said about a document; the record holds it too, and keeps it when it is withdrawn."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    field: Mapped[str | None] = mapped_column(String(64))
    """The field that it is about; None: the document."""
    answers: Mapped[int | None] = mapped_column(ForeignKey("comments.id"))
    text: Mapped[str] = mapped_column(Text)
    """Empty once it is withdrawn."""
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MentionRow(Base):
    """Somebody whom a comment concerns: it names them, or answers what they said."""

    __tablename__ = "mentions"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id"), primary_key=True, autoincrement=False, index=True
    )
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    """That of the comment, for lists of documents."""
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_mentions_user_document", "user_id", "document_id"),)


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
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_login_failures_who", "name", "address", "at"),)


class SessionRow(Base):
    """A browser's log-in; the cookie holds a token, the row only its SHA-256."""

    __tablename__ = "sessions"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PolicyRow(Base):
    """One version of the policy; the newest is in force."""

    __tablename__ = "policies"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    why: Mapped[str] = mapped_column(Text)
    policy: Mapped[Policy] = mapped_column(PydanticJSON(TypeAdapter(Policy)))


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
    name: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(String(64))
    values: Mapped[dict[str, Value | None]] = mapped_column(PydanticJSON(TypeAdapter(dict[str, Value | None])))
    """Canonical, by field; None: the document has none."""
    group: Mapped[str | None] = mapped_column(Text)
    """Issuer or template, where the truth file says so."""
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
    said: Mapped[str | None] = mapped_column(Text)
    """What the machine said; None: that there is none."""
    confidence: Mapped[float] = mapped_column(Float)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    dismissed_by: Mapped[str | None] = mapped_column(String(200))
    dismissed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("key", "field"),)


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
