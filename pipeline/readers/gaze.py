"""Images read by the OCR process, or known from before: what a page says, or the note why it says nothing."""

import time
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from pydantic import ValidationError

from pipeline.ports import ImageReadings, ReadLimits
from pipeline.readers.ocr.client import PageNotReadError
from pipeline.readers.ocr.protocol import ReadImage, image_key
from pipeline.readers.optical import GAVE_UP_NOTE, LATE_NOTE

log: Any = structlog.get_logger()


class Eye(Protocol):
    """What reads an image; `OcrClient`, or a fake in the tests. Raises as `OcrClient.read` does."""

    version: str

    def read(self, image: bytes, seconds: float, patience: float) -> ReadImage: ...

    def network_isolated(self) -> bool: ...


@dataclass(frozen=True)
class Gaze:
    """Reads images, each kind of pixels once."""

    eye: Eye
    kept: ImageReadings | None = None

    def read(self, image: bytes, limits: ReadLimits, until: float) -> ReadImage | str:
        """Return what stands on the image, or the note for a page that was given up.

        Args:
            image: header and grey pixels.
            limits: how long one image may take.
            until: when (of `time.monotonic`) the file's time for reading images is over.

        Raises:
            ReaderUnavailableError: the OCR process can't be started, or is too busy.
        """
        key = image_key(self.eye.version, image)
        found = self._find(key)
        if found is not None:
            return found
        left = until - time.monotonic()
        if left <= 0:
            return LATE_NOTE
        began = time.monotonic()
        try:
            found = self.eye.read(image, min(limits.image_seconds, left), limits.images_seconds)
        except PageNotReadError as error:
            took = time.monotonic() - began
            log.warning("image_not_read", why=str(error), seconds=round(took, 1))
            return LATE_NOTE if str(error) == "late" or took >= limits.image_seconds else GAVE_UP_NOTE
        if self.kept is not None:
            self.kept.keep(key, found.model_dump_json().encode())
        return found

    def _find(self, key: str) -> ReadImage | None:
        """Return what was read of the same pixels before; None where nothing was, or it is no such thing."""
        data = self.kept.find(key) if self.kept is not None else None
        if data is None:
            return None
        try:
            return ReadImage.model_validate_json(data)
        except ValidationError:
            return None
