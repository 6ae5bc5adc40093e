"""The one door: a field's kind (or its own normaliser) decides how a text is read and what its value may look like."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.fields import FieldKind, FieldSpec
from pipeline.domain.value import Value
from pipeline.normalise import currencies, identifiers
from pipeline.normalise.dates import read_date
from pipeline.normalise.durations import read_duration
from pipeline.normalise.numbers import plain, read_number
from pipeline.normalise.reading import Reading, distinct
from pipeline.normalise.words import single_blanks

NORMALISERS = frozenset({"iban", "vat"} | {str(kind) for kind in FieldKind})
_CANONICAL_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
TEXT_MAX = 2000


def read_value(
    text: str, spec: FieldSpec | FieldKind | str, locale: DocumentLocale | None = None
) -> tuple[Reading, ...]:
    """Return the ways to read `text`, most likely first: () cannot be read, more than one is ambiguous.

    Args:
        text: as printed, or as a person typed it.
        spec: a field spec, a kind, or a normaliser's name ("iban", "vat").
        locale: how the document writes numbers and dates; unknown where None.
    """
    locale = locale or DocumentLocale()
    if not text.strip() or len(text) > TEXT_MAX:
        return ()
    if isinstance(spec, FieldSpec):
        if spec.kind is FieldKind.LIST:
            return _read_list(text, spec.item_kind or FieldKind.TEXT, locale)
        return _read(text, spec.normaliser or spec.kind.value, locale)
    return _read(text, str(spec), locale)


def _read(text: str, name: str, locale: DocumentLocale) -> tuple[Reading, ...]:
    match name:
        case "date":
            return read_date(text, locale)
        case "money":
            return _read_money(text, locale.decimal)
        case "quantity":
            return _read_decimal(_without_unit(text), locale, 0)
        case "percentage":
            return _read_decimal(
                re.sub(r"\s*(?:%|v\.?\s?H\.?|percent|Prozent|pour cent)\s*$", "", text.strip()), locale, 0
            )
        case "currency":
            code = currencies.find_currency(text)
            return (Reading(code),) if code else ()
        case "duration":
            return read_duration(text)
        case "identifier":
            return identifiers.read_identifier(text)
        case "iban":
            return identifiers.read_iban(text)
        case "vat":
            return identifiers.read_vat(text)
        case "name":
            return _read_name(text)
        case "list":
            return _read_list(text, FieldKind.TEXT, locale)
        case "text" | "address":
            return (Reading(single_blanks(text)),)
        case _:
            return ()


@lru_cache(maxsize=16_384)
def _read_money(text: str, decimal: Literal[".", ","] | None) -> tuple[Reading, ...]:
    """Return the ways to read an amount: tables print the same ones over and over, and so do their neighbours."""
    return _read_decimal(currencies.split_currency(text)[0], DocumentLocale(decimal=decimal), 2)


def _read_decimal(text: str, locale: DocumentLocale, places: int) -> tuple[Reading, ...]:
    return distinct([Reading(plain(value, places), note) for value, note in read_number(text, locale)])


def _without_unit(text: str) -> str:
    """Return a quantity's number: "3 m²", "28 Std." and "x 2" lose their unit."""
    text = re.sub(r"^(?:x|×)\s*(?=\d)", "", text.strip(), flags=re.IGNORECASE)
    return re.sub(r"(?<=\d)\s*(?!(?:CR|DR)\b)[^\W\d_][^\d,]*[²³]?\d?$", "", text)


def _read_name(text: str) -> tuple[Reading, ...]:
    text = single_blanks(text).strip(" ,;:|•●·")
    return (Reading(text),) if any(c.isalpha() for c in text) else ()


def _read_list(text: str, kind: FieldKind, locale: DocumentLocale) -> tuple[Reading, ...]:
    entries: list[str] = []
    for line in re.split(r"[\n;]", text):
        if not line.strip():
            continue
        readings = _read(line, kind.value, locale)
        if len(readings) != 1 or not isinstance(readings[0].value, str):
            return ()
        if readings[0].value not in entries:
            entries.append(readings[0].value)
    return (Reading(tuple(entries)),) if entries else ()


def typed(kind: FieldKind, canonical: str) -> Decimal | date | str:
    """Return the canonical string as what it stands for: a Decimal, a date, or the string itself.

    Raises:
        ValueError: the string is not in canonical form for the kind.
    """
    check_canonical(kind, canonical)
    if kind is FieldKind.DATE:
        return date.fromisoformat(canonical)
    if kind in {FieldKind.MONEY, FieldKind.QUANTITY, FieldKind.PERCENTAGE}:
        return Decimal(canonical)
    return canonical


def find_decimal(value: Value | None) -> Decimal | None:
    """Return a canonical number as a Decimal, or None where there is none."""
    if not isinstance(value, str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def check_canonical(kind: FieldKind, value: Value) -> None:
    """Check that a value has the canonical form of its kind.

    Raises:
        ValueError: it has not; the message says what is expected.
    """
    if kind is FieldKind.TABLE:
        if isinstance(value, str) or not all(isinstance(row, dict) for row in value):
            raise ValueError("A table's value is its rows, each from column name to text.")
        return
    if kind is FieldKind.LIST:
        if isinstance(value, str) or not all(isinstance(entry, str) and entry for entry in value):
            raise ValueError("A list's value is its entries, each a text.")
        return
    if not isinstance(value, str) or not value:
        raise ValueError("A single field's value is one text.")
    _check_string(kind, value)


def _check_string(kind: FieldKind, value: str) -> None:
    if kind is FieldKind.DATE:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise ValueError("A date is written as year-month-day: 2024-03-12.")
        date.fromisoformat(value)
    elif kind in {FieldKind.MONEY, FieldKind.QUANTITY, FieldKind.PERCENTAGE}:
        if not _CANONICAL_NUMBER.fullmatch(value) or re.fullmatch(r"-0(\.0+)?", value):
            raise ValueError("A number is written with a point and without groups: 1234.50.")
    elif kind is FieldKind.CURRENCY:
        if value not in currencies.CODES:
            raise ValueError("A currency is a code of three capitals: EUR.")
    elif value != single_blanks(value):
        raise ValueError("A text has single blanks and none at its ends.")
