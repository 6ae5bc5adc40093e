"""Keys that sign what leaves the machine: Ed25519 (RFC 8032), each named by its public half as 64 hex digits.

A key comes with a statement, which the key before it signs too: who knows any earlier key can follow to the newest.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pipeline.record import canonical
from pipeline.record.verify import FORMAT, KEY_KIND, canonical_text, unsigned


@dataclass(frozen=True)
class SigningKey:
    """A private key, kept in a file of the installation and nowhere else."""

    private: Ed25519PrivateKey

    @classmethod
    def make(cls) -> "SigningKey":
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, pem: bytes) -> "SigningKey":
        """Return the key in a PEM file (PKCS 8, not encrypted).

        Raises:
            ValueError: it holds no Ed25519 key.
        """
        try:
            found = load_pem_private_key(pem, None)
        except TypeError as error:
            raise ValueError("it is encrypted") from error
        if not isinstance(found, Ed25519PrivateKey):
            raise ValueError("it holds a key of another kind")
        return cls(found)

    @property
    def public(self) -> str:
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def pem(self) -> bytes:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, said: dict[str, Any]) -> str:
        """Return the signature, 128 hex digits, over the canonical text of what is said, without its own signatures."""
        return self.private.sign(canonical_text(unsigned(said)).encode()).hex()


def introduce(key: SigningKey, at: datetime, number: int, before: SigningKey | None) -> dict[str, Any]:
    """Return the statement that a key signs with from now on: signed by itself, and by the key before it.

    Args:
        key: the new one.
        at: from when.
        number: 1 for the first key of the installation.
        before: the key that signed until now; None for the first, and where the one before is lost.
    """
    said: dict[str, Any] = canonical.plain(
        {
            "kind": KEY_KIND,
            "format": FORMAT,
            "number": number,
            "key": key.public,
            "at": at,
            "previous": before.public if before else None,
        }
    )
    said["signatures"] = {signer.public: signer.sign(said) for signer in (key, before) if signer is not None}
    return said
