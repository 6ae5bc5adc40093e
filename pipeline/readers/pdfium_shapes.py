"""Ruled lines and images of a page through PDFium's page objects: what pdfplumber takes 50 ms a page for."""

import ctypes
import itertools
from dataclasses import dataclass, field
from typing import Any

from pipeline.readers.pdfium_api import Placement, address, api
from pipeline.readers.raw_page import RawRule

THICKNESS_MAX = 4.0
"""A filled shape thinner than this (points) is a ruled line; a thicker one has edges."""
LENGTH_MIN = 4.0
"""Shorter strokes are dots and letters, not ruled lines."""
OBJECTS_MAX = 50_000
SEGMENTS_MAX = 20_000
RULES_MAX = 5_000
"""Bounds on one page's work: maps and plans have no tables worth the time."""
COVERS_MAX = 400
DEPTH_MAX = 6
"""How deep forms within forms are followed."""

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass
class Shapes:
    """What is drawn on a page beside its text."""

    rules: list[RawRule] = field(default_factory=list[RawRule])
    image_share: float = 0.0
    drawn: bool = False
    covers: list[tuple[int, float, float, float, float]] = field(
        default_factory=list[tuple[int, float, float, float, float]]
    )
    """Images and filled shapes drawn after some text: when, and the box as seen."""
    times: dict[int, int] = field(default_factory=dict[int, int])
    """When each text object was drawn, by its address."""


def read_shapes(page: Any, placement: Placement) -> Shapes:
    """Return ruled lines (edges of boxes too) and the largest image's share of the page."""
    walk = _Walk(placement)
    walk.follow(api.FPDFPage_CountObjects, api.FPDFPage_GetObject, page, IDENTITY, 0)
    return walk.shapes


