"""What one reviewed document teaches about one field, as arrays: all that training needs of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.fingerprint import Fingerprint
from pipeline.extraction.learned.listwise import Choice
from pipeline.extraction.learned.marks import Marks


@dataclass(slots=True, eq=False)
class Lesson:
    """A document's candidates for one field, and which are right; none right: not there, or not found."""

    key: str
    """Tells documents apart."""
    fingerprint: Fingerprint
    marks: Marks
    keys: tuple[str, ...]
    """The value of each candidate, for adding up prints of one value."""
    prior: NDArray[np.float32]
    chosen: NDArray[np.bool_]
    sure: float
    none_prior: float
    right: NDArray[np.bool_]
    """Which candidates teach that they are the answer."""
    said: NDArray[np.bool_]
    """Which of them a person would take for the answer: spellings of a name that are a little longer, too."""
    near: NDArray[np.bool_]
    """Which overlap a right one: half a name is no answer, but it is no sign that there is none either."""
    weight: float = 1.0
    """How many documents it stands for: samples count for those they were drawn from."""

    @property
    def is_found(self) -> bool:
        return bool(self.right.any())

    def choice(self) -> Choice:
        """Return what the listwise scorer learns from."""
        marks = self.marks
        return Choice(marks.starts, marks.marks, self.prior, self.right, self.near, self.none_prior, self.weight)
