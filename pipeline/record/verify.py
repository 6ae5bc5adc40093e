"""Checks an exported record. One file, standard library alone."""

import hashlib
import json
from typing import Any

GENESIS = "0" * 64
"""What the first event names as the hash before it."""


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_text(value: Any) -> str:
    """Return the one canonical JSON text of a value made of strings, numbers, booleans, None, lists and dicts."""
    return _encoder.encode(value)


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def commitment(salt: str, text: bytes) -> str:
    """Return the SHA-256 of the salt and the value's canonical text, each preceded by its length in 8 bytes."""
    salt_bytes = salt.encode()
    return sha256_hex(len(salt_bytes).to_bytes(8, "big") + salt_bytes + len(text).to_bytes(8, "big") + text)
