"""What an export holds, whichever format it was written in."""

import csv
import io
import json
from typing import Any

from openpyxl import load_workbook

Values = dict[tuple[int, str], Any]
"""Value by document and field."""


def signed_values(form: str, content: bytes) -> Values:
    """Return every field of every approval in an export."""
    rows = {"csv": _csv, "jsonl": _lines, "xlsx": _sheet}[form](content)
    found = [row for row in rows if row.get("kind") == "field" and row.get("approval") not in (None, "")]
    values: Values = {(int(row["document"]), str(row["field"])): row.get("value") for row in found}
    assert len(values) == len(found), "a field is there twice"
    return values


def as_text(value: object) -> str:
    """Return a scalar as CSV tells it: spreadsheets make numbers of amounts, and nothing of what is empty."""
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, int | float) else str(value)


def _csv(content: bytes) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def _sheet(content: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for sheet in load_workbook(io.BytesIO(content), read_only=True).worksheets:
        rows = sheet.iter_rows(values_only=True)
        head = [str(cell) for cell in next(rows, ())]
        if "field" in head and "approval" in head:
            found += [{"kind": "field"} | dict(zip(head, row, strict=False)) for row in rows]
    return found
