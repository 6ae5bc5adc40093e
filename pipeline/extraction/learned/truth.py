"""Which candidates say what a person settled: the same rules as for telling whether two values are one."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from pipeline.domain.extraction import Provenance
from pipeline.extraction.learned.groups import AS_TEXT, Group
from pipeline.extraction.learned.options import Option, key_of
from pipeline.normalise.words import fold

ALIKE = 90.0
"""Similarity, out of 100, from which two names are one; study and scorer use the same."""
CLOSE = 1.5
"""Of several prints that say a name, only those this near to the best teach: longer ones say more than the name."""


def is_same(group: Group, one: str, other: str) -> bool:
    """Return whether two keys or canonical values of a group are one value."""
    if group is Group.MONEY:
        try:
            return Decimal(one) == Decimal(other)
        except InvalidOperation:
            return one == other
    if group not in AS_TEXT:
        return one == other
    return likeness(one, other) >= ALIKE


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are, out of 100; 0 where one is more than twice as long as the other."""
    a, b = key_of(one), key_of(other)
    if not a or not b:
        return 0.0
    if a == b:
        return 100.0
    if 2 * min(len(a), len(b)) < max(len(a), len(b)):
        return 0.0
    return fuzz.token_set_ratio(_words(one), _words(other))


_WORD = re.compile(r"\w+")


@lru_cache(maxsize=4096)
def _words(text: str) -> str:
    return " ".join(_WORD.findall(fold(text.replace("&", " and "))))


def said_mask(group: Group, options: Sequence[Option], value: str) -> NDArray[np.bool_]:
    """Return which candidates a person would take for `value`, shape (n,): more of them than teach."""
    if group not in AS_TEXT:
        return right_mask(group, options, value)
    return np.array([likeness(str(option.value), value) >= ALIKE for option in options], dtype=np.bool_)


def near_mask(options: Sequence[Option], right: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which candidates share a word on the page with a right one, shape (n,)."""
    tokens = {id(token) for index in map(int, np.flatnonzero(right)) for token in options[index].span.tokens}
    if not tokens:
        return np.zeros(len(options), dtype=np.bool_)
    return np.array([any(id(t) in tokens for t in option.span.tokens) for option in options], dtype=np.bool_)


def right_mask(
    group: Group, options: Sequence[Option], value: str, provenance: Provenance | None = None
) -> NDArray[np.bool_]:
    """Return which candidates say `value`, shape (n,).

    Args:
        group: what is compared and how.
        options: the candidates.
        value: canonical, as settled.
        provenance: where a person pointed; candidates elsewhere then do not count, if any is there.
    """
    found = np.zeros(len(options), dtype=np.bool_)
    if group in AS_TEXT:
        scores = np.array([_strictness(option, value) for option in options])
        best = scores.max(initial=0.0)
        if best >= ALIKE:
            found = scores >= max(ALIKE, best - CLOSE)
    elif group is Group.IDENTIFIER:
        key = key_of_identifier(value)
        found = np.array([key_of_identifier(option.text) == key for option in options], dtype=np.bool_)
    else:
        found = np.array([is_same(group, str(option.value), value) for option in options], dtype=np.bool_)
    if provenance is not None and found.any():
        here = np.array([_stands_in(option, provenance) for option in options], dtype=np.bool_) & found
        if here.any():
            return here
    return found


def key_of_identifier(text: str) -> str:
    """Return the letters and digits of an identifier."""
    return "".join(c for c in text.casefold() if c.isalnum())


def _strictness(option: Option, value: str) -> float:
    """Return how alike a candidate is, the plain ratio breaking ties among those that hold all words."""
    score = likeness(str(option.value), value)
    if score < ALIKE:
        return 0.0
    plain = fuzz.ratio(key_of(str(option.value)), key_of(value))
    return ALIKE + (100.0 - ALIKE) * plain / 100.0


def _stands_in(option: Option, provenance: Provenance) -> bool:
    if option.segment.page != provenance.page:
        return False
    first = option.span.tokens[0]
    x, y = (first.x0 + first.x1) / 2, (first.top + first.bottom) / 2
    return any(box.x0 - 2 <= x <= box.x1 + 2 and box.top - 2 <= y <= box.bottom + 2 for box in provenance.boxes)
