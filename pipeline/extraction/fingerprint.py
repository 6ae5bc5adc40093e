"""What a document's first page looks like, for telling whether two documents were made from one template."""

import base64
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.layout import Layout
from pipeline.normalise.words import fold

COLUMNS = 8
ROWS = 12
"""Cells of the first page in which a word's place is told: coarse, so that a line more above changes little."""
WORDS_MAX = 2_000
"""Words of the first page that count; a page with more is no form."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hashes of the first page's words, alone and with their places. Words with digits are values and don't count."""

    marks: frozenset[int]

    @classmethod
    def of(cls, layout: Layout) -> "Fingerprint":
        """Return the fingerprint of the first page that has words; that of a document without words is empty."""
        page = min(layout.by_page, default=0)
        width, height = layout.sizes.get(page, (1.0, 1.0))
        marks: set[int] = set()
        seen = 0
        for line in layout.by_page.get(page, ()):
            for token in line.tokens:
                word = _word(token.text)
                if not word:
                    continue
                seen += 1
                if seen > WORDS_MAX:
                    return cls(frozenset(marks))
                column = _cell((token.x0 + token.x1) / 2 / width, COLUMNS)
                row = _cell((token.top + token.bottom) / 2 / height, ROWS)
                marks.add(_hash(word))
                marks.add(_hash(f"{word}\t{column}\t{row}"))
        return cls(frozenset(marks))

    def similarity(self, other: "Fingerprint") -> float:
        """Return the share of marks that both have among those that either has, in [0, 1]; 0 where one is empty."""
        if not self.marks or not other.marks:
            return 0.0
        both = len(self.marks & other.marks)
        return both / (len(self.marks) + len(other.marks) - both)

    def familiar(self) -> "Familiar":
        """Return this fingerprint with a memory of what it was compared with."""
        return Familiar(self)

    def to_text(self) -> str:
        """Return the marks as one short ASCII text, the same for equal fingerprints on every machine."""
        return base64.b64encode(_little(array("I", sorted(self.marks))).tobytes()).decode("ascii")

    @classmethod
    def from_text(cls, text: str) -> "Fingerprint":
        """Return the fingerprint that `to_text` wrote.

        Raises:
            ValueError: the text is none that `to_text` writes.
        """
        marks = array("I")
        marks.frombytes(base64.b64decode(text.encode("ascii"), validate=True))
        return cls(frozenset(_little(marks)))


class Familiar:
    """A document's fingerprint that is compared with each reviewed one once, however many fields ask."""

    def __init__(self, fingerprint: Fingerprint) -> None:
        self.fingerprint = fingerprint
        self._known: dict[int, tuple[Fingerprint, float]] = {}
        self._all: dict[int, tuple[Sequence[Fingerprint], NDArray[np.float64]]] = {}

    def similarity(self, other: Fingerprint) -> float:
        known = self._known.get(id(other))
        if known is None:
            # the other is kept, so that its place in memory is not given to another one
            known = self._known[id(other)] = (other, self.fingerprint.similarity(other))
        return known[1]

    def similarities(self, others: Sequence[Fingerprint]) -> NDArray[np.float64]:
        """Return the similarity to each of several fingerprints: those of a model are asked about time and again."""
        known = self._all.get(id(others))
        if known is None or len(known[1]) != len(others):
            shares = np.array([self.similarity(other) for other in others], dtype=np.float64)
            known = self._all[id(others)] = (others, shares)
        return known[1]


def similarity(a: Fingerprint, b: Fingerprint) -> float:
    """Return how much two first pages look alike, in [0, 1]."""
    return a.similarity(b)


@lru_cache(maxsize=65_536)
def _word(text: str) -> str:
    if any(c.isdigit() for c in text):
        return ""
    word = "".join(c for c in fold(text) if c.isalpha())
    return word if len(word) > 1 else ""


def _cell(share: float, count: int) -> int:
    return min(count - 1, max(0, int(share * count)))


def _hash(text: str) -> int:
    # Python's own hash differs from one process to the next; fingerprints are kept.
    return crc32(text.encode())


def _little(values: "array[int]") -> "array[int]":
    """Return the numbers with the bytes in the order in which they are kept."""
    if sys.byteorder == "big":
        values.byteswap()
    return values
