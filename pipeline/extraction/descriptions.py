"""Which words under a table's header are the description of which row, and how far a description goes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from pipeline.extraction.layout import Line
from pipeline.extraction.table_header import Header
from pipeline.extraction.table_rows import PITCH, Number, Piece

_LABEL_LINE = re.compile(
    r"^[^\d:(]{1,40}(?:\s?\d)?\s?:|^(?:GTIN|EAN|GLN|SKU|Art)\b|^[•*]\s|^\d{8,14}(?:\s|$)|"
    r"^(?:abzgl|abzüglich|less|remise|rabatt)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"[\w./-]*\d[\w./-]*")
_GOES_ON = re.compile(r"(?:[-,&/+]|\b(?:und|and|et|oder|or|mit|with|für|for|of|de))$", re.IGNORECASE)
OUTSIDE = 4.0
"""Points by which words have to end before a table begins, to stand beside it and not in it."""
BLANK = 0.25
"""Width of a blank between words, in heights of the print."""


class Extent(StrEnum):
    """How far the lines in a description's cell belong to the description; each supplier has a custom of its own."""

    NATURAL = "natural"
    """One statement: on while a line was too full for the next line's first word, or can't end there."""
    BLOCK = "block"
    """On while lines are close and none begins a label of its own."""
    LINES = "lines"
    """A number of lines."""
    ALL = "all"
    """Everything up to the next row."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What of a description's cell is the description."""

    extent: Extent = Extent.NATURAL
    lines: int = 0
    """How many, where the extent is a number of lines."""
    with_code: bool = False
    """Whether a first line that is only an article's code belongs to it."""
    to_colon: bool = False
    """Whether it ends before the first colon: "Balloons: various colours"."""


@dataclass(frozen=True, slots=True)
class Block:
    """All lines of a row's description cell, from the row's top to the next row's, and what to know of the column."""

    lines: tuple[tuple[Piece, ...], ...]
    codes: int = 0
    """Lines at the top that hold only a code of the article."""
    edge: float = 0.0
    """Where the column's widest line ends, in points."""
    far_edge: float = 0.0
    """Where the widest of all lines ends, those included that run under other headers."""

    def described(self, policy: Policy) -> list[Piece]:
        """Return the pieces that are the description by a custom."""
        lines = self.lines if policy.with_code else self.lines[self.codes :]
        if policy.extent is Extent.LINES:
            lines = lines[: policy.lines]
        elif policy.extent is not Extent.ALL:
            lines = lines[: self._length(lines, natural=policy.extent is Extent.NATURAL)]
        pieces = [piece for line in lines for piece in line]
        return _to_colon(pieces) if policy.to_colon else pieces

    def _length(self, lines: Sequence[Sequence[Piece]], *, natural: bool) -> int:
        """Return how many lines belong together."""
        for count in range(1, len(lines)):
            last, line = lines[count - 1], lines[count]
            height = max(4.0, line[0].tokens[0].height)
            if line[0].line.page != last[0].line.page or _middle(line) - _middle(last) > PITCH * height:
                return count
            goes_on = bool(_GOES_ON.search(last[-1].text))
            if goes_on:
                continue
            if _LABEL_LINE.search(text_of(line)):
                return count
            first, end = line[0].tokens[0], last[-1].tokens[-1].x1
            edge = self.edge if end <= self.edge else self.far_edge
            fits = end + BLANK * height + (first.x1 - first.x0) <= edge
            if fits and (natural or text_of(line).startswith("(")):
                return count
        return len(lines)


