"""Whether one of two machines is worse than the other on the same questions, or only had worse luck."""

import math

LEVEL = 0.05
"""Chance of calling a machine worse that is as good as the other."""


def sign_test(better: int, worse: int) -> float:
    """Return the chance of at least so many worse answers among those that differ, were both machines equally good.

    Args:
        better: questions that only the new machine answered rightly.
        worse: questions that only the old machine answered rightly.

    Source: McNemar 1947, in its exact one-sided form.
    """
    differing = better + worse
    ways = sum(math.comb(differing, count) for count in range(worse, differing + 1))
    # two whole numbers: a quotient of floats would overflow from a thousand differing answers on
    return float(ways / 2**differing)


def is_worse(better: int, worse: int, tests: int = 1, level: float = LEVEL) -> bool:
    """Return whether the new machine is worse by more than chance explains.

    Args:
        better: questions that only the new machine answered rightly.
        worse: questions that only the old machine answered rightly.
        tests: how many such comparisons are made at once: the level is shared among them.
        level: chance of calling a machine worse that is as good as the other.
    """
    return worse > better and sign_test(better, worse) < level / tests
