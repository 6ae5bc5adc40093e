from collections.abc import Iterable
from typing import Self

from pydantic import model_validator

from pipeline.domain.value import Frozen


class PageSize(Frozen):
    """Width and height in PDF points, as a person sees the page (rotation applied)."""

    width: float
    height: float


class BoundingBox(Frozen):
    """A rectangle in PDF points, origin at the top left of the page as a person sees it."""

    x0: float
    top: float
    x1: float
    bottom: float

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.x1 < self.x0 or self.bottom < self.top:
            raise ValueError("a box ends right of and below where it begins")
        return self

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return self.width * self.height


def union(boxes: Iterable[BoundingBox]) -> BoundingBox:
    """Return the smallest box around all boxes.

    Raises:
        ValueError: there are no boxes.
    """
    boxes = list(boxes)
    if not boxes:
        raise ValueError("a union needs at least one box")
    return BoundingBox(
        x0=min(box.x0 for box in boxes),
        top=min(box.top for box in boxes),
        x1=max(box.x1 for box in boxes),
        bottom=max(box.bottom for box in boxes),
    )


def iou(one: BoundingBox, other: BoundingBox) -> float:
    """Return intersection over union, in [0, 1]; 0 where both boxes are empty."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(0.0, width) * max(0.0, height)
    whole = one.area + other.area - shared
    return shared / whole if whole > 0 else 0.0
