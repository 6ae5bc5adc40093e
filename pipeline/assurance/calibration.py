"""Raw probabilities made honest, from predictions on documents that were not learned from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.assurance.fitting import minimize

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

EDGE = 1e-4
HELD = 4.0
"""How firmly slope and shift are held to 1 and 0: few documents move them little."""
HELD_FIELD = 6.0
"""The same for each field's own shift."""
CEILING = 0.995
SLOPE_LEAST = 0.2
"""Likelier answers are never stated less sure than others, however the outcomes fell."""


def log_odds(share: Doubles) -> Doubles:
    """Return the log odds of probabilities, away from certainty."""
    kept = np.clip(share, EDGE, 1 - EDGE)
    found: Doubles = np.log(kept) - np.log1p(-kept)
    return found


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic curve over log odds, shrunk to the identity, pooled over a type's fields with a shift for each.

    Source: Platt 1999; the shrinking because isotonic and beta curves become degenerate where there is no error.
    """

    slope: float = 1.0
    shift: float = 0.0
    shifts: dict[str, float] = field(default_factory=dict[str, float])

    @classmethod
    def fit(cls, confidence: Doubles, correct: Flags, fields: Sequence[str]) -> "Calibration":
        """Return the curve under which the outcomes are likeliest.

        Args:
            confidence: shape (n,), raw probabilities of held-out predictions.
            correct: shape (n,), which of them were right.
            fields: n names.
        """
        if not len(confidence):
            return cls()
        names = sorted(set(fields))
        place = np.array([names.index(name) for name in fields])
        odds = log_odds(confidence)

        def loss(point: Doubles) -> tuple[float, Doubles]:
            value = point[0] * odds + point[1] + point[2:][place]
            chance = 1 / (1 + np.exp(-value))
            off = chance - correct
            # of a right answer -log(chance), of a wrong one -log(1 - chance)
            surprise: Any = -np.log(np.maximum(np.abs(chance - ~correct), 1e-12))
            likely = float(surprise.sum())
            held = HELD / 2 * ((point[0] - 1) ** 2 + point[1] ** 2) + HELD_FIELD / 2 * float(point[2:] @ point[2:])
            gradient = np.concatenate(
                [
                    [float(off @ odds) + HELD * (point[0] - 1), float(off.sum()) + HELD * point[1]],
                    np.bincount(place, off, len(names)) + HELD_FIELD * point[2:],
                ]
            )
            return likely + held, gradient

        begin = np.concatenate([[1.0, 0.0], np.zeros(len(names))])
        # bounded within the search: a slope cut off afterwards would leave shifts that belong to another slope
        bounds = [(SLOPE_LEAST, None), *((None, None) for _ in begin[1:])]
        result: Any = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds)
        shifts = {name: round(float(value), 6) for name, value in zip(names, result.x[2:], strict=True)}
        return cls(round(float(result.x[0]), 6), round(float(result.x[1]), 6), shifts)

    def confidence(self, share: float, name: str) -> float:
        """Return the probability that a field's value with this raw probability is right."""
        return float(self.confidences(np.array([share]), [name])[0])

    def confidences(self, shares: Doubles, names: Sequence[str]) -> Doubles:
        """Return `confidence` for many, shape (n,)."""
        moved = self.slope * log_odds(shares) + self.shift + np.array([self.shifts.get(name, 0.0) for name in names])
        found: Doubles = np.minimum(CEILING, 1 / (1 + np.exp(-moved)))
        return found
