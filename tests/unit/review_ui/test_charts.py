"""Charts are drawn within their box, and the table behind them says the same."""

from pipeline.domain.models import FieldCurves
from review_ui.charts import HEIGHT, WIDTH, reliability, risk

CURVES = FieldCurves(
    type="invoice",
    field=None,
    bins=((0.62, 0.5, 4), (0.88, 0.9, 30), (0.99, 1.0, 120)),
    points=((0.99, 0.4, 0.0), (0.9, 0.8, 0.01), (0.3, 1.0, 0.12)),
)


def test_dots_lie_in_the_box_and_honest_ones_near_the_diagonal() -> None:
    chart = reliability(CURVES)
    assert all(0 <= dot.x <= WIDTH and 0 <= dot.y <= HEIGHT for dot in chart.dots)
    first, _, last = chart.dots
    assert first.x < last.x
    assert first.y > last.y
    assert first.radius < last.radius
    assert chart.rows[0].cells == ("62 %", "50 %", "4")


def test_curve_and_tolerated_share_are_on_one_scale() -> None:
    chart = risk(CURVES, 0.01)
    heights = [float(point.split(",")[1]) for point in chart.line.split()]
    assert chart.target is not None
    assert abs(heights[1] - chart.target) < 0.2, "1 % wrong lies on the line of 1 %"
    assert heights[0] > heights[1] > heights[2]
    assert [row.cells for row in chart.rows][-1] == ("30.0 %", "100 %", "12.0 %")


def test_single_bin_and_point_make_a_chart() -> None:
    lonely = FieldCurves(type="invoice", field="iban", bins=((0.9, 1.0, 1),), points=((0.9, 1.0, 0.0),))
    assert len(reliability(lonely).dots) == 1
    assert risk(lonely, 0.01).line
