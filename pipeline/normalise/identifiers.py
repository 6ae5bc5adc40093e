import re

from pipeline.normalise.reading import Reading
from pipeline.normalise.words import single_blanks

_IBAN_LENGTHS_MIN, _IBAN_LENGTHS_MAX = 15, 34
IBAN_FORM = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
VAT_FORM = re.compile(
    r"ATU\d{8,9}|BE[01]?\d{9}|BG\d{9,10}|CHE\d{9}(?:MWST|TVA|IVA)?|CY\d{8}[A-Z]|CZ\d{8,10}|DE\d{8,9}|DK\d{8}|EE\d{9}|"
    r"(?:EL|GR)\d{9}|ES[A-Z0-9]\d{7}[A-Z0-9]|FI\d{8}|FR[A-Z0-9]{2}\d{9}|GB(?:\d{9}|\d{12}|GD\d{3}|HA\d{3})|HR\d{11}|"
    r"HU\d{8}|IE\d[A-Z0-9+*]\d{5}[A-Z]{1,2}|IT\d{11}|LT(?:\d{9}|\d{12})|LU\d{8}|LV\d{11}|MT\d{8}|NL\d{9}B\d{2}|"
    r"NO\d{9}(?:MVA)?|PL\d{10}|PT\d{9}|RO\d{2,10}|SE\d{12}|SI\d{8}|SK\d{10}|XI\d{9}"
)
"""The printed form of VAT numbers by country; German ones of eight digits are misprints that a check will find."""


def read_identifier(text: str) -> tuple[Reading, ...]:
    """Return the identifier with single blanks; () where it holds no letter and no digit."""
    text = single_blanks(text).strip(" :;,")
    return (Reading(text),) if any(c.isalnum() for c in text) and len(text) <= 80 else ()


def read_iban(text: str) -> tuple[Reading, ...]:
    """Return the IBAN without blanks and in capitals where it has an IBAN's form (check digits: see `checks`)."""
    compact = re.sub(r"[\s.\-]", "", text).upper()
    compact = re.sub(r"^IBAN:?", "", compact)
    if IBAN_FORM.fullmatch(compact) and _IBAN_LENGTHS_MIN <= len(compact) <= _IBAN_LENGTHS_MAX:
        return (Reading(compact),)
    return ()


def read_vat(text: str) -> tuple[Reading, ...]:
    """Return the VAT number without blanks and in capitals where it has a country's form."""
    compact = re.sub(r"[\s.\-/]", "", text).upper()
    return (Reading(compact),) if VAT_FORM.fullmatch(compact) else ()
