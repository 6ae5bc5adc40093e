"""How two readings differ, by character: what the approver compares."""

from difflib import SequenceMatcher
from typing import NamedTuple


class Piece(NamedTuple):
    text: str
    differs: bool


def compare(one: str, other: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return both texts in pieces, each marked where it differs from the other text."""
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, i0, i1, j0, j1 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if i1 > i0:
            left.append(Piece(one[i0:i1], tag != "equal"))
        if j1 > j0:
            right.append(Piece(other[j0:j1], tag != "equal"))
    return tuple(left), tuple(right)
