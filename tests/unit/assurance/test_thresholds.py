"""A threshold of a field's own is set where enough held-out answers kept the field's error target."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assurance.thresholds import ENOUGH, FLOOR, Threshold, derive


def derived(*answers: tuple[float, int, int], target: float = 0.01) -> Threshold:
    """Return the threshold for so many right and wrong answers of each confidence."""
    sure: list[float] = []
    right: list[bool] = []
    for confidence, hits, wrong in answers:
        sure += [confidence] * (hits + wrong)
        right += [True] * hits + [False] * wrong
    return derive(np.array(sure), np.array(right, dtype=np.bool_), target)


def test_eighty_sure_and_right_answers_support_one_per_cent() -> None:
    assert derived((0.99, 80, 0)) == Threshold(0.99, 80, 0, 0)


def test_one_answer_too_few_gives_no_threshold_but_says_that_one_is_missing() -> None:
    assert derived((0.99, 79, 0)) == Threshold(None, 79, 0, 1)


def test_a_laxer_target_needs_fewer_answers() -> None:
    assert derived((0.99, 16, 0), target=0.05).value == 0.99
    assert derived((0.99, 15, 0), target=0.05).value is None


def test_the_lowest_confidence_that_keeps_the_target_is_taken() -> None:
    assert derived((0.995, 80, 0), (0.985, 40, 0), (0.975, 40, 20)) == Threshold(0.985, 120, 0, 0)


def test_some_wrong_answers_are_tolerated_up_to_the_target() -> None:
    assert derived((0.98, 198, 2)) == Threshold(0.98, 200, 2, 0)
    assert derived((0.98, 196, 4)).value is None


def test_confidences_below_the_floor_are_never_accepted() -> None:
    found = derived((0.99, 100, 0), (0.96, 900, 0))
    assert found == Threshold(0.99, 100, 0, 0)


def test_answers_of_one_confidence_are_accepted_together_or_not_at_all() -> None:
    assert derived((0.98, 300, 30)).value is None


def test_enough_answers_that_are_too_often_wrong_ask_for_no_more_of_them() -> None:
    assert derived((0.98, 90, 10)) == Threshold(None, 100, 10, 0)


def test_where_half_of_the_answers_are_sure_twice_as_many_are_missing() -> None:
    assert derived((0.99, 40, 0), (0.6, 40, 0)).missing == 80


def test_without_any_answer_a_cautious_number_is_missing() -> None:
    assert derived() == Threshold(None, 0, 0, 400)


@given(
    answers=st.lists(st.tuples(st.sampled_from((0.5, 0.96, FLOOR, 0.98, 0.99, 0.995)), st.booleans()), max_size=250),
    target=st.sampled_from((0.005, 0.01, 0.05, 0.2)),
)
def test_a_derived_threshold_keeps_its_promise_on_what_it_was_derived_from(
    answers: list[tuple[float, bool]], target: float
) -> None:
    sure = np.array([confidence for confidence, _ in answers])
    right = np.array([is_right for _, is_right in answers], dtype=np.bool_)
    found = derive(sure, right, target)
    if found.value is None:
        assert found.accepted == (sure >= FLOOR).sum()
    else:
        accepted = sure >= found.value
        assert found.value >= FLOOR
        assert found.missing == 0
        assert found.accepted == accepted.sum() >= math.ceil(ENOUGH / target)
        assert found.wrong == (~right[accepted]).sum() <= target * found.accepted


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_answers_does_not_matter(seed: int) -> None:
    chance = np.random.default_rng(seed)
    sure, right = np.round(chance.uniform(0.9, 1, 400), 2), chance.uniform(size=400) > 0.004
    order = chance.permutation(400)
    assert derive(sure, right, 0.02) == derive(sure[order], right[order], 0.02)
