from datetime import UTC, datetime, timedelta

import pytest

from pipeline.domain.review import FieldRecord, FieldState
from pipeline.domain.routing import ReasonCode, ReviewReason
from pipeline.domain.worth import (
    HALF_LIFE,
    MOST_AMOUNT,
    Pace,
    Priority,
    chance_wrong,
    predicted_seconds,
    rank_of,
)
from tests import builders

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def field(name: str, confidence: float, state: FieldState = FieldState.OPEN, *codes: ReasonCode) -> FieldRecord:
    reasons = tuple(ReviewReason(code=code, message="why") for code in codes)
    return FieldRecord(name=name, state=state, confidence=confidence, reasons=reasons)


def test_chance_is_that_of_at_least_one_open_value_being_wrong() -> None:
    fields = [field("net_total", 0.8), field("tax_total", 0.5), field("issue_date", 0.1, FieldState.ACCEPTED)]
    assert chance_wrong(fields) == pytest.approx(1 - 0.8 * 0.5)


def test_settled_document_has_nothing_wrong_that_a_review_could_find() -> None:
    assert chance_wrong([field("net_total", 0.2, FieldState.CONFIRMED)]) == 0


def test_value_that_a_check_speaks_against_is_at_best_an_even_bet_however_sure_the_machine_is() -> None:
    assert chance_wrong([field("gross_total", 0.99, FieldState.OPEN, ReasonCode.CHECK_FAILED)]) == pytest.approx(0.5)
    assert chance_wrong([field("gross_total", 0.3, FieldState.OPEN, ReasonCode.CHECK_FAILED)]) == pytest.approx(0.7)
    assert chance_wrong([field("iban", 0.99, FieldState.OPEN, ReasonCode.CRITICAL)]) == pytest.approx(0.01)


def test_pace_that_was_measured_takes_over_from_the_kind_s_prior_as_it_grows() -> None:
    doctype, fields = builders.invoice_type(), [field("net_total", 0.5)]
    by_kind = predicted_seconds(fields, doctype, {})
    some = predicted_seconds(fields, doctype, {"net_total": Pace(count=10, total_ms=250_000)})
    many = predicted_seconds(fields, doctype, {"net_total": Pace(count=10_000, total_ms=250_000_000)})
    assert by_kind == pytest.approx(11)
    assert some == pytest.approx(6 + 15)
    assert many == pytest.approx(6 + 25, abs=0.1)


def test_document_of_unknown_type_has_a_predicted_time_too() -> None:
    assert predicted_seconds([field("document_type", 0.2), field("gone", 0.4)], None, {}) > 6


def test_more_at_risk_more_likely_wrong_and_quicker_done_each_come_sooner() -> None:
    usual = rank_of(500, 0.3, 20, NOON, Priority.NORMAL)
    assert rank_of(5000, 0.3, 20, NOON, Priority.NORMAL) > usual
    assert rank_of(500, 0.6, 20, NOON, Priority.NORMAL) > usual
    assert rank_of(500, 0.3, 10, NOON, Priority.NORMAL) > usual
    assert rank_of(-500, 0.3, 20, NOON, Priority.NORMAL) == usual


def test_one_half_life_of_waiting_weighs_as_much_as_twice_the_loss() -> None:
    early = rank_of(500, 0.3, 20, NOON - HALF_LIFE, Priority.NORMAL)
    assert early == pytest.approx(rank_of(1000, 0.3, 20, NOON, Priority.NORMAL))


def test_nothing_can_be_overtaken_for_longer_than_three_weeks() -> None:
    least = rank_of(0, 0, 600, NOON, Priority.NORMAL)
    assert least > rank_of(MOST_AMOUNT * 1000, 1, 6, NOON + timedelta(days=21), Priority.NORMAL)


def test_urgent_stands_before_everything_and_low_behind_its_like_but_not_for_ever() -> None:
    usual = rank_of(500, 0.3, 20, NOON, Priority.NORMAL)
    assert rank_of(1, 0.01, 600, NOON, Priority.URGENT) > rank_of(MOST_AMOUNT, 1, 1, NOON, Priority.NORMAL)
    assert rank_of(500, 0.3, 20, NOON, Priority.LOW) < usual
    assert rank_of(500, 0.3, 20, NOON - timedelta(days=4), Priority.LOW) > usual
