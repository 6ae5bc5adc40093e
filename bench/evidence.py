"""How fast a stranger checks evidence, and whether anything done to it goes unnoticed.

    python -m bench.evidence [--events 100000] [--mutations 2000] [--json]

A chain of events is written straight into an SQLite database and exported; `verify.py` checks the export and a pack of
it in a process of its own, whose largest memory is measured. Then random changes, of the kinds of
tests/integration/test_evidence.py, are made to a small pack one at a time, each of which must be found. The time is set
against hashing the same bytes with SHA-256 in the same run: machines differ, the ratio less so.
"""

import argparse
import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditEvent, AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileSource, FileState
from pipeline.record import verify as verifier
from pipeline.services.exports.filter import ExportFilter, ExportFormat
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.migrate import upgrade
from pipeline.store.tables import DocumentRow, FileRow
from tests.builders import invoice_type
from tests.chains import START, event
from tests.desk import Office
from tests.integration.test_audit_verify import approve_one
from tests.integration.test_evidence import MUTATIONS, closed, key_of, opened, pack, page_image, problems

LIMIT_SECONDS = 10.0
"""For 100,000 events."""
CHUNK = 5_000
RUN = """import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""
"""What the kernel counts for the parent would hold what we held when we forked."""


def office_in(folder: Path) -> Office:
    """Return an empty office on SQLite."""
    url = f"sqlite:///{folder / 'proofdesk.db'}"
    upgrade(url, folder / "backups")
    return Office(Store(url), folder, (invoice_type(),))


def fill(office: Office, count: int) -> None:
    """Append that many events."""
    for first in range(1, count + 1, CHUNK):
        with office.store.writing() as session:
            events.append(session, *(told(number) for number in range(first, min(first + CHUNK, count + 1))))


def furnish(office: Office, lives: int) -> None:
    """Put the files and documents that these events tell of into the tables, and their bytes into the store."""
    vault = office.store.vault
    assert vault is not None
    at: dict[str, Any] = {"received_at": START, "due_at": START, "changed_at": START, "revision": 2}
    for first in range(0, lives, CHUNK):
        names = range(first, min(first + CHUNK, lives))
        hashes = {life: hashlib.sha256(str(life).encode()).hexdigest() for life in names}
        keys = {life: vault.take() for life in names}
        with office.store.writing() as session:
            session.add_all(
                FileRow(
                    id=life + 1,
                    state=FileState.STORED,
                    source=FileSource.DROP,
                    token=str(life),
                    name=f"{life}.pdf",
                    size=1,
                    sha256=hashes[life],
                    received_by="bench",
                    received_at=START,
                    key=keys[life],
                )
                for life in names
            )
            session.flush()
            session.add_all(
                DocumentRow(id=life + 1, file_id=life + 1, state=DocumentState.REVIEW, key=keys[life], **at)
                for life in names
            )
        for sha256 in hashes.values():
            place = office.folder / "blobs" / sha256[:2] / sha256
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(b"x")


def told(number: int) -> AuditEvent:
    """Return one event of a life of five: a file comes in, is stored, and its document is read and settled."""
    life, step = divmod(number - 1, 5)
    known: dict[str, Any] = {"file_id": life + 1, "document_id": life + 1 if step > 1 else None}
    queued, review = {"state": "queued"}, {"state": "review"}
    match step:
        case 0:
            return event(number, **known, tag=AuditTag.FILE_CLAIM, facts={"size": 100_000}, field=None)
        case 1:
            facts = {"size": 100_000, "sha256": hashlib.sha256(str(life).encode()).hexdigest()}
            return event(number, **known, tag=AuditTag.FILE_STORE, facts=facts, field=None)
        case 2:
            return event(number, **known, tag=AuditTag.DOCUMENT_QUEUE, facts=queued, field=None)
        case 3:
            return event(number, **known, tag=AuditTag.DOCUMENT_READ, facts={**review, "pages": 2}, field=None)
        case _:
            return event(number, **known)


def checked(folder: Path, name: str, *more: str) -> dict[str, Any]:
    """Check a file as a stranger does; return seconds, the process's largest memory in bytes, and its last words."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", RUN, str(Path(verifier.__file__)), name, *more],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "bytes": (folder / name).stat().st_size,
        "seconds": round(seconds, 2),
        "processor_seconds": round(after.ru_utime - before.ru_utime, 2),
        "memory_max_bytes": int(done.stderr.split()[-2]) * 1024,
        "said": done.stdout.splitlines()[-1],
    }


