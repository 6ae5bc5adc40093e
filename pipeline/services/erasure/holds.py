"""Legal holds: documents that must not be erased while a matter is open."""

from dataclasses import dataclass

from sqlalchemy import select

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.errors import InvalidCorrectionError, NotFoundError, ReviewError
from pipeline.ports import Clock
from pipeline.services import access, visible
from pipeline.services.desk import check_why
from pipeline.services.entries import document_entry
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.tables import LegalHoldRow

MATTER_MOST = 120


@dataclass(frozen=True)
class LegalHolds:
    """Places and releases holds; each is on record with who, when and for which matter."""

    store: Store
    clock: Clock
    types: TypeShelf

    def place(self, document_id: int, matter: str, why: str, *, by: Actor) -> int:
        """Keep a document from being erased; return the hold's number.

        Args:
            document_id: the document.
            matter: the number of the case or the audit; it stays for ever, so it names nobody.
            why: in words.
            by: who asks.
        """
        access.check_may(by, Act.PRESERVE)
        matter = printable(matter).strip()
        if not matter or len(matter) > MATTER_MOST:
            raise InvalidCorrectionError(
                f"Write which matter needs the document, by its number and without names: at most {MATTER_MOST} signs."
            )
        why = check_why(why, "a legal hold")
        now = self.clock.now()
        with self.store.writing() as session:
            document = visible.get_document(session, document_id, by, self.types)
            in_force = LegalHoldRow.document_id == document_id, LegalHoldRow.released_at.is_(None)
            if session.scalar(select(LegalHoldRow.id).where(*in_force, LegalHoldRow.matter == matter).limit(1)):
                raise ReviewError(f"Document {document_id} is under a hold for {matter} already.")
            row = LegalHoldRow(document_id=document_id, matter=matter, placed_by=by.name, placed_at=now)
            session.add(row)
            session.flush()
            facts = {"legal_hold": row.id, "matter": matter}
            told = document_entry(AuditTag.LEGAL_HOLD_PLACE, document, by, now, facts=facts, values={"why": why})
            events.append(session, told)
            return row.id

    def release(self, hold_id: int, why: str, *, by: Actor) -> None:
        """End a hold; the document may be erased again, once its time is over."""
        access.check_may(by, Act.PRESERVE)
        why = check_why(why, "releasing a legal hold")
        now = self.clock.now()
        with self.store.writing() as session:
            row = queries.find_row(session, LegalHoldRow, hold_id)
            if row is None:
                raise NotFoundError(f"There is no legal hold {hold_id}. Reload the page.")
            document = visible.get_document(session, row.document_id, by, self.types)
            if row.released_at is not None:
                raise ReviewError(f"The hold for {row.matter} is released already. Reload the page.")
            row.released_by, row.released_at = by.name, now
            facts = {"legal_hold": row.id, "matter": row.matter}
            told = document_entry(AuditTag.LEGAL_HOLD_RELEASE, document, by, now, facts=facts, values={"why": why})
            events.append(session, told)
