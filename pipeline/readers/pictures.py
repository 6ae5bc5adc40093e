"""Image files as documents: PNG, JPEG and TIFF, each image a page. Decoded by Pillow, in the reading process alone."""

import math
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.errors import DocumentTooLargeError, UnreadableDocumentError
from pipeline.sealed_file import Readable

FORMATS = ("PNG", "JPEG", "TIFF")
PIXELS_MAX = 150_000_000
"""Pixels that are decoded at most; an image says how many it has before anything is decoded."""
SIDE_MAX = 60_000
SEEN_LONGEST = 842.0
"""Points of an image's longer side where nothing better is known: an A4 sheet's."""
STRETCH_MIN = 1.3
"""Fax machines scan lines twice as far apart as points: from this ratio on, the image is drawn out."""

DAMAGED_SENTENCE = "This image is damaged and cannot be opened. Scan or photograph it again, and drop that."
TOO_MANY_PIXELS_SENTENCE = (
    "This image has {0} million pixels, and at most {1} million are taken. Save it smaller, and drop it again."
)


@contextmanager
def opened(file: Readable) -> Generator[Image.Image]:
    """Yield an image file before its pixels are decoded.

    Raises:
        UnreadableDocumentError: it is damaged.
    """
    with warnings.catch_warnings():
        # Pillow warns of large images and odd metadata: the bounds here are our own
        warnings.simplefilter("ignore")
        Image.MAX_IMAGE_PIXELS = None
        try:
            with file.open("rb") as stream, Image.open(stream, formats=FORMATS) as image:
                yield image
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError) as error:
            raise UnreadableDocumentError(DAMAGED_SENTENCE) from error


def count_pages(image: Image.Image, pages_max: int) -> int:
    """Return the number of images in the file.

    Raises:
        DocumentTooLargeError: there are more than `pages_max`.
    """
    if image.format != "TIFF":
        return 1
    count = 0
    while count <= pages_max:
        try:
            image.seek(count)
        except EOFError:
            break
        count += 1
    if count > pages_max:
        raise DocumentTooLargeError(f"This file has more than {pages_max} pages. Split it, and drop the parts again.")
    return count


def has_page(image: Image.Image, number: int) -> bool:
    try:
        image.seek(number - 1)
    except EOFError:
        return False
    return True


def page_size(image: Image.Image) -> tuple[float, float]:
    """Return width and height of the image at hand as a page in points, upright as its camera held it."""
    width, height = image.size
    if _is_turned(image):
        width, height = height, width
    across, down = _stretch(image)
    scale = SEEN_LONGEST / max(width * across, height * down, 1)
    return width * across * scale, height * down * scale


def decoded(image: Image.Image, number: int, longest: int | None = None, pixels: int | None = None) -> Image.Image:
    """Return image `number` (from 1) of the file upright, in grey or RGB on white.

    Args:
        image: the open file.
        number: which.
        longest: pixels of its longer side at most.
        pixels: of the whole at most.

    Raises:
        DocumentTooLargeError: it has more pixels than are ever decoded.
        UnreadableDocumentError: there is no such image in the file.
    """
    if number > 1 or image.format == "TIFF":
        image.seek(number - 1)
    width, height = image.size
    if width < 1 or height < 1:
        raise UnreadableDocumentError(DAMAGED_SENTENCE)
    if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise DocumentTooLargeError(
            TOO_MANY_PIXELS_SENTENCE.format(math.ceil(width * height / 1e6), PIXELS_MAX // 1_000_000)
        )
    across, down = _stretch(image)
    turned = _is_turned(image)
    flat = _flat(image)
    upright = ImageOps.exif_transpose(flat)
    if turned:
        across, down = down, across
    wide, high = upright.width * across, upright.height * down
    scale = min(
        1.0,
        longest / max(wide, high) if longest else 1.0,
        math.sqrt(pixels / (wide * high)) if pixels else 1.0,
    )
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    return upright if size == upright.size else upright.resize(size, Image.Resampling.BOX if scale < 1 else None)


def _flat(image: Image.Image) -> Image.Image:
    """Return the pixels in 8 bits, grey or RGB, transparent ones white; the place's tags are kept for turning it."""
    exif = image.getexif()
    if image.mode.startswith("I") or image.mode == "F":
        # 16 bits a pixel, as some scanners write; Pillow would cut them off at 255
        brightest = 1.0 if image.mode == "F" else 65_535.0
        flat = image.convert("F").point(lambda value: value * (255 / brightest)).convert("L")
    elif image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        above = image.convert("RGBA")
        flat = Image.alpha_composite(Image.new("RGBA", above.size, "white"), above).convert("RGB")
    elif image.mode in ("1", "L"):
        flat = image.convert("L")
    else:
        flat = image.convert("RGB")
    flat.info = {}
    if ORIENTATION in exif:
        kept = Image.Exif()
        kept[ORIENTATION] = exif[ORIENTATION]
        flat.info["exif"] = kept.tobytes()
    return flat


ORIENTATION = 0x0112


def _is_turned(image: Image.Image) -> bool:
    return image.getexif().get(ORIENTATION) in (5, 6, 7, 8)


def _stretch(image: Image.Image) -> tuple[float, float]:
    """Return by how much to draw out width and height of an image whose pixels are not square."""
    dpi: Any = image.info.get("dpi")
    try:
        across, down = float(dpi[0]), float(dpi[1])
        ratio = across / down
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return 1.0, 1.0
    if STRETCH_MIN <= ratio <= 4:
        return 1.0, ratio
    if STRETCH_MIN <= 1 / ratio <= 4 if ratio > 0 else False:
        return 1 / ratio, 1.0
    return 1.0, 1.0
