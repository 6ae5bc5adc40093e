"""Stand-ins that keep the same promises as the real parts (tests/integration holds both to one contract)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipeline.domain.extraction import Extraction
from pipeline.domain.fields import DocumentType
from pipeline.domain.pages import AttachedData, Page, Reading, Word
from pipeline.errors import EmptyDocumentError, NotAPdfError
from pipeline.ports import Job, Probe, ReadLimits
from pipeline.sealed_file import Readable
from tests import builders


class FakeClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time

    def advance(self, **parts: float) -> None:
        self.time += timedelta(**parts)


@dataclass
class FakeQueue:
    """A doorbell that remembers who rang."""

    rung: list[tuple[Job, int]] = field(default_factory=list)

    def enqueue(self, job: Job, document_id: int) -> None:
        self.rung.append((job, document_id))

    def enqueue_many(self, job: Job, document_ids: list[int]) -> None:
        self.rung += [(job, document_id) for document_id in document_ids]

    def depth(self) -> int:
        return len(self.rung)

    def workers(self) -> int:
        return 1

    def learners(self) -> int:
        return 1

    def take(self) -> list[tuple[Job, int]]:
        taken, self.rung = self.rung, []
        return taken


@dataclass
class FakeReader:
    """Reads `%PDF` files as one page with their lines as words; `error` is raised by the next reads."""

    version: str = "fake 1"
    error: Exception | None = None
    reads: int = 0
    hidden: tuple[Word, ...] = ()
    """What nobody can see on the page."""
    attached: AttachedData | None = None
    """The data inside every file that is read."""
    picture: bytes = b"RIFF-fake-webp"
    """What every page looks like."""

    def probe(self, file: Readable, limits: ReadLimits) -> Probe:
        data = file.read_bytes()
        if not data:
            raise EmptyDocumentError("The file is empty. Drop it again once it is complete.")
        if not data.startswith(b"%PDF"):
            raise NotAPdfError("This is not a PDF. Print it to a PDF and drop that.")
        return Probe(page_count=1)

    def read(
        self, file: Readable, limits: ReadLimits, told: Callable[[int, int], None] = lambda done, wanted: None
    ) -> Reading:
        self.reads += 1
        if self.error is not None:
            raise self.error
        lines = file.read_bytes().decode(errors="replace").splitlines()[1:]
        page = builders.page(*lines).model_copy(update={"hidden": self.hidden})
        return Reading(pages=(page,), reader=self.version, attached=self.attached)

    def render(
        self, file: Readable, page: int, dpi: int, limits: ReadLimits, frame: tuple[float, ...] | None = None
    ) -> bytes:
        return self.picture


@dataclass
class FakeEngine:
    """Says what it is told to, whatever is on the page."""

    answer: Extraction = field(default_factory=builders.extraction)
    version: str = "fake engine 1"
    error: Exception | None = None

    def extract(
        self, pages: tuple[Page, ...], types: tuple[DocumentType, ...], fixed_type: str | None = None
    ) -> Extraction:
        if self.error is not None:
            raise self.error
        return self.answer
