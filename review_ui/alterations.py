"""What a person changed in a table, cell by cell: a count of lines before and after tells an approver nothing."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from flask_babel import gettext as _

from pipeline.domain.fields import Column, FieldSpec
from pipeline.domain.value import Row
from review_ui.formatting import format_value
from review_ui.words import title_in_language


class Alteration(NamedTuple):
    """One cell, or one whole line: where it is, and what stood and stands there; empty where nothing does."""

    where: str
    before: str
    after: str


def alterations_of(spec: FieldSpec, before: Any, after: Any) -> tuple[Alteration, ...]:
    """Return what differs between two states of a table: cells of lines that stayed, lines that came and went.

    A line is counted where it stands now; one that went, where it stood.
    """
    old, new = _rows(before), _rows(after)
    found: list[Alteration] = []
    for tag, i0, i1, j0, j1 in SequenceMatcher(None, *map(_keys, (old, new)), autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        stayed = min(i1 - i0, j1 - j0)
        for i, j in zip(range(i0, i0 + stayed), range(j0, j0 + stayed), strict=True):
            found += _cells(spec.columns, j + 1, old[i], new[j])
        found += (
            Alteration(_("Line %(number)s taken away", number=i + 1), _line(spec.columns, old[i]), "")
            for i in range(i0 + stayed, i1)
        )
        found += (
            Alteration(_("Line %(number)s added", number=j + 1), "", _line(spec.columns, new[j]))
            for j in range(j0 + stayed, j1)
        )
    return tuple(found)


def _rows(value: Any) -> list[Row]:
    return [row for row in value or () if isinstance(row, dict)] if not isinstance(value, str) else []


def _keys(rows: Sequence[Row]) -> list[tuple[tuple[str, str], ...]]:
    return [tuple(sorted((name, text) for name, text in row.items() if text)) for row in rows]


def _cells(
    columns: Sequence[Column], number: int, old: Mapping[str, str | None], new: Mapping[str, str | None]
) -> Iterator[Alteration]:
    for column in columns:
        before, after = old.get(column.name) or "", new.get(column.name) or ""
        if before != after:
            where = _("%(column)s, line %(number)s", column=title_in_language(column.title), number=number)
            yield Alteration(where, format_value(before or None, column.kind), format_value(after or None, column.kind))


def _line(columns: Sequence[Column], row: Mapping[str, str | None]) -> str:
    texts = (format_value(row.get(column.name), column.kind) for column in columns if row.get(column.name))
    return " · ".join(texts)
