"""Work that is typed but not decided yet: kept on the server, for the person who typed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.actors import Act, Actor
from pipeline.domain.documents import DocumentState
from pipeline.errors import InvalidCorrectionError
from pipeline.ports import Clock
from pipeline.services import access
from pipeline.services.desk import Desk
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.store.engine import Store
from pipeline.store.tables import DraftRow

LONGEST = 200_000
"""Characters of one draft: a table of several hundred lines."""


@dataclass(frozen=True)
class Drafting:
    """Keeps drafts. They are no decisions: no event, no new revision, nothing that anybody else is shown."""

    store: Store
    types: TypeShelf
    clock: Clock

    def keep(self, document_id: int, field: str, entries: Mapping[str, Sequence[str]], *, by: Actor) -> datetime:
        """Keep what somebody typed for a field in place of what they had typed before; return when.

        A lease that ran out meanwhile is no reason to lose it: a draft takes nothing from whoever holds the document.

        Args:
            document_id: the document.
            field: one of its fields.
            entries: names of the form's entries to what stands in them.
            by: whose draft it is.

        Raises:
            NotFoundError: there is no such document or field.
            InvalidTransitionError: the document is under review no more.
            InvalidCorrectionError: it is too long to be a value.
        """
        access.check_may(by, Act.REVIEW)
        kept = {printable(name): [printable(text) for text in texts] for name, texts in entries.items()}
        if sum(len(name) + sum(map(len, texts)) for name, texts in kept.items()) > LONGEST:
            raise InvalidCorrectionError("This is too long to keep as a draft. Save it, or shorten it.")
        with self.store.writing() as session:
            desk = Desk.open(session, document_id, self.types, by, self.clock.now())
            desk.check_state(DocumentState.REVIEW)
            desk.get_field(field)
            key = (document_id, by.id or 0, field)
            row = session.get(DraftRow, key)
            if row is None:
                session.add(
                    DraftRow(document_id=document_id, user_id=by.id or 0, field=field, entries=kept, at=desk.now)
                )
            else:
                row.entries, row.at = kept, desk.now
            return desk.now

    def drop(self, document_id: int, field: str, *, by: Actor) -> None:
        """Forget somebody's own draft of a field; where there is none, nothing happens."""
        access.check_may(by, Act.REVIEW)
        with self.store.writing() as session:
            row = session.get(DraftRow, (document_id, by.id or 0, field))
            if row is not None:
                session.delete(row)
