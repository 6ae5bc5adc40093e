"""The pages behind a document: which stored files it is made of, and what readers find in them."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from pipeline.domain.pages import AttachedData, Page, Reading
from pipeline.errors import DocumentError, PipelineError
from pipeline.ports import BlobStore, Reader, ReadLimits
from pipeline.stages.witness import belonging
from pipeline.store import queries
from pipeline.store.readings import FolderReadings
from pipeline.store.tables import DocumentRow

Source = tuple[str, tuple[int, ...] | None]
"""A stored file by its hash, with the pages of it that count; None: all."""


def _silent(done: int, wanted: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Sources:
    """Reads stored files, each only once: what was read is kept until the reader changes."""

    blobs: BlobStore
    readings: FolderReadings
    reader: Reader
    limits: ReadLimits

    def read(self, sources: tuple[Source, ...], told: Callable[[int, int], None] = _silent) -> Reading:
        """Return the pages in order, from the cache where this reader has read them before.

        Args:
            sources: the files in order.
            told: called after each page that is read off its image, as in `Reader.read`.
        """
        pages: list[Page] = []
        attached: list[AttachedData] = []
        for sha256, wanted in sources:
            reading = self.readings.find(sha256, self.reader.version)
            if reading is None:
                reading = self._read(sha256, told)
                self.readings.keep(sha256, reading)
            by_number = {page.number: page for page in reading.pages}
            pages += [by_number[number] for number in wanted or tuple(by_number) if number in by_number]
            attached += [reading.attached] if reading.attached is not None else []
        numbered = tuple(page.model_copy(update={"number": number}) for number, page in enumerate(pages, start=1))
        is_whole = len(sources) == 1 and sources[0][1] is None
        return Reading(
            pages=numbered,
            reader=self.reader.version,
            attached=attached[0] if is_whole and attached else belonging(attached, numbered),
        )

    def _read(self, sha256: str, told: Callable[[int, int], None]) -> Reading:
        file = self.blobs.get(sha256)
        try:
            return self.reader.read(file, self.limits, told)
        except DocumentError:
            # stored before files were sealed, and sealed by the sweep between the look and the reading
            sealed = self.blobs.get(sha256)
            if sealed == file:
                raise
            return self.reader.read(sealed, self.limits, told)


def sources_of(session: Session, document: DocumentRow) -> tuple[Source, ...]:
    """Return the document's files in page order, each with the pages that belong to it."""
    if document.pages is None:
        return ((_hash(session, document.file_id), None),)
    grouped: list[tuple[int, list[int]]] = []
    for ref in document.pages:
        if grouped and grouped[-1][0] == ref.file_id:
            grouped[-1][1].append(ref.page)
        else:
            grouped.append((ref.file_id, [ref.page]))
    return tuple((_hash(session, file_id), tuple(numbers)) for file_id, numbers in grouped)


def _hash(session: Session, file_id: int) -> str:
    sha256 = queries.get_file(session, file_id).sha256
    if sha256 is None:
        raise PipelineError(f"File {file_id} was never stored. Drop it again.")
    return sha256
