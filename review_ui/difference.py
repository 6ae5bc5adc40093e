"""How two readings differ, by character: what the approver compares."""

from difflib import SequenceMatcher
from typing import NamedTuple

ALIKE = 0.5
"""Texts that share less are two texts: marking what they happen to share would only confuse."""


class Piece(NamedTuple):
    text: str
    differs: bool


def compare(one: str, other: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return both texts in pieces, each marked where it differs from the other text."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.ratio() < ALIKE:
        return _whole(one), _whole(other)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, i0, i1, j0, j1 in matcher.get_opcodes():
        if i1 > i0:
            left.append(Piece(one[i0:i1], tag != "equal"))
        if j1 > j0:
            right.append(Piece(other[j0:j1], tag != "equal"))
    return tuple(left), tuple(right)


def _whole(text: str) -> tuple[Piece, ...]:
    return (Piece(text, True),) if text else ()
