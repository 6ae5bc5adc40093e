"""How honest stated confidences are: calibration error, ranking, and what a threshold lets through."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]
BINS = 15


def expected_calibration_error(confidence: Doubles, correct: Flags, bins: int = BINS) -> float:
    """Return the mean gap between stated confidence and observed accuracy, over bins of equal width.

    Args:
        confidence: shape (n,), probabilities in [0, 1].
        correct: shape (n,), True where the value was right.
        bins: how many.

    Raises:
        ValueError: the arrays are empty or differ in length.

    Source: Naeini, Cooper & Hauskrecht, AAAI 2015.
    """
    _check(confidence, correct)
    return sum(abs(b.stated - b.observed) * b.count for b in reliability(confidence, correct, bins)) / len(confidence)


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a reliability diagram."""

    low: float
    high: float
    count: int
    stated: float
    observed: float


def reliability(confidence: Doubles, correct: Flags, bins: int = BINS) -> tuple[Bin, ...]:
    """Return the bins that hold anything, each with mean stated confidence and share of right values."""
    _check(confidence, correct)
    place = np.minimum(bins - 1, (confidence * bins).astype(np.int64))
    found: list[Bin] = []
    for number in range(bins):
        inside = place == number
        if inside.any():
            found.append(
                Bin(
                    number / bins,
                    (number + 1) / bins,
                    int(inside.sum()),
                    float(confidence[inside].mean()),
                    float(correct[inside].mean()),
                )
            )
    return tuple(found)


def auroc(confidence: Doubles, correct: Flags) -> float | None:
    """Return the chance that a right value is stated surer than a wrong one; None where all are right or all wrong."""
    right, wrong = np.sort(confidence[correct]), np.sort(confidence[~correct])
    if not len(right) or not len(wrong):
        return None
    below = np.searchsorted(wrong, right, side="left")
    upto = np.searchsorted(wrong, right, side="right")
    return float((below + (upto - below) / 2).sum() / (len(right) * len(wrong)))


@dataclass(frozen=True, slots=True)
class Point:
    """A threshold with what it lets through unseen."""

    threshold: float
    coverage: float
    """Share of all values accepted."""
    risk: float
    """Share of wrong ones among them."""
    accepted: int


def risk_coverage(confidence: Doubles, correct: Flags, points: int = 60) -> tuple[Point, ...]:
    """Return what thresholds from strict to lax let through: at most `points` of them, one at each distinct value."""
    _check(confidence, correct)
    order = np.argsort(-confidence, kind="stable")
    sure, wrong = confidence[order], np.cumsum(~correct[order])
    ends = np.flatnonzero(np.append(sure[1:] != sure[:-1], True))
    if len(ends) > points:
        ends = ends[np.unique(np.linspace(0, len(ends) - 1, points).astype(np.int64))]
    total = len(confidence)
    return tuple(
        Point(float(sure[i]), float((i + 1) / total), float(wrong[i] / (i + 1)), int(i + 1)) for i in map(int, ends)
    )


def _check(confidence: Sequence[float] | Doubles, correct: Sequence[bool] | Flags) -> None:
    if not len(confidence) or len(confidence) != len(correct):
        raise ValueError("Confidence and correctness must have the same length, and at least one entry.")
