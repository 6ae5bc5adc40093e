from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.fields import FieldKind
from pipeline.normalise import check_canonical, read_value, typed

amounts = st.decimals(min_value=-9_999_999, max_value=9_999_999, places=2, allow_nan=False, allow_infinity=False)
days = st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31))
locales = st.builds(
    DocumentLocale,
    decimal=st.sampled_from([None, ".", ","]),
    day_first=st.sampled_from([None, True, False]),
    language=st.sampled_from([None, "de", "en", "fr"]),
)


def printed(amount: Decimal, thousands: str, decimal: str) -> str:
    return f"{amount:,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands)


@given(amounts, st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("", "."), ("", ",")]), locales)
def test_two_decimals_are_never_misread_whatever_the_locale(
    amount: Decimal, style: tuple[str, str], locale: DocumentLocale
) -> None:
    readings = read_value(printed(amount, *style), "money", locale)
    assert [Decimal(str(r.value)) for r in readings] == [amount]


@given(st.text(max_size=30), locales, st.sampled_from(["money", "quantity", "percentage", "date", "currency", "name"]))
def test_whatever_is_read_is_canonical(text: str, locale: DocumentLocale, kind: str) -> None:
    for reading in read_value(text, kind, locale):
        check_canonical(FieldKind(kind), reading.value)


@given(st.text(alphabet="0123456789.,'- €()", max_size=16), locales)
def test_reading_a_canonical_number_again_changes_nothing(text: str, locale: DocumentLocale) -> None:
    for reading in read_value(text, "money", locale):
        again = read_value(str(reading.value), "money", DocumentLocale(decimal="."))
        assert [r.value for r in again] == [reading.value]


@given(days, locales)
def test_a_canonical_date_is_read_one_way_by_every_locale(day: date, locale: DocumentLocale) -> None:
    readings = read_value(day.isoformat(), "date", locale)
    assert [typed(FieldKind.DATE, str(r.value)) for r in readings] == [day]


@given(days)
def test_a_printed_date_is_among_its_readings(day: date) -> None:
    for text in (f"{day.day}/{day.month}/{day.year}", f"{day.month}/{day.day}/{day.year}"):
        assert day.isoformat() in [r.value for r in read_value(text, "date")]


@given(st.text(max_size=60))
def test_names_and_texts_are_read_the_same_twice(text: str) -> None:
    for kind in ("name", "text", "identifier"):
        for reading in read_value(text, kind):
            assert [r.value for r in read_value(str(reading.value), kind)] == [reading.value]
