"""Fields that constrain one another: parts and their total, dates in order. What fits together becomes likelier."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.fields import DocumentType, OrderCheck, SumCheck
from pipeline.extraction.learned.groups import Group

RECONCILED = frozenset((Group.DATE, Group.MONEY))
"""Groups whose fields take part in checks: their keys are canonical values."""

TOP = 10
"""Values of a field that are weighed against those of others."""
BROKEN_SUM = 0.15
"""How likely values are that do not add up, against those that do: taxes and roundings are left out now and then."""
BROKEN_ORDER = 0.03
"""The same for dates in the wrong order."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What a field may be: canonical values with their probabilities; the rest is "not there"."""

    shares: Mapping[str, float]

    @property
    def top(self) -> list[tuple[str, float]]:
        return sorted(self.shares.items(), key=lambda pair: (-pair[1], pair[0]))[:TOP]

    @property
    def none(self) -> float:
        return max(0.0, 1.0 - sum(self.shares.values()))


def belief_of(keys: Sequence[str], shares: NDArray[np.float64]) -> Belief:
    """Return what candidates say of a field: prints of one value add up."""
    sums: dict[str, float] = defaultdict(float)
    for key, share in zip(keys, shares, strict=True):
        sums[key] += float(share)
    return Belief(dict(sums))


def moved(keys: Sequence[str], shares: NDArray[np.float64], belief: Belief) -> NDArray[np.float64]:
    """Return the candidates' probabilities with the reconciled ones of their values."""
    before = belief_of(keys, shares).shares
    factors = np.array([belief.shares[key] / before[key] if before[key] > 0 else 0.0 for key in keys])
    found: NDArray[np.float64] = shares * factors
    return found


def reconciled(doctype: DocumentType, beliefs: Mapping[str, Belief]) -> dict[str, Belief]:
    """Return the beliefs after each field has heard from those it is checked with: one round, all at once.

    A value's probability is multiplied by how likely the check holds with it, given what the others may be; a field's
    probability of being absent stays what it was.
    """
    messages: dict[str, dict[str, float]] = {name: {} for name in beliefs}
    for check in doctype.checks:
        if isinstance(check, OrderCheck) and check.earlier in beliefs and check.later in beliefs:
            _order(beliefs[check.earlier], beliefs[check.later], messages[check.earlier], messages[check.later])
        elif isinstance(check, SumCheck) and all(name in beliefs for name in (*check.parts, check.total)):
            _sum(check, beliefs, messages)
    return {name: _heard(belief, messages[name]) for name, belief in beliefs.items()}


def _heard(belief: Belief, message: Mapping[str, float]) -> Belief:
    if not message:
        return belief
    shares = {value: share * message.get(value, min(message.values())) for value, share in belief.shares.items()}
    before, after = sum(belief.shares.values()), sum(shares.values())
    if after <= 0:
        return belief
    return Belief({value: share * before / after for value, share in shares.items()})


def _order(earlier: Belief, later: Belief, to_earlier: dict[str, float], to_later: dict[str, float]) -> None:
    for value, _ in earlier.top:
        fits = later.none + sum(share * (1.0 if value <= other else BROKEN_ORDER) for other, share in later.top)
        to_earlier[value] = to_earlier.get(value, 1.0) * max(fits, BROKEN_ORDER)
    for value, _ in later.top:
        fits = earlier.none + sum(share * (1.0 if other <= value else BROKEN_ORDER) for other, share in earlier.top)
        to_later[value] = to_later.get(value, 1.0) * max(fits, BROKEN_ORDER)


def _sum(check: SumCheck, beliefs: Mapping[str, Belief], messages: Mapping[str, dict[str, float]]) -> None:
    if len(check.parts) != 2:
        return
    tolerance = Decimal(check.tolerance)
    first, second, total = (_numbers(beliefs[name]) for name in (*check.parts, check.total))
    holds: tuple[dict[str, float], ...] = ({}, {}, {})
    absent = [beliefs[name].none for name in (*check.parts, check.total)]
    for one, a, p in first:
        for other, b, q in second:
            for sum_, c, r in total:
                if abs(a + b - c) <= tolerance:
                    holds[0][one] = holds[0].get(one, 0.0) + q * r
                    holds[1][other] = holds[1].get(other, 0.0) + p * r
                    holds[2][sum_] = holds[2].get(sum_, 0.0) + p * q
    for place, (name, values) in enumerate(zip((*check.parts, check.total), (first, second, total), strict=True)):
        # where one of the others is not printed there is nothing to hold against a value
        free = 1.0 - (1.0 - absent[(place + 1) % 3]) * (1.0 - absent[(place + 2) % 3])
        for value, _, _ in values:
            fits = free + (1.0 - free) * BROKEN_SUM + (1.0 - BROKEN_SUM) * holds[place].get(value, 0.0)
            messages[name][value] = messages[name].get(value, 1.0) * min(1.0, fits)


def _numbers(belief: Belief) -> list[tuple[str, Decimal, float]]:
    found: list[tuple[str, Decimal, float]] = []
    for value, share in belief.top:
        try:
            found.append((value, Decimal(value), share))
        except InvalidOperation:
            continue
    return found
