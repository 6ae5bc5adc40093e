"""Reads PDFs in confined child processes: the reader that the rest of Proofdesk uses."""

import importlib
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from importlib import metadata
from types import TracebackType
from typing import Any, Self

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.domain.pages import AttachedData, Page, PageSource, Reading
from pipeline.errors import (
    DamagedFileError,
    DocumentError,
    DocumentTooLargeError,
    EmptyDocumentError,
    EncryptedDocumentError,
    NotAPdfError,
    NotFoundError,
    PipelineError,
    ReaderUnavailableError,
    UnreadableDocumentError,
)
from pipeline.ports import ImageReadings, Probe, ReadLimits
from pipeline.readers.cause import Cause
from pipeline.readers.frames import MEMORY, ClosedError, Frame, GarbledError, Kind, LateError
from pipeline.readers.gaze import Eye, Gaze
from pipeline.readers.ocr.client import OcrClient
from pipeline.readers.ocr.protocol import IMAGE_HEADER
from pipeline.readers.optical import DPI, OFF_NOTE, Scales, optical_page
from pipeline.readers.page_frame import unpacked
from pipeline.readers.process import ReadingProcess
from pipeline.readers.sniff import get_kind
from pipeline.sealed_file import Readable, SealedFile

ATTACHMENTS = "e-invoices 1"
"""Part of the reader's version, so that what was read before electronic invoices were is read again."""
EDITION = "3"
"""Counted up when the same file would be read otherwise by the same libraries: kept readings are made anew."""
PROBE_SECONDS_MAX = 20.0
"""Intake does not wait longer for one file, whatever the limits allow a reading."""
REQUESTS_MAX = 5_000
"""Answers after which a process is replaced: what its libraries leaked goes with it."""
GROWN_MAX = 300 * 1024**2
"""Bytes of memory beyond what it began with at which an idle process is replaced."""
BYTES_MAX = 512 * 1024**2
"""What one reading may send to this process."""

ERRORS: dict[str, type[PipelineError]] = {
    error.code: error
    for error in (
        DocumentError,
        UnreadableDocumentError,
        NotAPdfError,
        EmptyDocumentError,
        EncryptedDocumentError,
        DocumentTooLargeError,
        NotFoundError,
        DamagedFileError,
    )
}
OUR_LIMITS = (-signal.SIGALRM, -signal.SIGPROF, -signal.SIGXCPU)
OUT_OF_MEMORY = (-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL)
"""How C++ libraries end where they get no memory."""
PEAK_SHARE = 0.2
"""Such an end is put down to memory where this share of what is allowed was in use: buffers grow by doubling."""
FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP)

CRASH_SENTENCE = (
    "Reading this file made the reader crash. Open it in a PDF viewer, print it to a new PDF and drop that again."
)
ODD_SENTENCE = (
    "This PDF is damaged in a way that stops the reader. Open it in a PDF viewer, print it to a new PDF and drop that "
    "again; if no viewer opens it, ask the sender for another copy."
)
STOPPED_SENTENCE = "The reading process was stopped from outside; the document will be tried again."
BUSY_SENTENCE = "All reading processes are busy; try again in a moment."

log: Any = structlog.get_logger()


class _Done(BaseModel):
    """What the child says after a reading's last page."""

    model_config = ConfigDict(extra="forbid")
    attached: AttachedData | None = None


class _Refusal(BaseModel):
    """What the child says about a file it refuses."""

    model_config = ConfigDict(extra="forbid")
    code: str = Field(max_length=40)
    message: str = Field(max_length=500)


def preload() -> None:
    """Load the reading libraries into this process, so that processes forked from it start at once.

    For a queue worker, before it forks its first work horse; nothing here starts a thread.
    """
    importlib.import_module("pipeline.readers.child")


