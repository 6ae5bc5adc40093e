from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pipeline.services.exports.cells import cell_text, guard


@pytest.mark.parametrize(
    "text", ["=1+1", "+49 30 1234", "-", "-2+3", "- 5", "@SUM(A1)", "\tx", "\rx", "\n=1", "＝1", "-1,234.00"]
)
def test_text_that_a_spreadsheet_would_run_is_disarmed(text: str) -> None:
    assert guard(text) == "'" + text


@pytest.mark.parametrize("text", ["-12.50", "-3", "12.50", "CF-20814", "a=b", "", "'=1", "2026-03-04"])
def test_other_text_and_plain_negative_numbers_stay_as_they_are(text: str) -> None:
    assert guard(text) == text


def test_every_kind_of_value_has_one_text() -> None:
    assert cell_text(None) == ""
    assert cell_text(True) == "true"
    assert cell_text(Decimal("-1E+2")) == "-100"
    assert cell_text(0.93) == "0.93"
    assert cell_text(datetime(2026, 3, 10, 9, tzinfo=UTC)) == "2026-03-10T09:00:00.000000Z"
    assert cell_text([{"b": 1, "a": "=x"}]) == '[{"a":"=x","b":1}]'
