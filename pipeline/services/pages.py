import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.geometry import PageSize
from pipeline.domain.pages import Page
from pipeline.errors import NotFoundError
from pipeline.ports import BlobStore, Reader, ReadLimits
from pipeline.sealed_file import size_of
from pipeline.services import access, visible
from pipeline.services.processing import page_ref
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import PageText
from pipeline.store import queries
from pipeline.store.engine import Store
from pipeline.store.readings import FolderReadings
from pipeline.store.tables import DocumentRow

RESOLUTIONS = (36, 110, 200, 300, 400)
"""Dots per inch that images come in: thumbnail, reading, crops, and two for a page that is zoomed into."""

MISSING = "Document {} has no stored file. Restore the data folder from a backup."


@dataclass(frozen=True)
class Original:
    """A stored file, open."""

    stream: BinaryIO
    """Its plain bytes; it can be read from any place."""
    size: int
    """In bytes."""
    name: str
    """That it was dropped under."""
    sha256: str


@dataclass(frozen=True)
class Pages:
    """Page images and words, made when first asked for and kept by the file's hash."""

    store: Store
    blobs: BlobStore
    readings: FolderReadings
    reader: Reader
    limits: ReadLimits
    cache: Path
    types: TypeShelf

    def image(self, document_id: int, page: int, *, by: Actor, dpi: int = 110) -> bytes:
        """Return the page as a WebP image, at the nearest resolution that is kept, straightened as it was read."""
        access.check_may(by, Act.READ)
        sha256, number, frame = self._locate(document_id, page, by)
        wanted = min(RESOLUTIONS, key=lambda resolution: abs(resolution - dpi))
        turned = "" if frame is None else f"-{hashlib.sha256(repr(frame).encode()).hexdigest()[:12]}"
        place = self.cache / sha256[:2] / sha256 / f"{number}-{wanted}{turned}.webp"
        if place.is_file():
            return place.read_bytes()
        image = self.reader.render(self.blobs.get(sha256), number, wanted, self.limits, frame)
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{secrets.token_hex(8)}")
        temporary.write_bytes(image)
        os.replace(temporary, place)  # noqa: PTH105 - replace is the atomic one
        return image

    def words(self, document_id: int, page: int, *, by: Actor) -> PageText:
        """Return the page with its words and boxes; without words where it has not been read."""
        access.check_may(by, Act.READ)
        sha256, number, _ = self._locate(document_id, page, by)
        reading = self.readings.find(sha256, self.reader.version)
        found = next((each for each in reading.pages if each.number == number), None) if reading else None
        if found is None:
            found = Page(number=number, size=PageSize(width=595, height=842))
        return PageText(page=found.model_copy(update={"number": page}))

    def all_words(self, document_id: int, *, by: Actor) -> tuple[Page, ...]:
        """Return every page with its words; each file is looked up once, however many of its pages belong here."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            document = visible.get_document(session, document_id, by, self.types)
            refs = [page_ref(document, number) for number in range(1, self._count(session, document) + 1)]
            hashes = {ref.file_id: queries.get_file(session, ref.file_id).sha256 for ref in refs}
        read: dict[tuple[int, int], Page] = {}
        for file_id, sha256 in hashes.items():
            reading = self.readings.find(sha256, self.reader.version) if sha256 is not None else None
            read |= {(file_id, each.number): each for each in reading.pages} if reading else {}
        blank = Page(number=1, size=PageSize(width=595, height=842))
        return tuple(
            read.get((ref.file_id, ref.page), blank).model_copy(update={"number": number})
            for number, ref in enumerate(refs, start=1)
        )

    def original(self, document_id: int, *, by: Actor) -> Original:
        """Return the stored file, untouched; whoever asks closes its stream."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            file = queries.get_file(session, visible.get_document(session, document_id, by, self.types).file_id)
            if file.sha256 is None:
                raise NotFoundError(
                    f"Document {document_id} has no stored file. Restore the data folder from a backup."
                )
            name = PurePosixPath(file.name).name
            sha256 = file.sha256
        content = self.blobs.get(sha256)
        return Original(
            stream=content.open("rb"),
            size=size_of(content),
            # a header can't hold a line break
            name="".join(each if each.isprintable() else "_" for each in name),
            sha256=sha256,
        )

    def _locate(self, document_id: int, page: int, by: Actor) -> tuple[str, int, tuple[float, ...] | None]:
        """Return the hash of the file, the number of the page in it, and the frame that it was read in."""
        with self.store.reading() as session:
            document = visible.get_document(session, document_id, by, self.types)
            if not 1 <= page <= self._count(session, document):
                raise NotFoundError(f"Document {document_id} has no page {page}. Go back to its first page.")
            ref = page_ref(document, page)
            sha256 = queries.get_file(session, ref.file_id).sha256
            read = next((each for each in document.page_summaries or () if each.number == page), None)
        if sha256 is None:
            raise NotFoundError(MISSING.format(document_id))
        return sha256, ref.page, read.frame if read is not None else None

    def _count(self, session: Session, document: DocumentRow) -> int:
        if document.pages is not None:
            return len(document.pages)
        return document.page_count or queries.get_file(session, document.file_id).page_count or 0
