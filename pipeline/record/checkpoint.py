from datetime import datetime

from pipeline.record import canonical
from pipeline.record.chain import ChainReport
from pipeline.record.verify import FORMAT


def write_checkpoint(report: ChainReport, at: datetime) -> bytes:
    """Return a checkpoint over a chain that holds: one line of canonical JSON, to be kept outside the machine."""
    found = {
        "kind": "proofdesk-checkpoint",
        "format": FORMAT,
        "seq": report.seq,
        "events": report.events,
        "hash": report.hash,
        "merkle_root": report.merkle_root,
        "at": at,
    }
    return (canonical.canonical_json(found) + "\n").encode()
