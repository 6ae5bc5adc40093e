"""What the pipeline asks of the outside: one Protocol each, kept by an adapter and by a fake in the tests."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

from pipeline.domain.extraction import Extraction
from pipeline.domain.fields import DocumentType
from pipeline.domain.pages import Page, Reading
from pipeline.domain.value import Frozen
from pipeline.sealed_file import Readable


class Clock(Protocol):
    """The time, as aware UTC; tests move it by hand."""

    def now(self) -> datetime: ...


class Job(StrEnum):
    PROCESS = "process"
    DELIVER = "deliver"
    LEARN = "learn"
    """For no document in particular: its number is 0, as the next one's."""
    CHECKPOINT = "checkpoint"
    CERTIFY = "certify"
    ERASE = "erase"
    """Its number is the erasure's."""
    RELIST = "relist"


class JobQueue(Protocol):
    """The doorbell: rings a worker; the database stays the truth.

    `enqueue` never raises: a lost ring is logged, and the sweep rings again. `depth` and `workers` raise
    `TransientError` where the queue server does not answer.
    """

    def enqueue(self, job: Job, document_id: int) -> None: ...

    def enqueue_many(self, job: Job, document_ids: list[int]) -> None: ...

    def depth(self) -> int: ...

    def workers(self) -> int: ...

    def learners(self) -> int:
        """Return how many of those that train are alive; they are none of the `workers`."""
        ...


class StoredBlob(Frozen):
    sha256: str
    size: int
    created: bool
    """False where the same bytes were there before."""


class BlobStore(Protocol):
    """Original bytes by their SHA-256, sealed, written once, fsynced before `put` returns, never changed, only erased.

    For many files at once, `put` with `sync_name=False` leaves the folder's entry to one `sync_names` for all: a file
    system writes all names with the first and has nothing left to do for the others.

    Raises `BlobStoreUnavailableError` where the disk refuses; `NotFoundError` for an unknown hash, and its
    `DamagedFileError` for bytes that were changed or whose key is gone.
    """

    def put(self, stream: BinaryIO, *, sync_name: bool = True) -> StoredBlob: ...

    def sync_names(self, hashes: Iterable[str]) -> None:
        """Make the blobs' names last, before anything in the database speaks of them."""
        ...

    def get(self, sha256: str) -> Readable:
        """Return the stored bytes as they lie, for reading only."""
        ...

    def size(self, sha256: str) -> int:
        """Return how many bytes were stored, by what is there now; nothing is opened for it."""
        ...

    def has(self, sha256: str) -> bool: ...

    def remove(self, sha256: str) -> bool:
        """Remove the bytes for good, and what opens their copies, for an erasure; return whether they were there."""
        ...

    def seal_some(self) -> int:
        """Seal some of what was stored before bytes were sealed; return how many. Cheap where nothing is left."""
        ...


class ReadLimits(Frozen):
    """Bounds on one read; whichever is hit first ends it with a `DocumentError`."""

    seconds: float = 120.0
    bytes: int = 2 * 1024**3
    """Address space of the reading process."""
    pages: int = 500
    file_bytes: int = 100 * 1024**2
    image_seconds: float = 60.0
    """Reading one page off its image; a page that takes longer is left unread."""
    images_seconds: float = 1800.0
    """Reading all of a file's pages that are images, and waiting for the machine's turn."""


class Probe(Frozen):
    """What a quick look found: enough to tell a readable PDF from one for quarantine."""

    page_count: int


class ImageReadings(Protocol):
    """What was read on images, by a hash of their pixels and of the engine; may forget at any time, never raises."""

    def find(self, key: str) -> bytes | None: ...

    def keep(self, key: str, data: bytes) -> None: ...


