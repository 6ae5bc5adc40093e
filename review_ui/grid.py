"""The lines of a table as its card sets them: cells, and which of them a person should look at first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.domain.review import Draft
from pipeline.domain.value import Row
from pipeline.services.views import FieldView

CELL = "cell-"
"""How the names of a grid's cells begin, in its form and in a draft of it."""
CELL_MIN, CELL_MAX = 5, 16
"""Characters of room that a column of numbers gets, at least and at most."""


@dataclass(frozen=True)
class Line:
    """One row: its cells as canonical text by column, and the columns that need a look."""

    number: int
    cells: dict[str, str]
    doubtful: frozenset[str] = frozenset()
    """Columns whose cell the machine was less sure of than is asked for."""
    is_refuted: bool = False
    """A check does not hold on this row."""

    @property
    def is_marked(self) -> bool:
        return self.is_refuted or bool(self.doubtful)


def lines_of(view: FieldView, value: Any) -> tuple[Line, ...]:
    """Return the lines of a table, marked where a check or the machine doubts them.

    Doubts in every line single none out, and once a person changed the lines the machine's doubts are about others.
    """
    refuted = {number for finding in view.findings for number in finding.rows}
    doubts = _doubts(view, value)
    return tuple(
        Line(
            number=number,
            cells={name: text or "" for name, text in row.items()},
            doubtful=doubts.get(number, frozenset()),
            is_refuted=number in refuted,
        )
        for number, row in enumerate(value or (), start=1)
    )


def drafted_rows(draft: Draft | None, columns: Sequence[str]) -> tuple[Row, ...] | None:
    """Return the lines that a draft holds, blank ones left out; None where it holds none of this table's columns."""
    cells = [draft.entries.get(f"{CELL}{name}", ()) for name in columns] if draft is not None else []
    if not any(cells) or len({len(each) for each in cells}) > 1:
        return None
    rows = (dict(zip(columns, texts, strict=True)) for texts in zip(*cells, strict=True))
    return tuple(row for row in rows if any(row.values()))


def room_of(lines: tuple[Line, ...], column: str) -> int:
    """Return how many characters the cells of a column need, within bounds."""
    longest = max((len(line.cells.get(column, "")) for line in lines), default=0)
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
