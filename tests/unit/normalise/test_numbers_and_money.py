from decimal import Decimal

import pytest

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.fields import FieldKind
from pipeline.normalise import check_canonical, read_value, typed

COMMA = DocumentLocale(decimal=",")
POINT = DocumentLocale(decimal=".")


def values(text: str, kind: str, locale: DocumentLocale | None = None) -> list[object]:
    return [reading.value for reading in read_value(text, kind, locale)]


@pytest.mark.parametrize(
    ("printed", "canonical"),
    [
        ("1.234,50 EUR", "1234.50"),
        ("€ 1,234.50", "1234.50"),
        ("$1,234,567.89", "1234567.89"),
        ("1 234,50", "1234.50"),
        ("1\u202f234,50 €", "1234.50"),
        ("1’234.50 CHF", "1234.50"),
        ("Fr. 1'234.50", "1234.50"),
        ("12,34,567.00", "1234567.00"),
        ("(12.00)", "-12.00"),
        ("12,00-", "-12.00"),
        ("-£5.00", "-5.00"),
        ("− 7,67", "-7.67"),
        ("5.00 CR", "-5.00"),
        ("5.--", "5.00"),
        ("12,- €", "12.00"),
        ("0,052", "0.052"),
        ("160", "160.00"),
        ("-0,00", "0.00"),
    ],
)
def test_money_is_read_in_every_printed_style(printed: str, canonical: str) -> None:
    assert values(printed, "money") == [canonical]


def test_three_digits_behind_an_unknown_sign_give_both_readings_thousands_first() -> None:
    readings = read_value("1.234", "money")
    assert [r.value for r in readings] == ["1234.00", "1.234"]
    assert all(r.note for r in readings)


def test_the_documents_decimal_sign_settles_what_one_number_cannot() -> None:
    assert values("1.234", "money", COMMA) == ["1234.00"]
    assert values("1.234", "money", POINT) == ["1.234"]


@pytest.mark.parametrize("text", ["abc", "1,2,3", "12 34", "1.23.456", "", "--", "12-34-56", "1" * 30])
def test_what_is_no_amount_is_not_read_as_one(text: str) -> None:
    assert read_value(text, "money", POINT) == ()


def test_quantities_lose_their_unit_and_trailing_zeros() -> None:
    assert values("-5,0000 Stk.", "quantity", COMMA) == ["-5"]
    assert values("10.000 kWh", "quantity", COMMA) == ["10000"]
    assert values("3 m²", "quantity", COMMA) == ["3"]


def test_percentages_lose_their_sign() -> None:
    assert values("19,0 %", "percentage", COMMA) == ["19"]


def test_canonical_numbers_become_decimals_and_others_are_refused() -> None:
    assert typed(FieldKind.MONEY, "1234.50") == Decimal("1234.50")
    for wrong in ("1,234.50", "01.00", "-0.00", "1e3", "NaN"):
        with pytest.raises(ValueError, match="number"):
            check_canonical(FieldKind.MONEY, wrong)
