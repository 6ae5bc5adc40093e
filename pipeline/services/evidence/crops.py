"""The print that a value was read from, cut out of its page."""

import io
from collections.abc import Sequence

from PIL import Image

from pipeline.domain.geometry import BoundingBox, union

DPI = 200
MARGIN_POINTS = 6.0
COLOURS = 64


def crop(page: bytes, boxes: Sequence[BoundingBox]) -> bytes | None:
    """Return the part of a page that holds the boxes, as PNG; None where they lie outside of it.

    Args:
        page: its image, at `DPI`.
        boxes: in PDF points from the top left.
    """
    if not boxes:
        return None
    around, scale = union(boxes), DPI / 72
    with Image.open(io.BytesIO(page)) as image:
        left, top = (max(0, int((edge - MARGIN_POINTS) * scale)) for edge in (around.x0, around.top))
        right = min(image.width, int((around.x1 + MARGIN_POINTS) * scale))
        bottom = min(image.height, int((around.bottom + MARGIN_POINTS) * scale))
        if left >= right or top >= bottom:
            return None
        out = io.BytesIO()
        image.crop((left, top, right, bottom)).convert("RGB").quantize(COLOURS).save(out, "PNG", optimize=True)
        return out.getvalue()
