"""Finding documents by any of their values, and files by their names: one row for each term, kept as they change.

Words are found by how they begin, numbers and dates however they are written. All words of a search have to be found in
one document. What lies in the database are codes of the terms, as `pipeline.store.listing` makes them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, delete, false, insert, or_, select
from sqlalchemy.orm import Session

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.fields import FieldKind
from pipeline.domain.review import FieldState
from pipeline.domain.terms import LONGEST, folded, joined_of, number_term, terms_of, text_terms, words_of
from pipeline.domain.value import Value
from pipeline.normalise import read_value
from pipeline.services.text import whole_number
from pipeline.store import listing
from pipeline.store.listing import Listing
from pipeline.store.tables import DocumentRow, FieldRow, FileRow, FileTermRow, SearchTermRow

_terms: Table = SearchTermRow.metadata.tables[SearchTermRow.__tablename__]
_file_terms: Table = FileTermRow.metadata.tables[FileTermRow.__tablename__]
_documents: Table = DocumentRow.metadata.tables[DocumentRow.__tablename__]
_files: Table = FileRow.metadata.tables[FileRow.__tablename__]
WORDS_MOST = 8


def keep(session: Session, document: DocumentRow, fields: Sequence[FieldRow]) -> None:
    """Bring the document's terms in line with its values in force and its file's name."""
    file = session.get(FileRow, document.file_id)
    values: dict[str, Value | None] = {
        field.name: None if field.state == FieldState.ABSENT else field.value for field in fields
    }
    _keep(session, _terms, document.id, terms_of(values, file.name if file is not None else ""))


def keep_file(session: Session, file: FileRow) -> None:
    """Bring the terms of a file's name in line with it."""
    _keep(session, _file_terms, file.id, text_terms(file.name))


def keep_names(session: Session, names: Iterable[tuple[int, str]]) -> None:
    """Make documents that were just taken in findable by their file's name."""
    _add(session, _terms, names)


def keep_file_names(session: Session, names: Iterable[tuple[int, str]]) -> None:
    """Make files that were just claimed findable by their names."""
    _add(session, _file_terms, names)


def conditions(session: Session, wanted: str) -> list[ColumnElement[bool]]:
    """Return what a document has to fulfil to be found; a number may also be the document's own."""
    return _conditions(_Kept(_terms, _documents.c.id, listing.readable(session)), wanted)


def file_conditions(session: Session, wanted: str) -> list[ColumnElement[bool]]:
    """Return what a file has to fulfil to be found; a number may also be the file's own."""
    return _conditions(_Kept(_file_terms, _files.c.id, listing.readable(session)), wanted)


def words_or_pieces(wanted: str) -> list[str]:
    """Return what was typed, piece by piece: a piece that is no number or date is looked for word by word."""
    found: list[str] = []
    for piece in wanted.split():
        joined = joined_of(folded(piece))
        found += [piece] if _as_value(piece) else [joined] if joined else words_of(piece)
    return found


@dataclass(frozen=True)
class _Kept:
    """Where terms are kept, and how."""

    table: Table
    number: Column[int]
    """Of whom."""
    listings: Sequence[Listing]

    def having(self, exact: set[str], beginning: str = "") -> Select[Any]:
        """Return those with one of the terms, or with a term that begins so."""
        words = words_of(beginning[:LONGEST])
        ways: list[ColumnElement[bool]] = []
        for each in self.listings:
            if exact:
                ways.append(self.table.c.term.in_(sorted(each.term(one) for one in exact)))
            if len(words) == 1:  # the signs of "99.90" part no words
                ways.append(self.table.c.term.between(*each.between(words[0])))
        return select(_owner_of(self.table)).where(or_(false(), *ways))


def _conditions(kept: _Kept, wanted: str) -> list[ColumnElement[bool]]:
    whole = _as_value(wanted)
    if whole:
        return [_either(kept, kept.having(whole, wanted), wanted)]
    words = words_or_pieces(wanted)[:WORDS_MOST]
    return [_either(kept, kept.having(_as_value(word), word), word) for word in words] or [kept.number.is_(None)]


def _either(kept: _Kept, found: Select[Any], typed: str) -> ColumnElement[bool]:
    within = kept.number.in_(found)
    number = whole_number(typed)
    return within if number is None else or_(within, kept.number == number)


def _keep(session: Session, table: Table, owner: int, terms: set[str]) -> None:
    column, listed = _owner_of(table), listing.current(session)
    wanted = {listed.term(term) for term in terms}
    kept = set(session.scalars(select(table.c.term).where(column == owner)))
    if gone := kept - wanted:
        session.execute(delete(table).where(column == owner, table.c.term.in_(gone)))
    if new := wanted - kept:
        session.execute(insert(table), [{column.name: owner, "term": term} for term in sorted(new)])


def _add(session: Session, table: Table, names: Iterable[tuple[int, str]]) -> None:
    column, listed = _owner_of(table), listing.current(session)
    rows = [
        {column.name: owner, "term": term}
        for owner, name in names
        for term in sorted({listed.term(term) for term in text_terms(name)})
    ]
    if rows:
        session.connection().execute(insert(table), rows)


def _owner_of(table: Table) -> Column[int]:
    return table.c.document_id if table is _terms else table.c.file_id


def _as_value(typed: str) -> set[str]:
    """Return the terms of every amount and date that the typed text can be read as."""
    locale = DocumentLocale()
    amounts = {number_term(str(one.value)) for one in read_value(typed, FieldKind.MONEY, locale)}
    return amounts | {str(one.value) for one in read_value(typed, FieldKind.DATE, locale)}
