"""Which confidence is enough: the lowest threshold whose error among held-out predictions keeps a field's target."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLOOR = 0.97
"""No derived threshold is lower: thresholds found on reviewed layouts are too lax for others without it."""
ENOUGH = 0.8
"""Error target times accepted predictions from which a threshold counts as supported: 80 of them for one per cent."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What the reviewed documents say about a field's threshold."""

    value: float | None
    """None: they do not support one yet, or no confidence keeps the target."""
    accepted: int
    """Held-out predictions at or above it (without one: those at or above the floor)."""
    wrong: int
    missing: int
    """How many more reviewed values are needed, at the present share of sure ones; 0 where it is derived."""


def derive(confidence: NDArray[np.float64], correct: NDArray[np.bool_], target: float) -> Threshold:
    """Return the lowest threshold from `FLOOR` on under which at most `target` of the accepted were wrong.

    Args:
        confidence: shape (n,), calibrated, of predictions on documents that were not learned from.
        correct: shape (n,).
        target: the share of wrong values among accepted ones that is tolerated.
    """
    needed = math.ceil(ENOUGH / target)
    order = np.argsort(-confidence, kind="stable")
    sure, right = confidence[order], correct[order]
    wrong = np.cumsum(~right)
    best: int | None = None
    for index in range(len(sure)):
        if sure[index] < FLOOR:
            break
        is_end = index + 1 == len(sure) or sure[index + 1] < sure[index]
        if is_end and index + 1 >= needed and (wrong[index] == 0 or wrong[index] <= target * (index + 1)):
            best = index
    if best is not None:
        return Threshold(float(max(FLOOR, sure[best])), best + 1, int(wrong[best]), 0)
    above = int((sure >= FLOOR).sum())
    share = above / len(sure) if len(sure) else 0.0
    missing = math.ceil(max(0, needed - above) / max(share, 0.2)) if above < needed else 0
    return Threshold(None, above, int(wrong[above - 1]) if above else 0, missing)
