"""Documents whose values a company already has: a truth file, line by line, as examples to learn from."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.domain.fields import DocumentType, FieldKind, FieldSpec
from pipeline.domain.pages import Page
from pipeline.domain.value import Row, Value
from pipeline.errors import ConfigurationError
from pipeline.extraction.learned.example import Example
from pipeline.normalise.kinds import read_value
from pipeline.normalise.words import single_blanks

FILE_COLUMNS = ("file", "file_name", "filename", "path")
TYPE_COLUMNS = ("document_type", "type")


@dataclass(frozen=True, slots=True)
class Known:
    """A document with its known values, as the truth file has them."""

    path: Path
    name: str
    """As the truth file says it."""
    type: str
    values: Mapping[str, Any]
    rows: tuple[Mapping[str, str | None], ...] | None = None
    group: str | None = None
    """Issuer or template, where the file says so: kept in one fold."""
    doubtful: frozenset[str] = field(default_factory=frozenset[str])
    """Fields whose value the file itself doubts."""

    def example(self, pages: tuple[Page, ...], doctype: DocumentType) -> Example:
        """Return what the document teaches, its values in canonical form; what can't be read teaches nothing."""
        values: dict[str, Value | None] = {}
        for spec in doctype.fields:
            if spec.kind is FieldKind.TABLE:
                if self.rows:
                    values[spec.name] = tuple(_row(spec, row) for row in self.rows)
            elif spec.name in self.values and spec.name not in self.doubtful:
                given = self.values[spec.name]
                value = _value(spec, given)
                if value is not None or given in (None, "", []):
                    values[spec.name] = value
        return Example(self.name, pages, self.type, values, group=self.group)

    def unknown_fields(self, doctype: DocumentType) -> tuple[str, ...]:
        """Return the names under which values are given although the type has no such field: a typing error, mostly."""
        return tuple(name for name in self.values if not doctype.has_field(name))

    def unread_values(self, doctype: DocumentType) -> tuple[tuple[str, str], ...]:
        """Return field and value where what is given is no value of the field, or can be read in several ways."""
        return tuple(
            (spec.name, str(given))
            for spec in doctype.fields
            if spec.kind is not FieldKind.TABLE and spec.name not in self.doubtful
            if (given := self.values.get(spec.name)) not in (None, "", []) and _value(spec, given) is None
        )


def load_known(truth: Path, folder: Path | None = None) -> tuple[Known, ...]:
    """Return the documents of a truth file: `.jsonl` as the scorer reads it, or `.csv` with a column for each field.

    Args:
        truth: the file.
        folder: what file names are relative to; None takes the truth file's own folder.

    Raises:
        ConfigurationError: the file is not there or is none; the sentence says which line is at fault.
    """
    base = folder or truth.parent
    try:
        text = truth.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The truth file {truth} can't be read. Check its name and that it is UTF-8."
        ) from error
    entries = list(_from_csv(text, truth, base) if truth.suffix.lower() == ".csv" else _from_jsonl(text, truth, base))
    if not entries:
        raise ConfigurationError(f"The truth file {truth} names no document. Give each a line.")
    return tuple(entries)


def _from_jsonl(text: str, truth: Path, base: Path) -> Iterator[Known]:
    # not splitlines: it also divides at separators that JSON allows within a text
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry: dict[str, Any] = json.loads(line)
            fields: dict[str, Any] = dict(entry["fields"])
            rows = entry.get("line_items")
            yield Known(
                base / str(entry["file"]),
                str(entry["file"]),
                str(entry["document_type"]),
                fields,
                tuple({str(k): None if v is None else str(v) for k, v in row.items()} for row in rows)
                if rows
                else None,
                str(entry["template"]) if entry.get("template") else None,
                frozenset(map(str, entry.get("suspect_fields") or ())),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f'Line {number} of {truth} is no document: it needs "file", "document_type" and "fields".'
            ) from error


def _from_csv(text: str, truth: Path, base: Path) -> Iterator[Known]:
    dialect = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    # as a file, so that a cell may hold several lines: an address
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=dialect)
    names = [name.strip() for name in reader.fieldnames or ()]
    file = next((name for name in names if name.lower() in FILE_COLUMNS), None)
    kind = next((name for name in names if name.lower() in TYPE_COLUMNS), None)
    if file is None or kind is None:
        raise ConfigurationError(f'{truth} needs the columns "file" and "document_type", then one for each field.')
    for row in reader:
        cells = {str(key).strip(): (cell or "").strip() for key, cell in row.items() if isinstance(cell, str | None)}
        if not cells.get(file):
            continue
        # an empty cell says that nobody noted a value, not that there is none
        values = {name: cell for name, cell in cells.items() if name not in {file, kind} and cell}
        yield Known(base / cells[file], cells[file], cells[kind], values)


def _value(spec: FieldSpec, given: Any) -> Value | None:
    """Return a known value in canonical form; None where there is none, or it can't be read."""
    if isinstance(given, list):
        entries: list[Any] = list(given)  # pyright: ignore[reportUnknownArgumentType] - JSON
        if spec.kind is FieldKind.LIST:
            return tuple(single_blanks(str(entry)) for entry in entries if str(entry).strip()) or None
        given = entries[0] if entries else None
    if given is None or not str(given).strip():
        return None
    text = str(given)
    readings = read_value(text, spec)
    if not readings and spec.kind is FieldKind.IDENTIFIER:
        return single_blanks(text)
    if spec.kind is FieldKind.LIST and readings and isinstance(readings[0].value, str):
        return (readings[0].value,)
    return readings[0].value if len(readings) == 1 else None


def _row(spec: FieldSpec, row: Mapping[str, str | None]) -> Row:
    kinds = {column.name: column.kind for column in spec.columns}
    found: Row = {}
    for name, given in row.items():
        if name in kinds and given is not None:
            readings = read_value(str(given), kinds[name])
            value = readings[0].value if readings else None
            found[name] = value if isinstance(value, str) else single_blanks(str(given))
    return found