class _Walk:
    def __init__(self, placement: Placement) -> None:
        self.placement = placement
        self.shapes = Shapes()
        self.objects = OBJECTS_MAX
        self.segments = SEGMENTS_MAX
        self.seen: set[RawRule] = set()

    def follow(self, count: Any, get: Any, container: Any, outer: Matrix, depth: int) -> None:
        for index in range(count(container)):
            self.objects -= 1
            if self.objects < 0 or self.segments < 0 or len(self.seen) >= RULES_MAX:
                return
            thing = get(container, index)
            kind = api.FPDFPageObj_GetType(thing)
            if kind == api.FPDF_PAGEOBJ_TEXT:
                self.shapes.times[address(thing)] = OBJECTS_MAX - self.objects
            elif kind == api.FPDF_PAGEOBJ_PATH:
                self.shapes.drawn = True
                self.read_path(thing, outer)
            elif kind == api.FPDF_PAGEOBJ_IMAGE:
                self.shapes.drawn = True
                self.read_image(thing, outer)
            elif kind == api.FPDF_PAGEOBJ_SHADING:
                self.shapes.drawn = True
            elif kind == api.FPDF_PAGEOBJ_FORM and depth < DEPTH_MAX:
                inner = _times(_matrix(thing), outer)
                self.follow(api.FPDFFormObj_CountObjects, api.FPDFFormObj_GetObject, thing, inner, depth + 1)

    def read_image(self, thing: Any, outer: Matrix) -> None:
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        if not api.FPDFPageObj_GetBounds(thing, left, bottom, right, top):
            return
        corners = [_at(outer, x, y) for x in (left.value, right.value) for y in (bottom.value, top.value)]
        x0, y0, x1, y1 = self.placement.seen(*_around(corners))
        self.cover((x0, y0, x1, y1))
        width = min(x1, self.placement.width) - max(x0, 0.0)
        height = min(y1, self.placement.height) - max(y0, 0.0)
        area = self.placement.width * self.placement.height
        if width > 0 and height > 0 and area > 0:
            self.shapes.image_share = max(self.shapes.image_share, min(1.0, width * height / area))

    def cover(self, box: tuple[float, float, float, float]) -> None:
        """Keep a thing that may lie over text drawn before it."""
        if self.shapes.times and len(self.shapes.covers) < COVERS_MAX:
            self.shapes.covers.append((OBJECTS_MAX - self.objects, *box))

    def read_path(self, thing: Any, outer: Matrix) -> None:
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        if not api.FPDFPath_GetDrawMode(thing, fill, stroke) or not (fill.value or stroke.value):
            return
        thickness = ctypes.c_float()
        if stroke.value:
            api.FPDFPageObj_GetStrokeWidth(thing, thickness)
        matrix = _times(_matrix(thing), outer)
        scale = (abs(matrix[0] * matrix[3] - matrix[1] * matrix[2])) ** 0.5
        half = min(thickness.value * scale, THICKNESS_MAX) / 2 if stroke.value else 0.0
        for points in self.outlines(thing, matrix):
            box = _around(points)
            if fill.value and min(box[2] - box[0], box[3] - box[1]) > THICKNESS_MAX:
                self.cover(self.placement.seen(*box))
            if min(box[2] - box[0], box[3] - box[1]) <= THICKNESS_MAX:
                self.keep(box, half)
                continue
            for (x, y), (u, v) in itertools.pairwise(points):
                # most edges of a drawing are short: they are sorted out before anything is computed about them
                if abs(u - x) >= LENGTH_MIN or abs(v - y) >= LENGTH_MIN:
                    self.keep((min(x, u), min(y, v), max(x, u), max(y, v)), half)

    def outlines(self, thing: Any, matrix: Matrix) -> list[list[Point]]:
        """Return the path's straight outlines as points in page space; a curve ends one and begins another."""
        outlines: list[list[Point]] = []
        points: list[Point] = []
        x, y = ctypes.c_float(), ctypes.c_float()
        count = api.FPDFPath_CountSegments(thing)
        self.segments -= max(count, 1)
        if self.segments < 0:
            return []
        get_segment, get_point = api.FPDFPath_GetPathSegment, api.FPDFPathSegment_GetPoint
        get_type, get_close, line = api.FPDFPathSegment_GetType, api.FPDFPathSegment_GetClose, api.FPDF_SEGMENT_LINETO
        a, b, c, d, e, f = matrix
        for index in range(count):
            segment = get_segment(thing, index)
            get_point(segment, x, y)
            point = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
            if points and get_type(segment) == line:
                points.append(point)
                if get_close(segment):
                    points.append(points[0])
            else:
                if len(points) > 1:
                    outlines.append(points)
                points = [point]
        if len(points) > 1:
            outlines.append(points)
        return outlines

    def keep(self, box: tuple[float, float, float, float], half: float) -> None:
        """Keep a straight, long line on the page; slanted ones and specks are no ruled lines."""
        left, bottom, right, top = box
        width, height = right - left, top - bottom
        if min(width, height) > THICKNESS_MAX or max(width, height) < LENGTH_MIN:
            return
        if width >= height:
            bottom, top = bottom - half, top + half
        else:
            left, right = left - half, right + half
        x0, y0, x1, y1 = self.placement.seen(left, bottom, right, top)
        x0, y0 = max(x0, 0.0), max(y0, 0.0)
        x1, y1 = min(x1, round(self.placement.width, 2)), min(y1, round(self.placement.height, 2))
        if x1 < x0 or y1 < y0:
            return
        rule = RawRule(x0, y0, x1, y1)
        if rule not in self.seen:
            self.seen.add(rule)
            self.shapes.rules.append(rule)


def _matrix(thing: Any) -> Matrix:
    matrix = api.FS_MATRIX()
    if not api.FPDFPageObj_GetMatrix(thing, matrix):
        return IDENTITY
    return (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)


def _times(first: Matrix, then: Matrix) -> Matrix:
    """Return the matrix that applies `first`, and `then` to what comes out."""
    if then == IDENTITY:
        return first
    a, b, c, d, e, f = first
    k, m, n, o, p, q = then
    return (
        a * k + b * n,
        a * m + b * o,
        c * k + d * n,
        c * m + d * o,
        e * k + f * n + p,
        e * m + f * o + q,
    )


def _at(matrix: Matrix, x: float, y: float) -> Point:
    a, b, c, d, e, f = matrix
    return (a * x + c * y + e, b * x + d * y + f)


def _around(points: list[Point]) -> tuple[float, float, float, float]:
    xs = [point[0] for point in points]
    ys = [point[1] for point in points]
    return (min(xs), min(ys), max(xs), max(ys))