def hashed_seconds(path: Path) -> float:
    """Return how long it takes to read and hash the file, and nothing else."""
    began = time.perf_counter()
    with path.open("rb") as stream:
        hashlib.file_digest(stream, "sha256")
    return time.perf_counter() - began


def measure(folder: Path, count: int) -> dict[str, Any]:
    office = office_in(folder)
    furnish(office, count // 5)
    fill(office, count)
    auditor: Actor = office.hire("lindqvist", Role.AUDITOR)
    began = time.perf_counter()
    view = office.auditing.verify(by=auditor)
    inside = time.perf_counter() - began
    began = time.perf_counter()
    made = office.certifying.write(START.date(), by=auditor)
    certifying = time.perf_counter() - began
    (folder / "certificate.json").write_bytes(office.certifying.get_content(made.id, by=auditor))
    for name, pieces in (
        ("export.jsonl", office.auditing.export(ExportFormat.JSONL, by=auditor)),
        ("pack.zip", office.packing.write(ExportFilter(), by=auditor)),
    ):
        with (folder / name).open("wb") as out:
            out.writelines(pieces)
    return {
        "events": view.events,
        "in_the_database_seconds": round(inside, 2),
        "certificate_seconds": round(certifying, 2),
        "certified_files": made.standing["files"]["seen"],
        "certificate_is_complete": made.is_complete,
        "export": checked(folder, "export.jsonl"),
        "certificate": checked(folder, "export.jsonl", "--certificate", "certificate.json"),
        "pack": checked(folder, "pack.zip"),
        "hashing_alone_seconds": round(hashed_seconds(folder / "export.jsonl"), 3),
    }


def mutate(folder: Path, count: int) -> dict[str, Any]:
    """Make that many changes to a pack, one at a time; return how many of each kind were made, and went unnoticed."""
    office = office_in(folder)
    office.reader.picture = page_image()
    approve_one(office)
    office.clock.advance(seconds=timedelta(hours=1).total_seconds())
    approve_one(office)
    auditor = office.hire("lindqvist", Role.AUDITOR)
    untouched, known = opened(pack(office, auditor, originals=True)), key_of(office, auditor)
    made, unnoticed = Counter[str](), list[str]()
    for case, change in zip(range(count), _changes(), strict=False):
        files = dict(untouched)
        change(random.Random(f"{START} {case}"), files)
        if files == untouched:
            continue
        made[change.__name__] += 1
        if not problems(closed(files), known):
            unnoticed.append(f"{change.__name__} {case}")
    return {"made": dict(made), "unnoticed": unnoticed}


def _changes() -> Iterator[Any]:
    while True:
        yield from MUTATIONS


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000, help="a multiple of five")
    parser.add_argument("--mutations", type=int, default=2_000)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="pd-evidence-") as large, tempfile.TemporaryDirectory() as small:
        found = {**measure(Path(large), chosen.events), "mutations": mutate(Path(small), chosen.mutations)}
    if chosen.json:
        print(json.dumps(found))
    else:
        print(f"{found['events']} events checked in the database in {found['in_the_database_seconds']} s")
        print(
            f"a certificate over {found['certified_files']} files made in {found['certificate_seconds']} s "
            f"({found['certificate_seconds'] / found['in_the_database_seconds']:.1f} times that check)"
        )
        for name in ("export", "certificate", "pack"):
            one = found[name]
            what = "export, with the certificate" if name == "certificate" else name
            print(
                f"verify.py on the {what} ({one['bytes'] / 1e6:.0f} MB): {one['seconds']} s "
                f"({one['seconds'] / found['hashing_alone_seconds']:.0f} times hashing it alone), "
                f"{one['memory_max_bytes'] / 1e6:.0f} MB at most: {one['said']}"
            )
        made = found["mutations"]["made"]
        print(f"{sum(made.values())} changes made to a pack, {len(found['mutations']['unnoticed'])} went unnoticed")
        print(", ".join(f"{name} {count}" for name, count in sorted(made.items())))
    longest = max(found["export"]["seconds"], found["certificate"]["seconds"], found["certificate_seconds"])
    is_slow = longest > LIMIT_SECONDS * max(1, found["events"] / 100_000)
    return 1 if is_slow or found["mutations"]["unnoticed"] or not found["certificate_is_complete"] else 0


if __name__ == "__main__":
    sys.exit(main())
