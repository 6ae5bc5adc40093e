from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import pytest

from pipeline.domain.geometry import BoundingBox
from pipeline.record.canonical import canonical_json, digest


class Colour(StrEnum):
    RED = "red"


def test_keys_are_sorted_and_nothing_is_escaped_or_spaced() -> None:
    assert canonical_json({"b": [1, "ä"], "a": None, "c": True}) == '{"a":null,"b":[1,"ä"],"c":true}'


def test_order_in_which_keys_came_makes_no_difference() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_list_and_tuple_are_the_same() -> None:
    assert canonical_json((1, (2,))) == canonical_json([1, [2]])


def test_times_are_written_in_utc_with_microseconds() -> None:
    berlin = timezone(timedelta(hours=1))
    at = datetime(2026, 3, 10, 10, 30, tzinfo=berlin)
    assert canonical_json(at) == '"2026-03-10T09:30:00.000000Z"'
    assert canonical_json(at) == canonical_json(at.astimezone(UTC))


def test_dates_decimals_enums_and_models_become_plain() -> None:
    box = BoundingBox(x0=1, top=2, x1=3, bottom=4.5)
    written = canonical_json({"date": date(2026, 3, 10), "sum": Decimal("12.50"), "colour": Colour.RED, "box": box})
    assert written == (
        '{"box":{"bottom":4.5,"top":2.0,"x0":1.0,"x1":3.0},"colour":"red","date":"2026-03-10","sum":"12.50"}'
    )


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", {1: "key"}, datetime(2026, 1, 1), object()])  # noqa: DTZ001
def test_what_has_no_one_way_to_be_written_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json({"inside": [value]})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "half a pair: \ud800"])
def test_numbers_and_texts_that_others_cannot_read_are_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical_json({"inside": [value]})
