"""Kinds of files that hold pages, as the reading process takes each apart: PDFs, and files of images."""

from collections.abc import Iterator
from typing import Protocol

from pipeline.errors import NotFoundError
from pipeline.readers import attachments, images, pdfium_api, pictures, reading
from pipeline.readers.cause import Cause
from pipeline.readers.frame import Frame, straightened
from pipeline.readers.ocr.protocol import PIXELS_MAX
from pipeline.readers.raw_page import RawPage
from pipeline.sealed_file import Readable

SHEET_INCHES = 11.7
"""The longer side that an image file is shown at; its own resolution is often missing or wrong."""


class FileOfPages(Protocol):
    """What the reading process does with a file. Every method raises `DocumentError` where the file is at fault."""

    def probe(self, file: Readable, pages_max: int) -> int:
        """Return the number of pages."""
        ...

    def pages(self, file: Readable, pages_max: int) -> Iterator[RawPage]: ...

    def render(self, file: Readable, number: int, dpi: int, frame: Frame | None) -> bytes:
        """Return page `number` (from 1) as a WebP image."""
        ...

    def pixels(self, file: Readable, number: int, dpi: int) -> tuple[int, int, bytes]:
        """Return width, height and grey pixels of page `number` for reading it."""
        ...

    def attached(self, file: Readable) -> dict[str, object] | None:
        """Return the data that the file carries beside its pages."""
        ...


class PdfFile:
    """Implements `FileOfPages` for PDFs, by PDFium and pdfplumber."""

    def probe(self, file: Readable, pages_max: int) -> int:
        return reading.probe(file, pages_max)

    def pages(self, file: Readable, pages_max: int) -> Iterator[RawPage]:
        return reading.read_pages(file, pages_max)

    def render(self, file: Readable, number: int, dpi: int, frame: Frame | None) -> bytes:
        with pdfium_api.opened(file) as document:
            _check_number(number, pdfium_api.page_count(document))
            return images.render_page(document, number, dpi, frame=frame)

    def pixels(self, file: Readable, number: int, dpi: int) -> tuple[int, int, bytes]:
        with pdfium_api.opened(file) as document:
            _check_number(number, pdfium_api.page_count(document))
            return images.grey_page(document, number, dpi, PIXELS_MAX)

    def attached(self, file: Readable) -> dict[str, object] | None:
        return attachments.find_attached(file)


class PictureFile:
    """Implements `FileOfPages` for PNG, JPEG and TIFF, by Pillow; every page is to be read off its image."""

    def probe(self, file: Readable, pages_max: int) -> int:
        with pictures.opened(file) as image:
            count = pictures.count_pages(image, pages_max)
            # a look at all of the first image: a file cut short is told at the door
            pictures.decoded(image, 1, longest=64)
            return count

    def pages(self, file: Readable, pages_max: int) -> Iterator[RawPage]:
        with pictures.opened(file) as image:
            for number in range(1, pictures.count_pages(image, pages_max) + 1):
                image.seek(number - 1)
                width, height = pictures.page_size(image)
                yield RawPage(number, width, height, image_share=1.0, drawn=True, optical=Cause.PICTURE)

    def render(self, file: Readable, number: int, dpi: int, frame: Frame | None) -> bytes:
        with pictures.opened(file) as image:
            if not pictures.has_page(image, number):
                raise NotFoundError(f"This file has no page {number}.")
            whole = pictures.decoded(image, number, longest=round(dpi * SHEET_INCHES), pixels=images.PIXELS_MAX)
            return images.packed(straightened(whole.convert("RGB"), frame), "webp")

    def pixels(self, file: Readable, number: int, dpi: int) -> tuple[int, int, bytes]:
        with pictures.opened(file) as image:
            if not pictures.has_page(image, number):
                raise NotFoundError(f"This file has no page {number}.")
            grey = pictures.decoded(image, number, pixels=PIXELS_MAX).convert("L")
            return grey.width, grey.height, grey.tobytes()

    def attached(self, file: Readable) -> dict[str, object] | None:
        return None


def _check_number(number: int, count: int) -> None:
    if not 1 <= number <= count:
        raise NotFoundError(f"This file has no page {number}, only {count}.")
