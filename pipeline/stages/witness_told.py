"""The rows of the data that came with a document: what they say of each cell, and which row of the page each one is."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP

from rapidfuzz import fuzz

from pipeline.domain.extraction import LineItem
from pipeline.domain.fields import Column, FieldKind
from pipeline.domain.pages import AttachedData
from pipeline.normalise.kinds import find_decimal
from pipeline.normalise.words import fold
from pipeline.stages.agreement import NUMBERS, same

CELLS_MAX = 40_000
"""Pairs of rows that are compared; longer tables are taken row by row in their order."""
LIKE_MIN = 1.2
"""Least likeness of two rows that are one: an amount and some words, say."""

Others = Mapping[str, tuple[str, ...]]


class ToldRows:
    """The rows of attached data, compared with those of a page."""

    def __init__(self, attached: AttachedData, columns: Mapping[str, Column], *, either_sign: bool) -> None:
        self.rows = attached.rows
        others = attached.row_others
        self.others: list[Others] = [others[i] if i < len(others) else {} for i in range(len(self.rows))]
        self.columns = columns
        self.either_sign = either_sign

    def pairs(self, page: Sequence[LineItem]) -> list[tuple[int | None, int | None]]:
        """Return rows of the page with rows of the data, each once and in order; None where one has none."""
        told = self.rows
        if len(page) * len(told) > CELLS_MAX:
            longest = max(len(page), len(told))
            return [(i if i < len(page) else None, i if i < len(told) else None) for i in range(longest)]
        best = [[0.0] * (len(told) + 1) for _ in range(len(page) + 1)]
        for i in range(len(page) - 1, -1, -1):
            for j in range(len(told) - 1, -1, -1):
                like = self.likeness(page[i], j)
                together = best[i + 1][j + 1] + like if like >= LIKE_MIN else 0.0
                best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
        pairs: list[tuple[int | None, int | None]] = []
        i = j = 0
        while i < len(page) and j < len(told):
            like = self.likeness(page[i], j)
            if like >= LIKE_MIN and best[i][j] == best[i + 1][j + 1] + like:
                pairs.append((i, j))
                i, j = i + 1, j + 1
            elif best[i][j] == best[i + 1][j]:
                pairs.append((i, None))
                i += 1
            else:
                pairs.append((None, j))
                j += 1
        pairs += [(rest, None) for rest in range(i, len(page))]
        pairs += [(None, rest) for rest in range(j, len(told))]
        return _joined(pairs)

    def likeness(self, item: LineItem, told: int) -> float:
        """Return how many cells of two rows agree; a description counts by how much of it does."""
        like = 0.0
        for name, value in self.rows[told].items():
            column, cell = self.columns.get(name), item.cells.get(name)
            if column is None or cell is None or cell.value is None or value is None:
                continue
            if column.kind in NUMBERS:
                like += self.is_told(column, cell.value, told)
            else:
                like += max(fuzz.token_set_ratio(fold(cell.value), fold(v)) for v in self.values(told, name)) / 100
        return like

    def values(self, told: int, name: str) -> tuple[str, ...]:
        """Return all that the data says of a cell, the row's own value first."""
        value = self.rows[told].get(name)
        return (value, *self.others[told].get(name, ())) if value is not None else ()

    def is_told(self, column: Column, value: str, told: int) -> bool:
        """Return whether a value of the page is one that the data has for this cell."""
        return self.rank(column, value, told) is not None

    def rank(self, column: Column, value: str, told: int) -> int | None:
        """Return which of the data's values for a cell this is, the row's own being 0; None where it is none."""
        for rank, one in enumerate(self.values(told, column.name)):
            if same(column.kind, value, one, either_sign=self.either_sign) or (
                column.kind is FieldKind.MONEY and is_rounded(value, one)
            ):
                return rank
        return None


def _joined(pairs: list[tuple[int | None, int | None]]) -> list[tuple[int | None, int | None]]:
    """Return the pairs with single rows that face each other between the same neighbours made one."""
    joined: list[tuple[int | None, int | None]] = []
    loose: tuple[list[int], list[int]] = ([], [])

    def settle() -> None:
        page, told = loose
        if len(page) == len(told):
            joined.extend(zip(page, told, strict=True))
        else:
            joined.extend((i, None) for i in page)
            joined.extend((None, j) for j in told)
        page.clear()
        told.clear()

    for one, other in pairs:
        if one is not None and other is not None:
            settle()
            joined.append((one, other))
        elif one is not None:
            loose[0].append(one)
        elif other is not None:
            loose[1].append(other)
    settle()
    return joined


def is_rounded(value: str, told: str) -> bool:
    """Return whether the page prints the data's finer number in the two or more decimals that it has room for."""
    one, other = find_decimal(value), find_decimal(told)
    if one is None or other is None:
        return False
    printed, exact = one.as_tuple().exponent, other.as_tuple().exponent
    if not isinstance(printed, int) or not isinstance(exact, int) or not exact < printed <= -2 or not one:
        return False
    return other.quantize(one, ROUND_HALF_UP) == one
