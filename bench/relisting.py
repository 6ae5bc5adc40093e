"""Writing lists anew under another key: how many documents a second, and how long others wait to write meanwhile.

    python -m bench.relisting [--count 10000] [--json]

An erasure asks for it (docs/decisions/0012-lists-go-by-codes.md). Somebody else writes twenty times a second all along,
as people who settle fields do; how long they wait is compared with how long they wait when nobody else writes.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select, update

from bench.queue import NoBell, fill
from pipeline import assembly
from pipeline.domain.actors import Actor
from pipeline.domain.review import FieldState
from pipeline.settings import Settings
from pipeline.store.columns import Owned
from pipeline.store.tables import DocumentRow, FieldRow, ListCodingRow, TrainingRow

FIELDS = ("seller_name", "invoice_number", "gross_total", "net_total", "tax_total", "invoice_date")
CHUNK = 1_000
EVERY_SECONDS = 0.05
ALONE_SECONDS = 3.0


@dataclass(frozen=True)
class Result:
    """What a run took."""

    documents: int
    seconds: float
    waits_alone_ms: tuple[float, float]
    """Median and 95th percentile."""
    waits_ms: tuple[float, float]
    longest_wait_ms: float

    @property
    def rate(self) -> float:
        return self.documents / self.seconds


def measure(count: int, folder: Path, alone_seconds: float = ALONE_SECONDS) -> Result:
    """Return what it takes with `count` documents of six fields each, on SQLite."""
    settings = Settings(data=folder)
    assembly.upgrade(settings)
    services = assembly.build(settings, NoBell())
    try:
        fill(services, count)
        add_fields(services, count)
        alone = list(waits(services, threading.Event(), alone_seconds))
        with services.store.writing() as session:
            session.execute(update(ListCodingRow).values(wanted_at=datetime.now(UTC)))
        done, meanwhile = threading.Event(), list[float]()
        other = threading.Thread(target=lambda: meanwhile.extend(waits(services, done, None)))
        other.start()
        begun, written = time.perf_counter(), 0
        machine = Actor.machine("bench")
        while services.relisting.is_due(by=machine):
            written += services.relisting.renew(by=machine)
        seconds = time.perf_counter() - begun
        done.set()
        other.join()
        assert written == count, f"{written} of {count} were written anew"
        return Result(written, round(seconds, 2), both(alone), both(meanwhile), round(max(meanwhile), 1))
    finally:
        services.close()


def add_fields(services: assembly.Services, count: int) -> None:
    for first in range(1, count + 1, CHUNK):
        with services.store.writing() as session:
            some = DocumentRow.id.between(first, first + CHUNK - 1)
            keys = {row.id: row.key for row in session.execute(select(DocumentRow.id, DocumentRow.key).where(some))}
            rows = [
                {
                    "document_id": number,
                    "name": name,
                    "position": position,
                    "state": FieldState.ACCEPTED,
                    "value": Owned(f"{name.title()} {number * 7 + position}", key),
                    "confidence": 0.9,
                    "threshold": 0.8,
                    "reasons": (),
                }
                for number, key in keys.items()
                for position, name in enumerate(FIELDS)
            ]
            session.execute(insert(FieldRow), rows)


def waits(services: assembly.Services, done: threading.Event, seconds: float | None) -> Iterator[float]:
    """Yield how many milliseconds each small write took, from asking to saved."""
    until = None if seconds is None else time.monotonic() + seconds
    while not done.is_set() and (until is None or time.monotonic() < until):
        begun = time.perf_counter()
        with services.store.writing() as session:
            session.execute(update(TrainingRow).values(failures=0))
        yield (time.perf_counter() - begun) * 1000
        done.wait(EVERY_SECONDS)


def both(waited: list[float]) -> tuple[float, float]:
    ordered = sorted(waited)
    return round(statistics.median(ordered), 1), round(ordered[int(0.95 * (len(ordered) - 1))], 1)


def table(result: Result) -> Iterator[str]:
    yield f"{result.documents} documents in {result.seconds} s: {result.rate:.0f} a second"
    yield f"{'milliseconds that others wait to write':44}{'p50':>9}{'p95':>9}{'longest':>9}"
    yield f"{'when nobody else writes':44}{result.waits_alone_ms[0]:>9}{result.waits_alone_ms[1]:>9}"
    yield f"{'meanwhile':44}{result.waits_ms[0]:>9}{result.waits_ms[1]:>9}{result.longest_wait_ms:>9}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(args.count, Path(folder))
    print(json.dumps(asdict(result)) if args.json else "\n".join(table(result)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
