"""Finding documents by any of their values: one row for each term of a document, kept as its values change.

Words are found by how they begin, numbers and dates however they are written. All words of a search have to be found in
the document. Whoever keeps the terms in another form (keyed, say) changes this module and its table, and nothing else.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, delete, insert, or_, select
from sqlalchemy.orm import Session

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.fields import FieldKind
from pipeline.domain.review import FieldState
from pipeline.domain.terms import LONGEST, folded, joined_of, number_term, terms_of, text_terms, words_of
from pipeline.domain.value import Value
from pipeline.normalise import read_value
from pipeline.services.text import whole_number
from pipeline.store.tables import DocumentRow, FieldRow, FileRow, SearchTermRow

_terms: Table = SearchTermRow.metadata.tables[SearchTermRow.__tablename__]
LAST = "\U0010ffff"
WORDS_MOST = 8


def keep(session: Session, document: DocumentRow, fields: Sequence[FieldRow]) -> None:
    """Bring the document's terms in line with its values in force and its file's name."""
    file = session.get(FileRow, document.file_id)
    values: dict[str, Value | None] = {
        field.name: None if field.state == FieldState.ABSENT else field.value for field in fields
    }
    wanted = terms_of(values, file.name if file is not None else "")
    kept = set(session.scalars(select(SearchTermRow.term).where(SearchTermRow.document_id == document.id)))
    if gone := kept - wanted:
        session.execute(
            delete(SearchTermRow).where(SearchTermRow.document_id == document.id, SearchTermRow.term.in_(gone))
        )
    if new := wanted - kept:
        rows = [{"document_id": document.id, "term": term} for term in sorted(new)]
        session.execute(insert(SearchTermRow), rows)


def keep_names(session: Session, names: Iterable[tuple[int, str]]) -> None:
    """Make documents that were just taken in findable by their file's name."""
    rows = [{"document_id": document_id, "term": term} for document_id, name in names for term in text_terms(name)]
    if rows:
        session.connection().execute(insert(_terms), rows)


def conditions(wanted: str) -> list[ColumnElement[bool]]:
    """Return what a document has to fulfil to be found; a number may also be the document's own."""
    whole = _as_value(wanted)
    if whole:
        return [_either([_having(whole, wanted)], wanted)]
    return [_either([_having(_as_value(word), word)], word) for word in words_or_pieces(wanted)[:WORDS_MOST]] or [
        DocumentRow.id.is_(None)
    ]


def words_or_pieces(wanted: str) -> list[str]:
    """Return what was typed, piece by piece: a piece that is no number or date is looked for word by word."""
    found: list[str] = []
    for piece in wanted.split():
        joined = joined_of(folded(piece))
        found += [piece] if _as_value(piece) else [joined] if joined else words_of(piece)
    return found


def _either(found: list[Select[Any]], typed: str) -> ColumnElement[bool]:
    within = or_(*(DocumentRow.id.in_(one) for one in found))
    number = whole_number(typed)
    return within if number is None else or_(within, DocumentRow.id == number)


def _having(exact: set[str], beginning: str = "") -> Select[Any]:
    """Return the documents with one of the terms, or with a term that begins so."""
    term = SearchTermRow.term
    ways: list[ColumnElement[bool]] = [term.in_(sorted(exact))] if exact else []
    words = words_of(beginning[:LONGEST])
    if len(words) == 1:  # the signs of "99.90" part no words
        ways.append(term.between(words[0], words[0] + LAST))
    return select(SearchTermRow.document_id).where(or_(*ways))


def _as_value(typed: str) -> set[str]:
    """Return the terms of every amount and date that the typed text can be read as."""
    locale = DocumentLocale()
    amounts = {number_term(str(one.value)) for one in read_value(typed, FieldKind.MONEY, locale)}
    return amounts | {str(one.value) for one in read_value(typed, FieldKind.DATE, locale)}
