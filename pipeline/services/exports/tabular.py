import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.record.canonical import canonical_json
from pipeline.services.exports.cells import cell_text
from pipeline.services.exports.rows import ALL_COLUMNS, Row

CHUNK = 64 * 1024
BOM = b"\xef\xbb\xbf"
"""Tells Excel that the file is UTF-8."""


def write_csv(statement: dict[str, Any], rows: Iterable[Row], *, bom: bool = False) -> Iterator[bytes]:
    """Yield the export as one CSV file (RFC 4180, UTF-8): the statement's row first, then the others by kind."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)

    def take() -> bytes:
        data = buffer.getvalue().encode(errors="replace")
        buffer.seek(0)
        buffer.truncate()
        return data

    writer.writerow(ALL_COLUMNS)
    stated = {"kind": "statement", "statement": canonical_json(statement)}
    writer.writerow([cell_text(stated.get(name)) for name in ALL_COLUMNS])
    yield (BOM if bom else b"") + take()
    for row in rows:
        writer.writerow([cell_text(row.get(name)) for name in ALL_COLUMNS])
        if buffer.tell() > CHUNK:
            yield take()
    yield take()
