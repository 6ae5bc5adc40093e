"""RapidOCR as this package uses it: the only place that imports it. For the OCR process alone: it starts threads.

Measured on receipts and forms: the small PP-OCRv6 models in the wheel find more values than Tesseract does (.975 to
.83), the angle classifier costs time and finds nothing more, and threads inside one process are as fast as several
processes at half the memory. Nothing but the wheel's own models is ever asked for: others would be downloaded.
"""

import importlib
import itertools
import logging
import os
from typing import Any, NamedTuple

THREADS_MAX = 4
SMALL_SIDE = 2_000
"""Images with a longer side below this are read at SMALL_LONGEST; receipts gain nothing from more."""
SMALL_LONGEST = 1_280
LARGE_LONGEST = 2_000
LINES_MAX = 1_000
GAP_COLUMNS = 5
"""Columns of the recogniser (an eighth of the line's height each) between two letters that stand for a gap."""
GAP_STEPS = 1.8
"""The same in letters' widths: of letters spaced for show every one would be a word."""


class Piece(NamedTuple):
    """A word on its line: begin and end as shares of the line's length, and the engine's score."""

    text: str
    begin: float
    end: float
    score: float


class Engine:
    """The detector and the recogniser, loaded once."""

    def __init__(self, threads: int | None = None) -> None:
        logging.disable(logging.WARNING)
        rapidocr: Any = importlib.import_module("rapidocr")
        self.cv2: Any = importlib.import_module("cv2")
        self.numpy: Any = importlib.import_module("numpy")
        typings: Any = importlib.import_module("rapidocr.ch_ppocr_rec.typings")
        process: Any = importlib.import_module("rapidocr.utils.process_img")
        self._input, self._to_original = typings.TextRecInput, process.map_boxes_to_original
        count = threads or count_cores()
        self.cv2.setNumThreads(count)
        self.rapid = rapidocr.RapidOCR(
            params={
                "Global.use_cls": False,
                "Global.log_level": "critical",
                "Global.return_word_box": True,
                "EngineConfig.onnxruntime.intra_op_num_threads": count,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        self._calm(self.rapid._load_det_model())
        self._calm(self.rapid._load_rec_model())

    def _calm(self, part: Any) -> None:
        """Give a part a session whose threads sleep while they wait: spinning ones slow the machine's other work."""
        runtime: Any = importlib.import_module("onnxruntime")
        own = part.session
        options = own.session.get_session_options()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = own.session._model_path
        own.session = runtime.InferenceSession(path, sess_options=options, providers=["CPUExecutionProvider"])

    def find(self, image: Any) -> tuple[Any, list[Any]]:
        """Return the boxes of an image of 3 channels (n x 4 x 2, in its pixels), and the crop of each."""
        self.rapid.max_side_len = SMALL_LONGEST if max(image.shape[:2]) < SMALL_SIDE else LARGE_LONGEST
        small, record = self.rapid.preprocess_img(image)
        rapid_main: Any = importlib.import_module("rapidocr.main")
        try:
            crops, found = self.rapid.detect_and_crop(small, record)
        except rapid_main.RapidOCRError:
            return self.numpy.zeros((0, 4, 2), dtype="float32"), []
        height, width = image.shape[:2]
        return self._to_original(found.boxes, record, height, width), crops

    def recognise(self, crops: list[Any]) -> list[list[Piece]]:
        """Return the words of each crop."""
        if not crops:
            return []
        result = self.rapid.text_rec(self._input(img=crops, return_word_box=True))
        return [_words(text, info) for text, info in zip(result.txts, result.word_results, strict=True)]


def _words(text: str, info: Any) -> list[Piece]:
    """Return a line's words cut at its blanks and its wide gaps; the recogniser's own pieces split at each accent."""
    columns = [column for cells in info.word_cols for column in cells]
    length = float(info.line_txt_len or 0)
    letters = [(char, score) for char, score in zip(text, info.confs, strict=False) if not char.isspace()]
    if not columns or length <= 0 or len(columns) != len(letters):
        return []
    breaks = _breaks(text)
    steps = sorted(b - a for a, b in itertools.pairwise(columns) if b - a <= GAP_COLUMNS)
    step = steps[len(steps) // 2] if steps else 2
    words: list[Piece] = []
    start = 0
    for index in range(1, len(columns) + 1):
        wide = index < len(columns) and columns[index] - columns[index - 1] > max(GAP_COLUMNS, GAP_STEPS * step)
        if index < len(columns) and index not in breaks and not wide:
            continue
        begin = (columns[start] + 0.5 - step / 2) / length
        end = (columns[index - 1] + 0.5 + step / 2) / length
        chars = letters[start:index]
        score = sum(one for _, one in chars) / len(chars)
        words.append(
            Piece("".join(char for char, _ in chars), max(0.0, begin), min(1.0, end), min(1.0, max(0.0, score)))
        )
        start = index
    return words


def _breaks(text: str) -> set[int]:
    """Return the letters before which a blank stands, counted without blanks."""
    found: set[int] = set()
    count = 0
    for char in text:
        if char.isspace():
            found.add(count)
        else:
            count += 1
    return found


def count_cores() -> int:
    """Return how many cores reading images may use where nobody has said it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    return max(1, min(THREADS_MAX, cores))
