import pytest

from pipeline.domain.fields import FieldKind, FieldSpec
from pipeline.normalise import failed_checks, read_value


def spec(kind: FieldKind, **more: object) -> FieldSpec:
    return FieldSpec.model_validate({"name": "x", "title": {"en": "X"}, "kind": kind} | more)


def test_currencies_are_read_from_codes_signs_and_names() -> None:
    assert [read_value(text, "currency")[0].value for text in ("eur", "€", "US$", "Euro", "RM")] == [
        "EUR",
        "EUR",
        "USD",
        "EUR",
        "MYR",
    ]
    assert read_value("Foo", "currency") == ()


@pytest.mark.parametrize(
    ("printed", "canonical"),
    [
        ("two (2) years", "2 years"),
        ("a period of five (5) years", "5 years"),
        ("one year", "1 year"),
        ("18 months", "18 months"),
        ("thirty-six months", "36 months"),
        ("the first anniversary", "1 year"),
    ],
)
def test_durations_keep_their_unit_and_the_number_in_brackets_wins(printed: str, canonical: str) -> None:
    assert read_value(printed, "duration")[0].value == canonical


def test_ibans_and_vat_numbers_lose_blanks_and_are_refused_without_their_form() -> None:
    assert read_value("DE88 2008 0000 0970 3757 00", "iban")[0].value == "DE88200800000970375700"
    assert read_value("DE 136 695 976", "vat")[0].value == "DE136695976"
    assert read_value("Rechnung", "iban") == ()
    assert read_value("12345", "vat") == ()


def test_a_wrong_check_digit_is_a_failed_check_and_no_error() -> None:
    iban = spec(FieldKind.IDENTIFIER, checks=["iban"])
    assert failed_checks("DE88200800000970375700", iban) == ()
    failed = failed_checks("DE88200800000970375701", iban)
    assert [f.code for f in failed] == ["iban"]
    assert "check digits" in failed[0].message


def test_a_missing_value_fails_no_check() -> None:
    assert failed_checks(None, spec(FieldKind.IDENTIFIER, checks=["iban", "vat"])) == ()


def test_a_vat_number_of_a_country_without_a_rule_is_not_called_wrong() -> None:
    assert failed_checks("NO123456789", spec(FieldKind.IDENTIFIER, checks=["vat"])) == ()


def test_a_list_is_typed_one_entry_a_line() -> None:
    field = spec(FieldKind.LIST, item_kind="name")
    assert read_value("Halyard Inc.\nMossback LLC\nHalyard Inc.", field)[0].value == ("Halyard Inc.", "Mossback LLC")


def test_a_fields_own_normaliser_goes_before_its_kind() -> None:
    field = spec(FieldKind.IDENTIFIER, normaliser="iban")
    assert read_value("de88 2008 0000 0970 3757 00", field)[0].value == "DE88200800000970375700"
