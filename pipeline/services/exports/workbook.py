"""XLSX through openpyxl's write-only mode, which keeps its rows in temporary files."""

import importlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from pipeline.record.canonical import canonical_json
from pipeline.services.exports.cells import cell_text
from pipeline.services.exports.rows import APPROVAL_SHEET, EVENT_SHEET, FIELD_SHEET, Row

CHUNK = 64 * 1024
ROWS_MAX = 1_048_576
"""Rows of a sheet, its header included."""
TEXT_MAX = 32_767
"""Characters of a cell."""
DIGITS_MAX = 15
"""Significant digits that a spreadsheet keeps of a number."""
SHORTENED = " … (shortened: the whole text is in the JSONL export)"
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

SHEETS = {
    "approval": ("Approvals", APPROVAL_SHEET),
    "document": ("Approvals", APPROVAL_SHEET),
    "field": ("Fields", FIELD_SHEET),
    "event": ("Events", EVENT_SHEET),
}


def write_xlsx(statement: dict[str, Any], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield the export as a workbook of the sheets Statement, Approvals, Fields and Events.

    The file exists only as a whole, so the first bytes come when all rows are written.
    """
    # loaded here: commands and workers that export nothing need not wait for it
    openpyxl: Any = importlib.import_module("openpyxl")
    book: Any = openpyxl.Workbook(write_only=True)
    sheet: Any = book.create_sheet("Statement")
    for name, value in _flat("", statement):
        sheet.append([_cell(name), _cell(value)])
    pages = {title: _Pages(book, title, columns) for title, columns in dict(SHEETS.values()).items()}
    for row in rows:
        pages[SHEETS[row["kind"]][0]].append(row)
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk


class _Pages:
    """A sheet that goes on in another when it is full."""

    def __init__(self, book: Any, title: str, columns: tuple[str, ...]) -> None:
        self._book, self._title, self._columns = book, title, columns
        self._count = 0
        self._open()

    def append(self, row: Row) -> None:
        if self._rows == ROWS_MAX:
            self._open()
        self._sheet.append([_cell(row.get(name)) for name in self._columns])
        self._rows += 1

    def _open(self) -> None:
        self._count += 1
        title = self._title if self._count == 1 else f"{self._title} {self._count}"
        self._sheet: Any = self._book.create_sheet(title)
        self._sheet.freeze_panes = "A2"
        self._sheet.append(list(self._columns))
        self._rows = 1


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the statement's entries as name and value, nested names joined by dots."""
    if isinstance(value, dict):
        entries: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - a statement's keys are text
        for name, inner in entries.items():
            yield from _flat(f"{prefix}.{name}" if prefix else name, inner)
    elif isinstance(value, list):
        yield prefix, canonical_json(value)  # pyright: ignore[reportUnknownArgumentType]
    else:
        yield prefix, value


def _cell(value: Any) -> Any:
    """Return what openpyxl shall write: numbers as numbers where none of their digits get lost, all else as text."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int | Decimal) and len(str(value).lstrip("-").replace(".", "")) <= DIGITS_MAX:
        return value
    text = ILLEGAL.sub("\ufffd", cell_text(value))
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - len(SHORTENED)] + SHORTENED
