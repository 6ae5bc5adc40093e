"""Which documents teach: those in which a person settled a field and an approver signed, and the company's history."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.domain.documents import DocumentState
from pipeline.domain.extraction import Provenance
from pipeline.domain.fields import TYPE_FIELD
from pipeline.domain.pages import Page
from pipeline.domain.review import SETTLED, FieldState
from pipeline.domain.value import Value
from pipeline.extraction.learned.example import Example
from pipeline.extraction.learned.marks import MARKS_VERSION
from pipeline.extraction.learned.model import FORMAT
from pipeline.record.canonical import canonical_json
from pipeline.services.sources import Source, sources_of
from pipeline.store.tables import ApprovalRow, DocumentRow, FieldRow, TaughtRow

SAMPLE_MOST = 10.0
"""For how many fields one sample counts at most: at a rate of 2 % it would be 50, and one document drown the others."""


@dataclass(frozen=True)
class Lesson:
    """A document that teaches, without its pages."""

    key: str
    """Tells lessons apart: another approval of the same document is another lesson."""
    document_id: int | None
    taught_id: int | None
    sources: tuple[Source, ...]
    type: str
    values: dict[str, Value | None]
    places: dict[str, Provenance]
    weights: dict[str, float]
    group: str | None

    def example(self, pages: tuple[Page, ...]) -> Example:
        return Example(self.key, pages, self.type, self.values, self.places, self.weights, self.group)

    def content_hash(self) -> str:
        """Return a hash of all that is taught but the pages' content."""
        content: dict[str, Any] = {
            "key": self.key,
            "sources": [[sha256, list(pages) if pages else None] for sha256, pages in self.sources],
            "type": self.type,
            "values": self.values,
            "places": {name: place.model_dump(mode="json") for name, place in sorted(self.places.items())},
            "weights": {name: f"{weight:.6f}" for name, weight in sorted(self.weights.items())},
            "group": self.group,
        }
        return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def marker(session: Session) -> str:
    """Return a text that changes whenever what is taught does, or how models are kept: cheap enough for every sweep.

    After an upgrade that reads earlier models no more, all is learned anew by itself.
    """
    newest, signed = session.execute(select(func.max(ApprovalRow.id), func.count(ApprovalRow.id))).one()
    superseded = session.scalar(select(func.count(ApprovalRow.superseded_at)))
    taught, last = session.execute(select(func.count(TaughtRow.id), func.max(TaughtRow.at))).one()
    if not signed and not taught:
        return ""
    erased = session.scalar(select(func.count(DocumentRow.erased_at)))
    when = last.isoformat() if last else ""
    return f"{FORMAT}.{MARKS_VERSION}:{newest or 0}/{superseded or 0}/{taught}/{when}/{erased or 0}"


def list_lessons(session: Session) -> list[Lesson]:
    """Return every lesson: first the company's history, then reviewed documents as they were signed."""
    return [*_taught(session), *_reviewed(session)]


def _taught(session: Session) -> Iterator[Lesson]:
    for row in session.scalars(select(TaughtRow).order_by(TaughtRow.id)):
        yield Lesson(
            key=f"t{row.id:08d}-{int(row.at.timestamp())}",
            document_id=None,
            taught_id=row.id,
            sources=((row.sha256, None),),
            type=row.type,
            values=row.values,
            places={},
            weights={},
            group=row.group,
        )


def _reviewed(session: Session) -> Iterator[Lesson]:
    """Yield approved documents with a settled field; what policy accepted unseen teaches nothing.

    A superseded approval leaves its document in review or approved anew: either way the old values do not count.
    """
    statement = (
        select(DocumentRow, ApprovalRow.id)
        .join(ApprovalRow, ApprovalRow.document_id == DocumentRow.id)
        .where(
            DocumentRow.state == DocumentState.APPROVED,
            DocumentRow.erased_at.is_(None),
            ApprovalRow.superseded_at.is_(None),
        )
        .order_by(ApprovalRow.id)
    )
    signed = session.execute(statement).all()
    settled: dict[int, list[FieldRow]] = {}
    fields = (
        select(FieldRow)
        .join(DocumentRow, FieldRow.document_id == DocumentRow.id)
        .where(
            DocumentRow.state == DocumentState.APPROVED,
            FieldRow.state.in_(SETTLED),
            FieldRow.settled_by.is_not(None),
            FieldRow.name != TYPE_FIELD,
        )
        .order_by(FieldRow.document_id, FieldRow.position)
    )
    for row in session.scalars(fields):
        settled.setdefault(row.document_id, []).append(row)
    for document, approval_id in signed:
        rows = settled.get(document.id, [])
        if document.type is None or not rows:
            continue
        yield Lesson(
            key=f"d{document.id:08d}-{approval_id:08d}",
            document_id=document.id,
            taught_id=None,
            sources=sources_of(session, document),
            type=document.type,
            values={row.name: None if row.state == FieldState.ABSENT else row.value for row in rows},
            # where a person pointed or took a rival; of a value that was merely kept, the machine's own place says less
            places={row.name: row.provenance for row in rows if _is_pointed(row) and row.provenance is not None},
            weights={
                row.name: min(SAMPLE_MOST, 1.0 / row.sample_probability) for row in rows if row.sample_probability
            },
            group=None,
        )


def _is_pointed(row: FieldRow) -> bool:
    return row.state == FieldState.CORRECTED and row.provenance is not None
