from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pipeline.extraction.layout import Layout
from pipeline.extraction.nearby import Nearby
from pipeline.extraction.table_rows import Number
from tests.unit.extraction.paper import line, page


def numbers(tops: list[tuple[int, int]]) -> list[Number]:
    layout = Layout(tuple(page(*[line(y, (60, "1")) for n, y in tops if n == p], number=p) for p in (1, 2)))
    found = [Number([token], each, Decimal(1), "1", False) for each in layout.lines for token in each.tokens]
    return found


@given(st.lists(st.tuples(st.integers(1, 2), st.integers(20, 800)), min_size=2, max_size=30, unique=True))
def test_the_nearest_number_and_those_within_reach_are_found_as_by_looking_at_all(tops: list[tuple[int, int]]) -> None:
    asked, *others = numbers(tops)
    nearby = Nearby(others)
    near = [(abs(n.centre - asked.centre), i) for i, n in enumerate(others) if n.line.page == asked.line.page]
    assert nearby.nearest(asked) == (min(near) if near else None)
    assert [id(n) for n in nearby.within(asked, 40)] == [id(others[i]) for away, i in near if away <= 40]
