"""Rows of different lengths that lie one after the other in one array, as sparse marks do."""

import numpy as np
from numpy.typing import NDArray

Longs = NDArray[np.int64]


def entries(starts: Longs, rows: Longs) -> tuple[Longs, Longs]:
    """Return where the entries of some rows stand, one row after the other, and how many each row has.

    Args:
        starts: shape (number of rows + 1,), where each row begins.
        rows: which of them, in any order.
    """
    many = starts[rows + 1] - starts[rows]
    before = np.cumsum(many) - many
    return np.repeat(starts[rows] - before, many) + np.arange(int(many.sum())), many
