"""What a copy leaves out, with its commitment in its place, so that signatures and seals still hold."""

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.errors import InvalidCorrectionError
from pipeline.record.verify import REDACTED, SIGNED, mapping, seal
from pipeline.services.exports.rows import Row

_OF_THE_DOCUMENT = ("number", "party", "amount", "currency", "file_name")
"""Columns that repeat values of fields beside the record, and the file's name."""
_OF_A_FIELD = (*SIGNED, "machine_text", "runners_up", "evidence", "reasons", "settled_at", "handling_ms")
_TELLING = 4
"""Letters and digits that a value has at least before it is looked for in others: fewer stand in any text."""


def redact(rows: Iterable[Row], names: Iterable[str]) -> Iterator[Row]:
    """Yield the rows without these fields' values, whatever shows them.

    A field whose reasons, comment or runners-up repeat a redacted value is left out with it. Events keep the values of
    fields that are shown; all others lose theirs.

    Args:
        rows: of an export as verify.py reads it, each document above its fields.
        names: of the fields.

    Raises:
        InvalidCorrectionError: a record was signed as one piece, before parts of it could be left out.
    """
    wanted = frozenset(names)
    hidden: dict[Any, frozenset[str]] = {}
    for row in rows:
        kind, document = row.get("kind"), row.get("document")
        if kind in ("approval", "document"):
            hidden[document] = hidden.get(document, frozenset()) | _spread(mapping(row.get("record")), wanted)
            yield _document(row, hidden[document])
        elif kind == "field":
            yield _field(row) if row.get("field") in hidden.get(document, wanted) else row
        elif kind == "event":
            yield row if _is_shown(row, hidden.get(document, wanted)) else {**row, "values": {}}
        else:
            yield row


def _document(row: Row, names: frozenset[str]) -> Row:
    shown = {**row, **dict.fromkeys(_OF_THE_DOCUMENT)}
    record = mapping(row.get("record"))
    if not record:
        return shown
    if record.get("format") == 1:
        raise InvalidCorrectionError(
            f"Document {row.get('document')} was signed before parts of a record could be left out. "
            "Leave this document out, or take the evidence whole."
        )
    shown["record"] = {
        **record,
        "fields": {
            name: {REDACTED: seal(entry)} if name in names else entry
            for name, entry in mapping(record.get("fields")).items()
        },
        # a finding's sentence quotes the values that do not agree
        "findings": [{REDACTED: seal(finding)} for finding in _listed(record, "findings")],
        "files": [{**file, "dropped_as": {REDACTED: seal(file["dropped_as"])}} for file in _listed(record, "files")],
    }
    return shown


def _listed(record: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return list(record.get(name) or [])


def _field(row: Row) -> Row:
    return {**row, **dict.fromkeys(_OF_A_FIELD)}


def _is_shown(row: Row, names: frozenset[str]) -> bool:
    return row.get("field") is not None and row.get("field") not in names


def _spread(record: dict[str, Any], names: frozenset[str]) -> frozenset[str]:
    """Return the fields to leave out: those named, and those whose own entry repeats one of their values."""
    fields = mapping(record.get("fields"))
    secret = {
        bare
        for name in names
        for key in ("value", "machine_value")
        for text in _texts(mapping(fields.get(name)).get(key))
        if len(bare := _bare(text)) >= _TELLING
    }
    telling = {
        name
        for name, entry in fields.items()
        if any(one in _bare(" ".join(_texts(entry))) for one in secret)  # in whatever form: 1,428.00 or 1428.00
    }
    return names | telling


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for entry in mapping(value).values():
            yield from _texts(entry)
    elif isinstance(value, list):
        for entry in value:  # pyright: ignore[reportUnknownVariableType] - JSON
            yield from _texts(entry)


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
