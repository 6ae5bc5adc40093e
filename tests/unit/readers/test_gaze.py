"""Images are read once, within their time, and a page that is given up says so."""

import time
from dataclasses import dataclass, field

from pipeline.ports import ReadLimits
from pipeline.readers.gaze import Gaze
from pipeline.readers.ocr.client import PageNotReadError
from pipeline.readers.ocr.protocol import IMAGE_HEADER, ReadImage
from pipeline.readers.optical import GAVE_UP_NOTE, LATE_NOTE

IMAGE = IMAGE_HEADER.pack(2, 1) + b"\x00\xff"
READ = ReadImage(width=2, height=1, lines=())


@dataclass
class FakeEye:
    version: str = "fake eye 1"
    gives_up: str | None = None
    seconds: list[float] = field(default_factory=list[float])

    def read(self, image: bytes, seconds: float, patience: float) -> ReadImage:
        self.seconds.append(seconds)
        if self.gives_up:
            raise PageNotReadError(self.gives_up)
        return READ

    def network_isolated(self) -> bool:
        return True


@dataclass
class Shelf:
    kept: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def find(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def keep(self, key: str, data: bytes) -> None:
        self.kept[key] = data


def soon() -> float:
    return time.monotonic() + 1000


def test_the_same_pixels_are_read_once() -> None:
    eye, shelf = FakeEye(), Shelf()
    gaze = Gaze(eye, shelf)
    assert [gaze.read(IMAGE, ReadLimits(), soon()) for _ in range(2)] == [READ, READ]
    assert len(eye.seconds) == 1
    gaze.read(IMAGE + b"other", ReadLimits(), soon())
    assert len(eye.seconds) == 2


def test_what_was_kept_and_is_no_reading_is_read_again() -> None:
    eye, shelf = FakeEye(), Shelf()
    gaze = Gaze(eye, shelf)
    gaze.read(IMAGE, ReadLimits(), soon())
    shelf.kept = dict.fromkeys(shelf.kept, b"{}")
    assert gaze.read(IMAGE, ReadLimits(), soon()) == READ
    assert len(eye.seconds) == 2


def test_page_that_takes_too_long_or_breaks_the_engine_says_so_and_is_not_kept() -> None:
    shelf = Shelf()
    assert Gaze(FakeEye(gives_up="late"), shelf).read(IMAGE, ReadLimits(), soon()) == LATE_NOTE
    assert Gaze(FakeEye(gives_up="refused"), shelf).read(IMAGE, ReadLimits(), soon()) == GAVE_UP_NOTE
    assert shelf.kept == {}


def test_a_files_time_bounds_its_pages() -> None:
    eye = FakeEye()
    assert Gaze(eye).read(IMAGE, ReadLimits(), time.monotonic() - 1) == LATE_NOTE
    assert eye.seconds == []
    Gaze(eye).read(IMAGE, ReadLimits(image_seconds=60), time.monotonic() + 5)
    assert 0 < eye.seconds[0] <= 5
