"""Ruled lines and images of a page through PDFium's page objects: what pdfplumber takes 50 ms a page for."""

import ctypes
import itertools
from dataclasses import dataclass, field
from typing import Any

from pipeline.readers import pdfium_quick as quick
from pipeline.readers.pdfium_api import Placement, api
from pipeline.readers.pdfium_quick import Handle
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
    walk.follow(api.FPDFPage_CountObjects(page), quick.get_object, quick.handle(page), IDENTITY, 0)
    return walk.shapes


class _Walk:
    def __init__(self, placement: Placement) -> None:
        self.placement = placement
        self.right, self.bottom = round(placement.width, 2), round(placement.height, 2)
        self.shapes = Shapes()
        self.objects = OBJECTS_MAX
        self.segments = SEGMENTS_MAX
        self.seen: set[RawRule] = set()
        # what PDFium fills in, made once a page
        self.edges = (ctypes.c_float * 4)()
        self.edge_places = tuple(ctypes.byref(self.edges, 4 * index) for index in range(4))
        self.modes = (ctypes.c_int * 2)()
        self.mode_places = tuple(ctypes.byref(self.modes, 4 * index) for index in range(2))
        self.six = (ctypes.c_float * 6)()
        self.six_place = ctypes.byref(self.six)
        # the same memory, read in a fraction of the time
        self.edge_view = memoryview(self.edges).cast("B").cast("f")
        self.mode_view = memoryview(self.modes).cast("B").cast("i")
        self.six_view = memoryview(self.six).cast("B").cast("f")

    def follow(self, count: int, get: Any, container: Handle, outer: Matrix, depth: int) -> None:
        times, get_type = self.shapes.times, quick.get_type
        text, path, image = api.FPDF_PAGEOBJ_TEXT, api.FPDF_PAGEOBJ_PATH, api.FPDF_PAGEOBJ_IMAGE
        for index in range(count):
            self.objects -= 1
            if self.objects < 0 or self.segments < 0 or len(self.seen) >= RULES_MAX:
                return
            thing = get(container, index)
            kind = get_type(thing)
            if kind == text:
                times[thing.value or 0] = OBJECTS_MAX - self.objects
            elif kind == path:
                self.shapes.drawn = True
                self.read_path(thing, outer)
            elif kind == image:
                self.shapes.drawn = True
                self.read_image(thing, outer)
            elif kind == api.FPDF_PAGEOBJ_SHADING:
                self.shapes.drawn = True
            elif kind == api.FPDF_PAGEOBJ_FORM and depth < DEPTH_MAX:
                inner = _times(self.matrix(thing), outer)
                self.follow(quick.count_in_form(thing), quick.get_object_of_form, thing, inner, depth + 1)

    def matrix(self, thing: Handle) -> Matrix:
        if not quick.get_matrix(thing, self.six_place):
            return IDENTITY
        a, b, c, d, e, f = self.six_view.tolist()
        return (a, b, c, d, e, f)

    def read_image(self, thing: Handle, outer: Matrix) -> None:
        if not quick.get_bounds(thing, *self.edge_places):
            return
        left, bottom, right, top = self.edges
        corners = [_at(outer, x, y) for x in (left, right) for y in (bottom, top)]
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

    def read_path(self, thing: Handle, outer: Matrix) -> None:
        if not quick.get_draw_mode(thing, *self.mode_places):
            return
        fill, stroke = self.mode_view.tolist()
        if not (fill or stroke):
            return
        matrix = _times(self.matrix(thing), outer)
        half = 0.0
        if stroke:
            self.edges[0] = 0.0
            quick.get_stroke_width(thing, self.edge_places[0])
            scale = (abs(matrix[0] * matrix[3] - matrix[1] * matrix[2])) ** 0.5
            half = min(self.edge_view[0] * scale, THICKNESS_MAX) / 2
        count = quick.count_segments(thing)
        self.segments -= max(count, 1)
        if self.segments < 0:
            return
        for points in self.outlines(thing, count, matrix):
            box = _around(points)
            if min(box[2] - box[0], box[3] - box[1]) <= THICKNESS_MAX:
                self.keep(box, half)
                continue
            if fill:
                self.cover(self.placement.seen(*box))
            for (x, y), (u, v) in itertools.pairwise(points):
                # most edges of a drawing are short: they are sorted out before anything is computed about them
                if abs(u - x) >= LENGTH_MIN or abs(v - y) >= LENGTH_MIN:
                    self.keep((min(x, u), min(y, v), max(x, u), max(y, v)), half)

    def outlines(self, thing: Handle, count: int, matrix: Matrix) -> list[list[Point]]:
        """Return the path's straight outlines as points in page space; a curve ends one and begins another."""
        outlines: list[list[Point]] = []
        points: list[Point] = []
        edges, (place_x, place_y, _, _) = self.edge_view, self.edge_places
        get_segment, get_point = quick.get_segment, quick.get_segment_point
        get_type, get_close, line = quick.get_segment_type, quick.get_segment_close, api.FPDF_SEGMENT_LINETO
        a, b, c, d, e, f = matrix
        for index in range(count):
            segment = get_segment(thing, index)
            get_point(segment, place_x, place_y)
            x, y = edges[0], edges[1]
            point = (a * x + c * y + e, b * x + d * y + f)
            if points and get_type(segment) == line:
                points.append(point)
                if index > 1 and get_close(segment):
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
        thick, long = (height, width) if width >= height else (width, height)
        if thick > THICKNESS_MAX or long < LENGTH_MIN:
            return
        if width >= height:
            bottom, top = bottom - half, top + half
        else:
            left, right = left - half, right + half
        x0, y0, x1, y1 = self.placement.seen(left, bottom, right, top)
        if not (x0 >= 0.0 and y0 >= 0.0 and x1 <= self.right and y1 <= self.bottom):
            x0, y0, x1, y1 = max(x0, 0.0), max(y0, 0.0), min(x1, self.right), min(y1, self.bottom)
        if x1 < x0 or y1 < y0:
            return
        rule = RawRule(x0, y0, x1, y1)
        if rule not in self.seen:
            self.seen.add(rule)
            self.shapes.rules.append(rule)


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
    if len(points) == 2:  # nearly all
        (x, y), (u, v) = points
        return (u if u < x else x, v if v < y else y, u if u > x else x, v if v > y else y)
    xs = [point[0] for point in points]
    ys = [point[1] for point in points]
    return (min(xs), min(ys), max(xs), max(ys))
