"""Values of events, as they lie in the database: with their salts under the key of the document that they are about."""

import json

from pipeline.record.canonical import canonical_json
from pipeline.store.vault import Vault

MARK = "@"
"""What a salt begins with where it and its value are sealed: the name of the key follows."""
CONTEXT = "event_values"


def seal_value(vault: Vault, key: str, salt: str, text: str) -> tuple[str, str]:
    """Return salt and canonical text as they are stored: the salt is sealed too, or the value could be guessed."""
    return f"{MARK}{key}", canonical_json(vault.seal(key, canonical_json([salt, text]), CONTEXT))


def key_of(salt: str) -> str | None:
    """Return the name of the key that a stored value is sealed under; None where it is not."""
    return salt.removeprefix(MARK) if salt.startswith(MARK) else None


def open_value(vault: Vault | None, salt: str, text: str) -> tuple[str, str] | None:
    """Return salt and canonical text of a stored value; None where its key is gone, or it was tampered with."""
    key = key_of(salt)
    if key is None:
        return salt, text
    try:
        opened = vault.open(key, str(json.loads(text)), CONTEXT) if vault is not None else None
        salt, text = json.loads(opened) if opened is not None else ("", "")
    except (ValueError, TypeError):
        return None
    return (salt, text) if salt else None
