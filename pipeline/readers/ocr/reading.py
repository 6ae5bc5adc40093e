"""One image read: lines found, turned upright, straightened, recognised. For the OCR process alone."""

import time
from typing import Any

from pipeline.readers.ocr.engine import Engine, Piece
from pipeline.readers.ocr.protocol import LINES_MAX, WORD_CHARACTERS_MAX, WORDS_MAX, ReadImage, ReadWord
from pipeline.readers.ocr.rows import in_reading_order
from pipeline.readers.ocr.straighten import better_turned, frame_of, lies_on_its_side, moved, straightening

DOUBTFUL_SCORE = 0.8
"""Below this mean score of its lines an image may stand upside down."""
SCORE_MIN = 0.3
"""Words with less are stains and ruled lines."""


def read_image(engine: Engine, grey: Any) -> ReadImage:
    """Return what stands on an image (height x width, one byte a pixel)."""
    began = time.perf_counter()
    numpy = engine.numpy
    image = engine.cv2.cvtColor(grey, engine.cv2.COLOR_GRAY2BGR)
    quarters = 0
    boxes, crops = engine.find(image)
    if len(boxes) and lies_on_its_side(boxes):
        quarters = 1
        image = numpy.ascontiguousarray(numpy.rot90(image))
        boxes, crops = engine.find(image)
        if crops and better_turned(engine, image, boxes, crops):
            quarters, image = 3, numpy.ascontiguousarray(numpy.rot90(image, 2))
            boxes, crops = engine.find(image)
    lines = engine.recognise(crops)
    if crops and quarters == 0 and _mean_score(lines) < DOUBTFUL_SCORE and better_turned(engine, image, boxes, crops):
        quarters, image = 2, numpy.ascontiguousarray(numpy.rot90(image, 2))
        boxes, crops = engine.find(image)
        lines = engine.recognise(crops)
    height, width = image.shape[:2]
    matrix = straightening(numpy, boxes, width, height) if len(boxes) else None
    rows: list[list[ReadWord]] = []
    size = (float(width), float(height))
    if matrix is not None:
        matrix, size = _fitted(numpy, matrix, width, height)
    for corners, pieces in zip(boxes, lines, strict=True):
        row = [word for piece in pieces if (word := _placed(numpy, piece, corners, matrix, size)) is not None]
        if row:
            rows.append(row)
    return ReadImage(
        width=size[0],
        height=size[1],
        frame=frame_of(numpy, matrix, size, width, height, quarters),
        lines=tuple(tuple(row[:WORDS_MAX]) for row in in_reading_order(rows)[:LINES_MAX]),
        seconds=round(time.perf_counter() - began, 3),
    )


def _mean_score(lines: list[list[Piece]]) -> float:
    words = [word for line in lines for word in line]
    letters = sum(len(word.text) for word in words)
    return sum(word.score * len(word.text) for word in words) / letters if letters else 0.0


def _fitted(numpy: Any, matrix: Any, width: int, height: int) -> tuple[Any, tuple[float, float]]:
    """Return the matrix moved so that nothing of the image is cut off, and the size this takes.

    A slight slant keeps the image's size: what its corners lose is margin.
    """
    corners = moved(numpy, matrix, numpy.array([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]))
    low, high = corners.min(axis=0), corners.max(axis=0)
    found = high - low
    if found[0] < 1.03 * width and found[1] < 1.03 * height:
        return matrix, (float(width), float(height))
    shift = numpy.array([[1.0, 0.0, -low[0]], [0.0, 1.0, -low[1]], [0.0, 0.0, 1.0]])
    return shift @ matrix, (float(found[0]), float(found[1]))


def _placed(numpy: Any, piece: Piece, corners: Any, matrix: Any, size: tuple[float, float]) -> ReadWord | None:
    """Return a word with its upright box on the straightened image; None for what is no word."""
    if piece.score < SCORE_MIN or not piece.text.strip():
        return None
    one, two, three, four = (numpy.asarray(corner, dtype=float) for corner in corners)
    if numpy.linalg.norm(one - four) >= 1.5 * numpy.linalg.norm(one - two):
        # a line that runs down the page was turned before it was read
        one, two, three, four = two, three, four, one
    upper = [one + (two - one) * share for share in (piece.begin, piece.end)]
    lower = [four + (three - four) * share for share in (piece.begin, piece.end)]
    points = numpy.array([*upper, *lower])
    if matrix is not None:
        points = moved(numpy, matrix, points)
    low, high = points.min(axis=0), points.max(axis=0)
    x0, x1 = (float(min(max(edge, 0.0), size[0])) for edge in (low[0], high[0]))
    top, bottom = (float(min(max(edge, 0.0), size[1])) for edge in (low[1], high[1]))
    if x1 - x0 < 1 or bottom - top < 1:
        return None
    return ReadWord(
        text=piece.text[:WORD_CHARACTERS_MAX],
        x0=round(x0, 1),
        top=round(top, 1),
        x1=round(x1, 1),
        bottom=round(bottom, 1),
        score=round(piece.score, 4),
    )