class Reader(Protocol):
    """Reads PDFs and image files in child processes with limits and without network.

    Every method raises `DocumentError` subclasses where the file is at fault (its message says what to do), and
    `ReaderUnavailableError` where the child could not be started. Safe to call from several threads.
    """

    version: str

    def probe(self, file: Readable, limits: ReadLimits) -> Probe: ...

    def read(
        self, file: Readable, limits: ReadLimits, told: Callable[[int, int], None] = lambda done, wanted: None
    ) -> Reading:
        """Return the file's pages.

        Args:
            file: as it lies.
            limits: on the work.
            told: called after each page that had to be read off its image, with the number of them done and wanted:
                such a page takes seconds, not milliseconds.
        """
        ...

    def render(
        self, file: Readable, page: int, dpi: int, limits: ReadLimits, frame: tuple[float, ...] | None = None
    ) -> bytes:
        """Return page `page` (from 1) as a WebP image, rotated as a person sees it, straightened by its frame."""
        ...


class Extractor(Protocol):
    """The engine's seam: pure, no I/O, bounded work on any page."""

    version: str

    def extract(
        self, pages: tuple[Page, ...], types: tuple[DocumentType, ...], fixed_type: str | None = None
    ) -> Extraction:
        """Return what the pages say, for the type they seem to have or for `fixed_type`.

        Args:
            pages: in order, numbered from 1 within the document.
            types: every enabled type, variants included.
            fixed_type: the type's name where a person or the drop folder set it; its confidence is then 1.
        """
        ...


@dataclass(frozen=True)
class Serving:
    """The engine that reads documents now, and the thresholds that its reviewed documents support."""

    extractor: Extractor
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    """By type, a variant's being its family's, and by field."""
    model: str | None = None
    """The model's version; None: the rules alone."""

    def thresholds_of(self, doctype: DocumentType | None) -> Mapping[str, float]:
        """Return the derived thresholds of a type by field; there are none for a document of unknown type."""
        return self.thresholds.get(doctype.variant_of or doctype.name, {}) if doctype is not None else {}


class Engines(Protocol):
    """Knows which engine reads now; asked anew for each document, so that a better model needs no restart."""

    def current(self) -> Serving: ...


class Receipt(Frozen):
    """What a destination says about a delivery: where it went, and what it answered."""

    reference: str
    sha256: str


class Destination(Protocol):
    """Where approved records go.

    `send` with the same key again must not deliver twice. Raises `DestinationUnavailableError` to be tried again.
    """

    name: str

    def send(self, key: str, payload: bytes) -> Receipt: ...

    def tidy(self, before: datetime) -> int:
        """Remove what killed deliveries left half done before that time; return how much. Raises nothing."""
        ...

    def withdraw(self, key: str) -> bool:
        """Take back what was delivered under the key, as an erasure asks; return whether it was still there.

        Nothing is delivered under the key again. Raises `DestinationUnavailableError` to be tried again.
        """
        ...


class Attempt(Frozen):
    """One log-in at the identity provider that has begun: secrets of this browser alone, good for one answer."""

    state: str
    nonce: str
    verifier: str
    """The secret half of PKCE's challenge."""
    back: str
    """The address that the provider sends the browser back to."""


class Identity(Frozen):
    """Who somebody is, as the identity provider has signed it; issuer and subject together never change."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]


class IdentityProvider(Protocol):
    """Knows who people are, by OpenID Connect. Every method may ask it over the network.

    Raises `IdentityProviderUnavailableError` where it does not answer, or not so that it can be understood.
    """

    issuer: str

    def address(self, attempt: Attempt) -> str:
        """Return where the browser goes to log in."""
        ...

    def redeem(self, code: str, attempt: Attempt) -> Identity:
        """Return who logged in.

        Raises:
            LoginRefusedError: the code is not good, or the answer is not signed, not for us, not now, or for another
                attempt.
        """
        ...

    def leaving(self, back: str) -> str | None:
        """Return where the browser goes to be logged out there, too; None where the provider does not offer it."""
        ...

    def names_itself(self) -> bool:
        """Return whether it says in each of its answers who it is (RFC 9207)."""
        ...
