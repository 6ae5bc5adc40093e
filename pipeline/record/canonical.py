from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, cast

from pydantic import BaseModel

from pipeline.record.verify import canonical_text, sha256_hex

_AS_THEY_ARE = frozenset({str, int, bool, type(None)})


def plain(value: Any) -> Any:
    """Return the value made of strings, whole numbers, floats, booleans, None, lists and dicts alone.

    Decimals become their string, times ISO 8601 in UTC with microseconds, enums their value, models their fields.

    Raises:
        TypeError: the value, or something in it, has no one way to be written down (a set, bytes, a key that is no
            string, a time without a zone).
        ValueError: a float is infinite or not a number.
    """
    if type(value) in _AS_THEY_ARE:  # nearly always, and this runs for each part of each event
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str | int):
        return str(value) if isinstance(value, str) else int(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError("a float in the record must be finite")
        return float(value)
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in cast(Mapping[Any, Any], value).items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast(list[Any], value)]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    raise TypeError(f"a {type(value).__name__} cannot be put on record: give text, numbers, lists or dicts")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key in the record must be text, not {type(key).__name__}")
    return key if type(key) is str else str(plain(key))


def canonical_json(value: Any) -> str:
    """Return the one canonical JSON text of the value: sorted keys, no blanks, nothing escaped that need not be.

    Raises:
        TypeError, ValueError: as `plain`.
        UnicodeEncodeError: a string holds half a surrogate pair, which has no UTF-8; a ValueError too.
    """
    result = canonical_text(plain(value))
    result.encode()
    return result


def digest(value: Any) -> str:
    """Return the SHA-256 of the value's canonical JSON text in UTF-8, as 64 hex digits.

    Raises:
        TypeError, ValueError: as `plain`.
    """
    return sha256_hex(canonical_json(value).encode())


def utc_text(at: datetime) -> str:
    """Return the time as ISO 8601 in UTC with microseconds: 2026-11-22T19:46:00.000000Z.

    Raises:
        TypeError: the time has no zone.
    """
    if at.tzinfo is None:
        raise TypeError("times in the record are aware: give a datetime with a zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
