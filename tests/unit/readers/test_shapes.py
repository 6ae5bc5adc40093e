"""Ruled lines and images, as the words' coordinates have them."""

from pathlib import Path

import pikepdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.readers import pdfium_api
from pipeline.readers.pdfium_api import Placement
from pipeline.readers.pdfium_shapes import RULES_MAX, Shapes, read_shapes
from tests.unit.readers import made


def shapes_of(path: Path) -> Shapes:
    with pdfium_api.opened(path) as document, pdfium_api.loaded(document, 1) as page:
        return read_shapes(page, Placement(page))


def test_line_is_a_thin_box_as_thick_as_its_stroke(tmp_path: Path) -> None:
    shapes = shapes_of(made.content(tmp_path / "line.pdf", b"2 w 50 500 m 350 500 l S"))
    assert [tuple(rule) for rule in shapes.rules] == [(50, 99, 350, 101)]
    assert shapes.drawn


def test_thin_filled_box_is_one_line(tmp_path: Path) -> None:
    shapes = shapes_of(made.content(tmp_path / "bar.pdf", b"50 500 300 1 re f"))
    assert [tuple(rule) for rule in shapes.rules] == [(50, 99, 350, 100)]


def test_box_has_four_edges(tmp_path: Path) -> None:
    shapes = shapes_of(made.content(tmp_path / "box.pdf", b"0 w 50 400 100 60 re S"))
    assert {tuple(rule) for rule in shapes.rules} == {
        (50, 200, 150, 200),
        (50, 140, 150, 140),
        (50, 140, 50, 200),
        (150, 140, 150, 200),
    }


def test_grid_drawn_as_one_path_is_all_its_lines(tmp_path: Path) -> None:
    operators = b"".join(b"50 %d m 350 %d l " % (y, y) for y in (500, 480, 460)) + b"S"
    shapes = shapes_of(made.content(tmp_path / "grid.pdf", b"0 w " + operators))
    assert [rule.top for rule in shapes.rules] == [100, 120, 140]


@pytest.mark.parametrize(
    "operators",
    [b"50 500 m 350 540 l S", b"50 500 m 100 600 200 400 350 500 c S", b"50 500 2 2 re f", b"50 500 300 1 re n"],
    ids=["slanted", "curved", "speck", "invisible"],
)
def test_what_is_no_ruled_line_gives_none(tmp_path: Path, operators: bytes) -> None:
    assert shapes_of(made.content(tmp_path / "none.pdf", operators)).rules == []


def test_lines_within_a_form_are_placed_where_it_is_drawn(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.beginForm("table")
        canvas.setLineWidth(0)
        canvas.line(0, 0, 100, 0)
        canvas.endForm()
        canvas.translate(50, 400)
        canvas.scale(2, 2)
        canvas.doForm("table")

    assert [tuple(rule) for rule in shapes_of(made.draw(tmp_path / "form.pdf", page)).rules] == [(50, 200, 250, 200)]


def test_lines_turn_with_the_page(tmp_path: Path) -> None:
    path = made.content(tmp_path / "turned.pdf", b"0 w 50 500 m 350 500 l S", Rotate=90)
    assert [tuple(rule) for rule in shapes_of(path).rules] == [(500, 50, 500, 350)]


def test_number_of_lines_is_bounded(tmp_path: Path) -> None:
    operators = b"".join(b"50 %.2f m 350 %.2f l S " % (y / 20, y / 20) for y in range(1, 8000))
    assert len(shapes_of(made.content(tmp_path / "plan.pdf", operators)).rules) == RULES_MAX


@pytest.mark.parametrize(("width", "height", "share"), [(400, 600, 1.0), (200, 300, 0.25), (4000, 600, 1.0)])
def test_image_share_counts_what_lies_on_the_page(tmp_path: Path, width: float, height: float, share: float) -> None:
    path = made.draw(tmp_path / "image.pdf", made.picture(width, height))
    assert shapes_of(path).image_share == pytest.approx(share, abs=0.001)


def test_image_off_the_visible_page_does_not_count(tmp_path: Path) -> None:
    path = made.draw(tmp_path / "image.pdf", made.picture(100, 100))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].CropBox = pikepdf.Array([200, 200, 400, 600])
        pdf.save(path)
    assert shapes_of(path).image_share == 0
