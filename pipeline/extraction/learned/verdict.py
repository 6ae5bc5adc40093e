"""From probabilities of candidates to one answer: prints of one value add up."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.learned.groups import AS_TEXT, Group
from pipeline.extraction.learned.truth import likeness

ALIKE = 90.0
SPELLINGS = 60
SPELLING_LEAST = 1e-4
TOP = 8
"""Values that are compared; the others are too unlikely to matter."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: a candidate's index and the probability of its value; index None: not there."""

    index: int | None
    share: float
    rivals: tuple[tuple[int, float], ...]
    """Other values: index of the best print, probability of the value; most likely first."""
    none: float
    """Probability that the document does not have the value."""


def verdict_of(
    group: Group,
    keys: Sequence[str],
    shares: NDArray[np.float64],
    required: bool,
    none: float | None = None,
    rarity: float = 1.0,
) -> Verdict:
    """Return the likeliest value.

    Args:
        group: names that only differ as people write them are one value.
        keys: the value of each candidate.
        shares: their probabilities.
        required: a required field is answered while there is any candidate: somebody has to look at it anyway.
        none: the probability of "not there"; None takes what is missing to 1.
        rarity: how much rarer that is than the scorers were taught: where hardly any document lacks the value, an
            unlikely answer is still the better guess, and is shown as unlikely.
    """
    sums: dict[str, float] = defaultdict(float)
    best: dict[str, int] = {}
    for index, (key, share) in enumerate(zip(keys, shares, strict=True)):
        sums[key] += float(share)
        if key not in best or share > shares[best[key]]:
            best[key] = index
    none = max(0.0, 1.0 - sum(sums.values())) if none is None else none
    order = sorted(sums, key=lambda key: (-sums[key], best[key]))
    if not order:
        return Verdict(None, none, (), none)
    totals = _gathered(order, sums) if group in AS_TEXT else {key: sums[key] for key in order[:TOP]}
    winner = max(totals, key=lambda key: (totals[key], -best[key]))
    if not required and rarity * none > totals[winner]:
        return Verdict(None, none, tuple((best[key], sums[key]) for key in order[:TOP]), none)
    rivals = [
        (best[key], sums[key])
        for key in order[:TOP]
        if key != winner and not (group in AS_TEXT and likeness(key, winner) >= ALIKE)
    ]
    return Verdict(best[winner], min(1.0, totals[winner]), tuple(rivals), none)


def _gathered(order: Sequence[str], sums: Mapping[str, float]) -> dict[str, float]:
    """Return for the likeliest spellings what they and all that say the same have together.

    A name's or an address's probability is spread over its cuts and spellings; a person takes any of them.
    """
    near = [key for key in order[:SPELLINGS] if sums[key] > SPELLING_LEAST]
    totals: dict[str, float] = {}
    for key in order[:TOP]:
        others = (sums[other] for other in near if other != key and likeness(key, other) >= ALIKE)
        # what is itself unlikely must not win by its relations
        totals[key] = sums[key] + sum(min(other, sums[key]) for other in others)
    return totals
