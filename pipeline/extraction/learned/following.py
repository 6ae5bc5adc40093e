"""What follows values that go on over several lines: the next word of their last line, and the line after it."""

from collections.abc import Sequence

import numpy as np

from pipeline.extraction.learned.columns import Longs
from pipeline.extraction.learned.options import Option
from pipeline.extraction.learned.scene import Scene, number_of

LINE_WORDS = 2


def following(scene: Scene, options: Sequence[Option]) -> tuple[Longs, Longs]:
    """Return for each candidate the next word of its last line, 0 at its end, and the next line's first words."""
    spans = [option.span for option in options]
    last: Longs = np.array(
        [
            span.more[-1].number if span.more else scene.first_token[span.segment.number] + span.end - 1
            for span in spans
        ],
        dtype=np.int64,
    )
    ends: Longs = np.array(scene.line_ends, dtype=np.int64)
    lines = np.searchsorted(ends, last, side="right")
    words: Longs = np.array([*scene.words, 0], dtype=np.int64)
    behind = np.where(last + 1 < ends[lines], words[last + 1], 0)
    known = {line: _beneath(scene, line) for line in set(lines.tolist())}
    beneath: Longs = np.array([known[line] for line in lines.tolist()], dtype=np.int64)
    return behind, beneath


def _beneath(scene: Scene, line: int) -> int:
    """Return the number of the first words of the line after one; 0 behind the page's last."""
    lines = scene.layout.lines
    if line + 1 >= len(lines) or lines[line + 1].page != lines[line].page:
        return 0
    first = scene.line_ends[line]
    words = scene.words[first : min(first + LINE_WORDS, scene.line_ends[line + 1])]
    return number_of(" ".join(map(str, words)))
