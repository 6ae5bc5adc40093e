from datetime import date

import pytest

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.fields import FieldKind
from pipeline.normalise import read_value, typed
from pipeline.normalise.dates import find_dates


def values(text: str, locale: DocumentLocale | None = None) -> list[object]:
    return [reading.value for reading in read_value(text, "date", locale)]


def test_dots_are_for_day_first_unless_the_document_says_otherwise() -> None:
    assert values("12.03.24") == ["2024-03-12"]
    assert values("12.03.24", DocumentLocale(day_first=False)) == ["2024-12-03"]
    american = DocumentLocale(language="en", currency="USD")
    assert values("12.03.24", american) == ["2024-12-03", "2024-03-12"]
    assert values("12.03.24", american.model_copy(update={"day_first": True})) == ["2024-03-12"]


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("2024-03-12", "2024-03-12"),
        ("2024-03-12T10:15:00", "2024-03-12"),
        ("2024/03/12", "2024-03-12"),
        ("20240312", "2024-03-12"),
        ("12.3.24", "2024-03-12"),
        ("13/03/2024", "2024-03-13"),
        ("02/17/26", "2026-02-17"),
        ("March 3, 2026", "2026-03-03"),
        ("Mon, 3 Mar 2025", "2025-03-03"),
        ("12. März 2024", "2024-03-12"),
        ("1er mars 2024", "2024-03-01"),
        ("3 de marzo de 2024", "2024-03-03"),
        ("14 agosto 2023", "2023-08-14"),
        ("5 mei 2022", "2022-05-05"),
        ("24-DEC-18", "2018-12-24"),
        ("6th of February, 1999", "1999-02-06"),
        ("this 6th day of January, 2012", "2012-01-06"),
        ("sixth day of January, 2012", "2012-01-06"),
        ("03/03/2024", "2024-03-03"),
    ],
)
def test_dates_are_read_in_every_printed_style(printed: str, iso: str) -> None:
    assert values(printed) == [iso]


def test_a_date_of_unknown_order_gives_both_readings() -> None:
    assert values("12/03/2024") == ["2024-03-12", "2024-12-03"]


def test_the_documents_order_settles_which_number_is_the_day() -> None:
    assert values("12/03/2024", DocumentLocale(day_first=True)) == ["2024-03-12"]
    assert values("12/03/2024", DocumentLocale(day_first=False)) == ["2024-12-03"]


def test_american_custom_comes_first_where_dollars_are_paid() -> None:
    american = DocumentLocale(language="en", currency="USD")
    british = DocumentLocale(language="en", currency="GBP")
    assert values("12/03/2024", american)[0] == "2024-12-03"
    assert values("12/03/2024", british)[0] == "2024-03-12"


@pytest.mark.parametrize("text", ["30/02/2024", "32.1.2024", "March 2024", "12.13", "1/2", "Foo 3, 2024", "0/0/00"])
def test_what_is_no_day_is_not_read_as_one(text: str) -> None:
    assert read_value(text, "date") == ()


def test_two_dates_side_by_side_stay_two() -> None:
    assert [text for _, _, text in find_dates("05/12/20 05/31/20")] == ["05/12/20", "05/31/20"]
    assert [text for _, _, text in find_dates("01.09.13 - 30.09.13")] == ["01.09.13", "30.09.13"]


def test_numbers_inside_longer_numbers_are_no_dates() -> None:
    assert not find_dates("RE-20151008/504 and 1.2.3.4 and 192.168.10.20")


def test_a_canonical_date_becomes_a_date() -> None:
    assert typed(FieldKind.DATE, "2024-03-12") == date(2024, 3, 12)
    with pytest.raises(ValueError, match="year-month-day"):
        typed(FieldKind.DATE, "12.03.2024")


@pytest.mark.parametrize(
    "text",
    ["paid on 2024-03-12.", "sent 2024-03-12T10:00:00Z by", "am 2024\u201103\u201112, wie", "(2024\u201303\u201312)"],
)
def test_iso_dates_are_found_inside_sentences(text: str) -> None:
    [(start, end, printed)] = find_dates(text)
    assert text[start:end] == printed
    assert values(printed) == ["2024-03-12"]


@pytest.mark.parametrize("text", ["2024-03-123", "2024-03-12abc", "12024-03-12"])
def test_what_only_begins_like_an_iso_date_is_none(text: str) -> None:
    assert not find_dates(text)


@pytest.mark.parametrize(
    ("printed", "iso"), [("14/dun/2017", "2017-06-14"), ("03-0ct-2018", None), ("02-Fcb-2019", "2019-02-02")]
)
def test_one_misread_letter_in_a_short_month_between_day_and_year_is_mended(printed: str, iso: str | None) -> None:
    found = read_value(printed, "date", DocumentLocale())
    assert [reading.value for reading in found] == ([iso] if iso else [])
    assert all("misread" in reading.note for reading in found)


@pytest.mark.parametrize("text", ["14/jux/2017", "14/xyz/2017", "30 day 2017", "1/max/17"])
def test_what_could_be_several_months_or_no_date_at_all_is_not_mended(text: str) -> None:
    assert not find_dates(text)
