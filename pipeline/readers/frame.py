"""Images straightened: the part of a picture between four corners, as an upright rectangle."""

import math

from PIL import Image

Frame = tuple[float, ...]
"""Corners of the upright page on the image as it came (top left, top right, bottom right, bottom left; x and y of
each), as shares of the image's width and height. They may lie outside."""

SHARE_MAX = 3.0
SIDE_MAX = 16_383
PIXELS_MAX = 24_000_000


def is_frame(corners: Frame) -> bool:
    """Return whether these can be the corners of a page: four, near the image, spanning an area."""
    if len(corners) != 8 or not all(abs(share) <= SHARE_MAX for share in corners):
        return False
    xs, ys = corners[0::2], corners[1::2]
    area = sum(xs[i] * ys[(i + 1) % 4] - xs[(i + 1) % 4] * ys[i] for i in range(4)) / 2
    return abs(area) > 0.01


def straightened(image: Image.Image, frame: Frame | None) -> Image.Image:
    """Return the image as seen through the frame, white beyond its edges; the image itself without one."""
    if frame is None or not is_frame(frame):
        return image
    corners = [(frame[i] * image.width, frame[i + 1] * image.height) for i in (0, 2, 4, 6)]
    width = (math.dist(corners[0], corners[1]) + math.dist(corners[3], corners[2])) / 2
    height = (math.dist(corners[0], corners[3]) + math.dist(corners[1], corners[2])) / 2
    scale = min(1.0, SIDE_MAX / max(width, height, 1), math.sqrt(PIXELS_MAX / max(width * height, 1)))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return image.transform(
        size,
        Image.Transform.PERSPECTIVE,
        _to_quad(corners, *size),
        resample=Image.Resampling.BICUBIC,
        fillcolor="white",
    )


def _to_quad(corners: list[tuple[float, float]], width: int, height: int) -> tuple[float, ...]:
    """Return the eight coefficients that take a rectangle's points to the quad's (Heckbert's closed form)."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    dx1, dx2, dy1, dy2 = x1 - x2, x3 - x2, y1 - y2, y3 - y2
    whole = dx1 * dy2 - dx2 * dy1
    g = (sx * dy2 - dx2 * sy) / whole if whole else 0.0
    h = (dx1 * sy - sx * dy1) / whole if whole else 0.0
    a, b = x1 - x0 + g * x1, x3 - x0 + h * x3
    d, e = y1 - y0 + g * y1, y3 - y0 + h * y3
    return (a / width, b / height, x0, d / width, e / height, y0, g / width, h / height)
