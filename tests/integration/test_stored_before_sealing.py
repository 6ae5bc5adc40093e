"""Files that were stored before files were sealed: read as they are, sealed by the sweep, and read on meanwhile."""

from io import BytesIO
from pathlib import Path

import pytest

from pipeline.domain.actors import Actor, Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.pages import Reading
from pipeline.errors import NotAPdfError
from pipeline.sealed_file import MAGIC, Readable, SealedFile
from pipeline.services.exports.filter import ExportFilter
from pipeline.store.blobs import FolderBlobs
from tests.builders import MACHINE
from tests.desk import Office

CONTENT = b"%PDF 1\nQuillfeather"


@pytest.fixture
def stored(office: Office) -> Path:
    """Return where the file of the office's first document lies, in plain."""
    document = office.receive(content=CONTENT)
    [place] = (office.folder / "blobs").glob(f"??/{document.sha256}")
    office.processing.sources.readings.remove(document.sha256)
    office.processing.sources.blobs.remove(document.sha256)
    FolderBlobs(office.folder / "blobs").put(BytesIO(CONTENT))
    assert place.read_bytes() == CONTENT
    return place


def test_sweep_seals_it_and_everybody_goes_on_reading_it(office: Office, stored: Path) -> None:
    auditor = office.hire("auditor", Role.AUDITOR)
    assert office.certifying.write(by=auditor).is_complete
    assert office.sweeping.sweep(by=MACHINE).sealed == 1

    assert stored.read_bytes().startswith(MAGIC)
    with office.pages.original(1, by=MACHINE).stream as stream:
        assert stream.read() == CONTENT
    assert b"".join(office.packing.write(ExportFilter(), originals=True, by=auditor))
    assert office.certifying.write(by=auditor).is_complete
    assert office.sweeping.sweep(by=MACHINE).sealed == 0


def test_document_is_read_though_its_file_is_sealed_just_then(office: Office, stored: Path, rowe: Actor) -> None:
    read, seen = office.reader.read, list[Readable]()

    def sealed_meanwhile(file: Readable, *rest: object) -> Reading:
        seen.append(file)
        if not isinstance(file, SealedFile):
            office.sweeping.sweep(by=MACHINE)
            raise NotAPdfError("This is not a PDF.")
        return read(file, *rest)  # type: ignore[arg-type]

    office.reader.read = sealed_meanwhile  # type: ignore[method-assign, assignment]
    view = office.reviewing.claim(1, by=rowe)
    office.reviewing.retype(1, "invoice", by=rowe, revision=view.revision)
    office.work()

    assert office.state(1) is DocumentState.REVIEW
    assert [isinstance(file, SealedFile) for file in seen] == [False, True]
