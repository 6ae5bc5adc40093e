"""What a row of a table comes to: quantity times price, less a discount or plus a charge."""

import re
from collections.abc import Iterator
from decimal import Decimal

from pipeline.normalise.kinds import find_decimal, read_value
from pipeline.normalise.numbers import plain

BASES = (Decimal(1), Decimal(100), Decimal(1000), Decimal(10))
"""A price may be for one piece, a hundred, a thousand or ten."""
HALF_CENT = Decimal("0.005")


def spell_discount(value: Decimal, *, percent: bool) -> str:
    """Return a discount as a cell holds it: "10 %" or "12.50"; a charge has a plus in front."""
    sign = "+" if value < 0 else ""
    return sign + (f"{plain(abs(value))} %" if percent else plain(abs(value), 2))


def amounts(quantity: Decimal, price: Decimal, discount: str | None = None) -> Iterator[Decimal]:
    """Yield what the row can come to, without regard to the number of pieces that the price is for.

    Args:
        quantity: as printed.
        price: as printed.
        discount: "10 %" off, "12.50" off the row or off each piece, or with a plus in front a charge; a number alone
            may be either.
    """
    yield quantity * price
    for value, percent in _read_discount(discount):
        if percent:
            yield quantity * price * (1 - value / 100)
        else:
            whole = quantity * price
            # What is taken off brings nearer to nothing, on credit notes too.
            yield whole - value if whole >= 0 else whole + value
            yield quantity * (price - value)


def _read_discount(text: str | None) -> Iterator[tuple[Decimal, bool]]:
    if not text:
        return
    text = text.strip()
    sign = -1 if text.startswith("+") else 1
    body = text.lstrip("+-\u2212\u2013 ")
    for kind in ("percentage", "money"):
        for reading in read_value(body, kind) if kind == "percentage" or "%" not in body else ():
            value = find_decimal(reading.value)
            if value is not None and (kind == "money" or abs(value) <= 100):
                yield sign * abs(value), kind == "percentage"


def is_row(
    quantity: Decimal, price: Decimal, amount: Decimal, *, discount: str | None = None, allowed: Decimal
) -> bool:
    """Return whether the row holds, within `allowed`, also where the price is per 10, 100 or 1000 pieces or rounded."""
    for makes in amounts(quantity, price, discount):
        for base in BASES:
            # A price printed with two decimals may be off by half a cent, times the quantity.
            if abs(makes / base - amount) <= max(allowed, abs(quantity) / base * HALF_CENT):
                return True
    return False


_OFF = re.compile(
    r"\b(?:\w*rabatte?|nachlass|abschlag|abschläge|discount|remise|rabais|ristourne|sconto|descuento|korting|less|abzgl|"
    r"abzüglich|allowance)\b",
    re.IGNORECASE,
)
_ON = re.compile(r"\b(?:zuschlag|zuschläge|aufschlag|surcharge|charge|supplément|majoration)\b", re.IGNORECASE)
_PERCENT = re.compile(r"(?<![\d.,])(\d{1,2}(?:[.,]\d{1,2})?)\s?%")
_AMOUNT = re.compile(r"(?<![\d.,])([-\u2212\u2013]\s?)?(\d[\d.,'’]*[.,]\d{2})(?![\d.,]*\d|\s?%)")


def discounts_in(text: str) -> tuple[tuple[Decimal, bool], ...]:
    """Return the discounts that a line under a row states: value, and whether it is a percentage; charges negative."""
    off, on = _OFF.search(text), _ON.search(text)
    if not off and not on:
        return ()
    found: list[tuple[Decimal, bool]] = []
    for match in _PERCENT.finditer(text):
        found.append((Decimal(match.group(1).replace(",", ".")) * (1 if off else -1), True))
    # In "10 % | 1,000.00 | -100.00" the last amount is what the row loses.
    last = None
    for match in _AMOUNT.finditer(text):
        last = match
    if last is not None:
        digits = re.sub(r"\D", "", last.group(2))
        value = Decimal(digits[:-2] + "." + digits[-2:])
        found.append((value if off else -value, False))
    return tuple(found)
