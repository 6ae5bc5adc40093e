import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from pipeline.record.canonical import canonical_json, utc_text

STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a text for a formula, full-width forms included."""
NEGATIVE_NUMBER = re.compile(r"-\d+(\.\d+)?")


def guard(text: str) -> str:
    """Return the text with an apostrophe before it where a spreadsheet would run it as a formula.

    A plain negative number stays a number. Source: OWASP, CSV Injection.
    """
    if text.startswith(STARTERS) and not NEGATIVE_NUMBER.fullmatch(text):
        return "'" + text
    return text


def cell_text(value: Any) -> str:
    """Return a value as one guarded text: times ISO 8601 in UTC, lists and tables as canonical JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return guard(value)
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int | float):
        return str(value)
    return guard(canonical_json(value))
