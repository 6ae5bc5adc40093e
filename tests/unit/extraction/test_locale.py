"""How a document writes numbers and dates, from all that it says."""

import pytest

from pipeline.extraction.layout import Layout
from pipeline.extraction.locale import infer_locale
from tests.unit.extraction.paper import line, page


@pytest.mark.parametrize(
    ("printed", "day_first"),
    [("12.25.24", False), ("12/25/2024", False), ("25.12.24", True), ("1.12.14.15", None), ("12.25.2499", None)],
)
def test_a_date_that_can_be_read_in_one_way_tells_the_order_of_all(printed: str, day_first: bool | None) -> None:
    assert infer_locale(Layout((page(line(100, (60, printed))),))).day_first is day_first
