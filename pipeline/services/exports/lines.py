import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.record.canonical import canonical_json
from pipeline.services.exports.rows import Row

CHUNK = 64 * 1024


def write_jsonl(statement: dict[str, Any], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield the export as JSON lines, as verify.py reads them: statement, rows by kind, and a closing line."""
    digest, count, held = hashlib.sha256(), 1, bytearray(_line(statement))
    for row in rows:
        held += _line(row)
        count += 1
        if len(held) > CHUNK:
            digest.update(held)
            yield bytes(held)
            held.clear()
    digest.update(held)
    yield bytes(held) + _line({"kind": "end", "lines": count, "sha256": digest.hexdigest()})


def _line(row: Row) -> bytes:
    return canonical_json(row).encode() + b"\n"
