from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pipeline.record import canonical
from pipeline.record.keys import SigningKey
from pipeline.record.verify import FORMAT, PACK_KIND


def write_manifest(
    files: Mapping[str, str],
    at: datetime,
    said: Mapping[str, Any],
    key: SigningKey,
    statements: Sequence[dict[str, Any]],
) -> bytes:
    """Return the signed list of what an evidence pack holds, one line of canonical JSON.

    Args:
        files: SHA-256 of each file in it, by its name there.
        at: when.
        said: who made it and what was asked for.
        key: what signs it.
        statements: those of all keys so far, oldest first, which come along.
    """
    manifest: dict[str, Any] = canonical.plain({"kind": PACK_KIND, "format": FORMAT, "at": at, "files": files, **said})
    manifest |= {"signatures": {key.public: key.sign(manifest)}, "keys": list(statements)}
    return (canonical.canonical_json(manifest) + "\n").encode()
