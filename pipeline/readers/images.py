"""Page images for people: rendered by PDFium, rotated as seen, packed by Pillow."""

import ctypes
import io
import math
from typing import Any, Literal

from PIL import Image

from pipeline.errors import UnreadableDocumentError
from pipeline.readers.frame import Frame, straightened
from pipeline.readers.pdfium_api import Placement, api, loaded

PIXELS_MAX = 16_000_000
"""Pixels of one image, a little more than A4 has at 400 dpi: a poster is shown coarser instead of taking gigabytes."""
SIDE_MAX = 16_383
"""WebP's longest side."""
WHITE = 0xFFFFFFFF
NO_ALPHA = 2  # FPDFBitmap_BGR

ImageFormat = Literal["webp", "png"]


def render_page(document: Any, number: int, dpi: int, form: ImageFormat = "webp", frame: Frame | None = None) -> bytes:
    """Return page `number` (from 1) as an image at `dpi`, or at less where that would be too large.

    With a frame it comes straightened, as its words' boxes count.

    WebP is written at quality 75 by its fastest method: a quarter of the bytes of a JPEG 80 would save nothing here,
    as the image is read once; slower methods take 60 ms more a page.

    Raises:
        UnreadableDocumentError: the page is damaged.
    """
    with loaded(document, number) as page:
        if page is None:
            raise UnreadableDocumentError(f"Page {number} is damaged and cannot be shown.")
        placement = Placement(page)
        width, height = pixels(placement.width, placement.height, dpi)
        return packed(straightened(_bitmap(page, width, height), frame), form)


def grey_page(document: Any, number: int, dpi: int, pixels_max: int) -> tuple[int, int, bytes]:
    """Return width, height and grey pixels of page `number` (from 1) at `dpi`, or at less where there would be more.

    Raises:
        UnreadableDocumentError: the page is damaged.
    """
    with loaded(document, number) as page:
        if page is None:
            raise UnreadableDocumentError(f"Page {number} is damaged and cannot be shown.")
        placement = Placement(page)
        width, height = pixels(placement.width, placement.height, dpi, pixels_max)
        return width, height, _bitmap(page, width, height).convert("L").tobytes()


def pixels(width: float, height: float, dpi: int, pixels_max: int = PIXELS_MAX) -> tuple[int, int]:
    """Return the image's size for a page in points: at `dpi`, within the bounds, at least one pixel a side."""
    scale = max(dpi, 1) / 72
    area = max(width * height, 1e-6)
    longest = max(width, height, 1e-6)
    scale = min(scale, math.sqrt(pixels_max / area), SIDE_MAX / longest)
    return max(1, min(SIDE_MAX, round(width * scale))), max(1, min(SIDE_MAX, round(height * scale)))


def _bitmap(page: Any, width: int, height: int) -> Image.Image:
    stride = width * 3
    buffer = (ctypes.c_ubyte * (stride * height))()
    bitmap = api.FPDFBitmap_CreateEx(width, height, NO_ALPHA, buffer, stride)
    if not bitmap:
        raise MemoryError("no bitmap")
    try:
        api.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE)
        flags = api.FPDF_ANNOT | api.FPDF_RENDER_LIMITEDIMAGECACHE
        api.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
    finally:
        api.FPDFBitmap_Destroy(bitmap)
    return Image.frombytes("RGB", (width, height), bytes(buffer), "raw", "BGR", stride)


def packed(image: Image.Image, form: ImageFormat) -> bytes:
    out = io.BytesIO()
    if form == "png":
        image.quantize(16).save(out, "PNG", optimize=False)
    else:
        image.save(out, "WEBP", quality=75, method=0)
    return out.getvalue()
