"""Sampling for attributes: how many items to look at, and what their errors say about all of them. Exact throughout.

Items are drawn without replacement, so that errors among them are hypergeometric. Every comparison is made with whole
numbers; only what is shown is rounded.

Source: Cochran, Sampling Techniques, 3rd ed. 1977, ch. 3; exact limits: Buonaccorsi, American Statistician 41, 1987.
"""

import hashlib
import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from pipeline.domain.value import Frozen

LARGEST = 5_000
"""More than so many nobody looks at one by one."""
CONFIDENCES = (Decimal("0.90"), Decimal("0.95"), Decimal("0.99"))


class SampleSize(Frozen):
    """How many items are enough, and why."""

    size: int
    allowed: int
    """Errors among them up to which the tolerable share can still be shown."""
    too_many: int
    """The fewest errors in the population that would be more than tolerable."""
    risk: float
    """Chance of so few errors in the sample where there are `too_many` in the population."""
    risk_before: float | None
    """The same with one item less: it would not have been enough. None where the sample is one item."""


def chance_of_at_most(found: int, errors: int, size: int, population: int) -> Fraction:
    """Return the chance of at most `found` errors in a sample, exactly.

    Args:
        found: errors in the sample.
        errors: errors in the population.
        size: items in the sample.
        population: all items.
    """
    low, high = max(0, size - (population - errors)), min(found, errors, size)
    ways, term = 0, 0
    for number in range(low, high + 1):
        if number == low:
            term = math.comb(errors, low) * math.comb(population - errors, size - low)
        else:  # the next term from the one before: large binomials are slow
            kept = size - number + 1
            term = term * (errors - number + 1) * kept // (number * (population - errors - kept + 1))
        ways += term
    return Fraction(ways, math.comb(population, size))


def size_for(population: int, confidence: Decimal, tolerable: Decimal, expected: Decimal) -> SampleSize:
    """Return the smallest sample that shows the tolerable share where errors are no more than expected.

    Args:
        population: items that can be drawn, at least 1.
        confidence: such as 0.95.
        tolerable: the largest share of errors that is acceptable, in (0, 1).
        expected: the share of errors that is expected, in [0, tolerable).

    Raises:
        ValueError: the shares leave nothing to show, or too little for a sample; the message says which.
    """
    if not (0 < tolerable < 1 and 0 <= expected < tolerable and population >= 1):
        raise ValueError("the expected share has to be below the tolerable one")
    risk = 1 - Fraction(confidence)
    too_many = math.floor(Fraction(tolerable) * population) + 1
    allowed = 0
    while allowed < too_many:
        size = _smallest(population, too_many, allowed, risk)
        needed = math.ceil(Fraction(expected) * size)
        if needed <= allowed:
            return _told(population, too_many, allowed, size)
        if population > LARGEST < size:
            raise ValueError(
                "the two shares are so close together that no sample of a size that people look at is enough"
            )
        allowed = needed  # any fewer would ask for no fewer items, of which as many errors are expected
    return _told(population, too_many, too_many - 1, population)  # all of them: nothing is left to chance


def upper_limit(population: int, size: int, found: int, confidence: Decimal) -> int:
    """Return the most errors that the population can well hold: with more, a sample would seldom show so few.

    Args:
        population: all items.
        size: items examined.
        found: errors among them.
        confidence: that there are no more.
    """
    risk = 1 - Fraction(confidence)
    low, high = found, population - (size - found)
    while low < high:  # the chance falls as errors rise
        middle = (low + high + 1) // 2
        if chance_of_at_most(found, middle, size, population) > risk:
            low = middle
        else:
            high = middle - 1
    return low


def draw(seed: str, keys: Iterable[str], size: int) -> list[str]:
    """Return the first `size` of the keys, ordered by the SHA-256 of `seed:key`: who knows the seed repeats it."""
    return sorted(keys, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())[:size]


def digest(keys: Iterable[str]) -> str:
    """Return the SHA-256 of a population: its keys in their order, a line each."""
    return hashlib.sha256("".join(f"{key}\n" for key in keys).encode()).hexdigest()


def _smallest(population: int, too_many: int, allowed: int, risk: Fraction) -> int:
    """Return the smallest sample in which at most `allowed` of `too_many` errors are rare enough."""
    low = high = allowed + 1
    while high < population and chance_of_at_most(allowed, too_many, high, population) > risk:
        if population > LARGEST < high:
            return high  # more than anybody looks at, which is all that has to be known
        low, high = high + 1, min(2 * high, population)
    while low < high:
        middle = (low + high) // 2
        if chance_of_at_most(allowed, too_many, middle, population) <= risk:
            high = middle
        else:
            low = middle + 1
    return low


def _told(population: int, too_many: int, allowed: int, size: int) -> SampleSize:
    before = chance_of_at_most(allowed, too_many, size - 1, population) if size > 1 else None
    return SampleSize(
        size=size,
        allowed=allowed,
        too_many=too_many,
        risk=float(chance_of_at_most(allowed, too_many, size, population)),
        risk_before=None if before is None else float(before),
    )
