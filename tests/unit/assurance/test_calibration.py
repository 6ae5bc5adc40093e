"""Stated confidence is made honest by what held-out documents showed, and moved no further than they warrant."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assurance.calibration import CEILING, Calibration

SHARES = st.floats(0, 1)
SHIFTS = st.floats(-20, 20)
SLOPES = st.floats(0.2, 5)
CURVES = st.builds(
    Calibration,
    slope=SLOPES,
    shift=SHIFTS,
    shifts=st.dictionaries(st.just("total"), SHIFTS),
    slopes=st.dictionaries(st.just("total"), SLOPES),
)


def fitted(*outcomes: tuple[str, float, int, int], kinds: Mapping[str, str] | None = None) -> Calibration:
    """Return the curve for fields of which so many of so many answers with this raw probability were right."""
    shares: list[float] = []
    right: list[bool] = []
    names: list[str] = []
    for name, share, hits, count in outcomes:
        shares += [share] * count
        right += [True] * hits + [False] * (count - hits)
        names += [name] * count
    return Calibration.fit(np.array(shares), np.array(right, dtype=np.bool_), names, kinds)


def test_without_held_out_answers_confidence_stays_what_it_was() -> None:
    curve = Calibration.fit(np.array([]), np.array([], dtype=np.bool_), [])
    assert curve == Calibration()
    for share in (0.01, 0.25, 0.5, 0.9, 0.99):
        assert curve.confidence(share, "total") == pytest.approx(share)


def test_claims_that_were_too_bold_are_taken_down_to_what_was_observed() -> None:
    curve = fitted(("total", 0.95, 280, 400))
    assert curve.confidence(0.95, "total") == pytest.approx(0.70, abs=0.03)


def test_claims_that_were_too_timid_are_raised_to_what_was_observed() -> None:
    curve = fitted(("total", 0.60, 380, 400))
    assert curve.confidence(0.60, "total") == pytest.approx(0.95, abs=0.03)


def test_scores_that_exaggerate_both_ways_are_drawn_towards_the_middle() -> None:
    curve = fitted(("total", 0.98, 320, 400), ("total", 0.02, 80, 400))
    assert curve.slope < 0.6
    assert curve.confidence(0.98, "total") == pytest.approx(0.80, abs=0.04)
    assert curve.confidence(0.02, "total") == pytest.approx(0.20, abs=0.04)


def test_few_wrong_answers_move_less_than_many() -> None:
    few, many = (fitted(("total", 0.95, 0, count)).confidence(0.95, "total") for count in (1, 40))
    assert 0.5 < few < 0.95
    assert many < 0.15


def test_a_field_that_is_often_wrong_is_believed_less_than_others() -> None:
    curve = fitted(("number", 0.9, 100, 100), ("address", 0.9, 60, 100))
    assert curve.confidence(0.9, "address") < 0.75 < 0.9 < curve.confidence(0.9, "number")


def test_a_field_without_answers_of_its_own_is_judged_by_the_others() -> None:
    curve = fitted(("number", 0.9, 100, 100), ("address", 0.9, 60, 100))
    between = curve.confidence(0.9, "date")
    assert curve.confidence(0.9, "address") < between < curve.confidence(0.9, "number")


STEEP_AND_FLAT = (("list", 0.999, 140, 200), ("list", 0.9, 100, 200), ("date", 0.97, 199, 200), ("date", 0.9, 180, 200))


def test_kinds_of_probabilities_that_are_not_equally_steep_have_slopes_of_their_own() -> None:
    together = fitted(*STEEP_AND_FLAT)
    apart = fitted(*STEEP_AND_FLAT, kinds={"list": "list"})
    # the common slope takes from the honest dates what the bold lists exaggerate
    assert together.confidence(0.97, "date") < 0.97
    assert apart.confidence(0.97, "date") == pytest.approx(0.99, abs=0.01)
    assert apart.confidence(0.999, "list") == pytest.approx(0.70, abs=0.05)


def test_fields_of_one_kind_share_a_slope() -> None:
    assert fitted(*STEEP_AND_FLAT, kinds={"list": "figure", "date": "figure"}) == fitted(*STEEP_AND_FLAT)


def test_many_confidences_at_once_are_the_same_as_one_by_one() -> None:
    curve = fitted(("number", 0.9, 100, 100), ("address", 0.9, 60, 100))
    names = ["address", "number", "date"]
    many = curve.confidences(np.array([0.3, 0.8, 0.95]), names)
    assert many.tolist() == [curve.confidence(s, n) for s, n in zip((0.3, 0.8, 0.95), names, strict=True)]


@given(curve=CURVES, share=SHARES)
def test_confidence_is_a_probability_and_never_above_the_ceiling(curve: Calibration, share: float) -> None:
    assert 0 <= curve.confidence(share, "total") <= CEILING


@given(curve=CURVES, one=SHARES, other=SHARES)
def test_of_two_answers_of_a_field_the_likelier_is_never_stated_less_sure(
    curve: Calibration, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert curve.confidence(low, "total") <= curve.confidence(high, "total")


@pytest.mark.parametrize(("hits", "more"), [(0, 40), (40, 0), (20, 20), (40, 40)])
def test_no_outcome_turns_the_curve_round(hits: int, more: int) -> None:
    curve = fitted(("total", 0.9, hits, 40), ("total", 0.3, more, 40))
    assert curve.slope > 0
