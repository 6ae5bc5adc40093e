"""Which model is the champion, and what becomes of those before it: shared by training and by the people who decide."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.orm import Session

from pipeline.domain.documents import DocumentState
from pipeline.domain.models import ModelState
from pipeline.errors import NotFoundError
from pipeline.store.tables import ClaimRow, DocumentRow, FieldRow, ModelRow, RecheckRow, TrainingRow

KEPT_FORMER = 10
"""Former champions whose files are kept, to go back to."""
KEPT_OTHERS = 5
"""Models that never served whose files are kept."""


def training(session: Session) -> TrainingRow:
    """Return the row that says how training stands, made where there is none yet."""
    row = session.get(TrainingRow, 1)
    if row is None:
        row = TrainingRow(id=1, seen="", attempt=0, failures=0, automatic=True)
        session.add(row)
        session.flush()
    return row


def find_champion(session: Session) -> ModelRow | None:
    return session.scalar(select(ModelRow).where(ModelRow.state == ModelState.CHAMPION).limit(1))


def get_model(session: Session, version: str) -> ModelRow:
    row = session.get(ModelRow, version)
    if row is None:
        raise NotFoundError(f"There is no model {version[:12]}. Reload the page to see which there are.")
    return row


def enthrone(session: Session, model: ModelRow, now: datetime) -> str | None:
    """Make the model the only champion; return the version of the one before it."""
    before = find_champion(session)
    if before is not None:
        before.state = ModelState.RETIRED
        session.flush()
    model.state, model.promoted_at = ModelState.CHAMPION, now
    return before.version if before is not None else None


def forget_oldest(session: Session, now: datetime) -> list[str]:
    """Mark models as removed beyond those that are kept; return their versions, for removing their files."""
    session.flush()
    removed: list[str] = []
    for states, kept in (
        ((ModelState.RETIRED,), KEPT_FORMER),
        ((ModelState.CHALLENGER, ModelState.REFUSED), KEPT_OTHERS),
    ):
        rows = session.scalars(
            select(ModelRow)
            .where(ModelRow.state.in_(states), ModelRow.removed_at.is_(None))
            .order_by(ModelRow.created_at.desc())
            .offset(kept)
        )
        for row in rows:
            row.removed_at = now
            removed.append(row.version)
    return removed


def replace_rechecks(session: Session, found: Sequence[RecheckRow]) -> None:
    """Put these labels on the list in place of what was there; what a person has checked is not asked again."""
    session.execute(delete(RecheckRow).where(RecheckRow.dismissed_at.is_(None)))
    checked = {(row.key, row.field) for row in session.scalars(select(RecheckRow))}
    session.add_all(row for row in found if (row.key, row.field) not in checked)


def is_unopened(champion: str) -> ColumnElement[bool]:
    """Return the condition that a document waits for a person, nobody has opened it, and another model has read it."""
    return and_(
        DocumentRow.state == DocumentState.REVIEW,
        or_(DocumentRow.model.is_(None), DocumentRow.model != champion),
        DocumentRow.note.is_(None),
        DocumentRow.validated_by.is_(None),
        ~exists().where(ClaimRow.document_id == DocumentRow.id),
        ~exists().where(FieldRow.document_id == DocumentRow.id, FieldRow.settled_by.is_not(None)),
    )
