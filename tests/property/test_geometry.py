import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.domain.geometry import BoundingBox, iou, union

points = st.floats(-2000, 2000, allow_nan=False)


@st.composite
def boxes(draw: st.DrawFn) -> BoundingBox:
    left, right = sorted((draw(points), draw(points)))
    top, bottom = sorted((draw(points), draw(points)))
    return BoundingBox(x0=left, top=top, x1=right, bottom=bottom)


@given(st.lists(boxes(), min_size=1, max_size=8))
def test_union_holds_every_box_and_touches_one_on_each_side(many: list[BoundingBox]) -> None:
    whole = union(many)
    assert all(
        whole.x0 <= box.x0 and whole.top <= box.top and whole.x1 >= box.x1 and whole.bottom >= box.bottom
        for box in many
    )
    assert whole.x0 in {box.x0 for box in many}
    assert whole.bottom in {box.bottom for box in many}


@given(boxes(), boxes())
def test_overlap_is_symmetric_and_within_bounds(one: BoundingBox, other: BoundingBox) -> None:
    assert iou(one, other) == pytest.approx(iou(other, one))
    assert 0 <= iou(one, other) <= 1 + 1e-9
    if one.area > 1e-3:
        assert iou(one, one) == pytest.approx(1)


def test_box_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError):
        BoundingBox(x0=10, top=0, x1=5, bottom=5)


def test_union_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        union([])
