"""What somebody may see, as conditions of a query and as the one way to a document that an address names.

Whatever is outside their groups answers exactly as what does not exist, so that nothing is learned from the difference.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.documents import DocumentState
from pipeline.domain.sight import EVERYTHING, Sight
from pipeline.errors import ErasedError
from pipeline.services.typeshelf import TypeShelf
from pipeline.store import queries
from pipeline.store.tables import DocumentRow, EventRow, FileRow, FolderCountRow

AFTER_SLASH = "0"
"""The character behind "/": whatever begins with "a/" lies between "a/" and "a0"."""


FOLDERS_MOST = 500
"""Folders that are asked for one by one."""


def sight_of(by: Actor, types: TypeShelf) -> Sight:
    """Return how far somebody sees, with the variants of the types that their groups name."""
    return _whole(by.sight, types)


def get_document(session: Session, document_id: int, by: Actor, types: TypeShelf) -> DocumentRow:
    """Return a document that `by` may see.

    Raises:
        NotFoundError: there is none of that number, or none for them: in the same words.
        ErasedError: it was erased, so that there is nothing to see or to do.
    """
    row = get_remains(session, document_id, by, types)
    if row.erased_at is not None:
        raise ErasedError(
            f"Document {document_id} was erased on {row.erased_at:%Y-%m-%d}. What was done with it is in its history."
        )
    return row


def get_remains(session: Session, document_id: int, by: Actor, types: TypeShelf) -> DocumentRow:
    """Return a document that `by` may see, as `get_document` does, or what is left of one that was erased."""
    row = queries.find_row(session, DocumentRow, document_id)
    if row is None or not sight_of(by, types).fits(row.type, row.folder):
        raise queries.no_document(document_id)
    return row


def get_file(session: Session, file_id: int, by: Actor, types: TypeShelf) -> FileRow:
    """Return a file that `by` may see, or what is left of one that was erased.

    Raises:
        NotFoundError: there is none of that number, or none for them: in the same words.
    """
    row = queries.get_file(session, file_id)
    seen = of_files(sight_of(by, types))
    if seen and session.scalar(select(FileRow.id).where(FileRow.id == file_id, *seen)) is None:
        raise queries.no_file(file_id)
    return row


def can_see(sight: Sight, document: DocumentRow, types: TypeShelf) -> bool:
    """Return whether the document exists for whoever sees so far."""
    return _whole(sight, types).fits(document.type, document.folder)


def list_visible(session: Session, documents: Sequence[int], by: Actor, types: TypeShelf) -> list[int]:
    """Return those of the documents that `by` may see, in their order."""
    if not by.sight.is_limited or not documents:
        return list(documents)
    found = set(
        session.scalars(select(DocumentRow.id).where(DocumentRow.id.in_(documents), *of_documents(sight_of(by, types))))
    )
    return [document_id for document_id in documents if document_id in found]


def of_documents(sight: Sight) -> list[ColumnElement[bool]]:
    """Return the conditions under which a document is seen; none where everything is."""
    return within(sight, DocumentRow.type, DocumentRow.folder)


def of_few(session: Session, sight: Sight, states: Sequence[DocumentState]) -> list[ColumnElement[bool]] | None:
    """Return the conditions as `of_documents` does, for somebody who sees few: by the very folders that hold them.

    Args:
        session: in which they are looked up.
        sight: how far; with the variants of its types.
        states: of the documents; whoever asks adds the condition on them.

    Returns:
        None where no folder holds any.

    Which folders those are, the kept counts know; a database would rather go by an index that holds nearly all.
    """
    in_states = [FolderCountRow.state.in_(states)] if states else []
    seen = within(sight, FolderCountRow.type, FolderCountRow.folder)
    folders = list(session.scalars(select(FolderCountRow.folder).where(*in_states, *seen).distinct()))
    if not folders:
        return None
    if len(folders) > FOLDERS_MOST:
        return of_documents(sight)
    # no column that another index begins with: each alone would find far more
    plain = within(sight, func.coalesce(DocumentRow.type, ""), DocumentRow.folder)
    # nothing on states where others ask for them already: said twice, SQLite goes by another index
    in_any_state = [] if states else [DocumentRow.state.in_(tuple(DocumentState))]
    return [*in_any_state, DocumentRow.folder.in_(folders), *plain]


def of_files(sight: Sight) -> list[ColumnElement[bool]]:
    """Return the conditions under which a file is seen: as its document is, or by itself where it became none.

    Its type is then the one that its folder or its sender gave it.
    """
    if not sight.is_limited:
        return []
    became = select(DocumentRow.id).where(DocumentRow.file_id == FileRow.id).correlate(FileRow)
    seen = select(DocumentRow.file_id).where(*of_documents(sight)).correlate(None)
    alone = and_(*within(sight, FileRow.preset_type, FileRow.folder), ~became.exists())
    return [or_(FileRow.id.in_(seen), alone)]


def of_events(sight: Sight) -> list[ColumnElement[bool]]:
    """Return the conditions under which an event is seen: it is about a document or a file that is.

    What is about neither, such as log-ins and policies, only they see whom nothing limits.
    """
    if not sight.is_limited:
        return []
    documents = select(DocumentRow.id).where(*of_documents(sight)).correlate(None)
    files = select(FileRow.id).where(*of_files(sight)).correlate(None)
    return [
        or_(
            EventRow.document_id.in_(documents),
            and_(EventRow.document_id.is_(None), EventRow.file_id.in_(files)),
        )
    ]


def within(sight: Sight, type_column: Any, folder_column: Any) -> list[ColumnElement[bool]]:
    """Return the conditions that a row's type and folder meet where it is seen.

    Args:
        sight: with the variants of its types.
        type_column: NULL or "" where the type is not known.
        folder_column: compared byte by byte.
    """
    if sight.allowances is None:
        return []
    ways: list[ColumnElement[bool]] = []
    for one in sight.allowances:
        terms: list[ColumnElement[bool]] = []
        if one.types:
            terms.append(type_column.in_(sorted(one.types)))
        if one.folders:
            terms.append(or_(*(_below(folder_column, folder) for folder in sorted(one.folders))))
        if not terms:
            return []  # this group limits nothing
        ways.append(and_(*terms))
    return [or_(*ways)] if ways else [false()]


def _whole(sight: Sight, types: TypeShelf) -> Sight:
    if not sight.is_limited:
        return EVERYTHING
    return sight.with_variants({each.name: each.variant_of for each in types.all if each.variant_of is not None})


def _below(column: Any, folder: str) -> ColumnElement[bool]:
    return or_(column == folder, and_(column >= f"{folder}/", column < f"{folder}{AFTER_SLASH}"))
