"""How many documents are in which state: kept by the database itself, since counting a long queue takes ever longer."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.domain.documents import DocumentState
from pipeline.domain.sight import EVERYTHING, Sight
from pipeline.services import visible
from pipeline.store.tables import DocumentCountRow, FolderCountRow


class Count(NamedTuple):
    state: DocumentState
    type: str
    """Empty: without a type."""
    documents: int
    exceptions: int


def by_state_and_type(session: Session, sight: Sight = EVERYTHING) -> list[Count]:
    """Return documents and open exceptions in each state, by type, of what is seen.

    Args:
        session: in which they are read.
        sight: how far; with the variants of its types.
    """
    if sight.is_limited:
        sums = (func.sum(FolderCountRow.documents), func.sum(FolderCountRow.exceptions))
        found = session.execute(
            select(FolderCountRow.state, FolderCountRow.type, *sums)
            .where(*visible.within(sight, FolderCountRow.type, FolderCountRow.folder))
            .group_by(FolderCountRow.state, FolderCountRow.type)
        )
        return [Count(DocumentState(state), type_name, int(one), int(two)) for state, type_name, one, two in found]
    return [
        Count(DocumentState(row.state), row.type, row.documents, row.exceptions)
        for row in session.scalars(select(DocumentCountRow))
    ]


def by_state(counted: Sequence[Count]) -> dict[DocumentState, int]:
    """Return how many documents are in each state, zeros included."""
    return {state: sum(one.documents for one in counted if one.state is state) for state in DocumentState}
