from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pipeline.record import canonical
from pipeline.record.chain import ChainReport
from pipeline.record.keys import SigningKey
from pipeline.record.verify import (
    CERTIFICATE_KIND,
    FORMAT,
    REDACTED,
    Ledger,
    certificate_digest,
    mapping,
    seal,
    unsigned,
)

TOTALS_PART = "control_totals"


def write_certificate(
    report: ChainReport,
    ledger: Ledger,
    day: date,
    at: datetime,
    *,
    by: str,
    is_over: bool,
    differences: Sequence[str],
    totals: Mapping[str, Any],
    key: SigningKey,
    statements: Sequence[dict[str, Any]],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a day's signed certificate without its sums of amounts, and these sums with their salt.

    The signature is over the salted commitment to the sums, so that it holds with them and without: what leaves the
    machine can never be erased, and the sum of a day on which one document was signed is a value of that document.

    Args:
        report: of the whole chain, up to which the ledger was told.
        ledger: asked for the day.
        day: in UTC.
        at: when.
        by: who asked.
        is_over: whether the day is over, so that nothing of it can still come.
        differences: all that is not as the record has it, a sentence each.
        totals: sums of amounts, with a `salt`.
        key: what signs it.
        statements: those of all keys so far, oldest first, which come along.
    """
    said: dict[str, Any] = canonical.plain(
        {
            "kind": CERTIFICATE_KIND,
            "format": FORMAT,
            "day": day,
            "zone": "UTC",
            "is_over": is_over,
            "at": at,
            "by": by,
            "head": {"seq": report.seq, "hash": report.hash, "merkle_root": report.merkle_root},
            "balance": ledger.day(day.isoformat()),
            "standing": ledger.standing(),
            "differences": list(differences),
            "complete": not differences,
            TOTALS_PART: totals,
        }
    )
    known = mapping(said[TOTALS_PART])
    sealed = mapping(seal(said))
    left_out = {**said, TOTALS_PART: {REDACTED: sealed[TOTALS_PART]}}
    return left_out | {"signatures": {key.public: key.sign(sealed)}, "keys": list(statements)}, known


def with_totals(certificate: Mapping[str, Any], totals: Mapping[str, Any] | None) -> bytes:
    """Return the certificate as a file, one line of canonical JSON: with its sums, where they are given."""
    return (canonical.canonical_json(with_sums(certificate, totals)) + "\n").encode()


def with_sums(certificate: Mapping[str, Any], totals: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the certificate says, its sums in it where they are given."""
    return {**certificate, TOTALS_PART: totals} if totals is not None else dict(certificate)


def digest_of(certificate: Mapping[str, Any]) -> str:
    """Return the hash by which the record names the certificate, with its sums or without."""
    return certificate_digest(unsigned(dict(certificate)))
