"""Proofs over the chain's events, in the way of RFC 6962: that one is in it, and that a later chain continues it."""

from collections.abc import Iterable
from hashlib import sha256


class MerkleProofs:
    """A whole tree, kept level by level: 64 bytes for each event, so that any proof is a few look-ups."""

    def __init__(self, hashes: Iterable[str]) -> None:
        """Build it over the events' hashes, 64 hex digits each, from the first to the last."""
        level = [sha256(b"\x00" + bytes.fromhex(one)).digest() for one in hashes]
        self.size = len(level)
        self._levels = [level]
        while len(level) > 1:
            level = [_join(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
            self._levels.append(level)

    def root(self, size: int | None = None) -> str:
        """Return the root over the first `size` events, all if not given."""
        size = self.size if size is None else size
        return (self._root(0, size) if size else sha256(b"").digest()).hex()

    def inclusion(self, seq: int) -> list[str]:
        """Return the hashes that lead from event `seq` (the first is 1) to the root.

        Raises:
            IndexError: there is no such event.
        """
        if not 1 <= seq <= self.size:
            raise IndexError(seq)
        return [one.hex() for one in self._path(seq - 1, 0, self.size)]

    def consistency(self, size: int) -> list[str]:
        """Return the hashes that show that the tree over the first `size` events became this one.

        Raises:
            IndexError: the tree has not that many events, or none were asked for.
        """
        if not 1 <= size <= self.size:
            raise IndexError(size)
        return [one.hex() for one in self._grown(size, 0, self.size, True)]

    def _path(self, place: int, begin: int, size: int) -> list[bytes]:
        if size == 1:
            return []
        half = _half(size)
        if place < half:
            return [*self._path(place, begin, half), self._root(begin + half, size - half)]
        return [*self._path(place - half, begin + half, size - half), self._root(begin, half)]

    def _grown(self, known: int, begin: int, size: int, is_whole: bool) -> list[bytes]:
        if known == size:
            return [] if is_whole else [self._root(begin, size)]
        half = _half(size)
        if known <= half:
            return [*self._grown(known, begin, half, is_whole), self._root(begin + half, size - half)]
        return [*self._grown(known - half, begin + half, size - half, False), self._root(begin, half)]

    def _root(self, begin: int, size: int) -> bytes:
        height = size.bit_length() - 1
        if size == 1 << height and begin % size == 0:
            return self._levels[height][begin >> height]
        half = _half(size)
        return _join(self._root(begin, half), self._root(begin + half, size - half))


def _half(size: int) -> int:
    """Return the largest power of two that is smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def _join(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
