"""Lines of print that run straight: the turn, the slant and the perspective of an image, from the boxes of its lines.

A detector finds lines at any small angle, and they are read as well as straight ones; what breaks is building rows of
words from boxes that drift apart. So not the image is turned before reading, but the boxes after it: that costs no
pixel work. Where the lines of a photograph meet in the distance, the point they meet in is found and sent away.
"""

import math
from typing import Any

from pipeline.readers.ocr.engine import Engine

ANGLE_MIN = 0.15
"""Degrees from which a slant is taken out; below, it is the detector's own noise."""
PROBE_LINES = 6
TALL = 1.5
"""A box so much higher than wide holds a line that runs up or down."""
LONG = 4.0
"""Only boxes so much longer than high tell an angle."""
LINES_MIN = 6
"""Lines that a perspective takes; fewer tell a slant at most."""
PERSPECTIVE_GAIN = 0.6
"""The perspective counts where it leaves at most this share of the slant's remaining error."""
PERSPECTIVE_ERROR_MIN = 0.35
"""Degrees of spread among the lines' angles below which nothing is bent."""


def lies_on_its_side(boxes: Any) -> bool:
    """Return whether most of the longest boxes run up or down."""
    sides = sorted(((_width(box), _height(box)) for box in boxes), key=max, reverse=True)[:8]
    return sum(height > TALL * width for width, height in sides) * 2 > len(sides)


def better_turned(engine: Engine, image: Any, boxes: Any, crops: list[Any]) -> bool:
    """Return whether the longest lines read better upside down."""
    longest = sorted(range(len(crops)), key=lambda index: -crops[index].shape[1])[:PROBE_LINES]
    rotate = engine.cv2.ROTATE_180
    here = _sense(engine.recognise([crops[index] for index in longest]))
    there = _sense(engine.recognise([engine.cv2.rotate(crops[index], rotate) for index in longest]))
    return there > here


def _sense(lines: Any) -> float:
    return sum(word.score * min(len(word.text), 20) for words in lines for word in words)


def _width(box: Any) -> float:
    return math.dist(box[0], box[1])


def _height(box: Any) -> float:
    return math.dist(box[0], box[3])


def straightening(numpy: Any, boxes: Any, width: int, height: int) -> Any:
    """Return the 3 x 3 matrix that takes a point of the image to its place on the straightened one; None: leave it.

    Args:
        numpy: the module.
        boxes: n x 4 x 2, in pixels.
        width: of the image.
        height: of the image.
    """
    long = [box for box in boxes if _width(box) > LONG * max(_height(box), 1.0)]
    if len(long) < 2:
        return None
    centre = numpy.array([width / 2, height / 2])
    unit = max(width, height) / 2
    begins = numpy.array([(box[0] + box[3]) / 2 for box in long], dtype=float)
    ends = numpy.array([(box[1] + box[2]) / 2 for box in long], dtype=float)
    begins, ends = (begins - centre) / unit, (ends - centre) / unit
    lengths = numpy.linalg.norm(ends - begins, axis=1)
    angles = numpy.degrees(numpy.arctan2(ends[:, 1] - begins[:, 1], ends[:, 0] - begins[:, 0]))
    angle = _weighted_median(numpy, angles, lengths)
    near = numpy.abs(angles - angle) < 8.0
    if near.sum() < 2:
        return None
    slant = _rotation(numpy, angle)
    error = _spread(numpy, slant, begins[near], ends[near], lengths[near])
    best = slant if abs(angle) >= ANGLE_MIN else None
    if near.sum() >= LINES_MIN and error > PERSPECTIVE_ERROR_MIN:
        bent = _without_perspective(numpy, begins[near], ends[near], lengths[near])
        if bent is not None:
            left = _spread(numpy, bent, begins[near], ends[near], lengths[near])
            if left < PERSPECTIVE_GAIN * error:
                best = bent
    if best is None:
        return None
    to_unit = numpy.array([[1 / unit, 0, -centre[0] / unit], [0, 1 / unit, -centre[1] / unit], [0, 0, 1]])
    return numpy.linalg.inv(to_unit) @ best @ to_unit


