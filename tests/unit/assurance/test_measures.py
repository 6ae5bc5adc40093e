"""Figures that tell how honest confidences are, held against values worked out by hand and by brute force."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assurance.measures import Doubles, Flags, auroc, expected_calibration_error, reliability, risk_coverage

ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=120)


def arrays(answers: list[tuple[float, bool]]) -> tuple[Doubles, Flags]:
    return np.array([sure for sure, _ in answers]), np.array([right for _, right in answers], dtype=np.bool_)


def test_calibration_error_is_the_mean_gap_between_stated_and_observed() -> None:
    sure, right = arrays([(0.9, True), (0.9, False), (0.6, True), (0.6, True)])
    assert expected_calibration_error(sure, right) == pytest.approx(0.5 * 0.4 + 0.5 * 0.4)


def test_calibration_error_is_nought_where_every_claim_holds() -> None:
    sure, right = arrays([(0.75, True)] * 3 + [(0.75, False)] + [(1.0, True)] * 5 + [(0.0, False)] * 2)
    assert expected_calibration_error(sure, right) == pytest.approx(0.0)


def test_calibration_error_is_one_where_certainty_is_always_wrong() -> None:
    assert expected_calibration_error(*arrays([(1.0, False)] * 4)) == 1.0


def test_errors_of_opposite_sign_cancel_within_a_bin_but_not_between_bins() -> None:
    sure, right = arrays([(0.51, False), (0.52, True), (0.53, True), (0.54, False)])
    assert expected_calibration_error(sure, right, bins=1) == pytest.approx(0.025)
    apart, outcomes = arrays([(0.2, True), (0.8, False)])
    assert expected_calibration_error(apart, outcomes, bins=1) == pytest.approx(0.0)
    assert expected_calibration_error(apart, outcomes, bins=2) == pytest.approx(0.8)


def test_the_bars_of_a_reliability_diagram_hold_their_answers() -> None:
    bars = reliability(*arrays([(0.05, False), (0.55, True), (0.58, False), (1.0, True)]), bins=10)
    assert [(b.low, b.high, b.count) for b in bars] == [(0.0, 0.1, 1), (0.5, 0.6, 2), (0.9, 1.0, 1)]
    assert [b.observed for b in bars] == [0.0, 0.5, 1.0]
    assert bars[1].stated == pytest.approx(0.565)


def test_answers_without_a_verdict_each_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        expected_calibration_error(np.array([0.5, 0.6]), np.array([True]))
    with pytest.raises(ValueError, match="at least one"):
        risk_coverage(np.array([]), np.array([], dtype=np.bool_))


def test_ranking_is_one_where_right_answers_are_surer_than_all_wrong_ones() -> None:
    assert auroc(*arrays([(0.9, True), (0.8, True), (0.3, False)])) == 1.0
    assert auroc(*arrays([(0.1, True), (0.8, False)])) == 0.0


def test_ties_count_half_in_the_ranking() -> None:
    assert auroc(*arrays([(0.5, True), (0.5, False)])) == 0.5
    assert auroc(*arrays([(0.9, True), (0.5, True), (0.5, False)])) == 0.75


def test_there_is_no_ranking_where_nothing_was_wrong_or_nothing_right() -> None:
    assert auroc(*arrays([(0.9, True), (0.8, True)])) is None
    assert auroc(*arrays([(0.9, False)])) is None


def test_thresholds_from_strict_to_lax_let_through_more_and_more() -> None:
    points = risk_coverage(*arrays([(0.9, True), (0.9, True), (0.7, False), (0.5, True)]))
    assert [(p.threshold, p.coverage, p.accepted) for p in points] == [(0.9, 0.5, 2), (0.7, 0.75, 3), (0.5, 1.0, 4)]
    assert [p.risk for p in points] == pytest.approx([0.0, 1 / 3, 1 / 4])


@given(ANSWERS)
def test_ranking_is_the_share_of_pairs_in_the_right_order(answers: list[tuple[float, bool]]) -> None:
    right = [sure for sure, is_right in answers if is_right]
    wrong = [sure for sure, is_right in answers if not is_right]
    found = auroc(*arrays(answers))
    if right and wrong:
        pairs = [1.0 if r > w else 0.5 if r == w else 0.0 for r in right for w in wrong]
        assert found == pytest.approx(sum(pairs) / len(pairs))
    else:
        assert found is None


@given(ANSWERS)
def test_every_answer_is_in_one_bar_and_the_error_is_a_share(answers: list[tuple[float, bool]]) -> None:
    sure, right = arrays(answers)
    bars = reliability(sure, right)
    assert sum(b.count for b in bars) == len(answers)
    assert all(b.low - 1e-9 <= b.stated <= b.high + 1e-9 for b in bars)
    assert 0 <= expected_calibration_error(sure, right) <= 1


@given(ANSWERS, st.integers(1, 20))
def test_each_point_counts_what_its_threshold_lets_through(answers: list[tuple[float, bool]], most: int) -> None:
    sure, right = arrays(answers)
    points = risk_coverage(sure, right, points=most)
    assert len(points) <= most
    for before, after in pairwise(points):
        assert before.threshold > after.threshold
        assert before.accepted < after.accepted
    for point in points:
        accepted = sure >= point.threshold
        assert point.accepted == accepted.sum()
        assert point.coverage == pytest.approx(accepted.mean())
        assert point.risk == pytest.approx((~right[accepted]).mean())


@given(ANSWERS, st.integers(2, 20))
def test_the_laxest_threshold_lets_everything_through(answers: list[tuple[float, bool]], most: int) -> None:
    assert risk_coverage(*arrays(answers), points=most)[-1].coverage == 1.0
