"""What electronic invoices write, in the canonical forms of the fields; None where it is not what it should be."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from pipeline.normalise.identifiers import IBAN_FORM
from pipeline.normalise.numbers import plain
from pipeline.readers.attachments_xml import text_of

_CREDIT_NOTES = "81 83 261 262 296 308 381 396 420 458 502 503 532"
_INVOICES = """
71 80 82 84 102 130 202 203 204 211 218 219 295 325 326 331 380 382 383 385 386 387 388 389 390 393 394 395 456 457 471
472 473 500 501 527 553 575 623 633 751 780 817 870 875 876 877 935
"""
CREDIT_NOTES = frozenset(_CREDIT_NOTES.split())
CORRECTED = frozenset({"384"})
INVOICES = frozenset(_INVOICES.split())
"""Document codes of UNTDID 1001 as EN 16931 groups them."""

_NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,12})?|\.\d{1,12})")


def type_of(code: str | None) -> str | None:
    """Return the document type that a UNTDID 1001 code stands for."""
    code = (code or "").strip()
    if code in CREDIT_NOTES:
        return "credit_note"
    if code in CORRECTED:
        return "corrected_invoice"
    return "invoice" if code in INVOICES else None


def number_of(element: Any | None, places: int) -> str | None:
    """Return an element's number with at least `places` decimals."""
    value = decimal_of(element)
    return plain(value, places) if value is not None else None


def decimal_of(element: Any | None) -> Decimal | None:
    text = text_of(element)
    if text is None or not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def date_of(element: Any | None) -> str | None:
    """Return a date as ISO 8601: written as 20240312 (format 102), as 2024-03-12, or either with a time."""
    text = text_of(element)
    match = re.match(r"(\d{4})-?(\d{2})-?(\d{2})(?![\d])|(\d{4})(\d{2})(\d{2})\d{4,6}$", text or "")
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def iban_of(element: Any | None) -> str | None:
    """Return an account in the form of an IBAN; other accounts are none of ours."""
    compact = re.sub(r"[^A-Z0-9]", "", (text_of(element) or "").upper())
    return compact if IBAN_FORM.fullmatch(compact) else None


def compact_of(element: Any | None) -> str | None:
    """Return a VAT number or a currency code without blanks, in capitals."""
    return re.sub(r"[\s.\-/]", "", text_of(element) or "").upper() or None
