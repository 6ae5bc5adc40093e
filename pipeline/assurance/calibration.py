"""Raw probabilities made honest, from predictions on documents that were not learned from."""

from collections.abc import Mapping, Sequence
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
HELD_KIND = 4.0
"""How firmly the slope of a kind of probabilities is held to the common one."""
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

    Probabilities of several kinds, such as those of single values and of whole lists, are not equally steep: each kind
    has a slope of its own then, held to the common one.

    Source: Platt 1999; the shrinking because isotonic and beta curves become degenerate where there is no error.
    """

    slope: float = 1.0
    shift: float = 0.0
    shifts: dict[str, float] = field(default_factory=dict[str, float])
    slopes: dict[str, float] = field(default_factory=dict[str, float])
    """Of fields whose kind has its own."""

    @classmethod
    def fit(
        cls, confidence: Doubles, correct: Flags, fields: Sequence[str], kinds: Mapping[str, str] | None = None
    ) -> "Calibration":
        """Return the curve under which the outcomes are likeliest.

        Args:
            confidence: shape (n,), raw probabilities of held-out predictions.
            correct: shape (n,), which of them were right.
            fields: n names.
            kinds: of fields, what kind of probability theirs is, where they differ in that.
        """
        if not len(confidence):
            return cls()
        names = sorted(set(fields))
        place = np.array([names.index(name) for name in fields])
        kind_of = [(kinds or {}).get(name, "") for name in names]
        steep = sorted(set(kind_of))
        own = len(steep) if len(steep) > 1 else 0
        kind = np.array([steep.index(each) for each in kind_of])[place]
        odds = log_odds(confidence)
        first = 2 + own

        def loss(point: Doubles) -> tuple[float, Doubles]:
            common, shift, slopes, shifts = point[0], point[1], point[2:first], point[first:]
            value = (slopes[kind] if own else common) * odds + shift + shifts[place]
            chance = 1 / (1 + np.exp(-value))
            off = chance - correct
            # of a right answer -log(chance), of a wrong one -log(1 - chance)
            surprise: Any = -np.log(np.maximum(np.abs(chance - ~correct), 1e-12))
            likely = float(surprise.sum())
            apart = slopes - common
            held = HELD * ((common - 1) ** 2 + shift**2) + HELD_FIELD * float(shifts @ shifts)
            held = (held + HELD_KIND * float(apart @ apart)) / 2
            pull = float(off @ odds) if not own else -HELD_KIND * float(apart.sum())
            steeper = np.bincount(kind, off * odds, own) + HELD_KIND * apart if own else apart
            gradient = np.concatenate(
                [
                    [pull + HELD * (common - 1), float(off.sum()) + HELD * shift],
                    steeper,
                    np.bincount(place, off, len(names)) + HELD_FIELD * shifts,
                ]
            )
            return likely + held, gradient

        begin = np.concatenate([[1.0, 0.0], np.ones(own), np.zeros(len(names))])
        # bounded within the search: a slope cut off afterwards would leave shifts that belong to another slope
        bounds = [(SLOPE_LEAST, None), (None, None), *((SLOPE_LEAST, None),) * own, *((None, None),) * len(names)]
        result: Any = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds)
        found = [round(float(value), 6) for value in result.x]
        shifts = dict(zip(names, found[first:], strict=True))
        slopes = {name: found[2 + steep.index(each)] for name, each in zip(names, kind_of, strict=True)} if own else {}
        return cls(found[0], found[1], shifts, slopes)

    def confidence(self, share: float, name: str) -> float:
        """Return the probability that a field's value with this raw probability is right."""
        return float(self.confidences(np.array([share]), [name])[0])

    def confidences(self, shares: Doubles, names: Sequence[str]) -> Doubles:
        """Return `confidence` for many, shape (n,)."""
        slopes = np.array([self.slopes.get(name, self.slope) for name in names])
        moved = slopes * log_odds(shares) + self.shift + np.array([self.shifts.get(name, 0.0) for name in names])
        found: Doubles = np.minimum(CEILING, 1 / (1 + np.exp(-moved)))
        return found
