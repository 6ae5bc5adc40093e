from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipeline.record import canonical
from pipeline.record.chain import ChainReport
from pipeline.record.keys import SigningKey
from pipeline.record.verify import FORMAT


def write_checkpoint(report: ChainReport, at: datetime, key: SigningKey, statements: Sequence[dict[str, Any]]) -> bytes:
    """Return a signed checkpoint over a chain that holds: one line of canonical JSON, to be kept outside the machine.

    Args:
        report: of a check of the whole chain.
        at: when.
        key: what signs it.
        statements: those of all keys so far, oldest first, which come along.
    """
    said: dict[str, Any] = canonical.plain(
        {
            "kind": "proofdesk-checkpoint",
            "format": FORMAT,
            "seq": report.seq,
            "events": report.events,
            "hash": report.hash,
            "merkle_root": report.merkle_root,
            "at": at,
        }
    )
    said |= {"signatures": {key.public: key.sign(said)}, "keys": list(statements)}
    return (canonical.canonical_json(said) + "\n").encode()
