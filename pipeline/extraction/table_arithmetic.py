"""Whether a row's numbers make its amount, with a discount or a number printed close by where they alone do not."""

from bisect import bisect_left
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.extraction.layout import Token
from pipeline.extraction.nearby import Nearby
from pipeline.extraction.table_rows import REACH, Body, Number, Piece
from pipeline.normalise.rowamounts import BASES, HALF_CENT, amounts, discounts_in, spell_discount

CENT = Decimal("0.01")
DISCOUNT_LINES_MAX = 14
"""Lines under a row in which a discount of its own is looked for."""
NEAR_MAX = 12
"""Numbers beside a row that are tried as a factor."""


@dataclass(slots=True)
class RowFound:
    """One row: its numbers by column, and whether they fit."""

    anchor: Number
    cells: dict[str, Number] = field(default_factory=dict[str, Number])
    description: list[Piece] = field(default_factory=list[Piece])
    holds: bool = False
    discounts: list[Number] = field(default_factory=list[Number])
    """Numbers in the column of discounts."""
    discount: str | None = None
    """The discount or charge that makes the row hold, or stands in its column."""
    discount_text: str = ""
    discount_tokens: list[Token] = field(default_factory=list[Token])


class RowCheck:
    """Checks the rows of one reading of a table."""

    def __init__(self, factors: tuple[str, ...], amount: str, discount: str, body: Body) -> None:
        self.factors, self.amount, self.discount, self.body = factors, amount, discount, body
        self._near: Nearby | None = None
        self._tops = [(line.page, line.top) for line in body.lines]

    def check(self, rows: list[RowFound]) -> None:
        """Set for each row whether it holds, and the discount or the factor that makes it."""
        if len(self.factors) != 2:
            return
        tops = [(row.anchor.line.page, row.anchor.line.top) for row in rows]
        for row, after in zip(rows, [*tops[1:], (10**6, 0.0)], strict=True):
            self._check(row, after)

    def _check(self, row: RowFound, after: tuple[int, float]) -> None:
        one, other = (row.cells.get(role) for role in self.factors)
        product = row.cells[self.amount].value
        if one is None or other is None:
            return
        plainly = any(abs(one.value * other.value / base - product) <= HALF_CENT for base in BASES)
        if plainly or (row.discount is not None and _makes(one, other, product, row.discount)):
            row.holds = True
        elif not (self.discount and self._discount_below(row, one, other, product, after)):
            self._repair(row, one, other, product)

    def _discount_below(
        self, row: RowFound, one: Number, other: Number, product: Decimal, after: tuple[int, float]
    ) -> bool:
        """Return whether the lines up to the next row state a discount or charge that makes this row hold."""
        start = bisect_left(self._tops, (row.anchor.line.page, row.anchor.line.top))
        end = min(bisect_left(self._tops, after), start + DISCOUNT_LINES_MAX)
        stated = [(line, found) for line in self.body.lines[start:end] for found in discounts_in(line.text)]
        whole = sum((value for _, (value, percent) in stated if not percent), Decimal(0))
        together = [(stated[0][0], (whole, False))] if len(stated) > 1 and whole else []
        for line, (value, percent) in [*stated, *together]:
            discount = spell_discount(value, percent=percent)
            if value and _makes(one, other, product, discount):
                row.holds, row.discount, row.discount_text = True, discount, line.text
                row.discount_tokens = list(line.tokens)
                return True
        return False

    def _repair(self, row: RowFound, one: Number, other: Number, product: Decimal) -> None:
        """Try the other numbers printed near the row for either factor; only an exact product counts."""
        if not product:
            return
        if self._near is None:
            self._near = Nearby(number for numbers in self.body.numbers.values() for number in numbers)
        height = max(6.0, row.anchor.tokens[0].height)
        near = [number for number in self._near.within(row.anchor, REACH * height) if number is not row.anchor]
        for number in near[:NEAR_MAX]:
            if number is not other and abs(number.value * other.value - product) <= HALF_CENT:
                row.cells[self.factors[0]], row.holds = number, True
                return
            if number is not one and abs(one.value * number.value - product) <= HALF_CENT:
                row.cells[self.factors[1]], row.holds = number, True
                return


def _makes(one: Number, other: Number, product: Decimal, discount: str) -> bool:
    # Half a cent rounds either way, and a discount on a rounded amount may lose another half.
    without, *reduced = amounts(one.value, other.value, discount)
    return without != product and any(abs(makes - product) <= CENT for makes in reduced)


def distance(anchor: Number, number: Number) -> float:
    """Return how far apart two numbers stand in height, in points; very far on different pages."""
    if anchor.line.page != number.line.page:
        return 1e9
    return abs(anchor.centre - number.centre)
