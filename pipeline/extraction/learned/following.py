"""What follows values that go on over several lines: the next word of their last line, and the line after it."""

from collections.abc import Sequence

import numpy as np

from pipeline.extraction.learned.columns import Longs
from pipeline.extraction.learned.options import Option
from pipeline.extraction.learned.scene import Scene, number_of

LINE_WORDS = 2


class Following:
    """A document's words by their place in reading order."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        lines = scene.layout.lines
        self._place = {id(token): (line.index, at) for line in lines for at, token in enumerate(line.tokens)}
        self._lines: dict[int, tuple[list[int], int]] = {}

    def _line(self, index: int) -> tuple[list[int], int]:
        """Return the numbers of a line's words, and of its first ones together; nothing behind the page's last."""
        known = self._lines.get(index)
        if known is None:
            words = [self._scene.printed(token.text) for token in self._scene.layout.lines[index].tokens]
            known = self._lines[index] = (words, number_of(" ".join(map(str, words[:LINE_WORDS]))))
        return known

    def after(self, options: Sequence[Option]) -> tuple[Longs, Longs]:
        """Return for each candidate the next word of its last line, 0 at its end, and the next line's first words."""
        found: list[tuple[int, int]] = []
        lines = self._scene.layout.lines
        for option in options:
            more = option.span.more
            last = more[-1] if more else option.segment.tokens[option.span.end - 1]
            line, at = self._place[id(last)]
            words, _ = self._line(line)
            beneath = line + 1 < len(lines) and lines[line + 1].page == lines[line].page
            found.append((words[at + 1] if at + 1 < len(words) else 0, self._line(line + 1)[1] if beneath else 0))
        columns = np.array(found, dtype=np.int64).reshape(len(found), 2)
        return columns[:, 0], columns[:, 1]
