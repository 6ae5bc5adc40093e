"""How the reading process and its parent talk: length-prefixed frames of JSON, numbers or image bytes, never pickles.

The child may have been taken over by a hostile file, so the parent believes nothing it says: lengths are bounded,
JSON and numbers are validated, and an error is looked up by its code.
"""

import os
import select
import struct
import time
from enum import Enum
from typing import NamedTuple

HEADER = struct.Struct(">cQQ")
REQUEST_BYTES_MAX = 64 * 1024
FRAME_BYTES_MAX = 256 * 1024 * 1024
MEMORY = "memory"
"""The code of a refusal for want of memory; the other codes are those of `pipeline.errors`."""


class Kind(Enum):
    HELLO = b"H"
    REQUEST = b"R"
    PAGE = b"P"
    """One page of a reading, as `pipeline.readers.page_frame` packs it."""
    DONE = b"D"
    """The last frame of an answer, as JSON."""
    IMAGE = b"I"
    PIXELS = b"X"
    """Width, height and the grey pixels of an image, to be read by the OCR process."""
    ERROR = b"E"
    """Code and sentence, as JSON: the last frame of a refusal."""


class Frame(NamedTuple):
    kind: Kind
    payload: bytes
    resident: int = 0
    """Bytes of memory the sender held when it sent this; 0 where unknown."""


class ClosedError(Exception):
    """The other side is gone."""


class LateError(Exception):
    """The other side did not answer in time."""


class GarbledError(Exception):
    """The other side sent what no frame looks like."""


def send(descriptor: int, frame: Frame) -> None:
    """Write a frame.

    Raises:
        ClosedError: nobody reads any more.
    """
    data = memoryview(HEADER.pack(frame.kind.value, len(frame.payload), frame.resident) + frame.payload)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError as error:
        raise ClosedError from error


def receive(descriptor: int, deadline: float | None = None, bytes_max: int = FRAME_BYTES_MAX) -> Frame:
    """Read a frame, waiting until `deadline` (of `time.monotonic`).

    Raises:
        ClosedError: the other side closed, also in the middle of a frame.
        LateError: the deadline passed.
        GarbledError: an unknown kind, or more than `bytes_max`.
    """
    kind, length, resident = HEADER.unpack(_exactly(descriptor, HEADER.size, deadline))
    try:
        known = Kind(kind)
    except ValueError as error:
        raise GarbledError from error
    if length > bytes_max:
        raise GarbledError
    return Frame(known, _exactly(descriptor, length, deadline), resident)


def _exactly(descriptor: int, count: int, deadline: float | None) -> bytes:
    parts: list[bytes] = []
    while count > 0:
        if deadline is not None:
            _wait(descriptor, deadline)
        try:
            part = os.read(descriptor, min(count, 1 << 20))
        except OSError as error:
            raise ClosedError from error
        if not part:
            raise ClosedError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _wait(descriptor: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise LateError
