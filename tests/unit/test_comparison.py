"""Champion against challenger in numbers: worse is worse by more than luck explains."""

import pytest

from pipeline.assurance.comparison import is_worse, sign_test


def test_chance_of_a_fair_coin_is_exact() -> None:
    assert sign_test(0, 0) == 1.0
    assert sign_test(0, 1) == 0.5
    assert sign_test(1, 3) == pytest.approx(5 / 16)


@pytest.mark.parametrize(("better", "worse"), [(0, 0), (0, 4), (10, 10), (12, 19), (30, 10)])
def test_what_luck_explains_is_not_worse(better: int, worse: int) -> None:
    assert not is_worse(better, worse)


@pytest.mark.parametrize(("better", "worse"), [(0, 5), (2, 10), (100, 130), (1500, 1700)])
def test_what_luck_does_not_explain_is_worse(better: int, worse: int) -> None:
    assert is_worse(better, worse)


def test_several_comparisons_at_once_ask_for_more() -> None:
    assert is_worse(0, 5, tests=1)
    assert not is_worse(0, 5, tests=4)
