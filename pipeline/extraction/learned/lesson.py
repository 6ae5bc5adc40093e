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
        return Choice(self.marks.starts, self.marks.marks, self.prior, self.right, self.none_prior, self.weight)

    def without_answer(self) -> Choice:
        """Return the document as it would be without the value: "none" is then the right answer."""
        kept = np.flatnonzero(~(self.right | self.near))
        lengths = np.diff(self.marks.starts)[kept]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        rows = np.repeat(np.arange(len(kept)), lengths)
        offsets = np.arange(len(rows)) - starts[:-1][rows]
        marks = self.marks.marks[self.marks.starts[kept][rows] + offsets]
        nothing = np.zeros(len(kept), dtype=np.bool_)
        return Choice(starts, marks, self.prior[kept], nothing, self.none_prior, self.weight)
