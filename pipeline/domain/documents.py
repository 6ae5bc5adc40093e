from enum import StrEnum

from pipeline.domain.value import Frozen
from pipeline.errors import InvalidTransitionError, StaleTaskError


class DocumentState(StrEnum):
    QUEUED = "queued"
    READING = "reading"
    REVIEW = "review"
    HELD = "held"
    READY = "ready"
    APPROVED = "approved"
    REJECTED = "rejected"
    FAILED = "failed"
    REPLACED = "replaced"


ALLOWED: dict[DocumentState, frozenset[DocumentState]] = {
    DocumentState.QUEUED: frozenset({DocumentState.READING}),
    DocumentState.READING: frozenset(
        {DocumentState.REVIEW, DocumentState.READY, DocumentState.QUEUED, DocumentState.FAILED}
    ),
    DocumentState.REVIEW: frozenset(
        {
            DocumentState.READY,
            DocumentState.HELD,
            DocumentState.QUEUED,
            DocumentState.REPLACED,
            DocumentState.REJECTED,
        }
    ),
    DocumentState.HELD: frozenset({DocumentState.REVIEW, DocumentState.REPLACED}),
    DocumentState.READY: frozenset({DocumentState.APPROVED, DocumentState.REVIEW, DocumentState.REJECTED}),
    DocumentState.APPROVED: frozenset({DocumentState.REVIEW}),
    DocumentState.REJECTED: frozenset(),
    DocumentState.FAILED: frozenset({DocumentState.QUEUED}),
    DocumentState.REPLACED: frozenset(),
}
"""Every move a document can make. FAILED to QUEUED is an operator's `retry`; APPROVED to REVIEW a new revision."""


class PageRef(Frozen):
    """One page of a document: which stored file, and which page of it, from 1."""

    file_id: int
    page: int


def check_move(document_id: int, current: DocumentState, target: DocumentState) -> DocumentState:
    """Return `target` where the move is allowed.

    Raises:
        InvalidTransitionError: the document is not in a state from which this can be done.
    """
    if target not in ALLOWED[current]:
        raise InvalidTransitionError(
            f"Document {document_id} is {current.value}, so it cannot become {target.value}. "
            "Reload the page to see where it stands."
        )
    return target


def check_revision(document_id: int, stored: int, given: int) -> None:
    """Check that the command was made on the newest revision.

    Raises:
        StaleTaskError: somebody changed the document meanwhile; nothing was overwritten.
    """
    if stored != given:
        raise StaleTaskError(
            f"Document {document_id} was changed meanwhile (revision {stored}, yours was {given}). "
            "Nothing was overwritten: reload to see the newer work, then decide again."
        )
