"""Whatever the database holds of a document's content, and how it is emptied: in one transaction, with its event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from pipeline.domain.models import ModelState
from pipeline.services import reign
from pipeline.services.views import ERASED_NAME
from pipeline.store.tables import (
    ApprovalRow,
    Base,
    BlobRow,
    CertificateRow,
    CommentRow,
    DeliveryRow,
    DocumentRow,
    DraftRow,
    EventRow,
    EventValueRow,
    ExtractionRow,
    FieldRow,
    FileRow,
    FileTermRow,
    ListCodingRow,
    MentionRow,
    ModelRow,
    RecheckRow,
    SampleFindingRow,
    SearchTermRow,
    TaughtRow,
)

EMPTIED: tuple[type[Base], ...] = (
    ApprovalRow, CertificateRow, CommentRow, DeliveryRow, DocumentRow, DraftRow, EventValueRow, ExtractionRow, FieldRow,
    FileRow, FileTermRow, MentionRow, RecheckRow, SampleFindingRow, SearchTermRow, TaughtRow,
)  # fmt: skip
"""Rows that lose something here: of none of them may the database's own files keep what they held."""


@dataclass(frozen=True)
class Emptied:
    """What went, for the event and for clearing the disk."""

    files: tuple[int, ...]
    """The file and its duplicates."""
    sizes: dict[str, int]
    """Bytes by SHA-256."""
    values: int
    """Values of the record."""
    models: tuple[str, ...]
    """Models that learned from it."""
    keys: tuple[str, ...]
    """Names of the keys that it lay under: copies of the database have nothing of it without them."""


def files_of(session: Session, file_id: int) -> list[FileRow]:
    """Return the file and every later one with the same bytes."""
    either = or_(FileRow.id == file_id, FileRow.duplicate_of == file_id)
    return list(session.scalars(select(FileRow).where(either).order_by(FileRow.id)))


def empty(session: Session, document: DocumentRow, now: datetime) -> Emptied:
    """Remove every value that was read from the document's file or typed about it.

    Numbers, states, times, who did what and all hashes stay: they are what the record is proved by.
    """
    files = files_of(session, document.file_id)
    sizes = {one.sha256: one.size for one in files if one.sha256}
    hashes = sorted(sizes)
    signed = session.scalar(select(func.min(ApprovalRow.at)).where(ApprovalRow.document_id == document.id))
    models = _models(session, signed, hashes)
    keys = {document.key, *(one.key for one in files), *_forget_lessons(session, document, hashes)}
    _empty_document(session, document, now)
    values = _empty_events(session, [one.id for one in files], document)
    _empty_files(session, files, now)
    session.execute(delete(BlobRow).where(BlobRow.sha256.in_(hashes)))
    _retire(session, models, now)
    if signed is not None:
        # sums of certificates that its amount is in: where it was signed alone, they are its amount
        since = CertificateRow.day >= signed.astimezone(UTC).date().isoformat(), CertificateRow.key.is_not(None)
        keys.update(session.scalars(select(CertificateRow.key).where(*since)))
        session.execute(update(CertificateRow).where(*since).values(totals=None, key=None))
    return Emptied(
        files=tuple(one.id for one in files),
        sizes=sizes,
        values=values,
        models=tuple(one.version for one in models),
        keys=tuple(sorted(key for key in keys if key is not None)),
    )


def empty_file(session: Session, file: FileRow, found: dict[str, int], now: datetime) -> Emptied:
    """Remove the name of a file that became no document, and why it became none.

    Args:
        session: a writing one.
        file: in quarantine.
        found: bytes by SHA-256 of what it is on disk.
        now: when.
    """
    values = _empty_events(session, [file.id], None)
    keys = [file.key] if file.key is not None else []
    _empty_files(session, [file], now)
    return Emptied(files=(file.id,), sizes=found, values=values, models=(), keys=tuple(keys))


