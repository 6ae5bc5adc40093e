"""Sample sizes and limits, against another implementation and against counting all samples there are."""

import math
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from pipeline.assurance.sampling import (
    CONFIDENCES,
    LARGEST,
    chance_of_at_most,
    digest,
    draw,
    size_for,
    upper_limit,
)

POINTS = st.tuples(st.integers(1, 400), st.floats(0, 1), st.floats(0, 1), st.integers(0, 12))


@given(POINTS)
def test_chances_are_those_of_the_hypergeometric_distribution(point: tuple[int, float, float, int]) -> None:
    population, errors, size = point[0], round(point[1] * point[0]), round(point[2] * point[0])
    expected = hypergeom.cdf(point[3], population, errors, size)
    assert float(chance_of_at_most(point[3], errors, size, population)) == pytest.approx(expected, abs=1e-9)


def test_chances_are_those_of_all_samples_counted() -> None:
    for errors in range(6):
        for size in range(6):
            samples = list(combinations([1] * errors + [0] * (5 - errors), size))
            for found in range(4):
                few = sum(sum(sample) <= found for sample in samples)
                assert chance_of_at_most(found, errors, size, 5) == Fraction(few, len(samples))


@pytest.mark.parametrize(
    ("confidence", "tolerable", "expected", "size"),
    # AICPA Audit Guide "Audit Sampling", tables of statistical sample sizes for tests of controls
    [("0.95", "0.05", "0", 59), ("0.95", "0.05", "0.01", 93), ("0.95", "0.10", "0", 29), ("0.90", "0.05", "0", 45)],
)
def test_of_a_large_population_sizes_are_those_of_the_tables(
    confidence: str, tolerable: str, expected: str, size: int
) -> None:
    found = size_for(10_000_000, Decimal(confidence), Decimal(tolerable), Decimal(expected))
    assert abs(found.size - size) <= 1, "the tables are rounded, and of binomials"


@given(
    st.integers(1, 300),
    st.sampled_from(CONFIDENCES),
    st.integers(2, 40),
    st.integers(0, 1),
)
def test_a_size_is_enough_and_one_item_less_is_not(
    population: int, confidence: Decimal, percent: int, share: int
) -> None:
    tolerable, expected = Decimal(percent) / 100, Decimal(share * percent) / 300
    found = size_for(population, confidence, tolerable, expected)
    risk = 1 - confidence
    assert found.size <= population
    assert Decimal(found.too_many) / population > tolerable
    assert found.size == population or Decimal(found.risk) <= risk + Decimal("1e-12")
    if found.size < population:
        assert found.risk_before is None or Decimal(found.risk_before) > risk
        assert math.ceil(expected * found.size) <= found.allowed
        # where no more errors than allowed are found, the tolerable share is shown
        assert upper_limit(population, found.size, found.allowed, confidence) < found.too_many


@given(st.integers(1, 200), st.data())
def test_the_limit_is_the_largest_number_that_a_sample_does_not_speak_against(
    population: int, data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, population))
    found = data.draw(st.integers(0, size))
    limit = upper_limit(population, size, found, Decimal("0.95"))
    risk = Fraction(5, 100)
    assert found <= limit <= population - (size - found)
    assert limit == found or chance_of_at_most(found, limit, size, population) > risk
    if limit < population - (size - found):
        assert chance_of_at_most(found, limit + 1, size, population) <= risk


def test_all_examined_leaves_nothing_to_chance() -> None:
    assert upper_limit(50, 50, 3, Decimal("0.99")) == 3
    assert size_for(5, Decimal("0.99"), Decimal("0.01"), Decimal(0)).size == 5


@pytest.mark.parametrize(("tolerable", "expected"), [("0", "0"), ("0.05", "0.05"), ("1", "0"), ("0.01", "0.02")])
def test_shares_that_leave_nothing_to_show_are_refused(tolerable: str, expected: str) -> None:
    with pytest.raises(ValueError, match="below the tolerable"):
        size_for(100, Decimal("0.95"), Decimal(tolerable), Decimal(expected))


def test_shares_too_close_together_are_refused_and_no_time_is_lost() -> None:
    with pytest.raises(ValueError, match="close together"):
        size_for(1_000_000, Decimal("0.99"), Decimal("0.05"), Decimal("0.049"))
    assert size_for(LARGEST, Decimal("0.99"), Decimal("0.05"), Decimal("0.049")).size <= LARGEST


def test_a_draw_is_repeated_by_whoever_knows_the_seed() -> None:
    keys = [str(number) for number in range(1, 1001)]
    first = draw("seed", keys, 40)
    assert draw("seed", reversed(keys), 40) == first
    assert draw("seed", keys, 60)[:40] == first
    assert draw("another", keys, 40) != first
    assert first[0] == min(keys, key=lambda key: digest_of(f"seed:{key}"))


def digest_of(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def test_draws_are_even() -> None:
    """Each item is as likely as any other: of 4,000 draws of 5 from 50, each is in about 400."""
    keys = [str(number) for number in range(50)]
    counts = dict.fromkeys(keys, 0)
    for seed in range(4_000):
        for key in draw(str(seed), keys, 5):
            counts[key] += 1
    statistic = sum((count - 400) ** 2 / 400 for count in counts.values())
    assert statistic < 86, "chi-square of 49 degrees passes 85.4 once in a thousand times; the seeds are fixed"


def test_a_population_is_named_by_its_keys_in_order() -> None:
    assert digest(["1", "2"]) != digest(["12"])
    assert digest(["1", "2"]) != digest(["2", "1"])