def blocks_under(
    pieces: Sequence[Piece], header: Header, rows: Sequence[tuple[Number, Sequence[Number]]], lead: int = 0
) -> list[Block]:
    """Return for each row everything in its description's cell.

    Args:
        pieces: the words in the column of descriptions, numbers of other columns left out.
        header: of the table.
        rows: for each row its amount and all its numbers.
        lead: lines that the column's header has above the word for descriptions; each names a line of every row.
    """
    tops = [min((n.line.page, n.line.top) for n in numbers) for _, numbers in rows]
    if _stand_above(pieces, rows, tops):
        # moved up to where the row before ends: what stands between two rows is the lower one's
        tops = [(0, 0.0), *((numbers[0].line.page, max(n.line.bottom for n in numbers)) for _, numbers in rows[:-1])]
    found: list[list[Piece]] = []
    for position, (anchor, _) in enumerate(rows):
        page, top = tops[position]
        height = anchor.tokens[0].height
        after = tops[position + 1] if position + 1 < len(rows) else (10**6, 0.0)
        found.append(
            [
                p
                for p in pieces
                if (p.line.page, p.line.centre) >= (page, top - 0.4 * height)
                and (p.line.page, p.line.centre) < (after[0], after[1] - 0.2 * height)
            ]
        )
    blocks = [_lines(block) for block in _without_side_column(found, header)]
    edge, far_edge = _edges(blocks, header)
    if not lead and len(blocks) > 1 and all(_codes(lines, 1) for lines in blocks):
        # Codes above every description, though no header says so.
        lead = 1
    return [Block(lines, _codes(lines, lead), edge, far_edge) for lines in blocks]


def _stand_above(
    pieces: Sequence[Piece], rows: Sequence[tuple[Number, Sequence[Number]]], tops: Sequence[tuple[int, float]]
) -> bool:
    """Return whether each description stands on a line of its own above its numbers: none beside them, none below."""
    lines = {id(number.line) for _, numbers in rows for number in numbers}
    if not pieces or not rows or any(id(piece.line) in lines for piece in pieces):
        return False
    places = [(piece.line.page, piece.line.centre) for piece in pieces]
    return min(places) < tops[0] and max(places) < tops[-1]


def text_of(pieces: Sequence[Piece]) -> str:
    return " ".join(piece.text for piece in pieces)


def _lines(pieces: Sequence[Piece]) -> tuple[tuple[Piece, ...], ...]:
    return tuple(tuple(line) for _, line in groupby(pieces, key=lambda p: id(p.line)))


def _middle(line: Sequence[Piece]) -> float:
    # A printed line's own box may hold words of a margin or of a neighbour that are set larger.
    token = line[0].tokens[0]
    return (token.top + token.bottom) / 2


def _codes(lines: Sequence[Sequence[Piece]], lead: int) -> int:
    """Return how many of the first `lead` lines are only a code; the last line of all is always the description."""
    count = 0
    while count < min(lead, len(lines) - 1) and _CODE.fullmatch(text_of(lines[count])):
        if _LABEL_LINE.search(text_of(lines[count + 1])):
            break
        count += 1
    return count


def _edges(blocks: Sequence[Sequence[Sequence[Piece]]], header: Header) -> tuple[float, float]:
    """Return where the widest line that keeps to the column ends, and where the widest of all does, in points."""
    ends = [line[-1].tokens[-1].x1 for lines in blocks for line in lines]
    left = min((line[0].tokens[0].x0 for lines in blocks for line in lines[:1]), default=0.0)
    after = min((cell.x0 for cell in header.cells if cell.x0 > left + OUTSIDE), default=float("inf"))
    far_edge = max(ends, default=0.0)
    if far_edge > after:
        # Some lines run under the next header, so that the column's own edge is not before it.
        return after - OUTSIDE, far_edge
    return far_edge, far_edge


def _to_colon(pieces: Sequence[Piece]) -> list[Piece]:
    kept: list[Piece] = []
    for piece in pieces:
        for count, token in enumerate(piece.tokens, 1):
            if token.text.endswith(":"):
                return [*kept, Piece(piece.tokens[:count], piece.line, piece.cell)]
        kept.append(piece)
    return kept


def _without_side_column(blocks: list[list[Piece]], header: Header) -> list[list[Piece]]:
    """Return the blocks without what stands beside the table, where most rows have words inside it.

    A header that is centred over its column leaves the words of every row outside: then nothing is taken away.
    """
    left = min(cell.x0 for cell in header.cells)
    inside = [[p for p in block if p.tokens[-1].x1 > left - OUTSIDE] for block in blocks]
    filled = sum(1 for block in inside if block)
    return inside if filled * 2 > sum(1 for block in blocks if block) else blocks


def joined(pieces: Sequence[Piece]) -> str:
    """Return the lines as one text; a hyphen at a line's end is a part of the word as printed."""
    text = ""
    last: Line | None = None
    for piece in pieces:
        glued = last is not None and last is not piece.line and re.search(r"[^\W_]-$", text)
        text += ("" if glued or not text else " ") + piece.text
        last = piece.line
    return text.strip(" :")
