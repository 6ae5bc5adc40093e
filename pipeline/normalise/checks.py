"""Checks within one value, by the names that definitions use: check digits through python-stdnum."""

from collections.abc import Callable
from dataclasses import dataclass

from stdnum import iban, lei, luhn
from stdnum.de import idnr
from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from pipeline.domain.fields import FieldKind, FieldSpec
from pipeline.domain.value import Value
from pipeline.normalise.kinds import find_decimal


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check within a value that did not hold."""

    code: str
    message: str


def _holds_iban(value: str) -> bool:
    try:
        iban.validate(value, check_country=False)
    except ValidationError:
        return False
    return True


def _not_negative(value: str) -> bool:
    number = find_decimal(value)
    return number is None or number >= 0


CHECKS: dict[str, tuple[Callable[[str], bool], str]] = {
    "iban": (
        _holds_iban,
        "The check digits of this IBAN are wrong, so at least one character is misread or misprinted.",
    ),
    "vat": (
        lambda value: bool(vat.is_valid(value)),
        "This is not a valid VAT number: its form or check digit is wrong.",
    ),
    "lei": (lambda value: bool(lei.is_valid(value)), "This is not a valid LEI: its check digits are wrong."),
    "luhn": (lambda value: bool(luhn.is_valid(value)), "The check digit of this number is wrong."),
    "de_idnr": (lambda value: bool(idnr.is_valid(value)), "This is not a valid German tax identification number."),
    "not_negative": (_not_negative, "This amount is negative."),
}
"""Name to the test of a canonical value, and the sentence where it fails."""

_EU_CODES = "AT BE BG CY CZ DE DK EE EL ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI"
_EU = frozenset(_EU_CODES.split())


def failed_checks(value: Value | None, spec: FieldSpec) -> tuple[FailedCheck, ...]:
    """Return the spec's checks that the value fails; a missing value fails none."""
    if not isinstance(value, str):
        return ()
    found: list[FailedCheck] = []
    for name in spec.checks:
        if name == "vat" and value[:2] not in _EU:
            # Numbers of other countries have no rule here; silence is more honest than a wrong alarm.
            continue
        holds, message = CHECKS[name]
        if not holds(value):
            found.append(FailedCheck(name, message))
    if spec.kind is FieldKind.DATE and not "1950-01-01" <= value <= "2100-12-31":
        found.append(FailedCheck("date_range", f"The date {value} is too far from today to be likely."))
    return tuple(found)
