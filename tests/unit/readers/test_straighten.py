"""Slant and perspective from the boxes of lines alone."""

import math
from typing import Any

import numpy
import pytest

from pipeline.readers.ocr.straighten import lies_on_its_side, moved, straightening

WIDTH, HEIGHT = 1000, 1400


def page_of_lines() -> Any:
    """Return twelve lines of print, 500 pixels long and 30 high, down a page."""
    return numpy.array([[[200, y], [700, y], [700, y + 30], [200, y + 30]] for y in range(150, 1350, 100)], dtype=float)


def bent(boxes: Any, matrix: Any) -> Any:
    return moved(numpy, matrix, boxes.reshape(-1, 2)).reshape(-1, 4, 2)


def slopes(boxes: Any) -> Any:
    return numpy.degrees(numpy.arctan2(boxes[:, 1, 1] - boxes[:, 0, 1], boxes[:, 1, 0] - boxes[:, 0, 0]))


def test_straight_page_is_left_alone() -> None:
    assert straightening(numpy, page_of_lines(), WIDTH, HEIGHT) is None


@pytest.mark.parametrize("degrees", [-8, -0.5, 3, 12])
def test_slant_is_taken_out(degrees: float) -> None:
    angle = math.radians(degrees)
    turn = numpy.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    boxes = bent(page_of_lines(), turn)
    matrix = straightening(numpy, boxes, WIDTH, HEIGHT)
    assert numpy.abs(slopes(bent(boxes, matrix))).max() < 0.05


def test_perspective_of_a_photograph_is_taken_out() -> None:
    camera = numpy.array([[1, 0.02, 0], [0.03, 1, 0], [0.00012, 0.00005, 1]])
    boxes = bent(page_of_lines(), camera)
    assert numpy.ptp(slopes(boxes)) > 3
    matrix = straightening(numpy, boxes, WIDTH, HEIGHT)
    assert numpy.abs(slopes(bent(boxes, matrix))).max() < 0.3


def test_one_line_across_the_others_does_not_turn_the_page() -> None:
    stamp = numpy.array([[[300, 900], [600, 700], [615, 725], [315, 925]]], dtype=float)
    boxes = numpy.concatenate([page_of_lines(), stamp])
    matrix = straightening(numpy, boxes, WIDTH, HEIGHT)
    assert matrix is None or numpy.abs(slopes(bent(page_of_lines(), matrix))).max() < 0.2


def test_lines_that_run_down_the_page_are_noticed() -> None:
    assert lies_on_its_side(page_of_lines()[:, :, ::-1][:, [0, 3, 2, 1]])
    assert not lies_on_its_side(page_of_lines())
