"""Whether the tables and the stored bytes are what the record tells of: a sentence for each difference."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from pipeline.errors import BlobStoreUnavailableError, NotFoundError
from pipeline.ports import BlobStore
from pipeline.record.verify import DOCUMENT_STATES, PROBLEMS_MAX, Ledger
from pipeline.store.tables import DocumentCountRow, DocumentRow, FileRow, FolderCountRow

BATCH = 5_000

# columns, not mapped objects: a state that was written by hand need not be one that the program knows
_files: Table = FileRow.metadata.tables[FileRow.__tablename__]
_documents: Table = DocumentRow.metadata.tables[DocumentRow.__tablename__]


T = TypeVar("T")


class Found(NamedTuple):
    """A file or a document as the database has it."""

    number: int
    state: str
    sha256: str | None = None
    size: int = 0


def list_differences(session: Session, ledger: Ledger, blobs: BlobStore) -> list[str]:
    """Return what differs between the record and what is there, at most a hundred sentences and how many more.

    Args:
        session: a snapshot, the same that the ledger was read from.
        ledger: told every event.
        blobs: where the bytes of stored files are; they are looked for by name and size, not read.
    """
    told: list[str] = []
    untold = 0
    for difference in _all(session, ledger, blobs):
        if len(told) < PROBLEMS_MAX:
            told.append(difference)
        else:
            untold += 1
    return [*told, f"There are {untold} more differences."] if untold else told


def _all(session: Session, ledger: Ledger, blobs: BlobStore) -> Iterator[str]:
    yield from _files_differ(session, ledger, blobs)
    yield from _documents_differ(session, ledger)
    yield from _counts_differ(session)


def _files_differ(session: Session, ledger: Ledger, blobs: BlobStore) -> Iterator[str]:
    for number, recorded, found in _side_by_side(
        ((number, (state, begins, erased)) for number, state, begins, erased in ledger.files()),
        _stored_files(session),
    ):
        if recorded is None:
            yield f"File {number} is in the database, but that it came in is not on record."
            continue
        state, begins, is_erased = recorded
        if found is None:
            yield f"File {number} is on record as {state}, but it is missing from the database."
        elif found.state != state:
            yield f"File {number} is {found.state} in the database, but on record it is {state}."
        elif state == "stored" and not is_erased:
            yield from _bytes_differ(found, begins, blobs)


def _bytes_differ(found: Found, begins: int, blobs: BlobStore) -> Iterator[str]:
    if not found.sha256 or int(found.sha256[:16], 16) != begins:
        yield f"File {found.number} stands for other bytes in the database than on record."
        return
    try:
        size = blobs.size(found.sha256)
    except (NotFoundError, BlobStoreUnavailableError):
        yield f"The bytes of file {found.number} are missing. Restore {found.sha256[:12]}… from a backup."
        return
    if size != found.size:
        yield f"The bytes of file {found.number} are {size}, not {found.size} as when it came: restore it."


def _documents_differ(session: Session, ledger: Ledger) -> Iterator[str]:
    for number, stand, found in _side_by_side(ledger.documents(), _stored_documents(session)):
        if stand is None:
            yield f"Document {number} is in the database, but that it came in is not on record."
        elif found is None:
            yield f"Document {number} is on record as {stand}, but it is missing from the database."
        elif DOCUMENT_STATES.get(found.state) != stand:
            yield f"Document {number} is {found.state} in the database, but on record it is {stand}."


def _counts_differ(session: Session) -> Iterator[str]:
    """Compare the counts that triggers keep, which lists and the status page show, with what is there."""
    there = dict(session.execute(select(_documents.c.state, func.count()).group_by(_documents.c.state)).all())
    for row in (DocumentCountRow, FolderCountRow):
        counted = session.execute(select(row.state, func.sum(row.documents)).group_by(row.state)).all()
        kept = {state: int(count) for state, count in counted}
        for state in sorted({*there, *kept}):
            if there.get(state, 0) != kept.get(state, 0):
                yield (
                    f"Lists count {kept.get(state, 0)} documents as {state}, but {there.get(state, 0)} are there: "
                    "the kept counts were changed."
                )


def _side_by_side(
    recorded: Iterable[tuple[int, T]], there: Iterable[Found]
) -> Iterator[tuple[int, T | None, Found | None]]:
    """Yield each number with what is on record and what is there; both come by rising numbers."""
    left, right = iter(recorded), iter(there)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        number = min(each for each in (one and one[0], other and other.number) if each is not None)
        yield (
            number,
            one[1] if one is not None and one[0] == number else None,
            other if other is not None and other.number == number else None,
        )
        if one is not None and one[0] == number:
            one = next(left, None)
        if other is not None and other.number == number:
            other = next(right, None)


def _stored_files(session: Session) -> Iterator[Found]:
    columns = (_files.c.id, _files.c.state, _files.c.sha256, _files.c.size)
    for row in session.execute(select(*columns).order_by(_files.c.id).execution_options(yield_per=BATCH)):
        yield Found(row.id, row.state, row.sha256, row.size)


def _stored_documents(session: Session) -> Iterator[Found]:
    columns: tuple[Any, ...] = (_documents.c.id, _documents.c.state)
    for row in session.execute(select(*columns).order_by(_documents.c.id).execution_options(yield_per=BATCH)):
        yield Found(row.id, row.state)
