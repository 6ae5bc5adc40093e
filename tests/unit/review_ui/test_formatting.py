from datetime import UTC, datetime, timedelta

import pytest

from pipeline.domain.fields import FieldKind
from review_ui.difference import Piece, compare
from review_ui.formatting import (
    format_bytes,
    format_due,
    format_number,
    format_share,
    format_span,
    format_value,
    format_when,
    initials,
    sureness,
)

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("canonical", "shown"),
    [
        ("1482", "1,482.00"),
        ("-86.4", "−86.40"),
        ("3.3333", "3.3333"),
        ("12345678901234567890.12", "12,345,678,901,234,567,890.12"),
        ("", ""),
        (None, ""),
        ("NaN", "NaN"),
        ("no number", "no number"),
    ],
)
def test_money_is_grouped_and_never_rounded(canonical: str | None, shown: str) -> None:
    assert format_number(canonical) == shown


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        ("2026-03-10", FieldKind.DATE, "10 Mar 2026"),
        ("2026-13-10", FieldKind.DATE, "2026-13-10"),
        ("19", FieldKind.PERCENTAGE, "19 %"),
        ("2.50", FieldKind.QUANTITY, "2.5"),
        (("one", "two"), FieldKind.LIST, "one; two"),
        (({"a": "1"},), FieldKind.TABLE, "1 line"),
        (None, FieldKind.MONEY, ""),
        ("<b>", FieldKind.TEXT, "<b>"),
    ],
)
def test_values_read_as_their_kind(value: object, kind: FieldKind, shown: str) -> None:
    assert format_value(value, kind) == shown


def test_what_is_not_certain_is_never_shown_as_certain() -> None:
    assert format_share(0.9999) == "99 %"
    assert format_share(1.0) == "100 %"
    assert format_share(0.001) == "under 1 %"
    assert format_share(0.0) == "0 %"


def test_a_confidence_has_its_word() -> None:
    assert [sureness(one) for one in (0.98, 0.9, 0.8, 0.5, 0.1)] == [
        "all but certain",
        "sure",
        "fairly sure",
        "unsure",
        "doubtful",
    ]


def test_times_are_as_near_as_they_are() -> None:
    assert format_when(NOW - timedelta(minutes=16), NOW) == "09:14"
    assert format_when(NOW - timedelta(days=1), NOW) == "Yesterday"
    assert format_when(NOW - timedelta(days=4), NOW) == "6 Mar"
    assert format_when(NOW - timedelta(days=400), NOW) == "3 Feb 2025"
    assert format_due(NOW + timedelta(hours=8), NOW) == "due today 17:30"
    assert format_due(NOW + timedelta(days=1), NOW) == "due tomorrow 09:30"
    assert format_due(NOW - timedelta(hours=1), NOW) == "overdue since 08:30"
    assert format_due(NOW - timedelta(days=1), NOW) == "overdue since yesterday"


def test_spans_and_sizes_take_their_largest_unit() -> None:
    assert [format_span(one) for one in (12, 41 * 60, 3 * 3600, 50 * 3600)] == ["12 s", "41 min", "3 h", "2 days"]
    assert [format_bytes(one) for one in (239, 65_000, 200 * 1024**2)] == ["239 B", "63 kB", "200 MB"]


def test_initials_of_any_name() -> None:
    assert [initials(one) for one in ("Mara Rowe", "admin", "jon.amadi", "")] == ["MR", "A", "JA", "?"]


def test_differences_are_marked_by_character() -> None:
    before, after = compare("CF-20B14", "CF-20814")
    assert before == (Piece("CF-20", False), Piece("B", True), Piece("14", False))
    assert after == (Piece("CF-20", False), Piece("8", True), Piece("14", False))


def test_two_different_texts_are_marked_whole() -> None:
    assert compare("4500052574", "not a number") == ((Piece("4500052574", True),), (Piece("not a number", True),))
    assert compare("", "new") == ((), (Piece("new", True),))
