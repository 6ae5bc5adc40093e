"""How many documents are in which state: kept by the database itself, since counting a long queue takes ever longer."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.documents import DocumentState
from pipeline.store.tables import DocumentCountRow


class Count(NamedTuple):
    state: DocumentState
    type: str
    """Empty: without a type."""
    documents: int
    exceptions: int


def by_state_and_type(session: Session) -> list[Count]:
    """Return documents and open exceptions in each state, by type."""
    return [
        Count(DocumentState(row.state), row.type, row.documents, row.exceptions)
        for row in session.scalars(select(DocumentCountRow))
    ]


def by_state(counted: Sequence[Count]) -> dict[DocumentState, int]:
    """Return how many documents are in each state, zeros included."""
    return {state: sum(one.documents for one in counted if one.state is state) for state in DocumentState}
