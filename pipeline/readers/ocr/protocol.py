"""What the reading of an image says, as the OCR process sends it and the rest of Proofdesk keeps it."""

import hashlib
import struct

from pydantic import BaseModel, ConfigDict, Field

PIXELS_MAX = 20_000_000
"""Pixels of an image that are read; larger ones come smaller."""
SIDE_MAX = 30_000
LINES_MAX = 3_000
WORDS_MAX = 400
WORD_CHARACTERS_MAX = 200
IMAGE_HEADER = struct.Struct(">II")
"""Width and height before the grey pixels of an image, row by row."""


class ReadWord(BaseModel):
    """A word as the engine read it, in pixels of the straightened image."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    text: str = Field(max_length=WORD_CHARACTERS_MAX)
    x0: float
    top: float
    x1: float
    bottom: float
    score: float = Field(ge=0, le=1)


class ReadImage(BaseModel):
    """What the engine read on one image: lines of words, in reading order."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    width: float = Field(gt=0, le=2 * SIDE_MAX)
    height: float = Field(gt=0, le=2 * SIDE_MAX)
    """Size of the straightened image in pixels."""
    frame: tuple[float, ...] | None = Field(default=None, min_length=8, max_length=8)
    """Corners of the straightened image on the one that was given, as shares of its sides; None: as given."""
    lines: tuple[tuple[ReadWord, ...], ...] = Field(max_length=LINES_MAX)
    seconds: float = 0.0


def image_key(version: str, pixels: bytes) -> str:
    """Return the hash of an image (with its header) and of the engine's version: of all that decides how it is read."""
    return hashlib.sha256(version.encode() + b"\0" + pixels).hexdigest()
