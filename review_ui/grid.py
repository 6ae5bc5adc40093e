"""The lines of a table as its card sets them: cells, and which of them a person should look at first."""

from dataclasses import dataclass
from typing import Any

from pipeline.services.views import FieldView

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