class SandboxReader:
    """Implements `pipeline.ports.Reader` with up to `workers` confined processes, started when first needed.

    Each lasts over many files and is replaced after a crash, a breached limit, or many answers. Safe for threads:
    a process serves one caller at a time, and callers wait for a free one. After a fork the copy starts processes of
    its own. Close it, or let this process's end do it.
    """

    def __init__(
        self,
        workers: int = 1,
        *,
        attachments: bool = True,
        images: bool = True,
        eye: Eye | None = None,
        kept: ImageReadings | None = None,
    ) -> None:
        """Set up a reader; no process is started yet.

        Args:
            workers: processes at most.
            attachments: whether electronic invoices inside PDFs are read too.
            images: whether pages without usable text are read off their images.
            eye: what reads images, other than the machine's OCR process.
            kept: what was read on images before.
        """
        self._gaze = Gaze(eye or OcrClient(), kept) if images else None
        self.version = f"pdfium {metadata.version('pypdfium2')} + pdfplumber {metadata.version('pdfplumber')}"
        self.version += f" {EDITION}"
        if self._gaze is not None:
            self.version += f" + {self._gaze.eye.version}"
        if attachments:
            self.version += f" + {ATTACHMENTS}"
        self._attachments = attachments
        self._workers = workers
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._idle = self._slots()

    def _slots(self) -> "queue.LifoQueue[ReadingProcess | None]":
        # last in, first out: under light load one warm process does all the work
        slots: queue.LifoQueue[ReadingProcess | None] = queue.LifoQueue()
        for _ in range(self._workers):
            slots.put(None)
        return slots

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the idle processes; those at work end with their answer. Using the reader again starts new ones."""
        self._adopt()
        with self._lock:
            for _ in range(self._idle.qsize()):
                try:
                    process = self._idle.get_nowait()
                except queue.Empty:
                    break
                if process is not None:
                    process.end()
                self._idle.put(None)

    def network_isolated(self, limits: ReadLimits | None = None) -> bool:
        """Return whether reading processes were seen to have no network: for `proofdesk doctor`.

        Raises:
            ReaderUnavailableError: none could be started.
        """
        with self._process(limits or ReadLimits()) as process:
            return process.network_isolated

    def probe(self, file: Readable, limits: ReadLimits) -> Probe:
        seconds = min(limits.seconds, PROBE_SECONDS_MAX)
        frames = self._ask({"call": "probe", "pages": limits.pages}, file, limits, seconds)
        try:
            return Probe.model_validate_json(frames[-1].payload)
        except ValidationError as error:
            raise UnreadableDocumentError(ODD_SENTENCE) from error

    def read(
        self, file: Readable, limits: ReadLimits, told: Callable[[int, int], None] = lambda done, wanted: None
    ) -> Reading:
        request: dict[str, object] = {"call": "read", "pages": limits.pages, "attachments": self._attachments}
        frames = self._ask(request, file, limits, limits.seconds)
        try:
            found = [unpacked(frame.payload) for frame in frames[:-1]]
            done = _Done.model_validate_json(frames[-1].payload)
        except (GarbledError, ValidationError) as error:
            raise UnreadableDocumentError(ODD_SENTENCE) from error
        if [page.number for page, _ in found] != list(range(1, len(found) + 1)):
            raise UnreadableDocumentError(ODD_SENTENCE)
        pages = self._with_images_read(found, file, limits, told)
        return Reading(pages=pages, reader=self.version, attached=done.attached)

    def _with_images_read(
        self,
        found: Sequence[tuple[Page, str | None]],
        file: Readable,
        limits: ReadLimits,
        told: Callable[[int, int], None],
    ) -> tuple[Page, ...]:
        """Return the pages, those that need it read off their images one after the other."""
        wanted = sum(cause is not None for _, cause in found)
        until = time.monotonic() + limits.images_seconds
        pages: list[Page] = []
        scales = Scales()
        done = 0
        for page, cause in found:
            if cause is None:
                pages.append(page)
                continue
            pages.append(self._read_image(page, cause, file, limits, until, scales))
            done += 1
            log.info("image_read", page=page.number, done=done, wanted=wanted, words=len(pages[-1].words))
            told(done, wanted)
        return tuple(pages)

    def _read_image(
        self, page: Page, cause: str, file: Readable, limits: ReadLimits, until: float, scales: Scales
    ) -> Page:
        """Return the page as it is read off its image; without words, and a note, where it can't be.

        Raises:
            ReaderUnavailableError: the OCR process can't be asked.
        """
        if self._gaze is None:
            return _unread(page, OFF_NOTE)
        request: dict[str, object] = {"call": "pixels", "page": page.number, "dpi": DPI}
        try:
            image = self._ask(request, file, limits, limits.seconds)[-1].payload
        except DocumentError as error:
            if len(str(error)) and page.number > 1:
                return _unread(page, str(error))
            raise
        read = self._gaze.read(image, limits, until)
        if isinstance(read, str):
            return _unread(page, read)
        width, _ = IMAGE_HEADER.unpack_from(image)
        points = None if cause == Cause.PICTURE else page.size.width / width
        return optical_page(page, read, points, cause, scales)

    def render(
        self, file: Readable, page: int, dpi: int, limits: ReadLimits, frame: tuple[float, ...] | None = None
    ) -> bytes:
        """Return page `page` (from 1) as a WebP image; posters come coarser than `dpi`.

        Raises:
            NotFoundError: the file has no such page.
        """
        request: dict[str, object] = {"call": "render", "page": page, "dpi": dpi, "frame": frame}
        return self._ask(request, file, limits, limits.seconds)[-1].payload

    def images_isolated(self) -> bool:
        """Return whether the OCR process was seen to have no network: for `proofdesk doctor`.

        Raises:
            ReaderUnavailableError: none could be started.
        """
        return self._gaze is not None and self._gaze.eye.network_isolated()

    def _ask(self, request: dict[str, object], file: Readable, limits: ReadLimits, seconds: float) -> list[Frame]:
        """Return the frames of an answer that is no refusal."""
        request = {**request, "kind": get_kind(file, limits.file_bytes), **_place(file)}
        frames: list[Frame] = []
        received = 0
        with self._process(limits) as process:
            try:
                for frame in process.ask(request, seconds):
                    frames.append(frame)
                    received += len(frame.payload)
                    if received > BYTES_MAX:
                        raise _too_much(limits)
            except LateError:
                raise _too_long(seconds) from None
            except GarbledError:
                raise UnreadableDocumentError(ODD_SENTENCE) from None
            except ClosedError:
                raise _cause_of_death(process, seconds, limits) from None
            if frames[-1].kind is Kind.ERROR:
                raise _refusal(frames[-1], process, limits)
            process.is_fit = True
        return frames

    @contextmanager
    def _process(self, limits: ReadLimits) -> Generator[ReadingProcess]:
        """Yield a live process with these limits; put it back afterwards where it is fit for another file."""
        self._adopt()
        slots = self._idle
        try:
            process = slots.get(timeout=limits.seconds)
        except queue.Empty:
            raise ReaderUnavailableError(BUSY_SENTENCE) from None
        try:
            if process is not None and (process.address_space != limits.bytes or process.has_let_go()):
                process.end()
                process = None
            if process is None:
                process = ReadingProcess(limits)
            process.is_fit = False
            yield process
        finally:
            if process is not None and not (process.is_fit and not _worn_out(process)):
                process.end()
                process = None
            slots.put(process)

    def _adopt(self) -> None:
        """In a process forked from the one that made this reader: let go of its processes, and start afresh."""
        if os.getpid() == self._owner:
            return
        inherited, self._idle, self._owner, self._lock = self._idle, self._slots(), os.getpid(), threading.Lock()
        while inherited.qsize():
            process = inherited.get_nowait()
            if process is not None:
                process.end()


def _place(file: Readable) -> dict[str, object]:
    """Return where a file lies, and what opens it: the process that reads it may know that, and nothing of others."""
    if isinstance(file, SealedFile):
        return {"path": str(file.path.absolute()), "key": file.key.hex()}
    return {"path": str(file.absolute())}


def _unread(page: Page, note: str) -> Page:
    """Return a page that nothing could be read of; what its text layer holds is not what it shows."""
    hidden = (*page.hidden, *page.words)
    return page.model_copy(update={"words": (), "hidden": hidden, "source": PageSource.NONE, "note": note})


def _refusal(frame: Frame, process: ReadingProcess, limits: ReadLimits) -> PipelineError:
    """Return what the child said about a file it refuses, as the error to raise."""
    try:
        said = _Refusal.model_validate_json(frame.payload)
    except ValidationError:
        return UnreadableDocumentError(ODD_SENTENCE)
    if said.code == MEMORY:
        # what is left of its memory is in pieces: the next file gets a new process
        return _too_much(limits)
    process.is_fit = True
    if said.code in ERRORS:
        return ERRORS[said.code](said.message)
    log.warning("reading_failed", where=said.message)
    return UnreadableDocumentError(ODD_SENTENCE)


def _cause_of_death(process: ReadingProcess, seconds: float, limits: ReadLimits) -> PipelineError:
    """Return what a process died of in the middle of a file, as the error to raise."""
    status = process.end()
    log.warning("reading_process_died", status=status, peak_bytes=process.peak)
    if status is None or status >= 0 or status in FROM_OUTSIDE:
        return ReaderUnavailableError(STOPPED_SENTENCE)
    if status in OUR_LIMITS:
        return _too_long(seconds)
    if status in OUT_OF_MEMORY and process.peak > limits.bytes * PEAK_SHARE:
        return _too_much(limits)
    return UnreadableDocumentError(CRASH_SENTENCE)


def _worn_out(process: ReadingProcess) -> bool:
    return process.answered >= REQUESTS_MAX or process.grown > GROWN_MAX


def _too_long(seconds: float) -> DocumentTooLargeError:
    return DocumentTooLargeError(
        f"Reading this file took longer than {seconds:g} s and was stopped. Print it to a new PDF, or split it, and "
        "drop it again."
    )


def _too_much(limits: ReadLimits) -> DocumentTooLargeError:
    return DocumentTooLargeError(
        f"Reading this file needed more than {_size(limits.bytes)} of memory and was stopped. Print it to a "
        "new PDF, or split it, and drop it again."
    )


def _size(count: int) -> str:
    return f"{count / 1024**3:g} GB" if count >= 1024**3 else f"{count / 1024**2:.0f} MB"
