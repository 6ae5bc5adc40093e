"""Short secrets that lie in the database and must not be read from a copy of it."""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.errors import ConfigurationError
from pipeline.secret_file import put_once

KEY_BYTES = 32
NONCE_BYTES = 12
FORMAT = "1"


@dataclass(frozen=True)
class Sealer:
    """Seals texts with AES-256-GCM under a key that lies in a file and never in the database.

    The file holds one key a line, 32 bytes in base64. The first seals, all open: a key is replaced by writing a new one
    above it, and taken out once nothing that it sealed is left.

    Args:
        path: of the file.
        is_made: whether a file that is missing is made, with one key.
    """

    path: Path
    is_made: bool = True

    def seal(self, text: str, context: str) -> str:
        """Return the text sealed: opened again only under the same `context`, which says what it is and whose.

        Raises:
            ConfigurationError: the file of keys can't be used.
        """
        return self.seal_all([(text, context)])[0]

    def seal_all(self, texts: Iterable[tuple[str, str]]) -> list[str]:
        """Return texts sealed, each under its own context; the file is read once.

        Raises:
            ConfigurationError: as `seal`.
        """
        name, key = next(iter(self._keys().items()))
        cipher, sealed = AESGCM(key), list[str]()
        for text, context in texts:
            nonce = secrets.token_bytes(NONCE_BYTES)
            content = nonce + cipher.encrypt(nonce, text.encode(), context.encode())
            sealed.append(f"{FORMAT}.{name}.{base64.urlsafe_b64encode(content).decode()}")
        return sealed

    def open(self, sealed: str, context: str) -> str:
        """Return what was sealed.

        Raises:
            ConfigurationError: the key that sealed it is not in the file, or it was sealed for something else.
        """
        form, name, text = [*sealed.split("."), "", ""][:3]
        key = self._keys().get(name) if form == FORMAT else None
        try:
            if key is None:
                raise ValueError(name)
            content = base64.urlsafe_b64decode(text)
            return AESGCM(key).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], context.encode()).decode()
        except (ValueError, InvalidTag) as error:
            raise ConfigurationError(
                f"A secret in the database can't be opened with the keys in {self.path}. "
                "Restore that file from the backup that belongs to this database."
            ) from error

    def _keys(self) -> dict[str, bytes]:
        """Return the keys by their names, which are the beginnings of their hashes, in the order of the file."""
        if self.is_made and not self.path.exists():
            self._make()
        try:
            lines = [line.strip() for line in self.path.read_text().splitlines()]
            keys = [base64.urlsafe_b64decode(line) for line in lines if line and not line.startswith("#")]
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"The file of keys {self.path} can't be read. Check PROOFDESK_SECRET_FILE, or restore it from a backup."
            ) from error
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ConfigurationError(
                f"The file of keys {self.path} needs a key of 32 bytes in base64 on each line, "
                "as `openssl rand -base64 32` makes it."
            )
        return {hashlib.sha256(key).hexdigest()[:8]: key for key in keys}

    def _make(self) -> None:
        """Write a file with a fresh key; of several processes that do so at once, one wins."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        put_once(self.path, base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
