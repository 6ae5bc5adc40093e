from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, cast

from pydantic import BaseModel

from pipeline.record.verify import canonical_text, sha256_hex


def plain(value: Any) -> Any:
    """Return the value made of strings, whole numbers, floats, booleans, None, lists and dicts alone.

    Decimals become their string, times ISO 8601 in UTC with microseconds, enums their value, models their fields.

    Raises:
        TypeError: the value, or something in it, has no one way to be written down (a set, bytes, a key that is no
            string, a time without a zone).
        ValueError: a float is infinite or not a number, or a text holds half a surrogate pair.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        value.encode()  # half a surrogate pair has no UTF-8
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError("a float in the record must be finite")
        return float(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if isinstance(value, Mapping):
        return _plain_mapping(cast(Mapping[Any, Any], value))
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast(list[Any], value)]
    raise TypeError(f"a {type(value).__name__} cannot be put on record: give text, numbers, lists or dicts")


def _plain_mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise TypeError(f"a key in the record must be text, not {type(key).__name__}")
        result[plain(key)] = plain(item)
    return result


def text(value: Any) -> str:
    """Return the one canonical JSON text of the value: sorted keys, no blanks, nothing escaped that need not be.

    Raises:
        TypeError, ValueError: as `plain`.
    """
    return canonical_text(plain(value))


def digest(value: Any) -> str:
    """Return the SHA-256 of the value's canonical JSON text in UTF-8, as 64 hex digits.

    Raises:
        TypeError, ValueError: as `plain`.
    """
    return sha256_hex(text(value).encode())


def utc_text(at: datetime) -> str:
    """Return the time as ISO 8601 in UTC with microseconds: 2026-11-22T19:46:00.000000Z.

    Raises:
        TypeError: the time has no zone.
    """
    if at.tzinfo is None:
        raise TypeError("times in the record are aware: give a datetime with a zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
