"""Printed numbers to decimals: every style of thousands and decimal signs, strict about the rest."""

import re
from decimal import Decimal

from pipeline.domain.extraction import DocumentLocale

_SPACES = "\u0020\u00a0\u2007\u2009\u202f"
_APOSTROPHES = "'’‘´`"
_BODY = re.compile(rf"[0-9][0-9.,{_SPACES}{_APOSTROPHES}]*")
_DASH_CENTS = re.compile(r"[.,]\s?[-–—]{1,2}$")
_MINUS = "-−–—‐‑"
DIGITS_MAX = 18


def read_number(text: str, locale: DocumentLocale) -> tuple[tuple[Decimal, str], ...]:
    """Return the ways to read a signed number, each with the assumption it needs; () where it is no number."""
    text = text.strip()
    negative = False
    if text.startswith("(") and text.endswith(")"):
        negative, text = True, text[1:-1].strip()
    credit = re.search(r"(?i)(?<=[\d\s.,-])(CR|DR)\.?$", text)
    if credit:
        negative ^= credit.group(1).upper() == "CR"
        text = text[: credit.start()].strip()
    cents = _DASH_CENTS.search(text)
    if cents:
        text = text[: cents.start()]
    if text[:1] in _MINUS and text:
        negative, text = not negative, text[1:].strip()
    elif text[:1] == "+":
        text = text[1:].strip()
    if text and text[-1] in _MINUS:
        negative, text = not negative, text[:-1].strip()
    return tuple(
        (_signed(value, negative), note)
        for value, note in read_unsigned(text, locale.decimal if cents is None else ("," if "." in text else "."))
    )


def _signed(value: Decimal, negative: bool) -> Decimal:
    return -value if negative and value else abs(value)


def read_unsigned(text: str, decimal: str | None) -> tuple[tuple[Decimal, str], ...]:
    """Return the ways to read digits with separators, most likely first.

    Args:
        text: starts with a digit.
        decimal: the document's decimal sign where it is known.
    """
    if text[:1] in {".", ","} and text[1:].isdigit():
        text = "0" + text
    if not _BODY.fullmatch(text) or sum(c.isdigit() for c in text) > DIGITS_MAX:
        return ()
    text = text.strip()
    grouped = re.sub(rf"(?<=\d)[{_SPACES}{_APOSTROPHES}](?=\d{{3}}(?!\d))", "'", text)
    if re.search(rf"[{_SPACES}’‘´`]", grouped):
        return ()
    if "'" in grouped:
        return _grouped_by_blank(grouped)
    points, commas = text.count("."), text.count(",")
    if not points and not commas:
        return ((Decimal(text), ""),)
    if points and commas:
        return _two_signs(text)
    sign = "." if points else ","
    if max(points, commas) > 1:
        return ((Decimal(text.replace(sign, "")), ""),) if _in_groups(text, sign) else ()
    return _one_sign(text, sign, decimal)


def _grouped_by_blank(text: str) -> tuple[tuple[Decimal, str], ...]:
    head, _, tail = text.replace(",", ".").partition(".")
    if not re.fullmatch(r"\d{1,3}('\d{3})+", head) or "." in tail or "'" in tail:
        return ()
    return ((Decimal(head.replace("'", "") + ("." + tail if tail else "")), ""),)


def _two_signs(text: str) -> tuple[tuple[Decimal, str], ...]:
    decimal = "." if text.rfind(".") > text.rfind(",") else ","
    thousands = "," if decimal == "." else "."
    head, _, tail = text.rpartition(decimal)
    if decimal in head or not tail.isdigit() or not _in_groups(head, thousands):
        return ()
    return ((Decimal(head.replace(thousands, "") + "." + tail), ""),)


def _in_groups(text: str, sign: str) -> bool:
    groups = text.split(sign)
    if not 1 <= len(groups[0]) <= 3 or not groups[0].isdigit():
        return False
    thousands = all(len(g) == 3 and g.isdigit() for g in groups[1:])
    # 12,34,567.00: lakhs and crores.
    lakhs = (
        sign == ","
        and len(groups[-1]) == 3
        and all(len(g) == 2 and g.isdigit() for g in groups[1:-1])
        and len(groups[0]) <= 2
    )
    return thousands or (lakhs and groups[-1].isdigit())


def _one_sign(text: str, sign: str, decimal: str | None) -> tuple[tuple[Decimal, str], ...]:
    head, _, tail = text.partition(sign)
    if not tail:
        return ((Decimal(head), ""),)
    fraction = Decimal(f"{head}.{tail}")
    if len(tail) != 3 or len(head) > 3 or head.startswith("0"):
        return ((fraction, ""),)
    whole = Decimal(head + tail)
    if decimal is not None:
        return ((fraction, ""),) if decimal == sign else ((whole, ""),)
    if sign == ".":
        return ((whole, "the point groups thousands"), (fraction, "the point is the decimal sign"))
    return ((whole, "the comma groups thousands"), (fraction, "the comma is the decimal sign"))


def plain(value: Decimal, places: int = 0) -> str:
    """Return the number without exponent, with at least `places` decimals and no other trailing zeros."""
    if not value:
        value = Decimal(0)
    text = format(value, "f")
    head, _, tail = text.partition(".")
    tail = tail.rstrip("0").ljust(places, "0")
    return f"{head}.{tail}" if tail else head
