"""A lesson made ready: what every training from it needs, and no training changes."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.learned.lesson import Lesson
from pipeline.extraction.learned.listwise import Choice
from pipeline.extraction.learned.shares import Own, own_seen

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Primer:
    """A lesson, and what is worked out of it once for the model and for all those that predict what is held out."""

    lesson: Lesson
    choice: Choice
    """Drawn: with fewer of the wrong candidates."""
    hashes: NDArray[np.int64]
    """Of each candidate's value."""
    seen: tuple[Floats, ...]
    """How many of the document's candidates have each of its marks."""

    @classmethod
    def of(cls, lesson: Lesson) -> "Primer":
        return cls(lesson, lesson.choice().drawn(), hashes_of(lesson.keys), own_seen(lesson.marks))

    def own(self, weights: Floats) -> Own:
        """Return what the document gives to the counts of marks; `weights` says how right each candidate is."""
        return Own(weights, self.seen)


def hashes_of(keys: tuple[str, ...]) -> NDArray[np.int64]:
    """Return a number for each candidate's value: models keep these, not the values."""
    return np.array([crc32(key.encode()) for key in keys], dtype=np.int64)
