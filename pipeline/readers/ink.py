"""What a page shows a person: letters in its image, and whether the words of its text layer stand on them.

OpenCV counts letters; it is loaded with the first page that needs it, never in the process that this one was forked
from. Whether a word can be seen takes no more than Pillow, which is there already.
"""

import ctypes
import importlib
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from PIL import Image

from pipeline.readers.pdfium_api import Placement, api
from pipeline.readers.raw_page import RawWord

DPI = 100
DARK_BELOW = 150
LETTER_HEIGHTS = (3.0, 30.0)
LETTER_WIDTH_MAX = 60.0
"""Points: what is dark and of such a size counts as a letter."""
MARGIN_PIXELS = 2
PIXELS_MAX = 8_000_000
CONTRAST_MIN = 24
"""Grey levels between the lightest and the darkest spot of a word, below which nobody sees it."""
GREY = 1  # FPDFBitmap_Gray
WHITE = 0xFFFFFFFF


class Ink(NamedTuple):
    """What is seen on a page."""

    letters: int
    uncovered: float
    """The share of letters on which no word stands, in [0, 1]."""


class Picture:
    """A coarse grey image of a page, or of the part of it where some words stand."""

    def __init__(self, page: Any, placement: Placement, words: Sequence[RawWord] | None = None) -> None:
        """Render it.

        Args:
            page: PDFium's handle.
            placement: the page's.
            words: those that `shows` is asked about, where it is asked without drift and nothing else is.
        """
        area = max(placement.width * placement.height, 1e-6)
        self.scale = min(DPI / 72, (PIXELS_MAX / area) ** 0.5)
        self.width = max(1, round(placement.width * self.scale))
        self.height = max(1, round(placement.height * self.scale))
        self.left, self.top, right, bottom = 0, 0, self.width, self.height
        """Where the part begins on the page, in pixels."""
        if words:
            boxes = [self._pixels(word, 0) for word in words]
            self.left, self.top = min(box[0] for box in boxes), min(box[1] for box in boxes)
            right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
        self.grey = self._rendered(page, max(1, right - self.left), max(1, bottom - self.top))

    def _rendered(self, page: Any, width: int, height: int) -> Image.Image:
        stride = (width + 3) // 4 * 4
        buffer: Any = (ctypes.c_ubyte * (stride * height))()
        bitmap = api.FPDFBitmap_CreateEx(width, height, GREY, buffer, stride)
        if not bitmap:
            raise MemoryError("no bitmap")
        try:
            api.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE)
            flags = api.FPDF_ANNOT | api.FPDF_RENDER_LIMITEDIMAGECACHE
            api.FPDF_RenderPageBitmap(bitmap, page, -self.left, -self.top, self.width, self.height, 0, flags)
        finally:
            api.FPDFBitmap_Destroy(bitmap)
        return Image.frombuffer("L", (width, height), buffer, "raw", "L", stride, 1)

    def ink(self, words: list[RawWord]) -> Ink:
        """Return the letters on the page, and the share of them that no word stands on."""
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        cv2: Any = importlib.import_module("cv2")
        numpy: Any = importlib.import_module("numpy")
        cv2.setNumThreads(1)
        dark = (numpy.asarray(self.grey) < DARK_BELOW).astype("uint8")
        _, _, stats, centres = cv2.connectedComponentsWithStats(dark, connectivity=8)
        wide, high = stats[1:, 2] / self.scale, stats[1:, 3] / self.scale
        like = (high >= LETTER_HEIGHTS[0]) & (high <= LETTER_HEIGHTS[1]) & (wide <= LETTER_WIDTH_MAX)
        found = centres[1:][like]
        if not len(found):
            return Ink(0, 0.0)
        covered = numpy.zeros(dark.shape, dtype=bool)
        for word in words:
            x0, top, x1, bottom = self._pixels(word, MARGIN_PIXELS)
            covered[top:bottom, x0:x1] = True
        columns = numpy.clip(found[:, 0].astype(int), 0, self.width - 1)
        rows = numpy.clip(found[:, 1].astype(int), 0, self.height - 1)
        return Ink(len(found), float(1.0 - covered[rows, columns].mean()))

    def shows(self, word: RawWord, drift: float = 0.0) -> bool:
        """Return whether anything can be seen where a word stands, or so many of its heights beside it."""
        x0, top, x1, bottom = self._pixels(word, int(drift * (word.bottom - word.top) * self.scale))
        if x0 >= x1 or top >= bottom:
            return False
        spot: Any = self.grey.crop((x0 - self.left, top - self.top, x1 - self.left, bottom - self.top))
        darkest, lightest = spot.getextrema()
        return bool(lightest - darkest >= CONTRAST_MIN)

    def _pixels(self, word: RawWord, margin: int) -> tuple[int, int, int, int]:
        scale = self.scale
        return (
            max(0, int(word.x0 * scale) - margin),
            max(0, int(word.top * scale) - margin),
            min(self.width, int(word.x1 * scale) + 1 + margin),
            min(self.height, int(word.bottom * scale) + 1 + margin),
        )
