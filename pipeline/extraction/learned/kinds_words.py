"""The words of a document as counts in hashed buckets: parts of words, and whole words with their neighbours."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.float32]
Buckets = npt.NDArray[np.uint16]
Matrix = npt.NDArray[np.float32]

WORDS_MAX = 450
"""The first page says what a document is; of a contract's, its beginning."""
BUCKETS = 1 << 14
"""Halving or doubling it changed no figure by more than .002, and the model's size follows it."""
PART_LENGTHS = (3, 4, 5)

_DIGIT = re.compile(r"\d")
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LOW = np.uint64(BUCKETS - 1)
_BLANK = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Bag:
    """A document's beginning as sorted buckets with damped counts, in two ways of cutting it."""

    parts: tuple[Buckets, Counts]
    """Runs of 3 to 5 characters inside words, their edges included: what tells the types apart."""
    words: tuple[Buckets, Counts]
    """Words and pairs of neighbours: what tells a document from all that were reviewed."""


def bag_of(words: Sequence[str]) -> Bag:
    """Return the bag of a document's first words; digits count as one, so that numbers and dates do not tell."""
    masked = [_DIGIT.sub("0", word.casefold()) for word in words[:WORDS_MAX]]
    masked = [word[:64] for word in masked if word]
    return Bag(_counted(_parts(masked)), _counted(_neighbours(masked)))


def _parts(words: list[str]) -> npt.NDArray[np.uint64]:
    # Each word stands between blanks of its own; a run over two blanks in a row belongs to no word.
    text = " " + "  ".join(words) + " "
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint64)
    blank = codes == _BLANK
    gap = np.zeros(len(codes) + 1, dtype=np.int64)
    gap[2:] = np.cumsum(blank[:-1] & blank[1:])
    hashes: list[npt.NDArray[np.uint64]] = []
    for length in PART_LENGTHS:
        count = len(codes) - length + 1
        if count <= 0:
            continue
        run = np.full(count, length, dtype=np.uint64)
        for offset in range(length):
            run = (run ^ codes[offset : offset + count]) * _MIX
            run ^= run >> np.uint64(29)
        hashes.append(run[gap[length : length + count] == gap[1 : 1 + count]])
    return np.concatenate(hashes) if hashes else np.zeros(0, np.uint64)


def _neighbours(words: list[str]) -> npt.NDArray[np.uint64]:
    own = np.array([crc32(word.encode("utf-8", "replace")) for word in words], dtype=np.uint64) * _MIX
    pairs = (own[:-1] ^ ((own[1:] << np.uint64(1)) + np.uint64(7))) * _MIX
    return np.concatenate((own, pairs))


def _counted(hashes: npt.NDArray[np.uint64]) -> tuple[Buckets, Counts]:
    buckets = ((hashes ^ (hashes >> np.uint64(32))) & _LOW).astype(np.int64)
    counts = np.bincount(buckets, minlength=BUCKETS)
    held = np.flatnonzero(counts)
    return held.astype(np.uint16), np.log1p(counts[held]).astype(np.float32)


def rarity_of(bags: Sequence[tuple[Buckets, Counts]]) -> Counts:
    """Return how much each bucket tells: the fewer of the documents hold it, the more."""
    holding = np.zeros(BUCKETS)
    for buckets, _ in bags:
        holding[buckets] += 1.0
    # Rounded as it is saved, so that a model says the same before and after.
    return (np.log((1.0 + len(bags)) / (1.0 + holding)) + 1.0).astype(np.float16).astype(np.float32)


def weighted(bag: tuple[Buckets, Counts], rarity: Counts) -> tuple[Buckets, Counts]:
    """Return a bag weighted by rarity and brought to length one."""
    buckets, counts = bag
    weights = counts * rarity[buckets]
    length = float(np.sqrt(np.dot(weights, weights)))
    return buckets, weights / np.float32(length) if length else weights


def stacked(bags: Sequence[tuple[Buckets, Counts]]) -> Matrix:
    """Return bags as the rows of a dense matrix."""
    rows = np.zeros((len(bags), BUCKETS), dtype=np.float32)
    for row, (buckets, weights) in zip(rows, bags, strict=True):
        row[buckets] = weights
    return rows
