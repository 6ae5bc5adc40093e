"""Which words under a table's header are the description of which row."""

import re
from collections.abc import Sequence

from pipeline.extraction.layout import Line
from pipeline.extraction.table_header import Header
from pipeline.extraction.table_rows import PITCH, Number, Piece

_LABEL_LINE = re.compile(
    r"^[^\d:]{1,40}\s?:|^\(|^(?:GTIN|EAN|GLN|SKU|Art)\b|^[•*]\s|^\d{8,14}(?:\s|$)|^(?:abzgl|abzüglich|less|remise|rabatt)\b",
    re.IGNORECASE,
)
OUTSIDE = 4.0
"""Points by which words have to end before a table begins, to stand beside it and not in it."""


def describe(
    pieces: Sequence[Piece], header: Header, rows: Sequence[tuple[Number, Sequence[Number]]]
) -> list[list[Piece]]:
    """Return the pieces of each row's description.

    Args:
        pieces: the words in the column of descriptions, numbers of other columns left out.
        header: of the table.
        rows: for each row its amount and all its numbers.
    """
    tops = [min((n.line.page, n.line.top) for n in numbers) for _, numbers in rows]
    blocks: list[list[Piece]] = []
    for position, (anchor, _) in enumerate(rows):
        page, top = tops[position]
        height = anchor.tokens[0].height
        after = tops[position + 1] if position + 1 < len(rows) else (10**6, 0.0)
        blocks.append(
            [
                p
                for p in pieces
                if (p.line.page, p.line.centre) >= (page, top - 0.4 * height)
                and (p.line.page, p.line.centre) < (after[0], after[1] - 0.2 * height)
            ]
        )
    return [_block(block) for block in _without_side_column(blocks, header)]


def _without_side_column(blocks: list[list[Piece]], header: Header) -> list[list[Piece]]:
    """Return the blocks without what stands beside the table, where most rows have words inside it.

    A header that is centred over its column leaves the words of every row outside: then nothing is taken away.
    """
    left = min(cell.x0 for cell in header.cells)
    inside = [[p for p in block if p.tokens[-1].x1 > left - OUTSIDE] for block in blocks]
    filled = sum(1 for block in inside if block)
    return inside if filled * 2 > sum(1 for block in blocks if block) else blocks


def _block(pieces: list[Piece]) -> list[Piece]:
    """Return the lines of a description: on while the lines are close and none begins a label of its own."""
    kept: list[Piece] = []
    last: Line | None = None
    for piece in pieces:
        if last is not None and piece.line is not last:
            height = max(4.0, piece.tokens[0].height)
            far = piece.line.page != last.page or piece.line.centre - last.centre > PITCH * height
            hyphen = bool(kept) and kept[-1].text.endswith("-")
            if far or (_LABEL_LINE.search(piece.text) and not hyphen):
                break
        kept.append(piece)
        last = piece.line
    return kept


def joined(pieces: Sequence[Piece]) -> str:
    """Return the lines as one text; a hyphen at a line's end is a part of the word as printed."""
    text = ""
    last: Line | None = None
    for piece in pieces:
        glued = last is not None and last is not piece.line and re.search(r"[^\W_]-$", text)
        text += ("" if glued or not text else " ") + piece.text
        last = piece.line
    return text.strip(" :")