def _empty_files(session: Session, files: Sequence[FileRow], now: datetime) -> None:
    for one in files:
        # the token holds a hash of the name, which whoever guesses the name could recognise
        one.token, one.reason, one.erased_at = f"{ERASED_NAME}-{one.id}", None, now
    ids = [one.id for one in files]
    session.execute(delete(FileTermRow).where(FileTermRow.file_id.in_(ids)))
    # past the rows, which would have it sealed under the keys that go
    session.execute(update(FileRow).where(FileRow.id.in_(ids)).values(name=ERASED_NAME))
    session.execute(update(ListCodingRow).values(wanted_at=now))


def _empty_document(session: Session, document: DocumentRow, now: datetime) -> None:
    # first: the approvals' trigger looks for it
    document.erased_at = now
    document.number = document.party = document.amount_text = document.currency = document.identity = None
    document.number_order = document.party_order = document.amount_order = None
    document.rank = document.chance = document.seconds = None  # from its amount
    document.note = document.priority_why = document.failure = None
    document.what, document.open_states = "", []
    document.findings = document.page_summaries = None
    session.flush()
    here = document.id
    session.execute(
        update(ApprovalRow)
        .where(ApprovalRow.document_id == here)
        .values(record={})
        .execution_options(synchronize_session=False)
    )
    for kind in (FieldRow, ExtractionRow, DraftRow, SearchTermRow, MentionRow):
        session.execute(delete(kind).where(kind.document_id == here))
    session.execute(update(CommentRow).where(CommentRow.document_id == here).values(text="", withdrawn_at=now))
    session.execute(update(DeliveryRow).where(DeliveryRow.document_id == here).values(error=None))
    session.execute(update(SampleFindingRow).where(SampleFindingRow.document_id == here).values(comment=""))


def _empty_events(session: Session, files: Sequence[int], document: DocumentRow | None) -> int:
    """Remove the values and salts of every event about them; the events keep the commitments."""
    about = [EventRow.file_id.in_(files)] + ([EventRow.document_id == document.id] if document is not None else [])
    seqs = select(EventRow.seq).where(or_(*about))
    values = session.scalar(select(func.count()).select_from(EventValueRow).where(EventValueRow.seq.in_(seqs))) or 0
    session.execute(delete(EventValueRow).where(EventValueRow.seq.in_(seqs)))
    return values


def _models(session: Session, signed: datetime | None, hashes: Sequence[str]) -> list[ModelRow]:
    """Return the models that may have learned from it: every one made since it was signed, or else first taught."""
    taught = session.scalar(select(func.min(TaughtRow.at)).where(TaughtRow.sha256.in_(hashes)))
    since = min((one for one in (taught, signed) if one is not None), default=None)
    if since is None:
        return []
    made = select(ModelRow).where(ModelRow.created_at >= since, ModelRow.removed_at.is_(None))
    return list(session.scalars(made.order_by(ModelRow.created_at)))


def _forget_lessons(session: Session, document: DocumentRow, hashes: Sequence[str]) -> list[str | None]:
    """Remove what was taught of it; return the names of the keys that this lay under."""
    rows = session.execute(select(TaughtRow.id, TaughtRow.key).where(TaughtRow.sha256.in_(hashes))).all()
    taught = [row.id for row in rows]
    session.execute(delete(RecheckRow).where(RecheckRow.taught_id.in_(taught)))
    session.execute(delete(TaughtRow).where(TaughtRow.id.in_(taught)))
    session.execute(delete(RecheckRow).where(RecheckRow.document_id == document.id))
    row = reign.training(session)
    if row.running_until is not None:
        # it has read the lesson already: whatever it comes to is thrown away, and another one follows
        row.attempt += 1
        row.running_until = None
    return [one.key for one in rows]


def _retire(session: Session, models: Sequence[ModelRow], now: datetime) -> None:
    """Take the models out of service: the rules read until one is trained without the document."""
    for model in models:
        model.removed_at = now
        if model.state == ModelState.CHAMPION:
            model.state = ModelState.RETIRED
