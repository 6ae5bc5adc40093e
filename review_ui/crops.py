"""Crops of a page as view boxes of its image: print above, value below, digits under digits."""

from collections.abc import Iterable
from typing import NamedTuple

from pipeline.domain.extraction import Provenance
from pipeline.domain.geometry import BoundingBox, union

VALUE_PX = 22
"""Size of the open value's type."""
BOX_PER_SIZE = 1.18
"""Height of a printed word's box for its type size: ascent and descent together."""
SCALE_MIN, SCALE_MAX = 1.0, 3.6
"""CSS pixels for a point; beyond these a crop shows too little of the page, or only blur."""
HEIGHT_MIN_PX, HEIGHT_MAX_PX = 44, 132
TEXT_PAD_PX, TEXT_ROOM_PX = 176, 356
"""Where a text's left edge stands in the card, after the column of names; and how wide it may be."""
NUMBER_PAD_PX, NUMBER_ROOM_PX = 72, 300
"""Where a number's right edge stands, before its unit."""
WIDTH_PX = 800
"""Wider than any card: what does not fit is sliced off on the side away from the value."""
MARGIN_PX = 9


class Crop(NamedTuple):
    """A piece of a page: SVG view box in points, height in CSS pixels, and the side on which it is held."""

    page: int
    x: float
    y: float
    width: float
    height: float
    height_px: int
    anchor: str

    @property
    def view_box(self) -> str:
        return f"{self.x:.2f} {self.y:.2f} {self.width:.2f} {self.height:.2f}"


def lines_of(boxes: Iterable[BoundingBox]) -> list[BoundingBox]:
    """Return one box for each printed line, joined from pieces that stand side by side."""
    lines: list[BoundingBox] = []
    for box in sorted(boxes, key=lambda one: (one.top, one.x0)):
        middle = (box.top + box.bottom) / 2
        for index, line in enumerate(lines):
            near = box.x0 - line.x1 < 6 * max(line.height, 1) and line.x0 - box.x1 < 6 * max(line.height, 1)
            if line.top <= middle <= line.bottom and near:
                lines[index] = union((line, box))
                break
        else:
            lines.append(box)
    return lines


def crop_of(
    provenance: Provenance | None,
    *,
    numeric: bool,
    value_px: int = VALUE_PX,
    pad_px: int = TEXT_PAD_PX,
    room_px: int = TEXT_ROOM_PX,
    width_px: int = WIDTH_PX,
    height_min_px: int = HEIGHT_MIN_PX,
    text: str = "",
) -> Crop | None:
    """Return the crop that shows where a value was read; None where nobody knows.

    Args:
        provenance: page and boxes, in points.
        numeric: numbers are held at their right edge, text at its left one; what stands before it on the page, its
            label most often, is in the crop too.
        value_px: type size of the value under the crop; the print gets the same.
        pad_px: distance from the value's held edge to the edge of the card.
        room_px: how wide the value may be; longer ones are shown smaller.
        width_px: how much of the page is kept.
        height_min_px: of the crop.
        text: a number as printed: what follows its last digit, a currency most often, stands beyond the held edge.
    """
    if provenance is None or not provenance.boxes:
        return None
    lines = lines_of(provenance.boxes)
    whole = union(lines)
    line_height = max(1.0, sorted(line.height for line in lines)[len(lines) // 2])
    scale = min(value_px * BOX_PER_SIZE / line_height, room_px / max(whole.width, 1.0))
    scale = min(SCALE_MAX, max(SCALE_MIN, scale))
    margin = min(MARGIN_PX, 0.3 * line_height * scale)
    height_px = min(HEIGHT_MAX_PX, max(height_min_px, round(whole.height * scale + 2 * margin)))
    height = height_px / scale
    middle = (whole.top + whole.bottom) / 2
    top = middle - height / 2 if whole.height <= height else whole.top - margin / scale
    width = width_px / scale
    edge = whole.x1 - whole.width * trailing_share(text)
    left = edge + pad_px / scale - width if numeric else whole.x0 - pad_px / scale
    return Crop(
        page=provenance.page,
        x=left,
        y=top,
        width=width,
        height=height,
        height_px=height_px,
        anchor="xMaxYMid" if numeric else "xMinYMid",
    )


def trailing_share(text: str) -> float:
    """Return the share of a printed number's width that follows its last digit, counted in characters."""
    trailing = next((place for place, sign in enumerate(reversed(text)) if sign.isdigit()), 0)
    return trailing / len(text) if 0 < trailing < len(text) / 2 else 0.0
