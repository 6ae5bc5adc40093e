"""Codes that sort and begin as texts do, and that nobody reads or makes without the key."""

import hashlib
import struct
from dataclasses import dataclass

SIGNS = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
"""In the order of their bytes, so that a database which compares byte by byte sorts them like this."""
LAST = "~"
"""Comes after every sign."""
SIGNS_A_BYTE = 3
TOKEN_BYTES = 18
"""Two of 100 million tokens are the same once in 10^28 times."""
ALL_BITS, SIGN_BIT = (1 << 64) - 1, 1 << 63

_GAPS = bytes(1 + each % 31 for each in range(256))
"""How far two neighbouring half-bytes lie apart: their sixteen gaps are at most 496, which nine bits hold."""


@dataclass(frozen=True)
class OrderCode:
    """A coding of bytes that keeps their order, and the beginning of every beginning.

    Each half of a byte becomes one of 512 places, in order, at gaps that a keyed hash of everything before it gives.
    Somebody without the key learns which of two codes comes first, how long they are, and how far they begin alike:
    what it takes to sort by them. With the key they can be read.

    Args:
        key: 32 bytes.
    """

    key: bytes

    def encode(self, content: bytes) -> str:
        """Return the code of some bytes: three signs for each."""
        hashed = hashlib.blake2b(key=self.key, digest_size=16, person=b"order")
        coded: list[str] = []
        for byte in content:
            high, low = byte >> 4, byte & 15
            place = sum(hashed.digest().translate(_GAPS)[: high + 1]) << 9
            hashed.update(bytes((high,)))
            place |= sum(hashed.digest().translate(_GAPS)[: low + 1])
            hashed.update(bytes((low,)))
            coded.append(SIGNS[place >> 12] + SIGNS[place >> 6 & 63] + SIGNS[place & 63])
        return "".join(coded)

    def token(self, content: bytes) -> str:
        """Return what tells some bytes from all others, and nothing else about them."""
        return hashlib.blake2b(content, key=self.key, digest_size=TOKEN_BYTES, person=b"token").hexdigest()


def beginning(text: str, most: int) -> bytes:
    """Return the first bytes of a text, at most so many, without half a character at their end."""
    return text.encode()[:most].decode(errors="ignore").encode()


def sortable(number: float) -> bytes:
    """Return eight bytes that sort as numbers do."""
    (bits,) = struct.unpack(">Q", struct.pack(">d", number + 0.0))
    return struct.pack(">Q", bits ^ (ALL_BITS if bits & SIGN_BIT else SIGN_BIT))
