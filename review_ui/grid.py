"""The lines of a table as its card sets them: cells, and which of them a person should look at first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.fields import FieldKind
from pipeline.domain.review import Draft
from pipeline.domain.value import Row
from pipeline.normalise import read_value
from pipeline.services.views import FieldView
from review_ui.formatting import NUMERIC, format_number
from review_ui.languages import reader_locale

CELL = "cell-"
"""How the names of a grid's cells begin, in its form and in a draft of it."""
CELL_MIN, CELL_MAX = 5, 16
"""Characters of room that a column of numbers gets, at least and at most."""
_CANONICAL = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Line:
    """One row: its cells by column, and the columns that need a look."""

    number: int
    cells: dict[str, str]
    """Canonical texts; empty where what somebody typed is not read yet, or can't be."""
    texts: dict[str, str]
    """What stands in the cells' boxes: the reader's form, or what they typed."""
    doubtful: frozenset[str] = frozenset()
    """Columns whose cell the machine was less sure of than is asked for."""
    is_refuted: bool = False
    """A check does not hold on this row."""

    @property
    def is_marked(self) -> bool:
        return self.is_refuted or bool(self.doubtful)


def lines_of(
    view: FieldView, value: Any, locale: DocumentLocale, typed: Sequence[Row] | None = None
) -> tuple[Line, ...]:
    """Return the lines of a table, marked where a check or the machine doubts them.

    Doubts in every line single none out, and once a person changed the lines the machine's doubts are about others.

    Args:
        view: the table.
        value: its rows as they are to be shown.
        locale: how the document writes numbers: what is typed into a cell is read by it.
        typed: rows of a draft, which are shown in the place of `value` as somebody typed them.
    """
    kinds = {column.name: column.kind for column in view.spec.columns}
    if typed is None:
        texts = [
            {name: written(text or "", kinds.get(name), locale) for name, text in row.items()} for row in value or ()
        ]
    else:
        texts = [{name: text or "" for name, text in row.items()} for row in typed]
        value = tuple({name: _read(text, kinds.get(name), locale) for name, text in row.items()} for row in texts)
    refuted = {number for finding in view.findings for number in finding.rows}
    doubts = _doubts(view, value)
    return tuple(
        Line(
            number=number,
            cells={name: text or "" for name, text in row.items()},
            texts=shown,
            doubtful=doubts.get(number, frozenset()),
            is_refuted=number in refuted,
        )
        for number, (row, shown) in enumerate(zip(value or (), texts, strict=True), start=1)
    )


def written(canonical: str, kind: FieldKind | None, locale: DocumentLocale) -> str:
    """Return a cell as its reader writes numbers, in a form that is read back as just this value.

    A text in a cell is read by the document's signs, as what is typed into any field: where the reader's "1.144" would
    be taken for something else, thousands stay together, a zero follows, or it stands with the document's sign; the
    canonical form is the last resort.
    """
    return _written(canonical, kind, locale.decimal, reader_locale()) if kind in NUMERIC else canonical


@lru_cache(maxsize=16_384)
def _written(canonical: str, kind: FieldKind, decimal: Literal[".", ","] | None, reader: Locale) -> str:
    locale = DocumentLocale(decimal=decimal)
    grouped = format_number(canonical, decimals=2 if kind is FieldKind.MONEY else 0)
    together = grouped.replace(get_group_symbol(reader), "")
    ways = [grouped, together, *([f"{together}0"] if get_decimal_symbol(reader) in together else [])]
    ways += [canonical.replace(".", decimal)] if decimal else []
    return next((way for way in ways if _means(way, canonical, kind, locale)), canonical)


def _means(text: str, canonical: str, kind: FieldKind, locale: DocumentLocale) -> bool:
    """Whether the text is read as this value alone; one that looks canonical itself would be taken for what it says."""
    return (text == canonical or not _CANONICAL.fullmatch(text)) and _read(text, kind, locale) == canonical


def _read(text: str, kind: FieldKind | None, locale: DocumentLocale) -> str | None:
    """Return the canonical form of a cell as somebody typed it; None where it is empty, or can't be read in one way."""
    if kind not in NUMERIC:
        return text or None
    readings = read_value(text, kind, locale)
    value = readings[0].value if len(readings) == 1 else None
    return value if isinstance(value, str) else None


def drafted_rows(draft: Draft | None, columns: Sequence[str]) -> tuple[Row, ...] | None:
    """Return the lines that a draft holds, blank ones left out; None where it holds none of this table's columns."""
    cells = [draft.entries.get(f"{CELL}{name}", ()) for name in columns] if draft is not None else []
    if not any(cells) or len({len(each) for each in cells}) > 1:
        return None
    rows = (dict(zip(columns, texts, strict=True)) for texts in zip(*cells, strict=True))
    return tuple(row for row in rows if any(row.values()))


def room_of(lines: tuple[Line, ...], column: str) -> int:
    """Return how many characters the cells of a column need, within bounds."""
    longest = max((len(line.texts.get(column, "")) for line in lines), default=0)
    return min(CELL_MAX, max(CELL_MIN, longest))


def _doubts(view: FieldView, value: Any) -> dict[int, frozenset[str]]:
    extraction, record = view.extraction, view.record
    if extraction is None or value != record.machine_value or len(extraction.rows) != len(value or ()):
        return {}
    found = {
        number: frozenset(name for name, cell in row.cells.items() if cell.confidence < record.threshold)
        for number, row in enumerate(extraction.rows, start=1)
    }
    doubts = {number: names for number, names in found.items() if names}
    return {} if len(doubts) == len(extraction.rows) else doubts
