"""Turning what a person typed, clicked or picked into a canonical value of the field, and finding its place."""

from pipeline.domain.extraction import DocumentLocale, FieldExtraction, Provenance
from pipeline.domain.fields import FieldKind, FieldSpec
from pipeline.domain.value import Row, Value
from pipeline.errors import InvalidCorrectionError
from pipeline.normalise import read_value
from pipeline.services.text import printable


def canonical(
    value: Value, spec: FieldSpec, read: FieldExtraction | None, locale: DocumentLocale, current: Value | None = None
) -> Value:
    """Return the canonical value that `value` (typed, or picked from the machine's candidates) stands for.

    Raises:
        InvalidCorrectionError: it can't be read as the field's kind, or in more than one way.
    """
    if value in _offered(read):
        return value
    title = spec.title_in("en")
    if spec.kind is FieldKind.TABLE:
        rows = _rows(value, spec, locale, _cells(read.value if read else None) | _cells(current))
        if not rows:
            raise InvalidCorrectionError("There is no line left. Mark the field as absent if the page has none.")
        return rows
    if spec.kind is FieldKind.LIST:
        entries = (value,) if isinstance(value, str) else value
        typed = (" ".join(printable(entry).split()) for entry in entries if isinstance(entry, str))
        listed = tuple(entry for entry in typed if entry)
        if not listed:
            raise InvalidCorrectionError(f"Type at least one entry for {title}, or mark it as absent.")
        return listed
    if not isinstance(value, str):
        raise InvalidCorrectionError(f"{title} holds one value. Type it as one line.")
    return _one(value, spec, title, locale)


def place_of(value: Value, read: FieldExtraction | None) -> Provenance | None:
    """Return where the machine read this very value, as its answer or as a runner-up."""
    if read is None:
        return None
    # a table's place is the whole of it, whichever of its cells was corrected
    if value == read.value or value in read.readings or read.rows:
        return read.provenance
    return next((each.provenance for each in read.candidates if each.value == value), None)


def _one(text: str, spec: FieldSpec | FieldKind, title: str, locale: DocumentLocale) -> str:
    text = printable(text)
    readings = [reading.value for reading in read_value(text, spec, locale) if isinstance(reading.value, str)]
    if not readings:
        kind = spec if isinstance(spec, FieldKind) else spec.kind
        raise InvalidCorrectionError(f"“{text}” can't be read as {_EXAMPLE[kind]} for {title}. Type it again.")
    if len(readings) > 1:
        raise InvalidCorrectionError(
            f"“{text}” for {title} can mean {' or '.join(readings[:3])}. Type the one you mean in that form."
        )
    return readings[0]


def _cells(value: Value | None) -> set[tuple[str, str]]:
    """Return the canonical cells that stand in a table already: a cell left as it was is not read again."""
    if value is None or isinstance(value, str):
        return set()
    return {(name, text) for row in value if not isinstance(row, str) for name, text in row.items() if text}


def _rows(value: Value, spec: FieldSpec, locale: DocumentLocale, known: set[tuple[str, str]]) -> tuple[Row, ...]:
    columns = {column.name: column for column in spec.columns}
    rows: list[Row] = []
    for number, given in enumerate(() if isinstance(value, str) else value, start=1):
        if isinstance(given, str):
            raise InvalidCorrectionError(f"Line {number} is not a line of {spec.title_in('en')}. Give its columns.")
        row: Row = {}
        for name, text in given.items():
            if name not in columns:
                raise InvalidCorrectionError(f"{spec.title_in('en')} has no column “{name}”. Leave it out.")
            if text is None or not text.strip():
                row[name] = None
                continue
            if (name, text) in known:
                row[name] = text
                continue
            column = columns[name]
            where = f"line {number}, {column.title.get('en', name).lower()}"
            row[name] = _one(text, column.kind, where, locale)
        if any(row.values()):
            rows.append(row)
    return tuple(rows)


def _offered(read: FieldExtraction | None) -> list[Value]:
    if read is None:
        return []
    offered: list[Value] = [candidate.value for candidate in read.candidates] + list(read.readings)
    return offered if read.value is None else [read.value, *offered]


_EXAMPLE: dict[FieldKind, str] = {
    FieldKind.IDENTIFIER: "an identifier",
    FieldKind.DATE: "a date (2024-03-12)",
    FieldKind.MONEY: "an amount (1234.50)",
    FieldKind.CURRENCY: "a currency (EUR)",
    FieldKind.NAME: "a name",
    FieldKind.ADDRESS: "an address",
    FieldKind.TEXT: "text",
    FieldKind.PERCENTAGE: "a percentage (19)",
    FieldKind.QUANTITY: "a quantity (2.5)",
    FieldKind.DURATION: "a duration (2 years)",
    FieldKind.LIST: "a list",
    FieldKind.TABLE: "a table",
}
