"""How long a document has to be kept, and from which day on it may go."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.erasure import MONTHS_MOST, Retention


@pytest.mark.parametrize(
    ("months", "from_year_end", "received", "until"),
    [
        (120, True, "2026-03-04", "2036-12-31"),
        (120, False, "2026-03-04", "2036-03-04"),
        (1, False, "2026-01-31", "2026-02-28"),
        (12, False, "2024-02-29", "2025-02-28"),
        (1, True, "2026-01-01", "2027-01-31"),
        (13, False, "2026-12-31", "2028-01-31"),
    ],
)
def test_document_is_kept_to_the_day(months: int, from_year_end: bool, received: str, until: str) -> None:
    rule = Retention(months=months, basis="law", from_year_end=from_year_end)
    assert rule.until(midnight(date.fromisoformat(received))) == date.fromisoformat(until)


@given(
    st.integers(1, MONTHS_MOST), st.booleans(), st.dates(date(2150, 1, 1), date(2400, 1, 1)), st.integers(0, 40 * 366)
)
def test_what_came_before_the_day_may_go_and_nothing_else(
    months: int, from_year_end: bool, today: date, earlier: int
) -> None:
    rule = Retention(months=months, basis="law", from_year_end=from_year_end)
    before = rule.ended_before(today)
    assert rule.until(midnight(before)) >= today
    assert rule.until(midnight(before - timedelta(days=1))) < today
    assert rule.until(midnight(before - timedelta(days=1 + earlier))) < today


def midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=UTC)
