"""A table's header as a person names it, where no word of it is known: the lines below are read, for them to check."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.domain.actors import Act, Actor
from pipeline.domain.fields import FieldKind
from pipeline.domain.geometry import union
from pipeline.domain.value import Row
from pipeline.errors import InvalidCorrectionError, NotFoundError
from pipeline.extraction.descriptions import Policy
from pipeline.extraction.labels import LabelIndex
from pipeline.extraction.layout import Layout, Line, Token, boxes_of
from pipeline.extraction.lines_evidence import Record
from pipeline.extraction.lines_header import MARKED_SCORE, MarkedColumn, MarkedHeader, learn_marked
from pipeline.extraction.lines_memory import Taught
from pipeline.extraction.locale import infer_locale
from pipeline.extraction.tables import TableReader
from pipeline.normalise.words import fold
from pipeline.services import access, visible
from pipeline.services.sources import Sources, sources_of
from pipeline.services.typeshelf import TypeShelf
from pipeline.store.engine import Store

WINDOW_LINES = 3
"""Lines that a header has at most."""
_EDGES = ".,:;*()[]|"


@dataclass(frozen=True)
class Marking:
    """Reads a table anew under a header that a person names; saving the lines is the reviewer's, and teaches."""

    store: Store
    sources: Sources
    types: TypeShelf

    def read_lines(self, document_id: int, field: str, words: Mapping[str, str], *, by: Actor) -> tuple[Row, ...]:
        """Return the lines under a header, in canonical values; nothing is changed.

        Args:
            document_id: the document.
            field: the table.
            words: column of the table to what stands above it on the page; columns left out are not on the page.
            by: who asks.

        Raises:
            NotFoundError: there is no such document, or no such table in it.
            InvalidCorrectionError: the words stand on no page as one header, or nothing is read below them.
        """
        access.check_may(by, Act.REVIEW)
        with self.store.reading() as session:
            document = visible.get_document(session, document_id, by, self.types)
            found = sources_of(session, document)
        doctype = self.types.find(document.type)
        if doctype is None or not doctype.has_field(field) or doctype.field(field).kind is not FieldKind.TABLE:
            raise NotFoundError(f"Document {document_id} has no table “{field}”. Reload the page.")
        spec = doctype.field(field)
        named = {column: tuple(_plain(text)) for column, text in words.items() if _plain(text)}
        strange = [column for column in named if column not in {each.name for each in spec.columns}]
        if strange:
            raise NotFoundError(f"{spec.title_in('en')} has no column “{strange[0]}”. Reload the page.")
        layout = Layout(self.sources.read(found).pages)
        reader = TableReader(layout, doctype, spec, LabelIndex(doctype), infer_locale(layout))
        if reader.amount not in named:
            title = next(each.title.get("en", each.name) for each in spec.columns if each.name == reader.amount)
            raise InvalidCorrectionError(f"Type what stands above the column of “{title}”: lines are found by it.")
        marked = find_header(layout, named)
        if marked is None:
            listed = ", ".join(f"“{' '.join(each)}”" for each in named.values())
            raise InvalidCorrectionError(f"{listed} do not stand beside one another on a page. Type them as printed.")
        header = learn_marked(layout, marked)
        table = reader.find((), header)
        if table is None or table.header.score != MARKED_SCORE:
            raise InvalidCorrectionError("No line was read below these words. Type the lines by hand.")
        reader.taught = Taught(Policy(), Record(0, 0), header, 1)
        return tuple(row for row in reader.read(()).value or () if not isinstance(row, str))


def find_header(layout: Layout, named: Mapping[str, Sequence[str]]) -> MarkedHeader | None:
    """Return where all of the named headers stand within a few lines of one page; None where they nowhere do."""
    for page, lines in layout.by_page.items():
        for count, start in itertools.product(range(1, WINDOW_LINES + 1), range(len(lines))):
            columns = _columns_in(lines[start : start + count], named)
            if columns is not None:
                return MarkedHeader(page, columns)
    return None


def _columns_in(window: Sequence[Line], named: Mapping[str, Sequence[str]]) -> tuple[MarkedColumn, ...] | None:
    taken: set[int] = set()
    columns: list[MarkedColumn] = []
    # long ones first: "Unit price" before "Price"
    for role, words in sorted(named.items(), key=lambda each: -len(each[1])):
        tokens = _find(window, words, taken)
        if tokens is None:
            return None
        taken |= {id(token) for token in tokens}
        columns.append(MarkedColumn(role, union(boxes_of(tokens))))
    return tuple(columns)


def _find(window: Sequence[Line], words: Sequence[str], taken: set[int]) -> list[Token] | None:
    for line in window:
        free = [token for token in line.tokens if id(token) not in taken]
        said = ["".join(_plain(token.text)) for token in free]
        for start in range(len(free) - len(words) + 1):
            if said[start : start + len(words)] == list(words):
                return free[start : start + len(words)]
    return None


def _plain(text: str) -> list[str]:
    return [word for part in text.split() if (word := fold(part.strip(_EDGES)))]