def _rotation(numpy: Any, angle: float) -> Any:
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return numpy.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])


def _weighted_median(numpy: Any, values: Any, weights: Any) -> float:
    order = numpy.argsort(values)
    total = numpy.cumsum(weights[order])
    return float(values[order][int(numpy.searchsorted(total, total[-1] / 2))])


def _spread(numpy: Any, matrix: Any, begins: Any, ends: Any, lengths: Any) -> float:
    """Return the mean angle in degrees that the lines still have, long ones counting more."""
    one, other = moved(numpy, matrix, begins), moved(numpy, matrix, ends)
    angles = numpy.degrees(numpy.arctan2(other[:, 1] - one[:, 1], other[:, 0] - one[:, 0]))
    return float(numpy.average(numpy.abs(angles), weights=lengths))


def _without_perspective(numpy: Any, begins: Any, ends: Any, lengths: Any) -> Any:
    """Return the matrix that makes the lines parallel: it sends the point they meet in to the far right.

    None where they don't agree on a point, or it lies on the image.
    """
    keep = numpy.ones(len(begins), dtype=bool)
    point: Any = None
    for _ in range(2):
        if keep.sum() < LINES_MIN:
            return None
        ones = numpy.ones((int(keep.sum()), 1))
        lines = numpy.cross(numpy.hstack([begins[keep], ones]), numpy.hstack([ends[keep], ones]))
        lines /= numpy.linalg.norm(lines[:, :2], axis=1)[:, None]
        point = numpy.linalg.svd(lines * lengths[keep][:, None])[2][-1]
        if point[0] < 0:
            point = -point
        middle = (begins + ends) / 2
        wanted = numpy.arctan2(point[1] - middle[:, 1] * point[2], point[0] - middle[:, 0] * point[2])
        found = numpy.arctan2(ends[:, 1] - begins[:, 1], ends[:, 0] - begins[:, 0])
        off = numpy.abs(numpy.degrees(wanted - found))
        keep = off < max(1.0, 2.5 * float(numpy.median(off)))
    if point is None or point[0] <= 0:
        return None
    # the horizon goes through the point they meet in and, for lack of another, straight up and down there
    turn = _rotation(numpy, math.degrees(math.atan2(point[1], point[0])))
    far = turn @ point
    bend = -far[2] / far[0]
    if abs(bend) > 0.35:
        return None
    return numpy.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [bend, 0.0, 1.0]]) @ turn


def moved(numpy: Any, matrix: Any, points: Any) -> Any:
    """Return where the matrix takes points (n x 2)."""
    out = numpy.hstack([points, numpy.ones((len(points), 1))]) @ matrix.T
    return out[:, :2] / out[:, 2:]


def frame_of(
    numpy: Any, matrix: Any, size: tuple[float, float], width: int, height: int, quarters: int
) -> tuple[float, ...] | None:
    """Return the straightened image's corners on the image that was given, as shares of its sides; None: as given.

    Args:
        numpy: the module.
        matrix: what `straightening` found on the turned image.
        size: of the straightened image.
        width: of the turned image.
        height: of the turned image.
        quarters: turns to the left that came first.
    """
    if matrix is None and not quarters:
        return None
    corners = numpy.array([[0.0, 0.0], [size[0], 0.0], [size[0], size[1]], [0.0, size[1]]])
    if matrix is not None:
        corners = moved(numpy, numpy.linalg.inv(matrix), corners)
    shares = corners / numpy.array([width, height])
    for _ in range(quarters):
        # the image was turned a quarter to the left: turn the shares back to the right
        shares = numpy.stack([1.0 - shares[:, 1], shares[:, 0]], axis=1)
    return tuple(round(float(share), 5) for point in shares for share in point)
