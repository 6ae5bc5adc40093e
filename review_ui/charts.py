"""Charts as numbers for SVG: what the templates draw, in pixels of a box of a fixed size."""

from dataclasses import dataclass

from flask_babel import ngettext

from pipeline.domain.models import FieldCurves
from review_ui.formatting import format_number, format_share

WIDTH, HEIGHT = 320, 240
LEFT, RIGHT, TOP, BOTTOM = 48, 8, 26, 36
DOT_LEAST, DOT_MOST = 2.5, 9.0
RISK_STEPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True)
class Dot:
    """One bin of a reliability diagram."""

    x: float
    y: float
    radius: float
    words: str


@dataclass(frozen=True)
class Tick:
    at: float
    words: str


@dataclass(frozen=True)
class Row:
    """One line of the table behind a chart."""

    cells: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """Everything that is drawn, and the same in a table."""

    dots: tuple[Dot, ...]
    line: str
    """Points of a polyline."""
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    rows: tuple[Row, ...]
    target: float | None = None
    """Where the line of the tolerated share of errors lies."""

    @property
    def box(self) -> str:
        return f"0 0 {WIDTH} {HEIGHT}"

    left, right, top, bottom = LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM


def reliability(curves: FieldCurves) -> Chart:
    """Return stated confidence against the share that was right: honest dots lie on the diagonal."""
    most = max((count for _, _, count in curves.bins), default=1)
    # the low end is empty for most fields: it is cut off where nothing is drawn
    low = min([0.5, *(min(stated, right) for stated, right, _ in curves.bins)])
    low = int(low * 10) / 10
    dots = tuple(
        Dot(
            _x((stated - low) / (1 - low)),
            _y((right - low) / (1 - low)),
            round(DOT_LEAST + (DOT_MOST - DOT_LEAST) * (count / most) ** 0.5, 1),
            ngettext(
                "%(num)s value stated %(stated)s sure on average: %(right)s were right",
                "%(num)s values stated %(stated)s sure on average: %(right)s were right",
                count,
                stated=format_share(stated),
                right=format_share(right),
            ),
        )
        for stated, right, count in curves.bins
    )
    rows = tuple(Row((format_share(stated), format_share(right), str(count))) for stated, right, count in curves.bins)
    steps = [low + (1 - low) * step / 4 for step in range(5)]
    return Chart(
        dots,
        "",
        tuple(Tick(_x((step - low) / (1 - low)), _percent(step)) for step in steps),
        tuple(Tick(_y((step - low) / (1 - low)), _percent(step)) for step in steps),
        rows,
    )


def risk(curves: FieldCurves, target: float) -> Chart:
    """Return the share of wrong values among the accepted ones against the share accepted, for every threshold."""
    worst = max([target * 1.5, *(wrong for _, _, wrong in curves.points)])
    top = next((step for step in RISK_STEPS if step >= worst), 1.0)
    line = " ".join(f"{_x(share):g},{_y(wrong / top):g}" for _, share, wrong in curves.points)
    kept = _thinned(curves.points)
    rows = tuple(Row((_fine(sure), _percent(share), _fine(wrong))) for sure, share, wrong in kept)
    return Chart(
        (),
        line,
        tuple(Tick(_x(step / 4), _percent(step / 4)) for step in range(5)),
        tuple(Tick(_y(step / 4), _number(f"{top * step * 25:g}")) for step in range(5)),
        rows,
        _y(target / top),
    )


def _thinned(points: tuple[tuple[float, float, float], ...], most: int = 12) -> list[tuple[float, float, float]]:
    if len(points) <= most:
        return list(points)
    return [points[round(step * (len(points) - 1) / (most - 1))] for step in range(most)]


def _x(share: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, share)), 1)


def _y(share: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(1.0, max(0.0, share)), 1)


def _percent(share: float) -> str:
    return _number(f"{share * 100:.0f}")


def _fine(share: float) -> str:
    return f"{format_number(f'{share * 100:.1f}', decimals=1)} %"


def _number(percent: str) -> str:
    return f"{format_number(percent, decimals=0)} %"
