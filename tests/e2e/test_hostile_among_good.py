"""Broken and hostile files among good ones: all come to an end, the good ones are read, nobody dies for good."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from fixtures.make import DamagedFile, damaged, make_invoice
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileState
from pipeline.services.views import FileView
from tests.e2e.installation import READER, Installation, installed

GOOD = tuple(
    make_invoice(seed, language=language) for seed, language in ((905, "de_CH"), (909, "de_DE"), (910, "fr_FR"))
)
WORKERS = 2
READ_BYTES_MAX = 768 * 1024**2
RESIDENT_MAX = 600 * 1024**2 + (WORKERS + 1) * READ_BYTES_MAX
"""What all parts hold when idle, and the limit of each process that reads: the workers' and the watcher's."""
LIMITS = {
    "PROOFDESK_WORKER_PROCESSES": str(WORKERS),
    "PROOFDESK_READ_SECONDS_MAX": "10",
    "PROOFDESK_READ_BYTES_MAX": str(READ_BYTES_MAX),
}
ENDS = {DocumentState.REVIEW, DocumentState.READY, DocumentState.FAILED}


@dataclass
class Aftermath:
    installation: Installation
    files: dict[str, FileView]
    resident_peak: int


@contextmanager
def watched(installation: Installation) -> Iterator[list[int]]:
    """Yield a list that holds, in the end, the most memory that all processes held at once."""
    peak, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.25):
            peak[0] = max(peak[0], installation.resident_bytes())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


@pytest.fixture(scope="module")
def aftermath() -> Iterator[Aftermath]:
    with installed(LIMITS) as installation, watched(installation) as peak:
        mixed = [*damaged()]
        for place, made in enumerate(GOOD):
            mixed.insert(place * len(mixed) // len(GOOD), made)
        for one in mixed:
            installation.drop(one.name, one.bytes, long_ago=one not in GOOD)
        installation.wait_until_settled(len(mixed), seconds=240)
        listed = installation.services.files.list_files(by=READER, page_size=1000)
        yield Aftermath(installation, {file.name: file for file in listed.rows}, peak[0])


def test_every_file_and_document_comes_to_an_end(aftermath: Aftermath) -> None:
    assert set(aftermath.files) == {one.name for one in (*damaged(), *GOOD)}
    for file in aftermath.files.values():
        assert file.state in {FileState.STORED, FileState.QUARANTINED}, file.name
        if file.state is FileState.QUARANTINED:
            assert (file.reason or "").endswith("."), f"{file.name}: a sentence must say what to do"
            assert file.document_id is None
        else:
            assert file.document_state in ENDS, file.name
    status = aftermath.installation.look()
    assert status.files["stored"] + status.files["quarantined"] == status.files["total"] == len(aftermath.files)
    assert status.documents["total"] == status.files["stored"]


@pytest.mark.parametrize("broken", damaged(), ids=lambda broken: broken.id)
def test_broken_file_ends_as_it_should(aftermath: Aftermath, broken: DamagedFile) -> None:
    file = aftermath.files[broken.name]
    stopped = file.state is FileState.QUARANTINED or file.document_state is DocumentState.FAILED
    wanted = {"readable" if end == "readable" else "stopped" for end in broken.accepted_outcomes}
    assert ("stopped" if stopped else "readable") in wanted, file.reason


def test_every_good_file_is_read(aftermath: Aftermath) -> None:
    documents = aftermath.installation.documents()
    for made in GOOD:
        read = {one.spec.name: one.record.machine_value for one in documents[made.name].fields}
        assert read["invoice_number"] == made.fields["invoice_number"], made.name
        assert read["gross_total"] == made.fields["gross_total"], made.name


def test_memory_stayed_within_its_limits(aftermath: Aftermath) -> None:
    assert 0 < aftermath.resident_peak < RESIDENT_MAX


def test_all_workers_are_alive_and_read_the_next_document(aftermath: Aftermath) -> None:
    installation = aftermath.installation
    later = make_invoice(902, language="en_GB")
    installation.drop(later.name, later.bytes)
    installation.wait_until_settled(len(aftermath.files) + 1)
    assert installation.documents()[later.name].number == later.fields["invoice_number"]
    assert installation.look().workers == {"alive": WORKERS, "learning": 1}
    assert len(installation.processes()) < 20, "what reads hostile files must not pile up"


def test_log_holds_no_value_of_any_document(aftermath: Aftermath) -> None:
    said = aftermath.installation.log.read_text(errors="replace")
    for made in GOOD:
        for name in ("invoice_number", "seller_name", "gross_total"):
            assert str(made.fields[name]) not in said
