"""Tesseract as this package uses it: a program for each image. For the OCR process alone.

Faster than RapidOCR and worse at everything but clean print, so it reads where the operator chose it, for archives in
bulk. It sees pixels and writes text; the process it runs in has the OCR process's limits and may start nothing itself.
"""

import os
import re
import subprocess
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from pipeline.readers.confine import narrow
from pipeline.readers.ocr.choice import EngineChoice
from pipeline.readers.ocr.protocol import LINES_MAX, WORD_CHARACTERS_MAX, WORDS_MAX, ReadImage, ReadWord
from pipeline.readers.ocr.rows import in_reading_order
from pipeline.readers.ocr.straighten import frame_of

SMALL_SIDE = 2_000
"""Images with a longer side below this are taken for receipts."""
ONE_BLOCK, WHOLE_PAGE, LIE_OF_THE_PAGE = "6", "3", "0"
"""Tesseract's modes: lines as they come, however far apart their words; columns and blocks; how the page lies."""
DOUBTFUL_SCORE = 0.55
"""Below this mean score of its letters an image may lie on its side or its head."""
TURN_SURE = 2.0
"""What Tesseract's own certainty of a turn must be; it is tried then, and kept where it reads better."""
WORD_LEVEL, WORD_COLUMNS = "5", 12
_ROTATE = re.compile(r"^Rotate: (\d+)$", re.MULTILINE)
_CERTAINTY = re.compile(r"^Orientation confidence: ([\d.]+)$", re.MULTILINE)


class Tesseract:
    """Reads one image at a time by the program that the operator chose."""

    def __init__(self, choice: EngineChoice, numpy: Any) -> None:
        self._choice = choice
        self._numpy = numpy

    def read(self, grey: Any, seconds: float) -> ReadImage:
        """Return what stands on an image (height x width, one byte a pixel).

        Raises:
            subprocess.SubprocessError: the program failed, or took longer than `seconds`.
        """
        began = time.perf_counter()
        until = time.monotonic() + seconds
        rows = self._rows(grey, until)
        quarters = 0
        if _mean_score(rows) < DOUBTFUL_SCORE and (turn := self._turn(grey, until)):
            turned = self._numpy.ascontiguousarray(self._numpy.rot90(grey, turn))
            others = self._rows(turned, until)
            if _sense(others) > _sense(rows):
                quarters, grey, rows = turn, turned, others
        height, width = grey.shape
        size = (float(width), float(height))
        return ReadImage(
            width=size[0],
            height=size[1],
            frame=frame_of(self._numpy, None, size, width, height, quarters),
            lines=tuple(tuple(row[:WORDS_MAX]) for row in in_reading_order(rows)[:LINES_MAX]),
            seconds=round(time.perf_counter() - began, 3),
        )

    def _rows(self, grey: Any, until: float) -> list[list[ReadWord]]:
        mode = ONE_BLOCK if max(grey.shape) < SMALL_SIDE else WHOLE_PAGE
        said = self._said(grey, until, "-l", self._choice.languages, "--psm", mode, "tsv")
        return rows_of(said, grey.shape[1], grey.shape[0])

    def _turn(self, grey: Any, until: float) -> int:
        """Return the quarters to turn left until the image stands upright; 0 where nothing says that it does not."""
        try:
            said = self._said(grey, until, "--psm", LIE_OF_THE_PAGE)
        except subprocess.CalledProcessError:
            # too few letters, or the data for it is not installed
            return 0
        rotate, certainty = _ROTATE.search(said), _CERTAINTY.search(said)
        if rotate is None or certainty is None or float(certainty[1]) < TURN_SURE:
            return 0
        return -int(rotate[1]) // 90 % 4

    def _said(self, grey: Any, until: float, *options: str) -> str:
        height, width = grey.shape
        done = subprocess.run(
            [self._choice.program, "stdin", "stdout", *options],
            input=b"P5\n%d %d\n255\n" % (width, height) + grey.tobytes(),
            stdout=subprocess.PIPE,
            timeout=max(until - time.monotonic(), 0.1),
            check=True,
            env={"LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"},
            preexec_fn=partial(narrow, os.getpid()),
        )
        return done.stdout.decode(errors="replace")


def rows_of(said: str, width: int, height: int) -> list[list[ReadWord]]:
    """Return the rows of words in a table as Tesseract prints it: what lies off the image or is no word is left out."""
    rows: dict[tuple[str, ...], list[ReadWord]] = {}
    for line in said.splitlines():
        cells = line.split("\t", WORD_COLUMNS - 1)
        if len(cells) < WORD_COLUMNS or cells[0] != WORD_LEVEL:
            continue
        word = _word(cells, width, height)
        if word is not None:
            rows.setdefault(tuple(cells[1:5]), []).append(word)
    return list(rows.values())


def _word(cells: Sequence[str], width: int, height: int) -> ReadWord | None:
    try:
        left, top, wide, high = (int(cell) for cell in cells[6:10])
        score = float(cells[10]) / 100
    except ValueError:
        return None
    text = cells[11].strip()
    x0, x1 = max(left, 0), min(left + wide, width)
    upper, lower = max(top, 0), min(top + high, height)
    if not text or score < 0 or x1 - x0 < 1 or lower - upper < 1:
        return None
    return ReadWord(
        text=text[:WORD_CHARACTERS_MAX], x0=x0, top=upper, x1=x1, bottom=lower, score=round(min(score, 1.0), 4)
    )


def _mean_score(rows: Sequence[Sequence[ReadWord]]) -> float:
    words = [word for row in rows for word in row]
    letters = sum(len(word.text) for word in words)
    return sum(word.score * len(word.text) for word in words) / letters if letters else 0.0


def _sense(rows: Sequence[Sequence[ReadWord]]) -> float:
    return sum(word.score * min(len(word.text), 20) for row in rows for word in row)
