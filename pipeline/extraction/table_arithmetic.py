"""Whether a row's numbers make its amount, with a discount or a number printed close by where they alone do not."""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from pipeline.extraction.layout import Line, Token
from pipeline.extraction.nearby import Nearby
from pipeline.extraction.table_rows import REACH, Body, Number, Piece
from pipeline.normalise.rowamounts import BASES, HALF_CENT, amounts, discounts_in, spell_discount

CENT = Decimal("0.01")
DISCOUNT_LINES_MAX = 14
"""Lines under a row in which a discount of its own is looked for."""
NEAR_MAX = 12
"""Numbers beside a row that are tried as a factor."""


class How(StrEnum):
    """How a row's amount follows from its numbers."""

    PRODUCT = "product"
    DISCOUNT = "discount"
    """With a discount or a charge that is printed in the row."""
    BASE = "base"
    """With a price for 10, 100 or 1000 pieces."""
    REPAIRED = "repaired"
    """With a number printed beside the column that the header names."""
    ROUNDED = "rounded"
    """But for a price that is printed with fewer decimals than it has."""
    FAILS = "fails"
    INCOMPLETE = "incomplete"
    """A factor is missing: nothing can be said."""


@dataclass(slots=True)
class RowFound:
    """One row: its numbers by column, and whether they fit."""

    anchor: Number
    cells: dict[str, Number] = field(default_factory=dict[str, Number])
    description: list[Piece] = field(default_factory=list[Piece])
    how: How = How.INCOMPLETE
    base: Decimal = Decimal(1)
    """Pieces that the price is for, where the row holds."""
    discounts: list[Number] = field(default_factory=list[Number])
    """Numbers in the column of discounts."""
    discount: str | None = None
    """The discount or charge that makes the row hold, or stands in its column."""
    discount_text: str = ""
    discount_tokens: list[Token] = field(default_factory=list[Token])
    reduction: Decimal = Decimal(0)
    """What lines below take off the printed amount, so that the amounts make the printed sum."""

    @property
    def holds(self) -> bool:
        return self.how not in {How.ROUNDED, How.FAILS, How.INCOMPLETE}

    @property
    def amount(self) -> Decimal:
        return self.anchor.value - self.reduction


_BASE_SAID = re.compile(
    r"(?:preisbasis(?:menge)?|basismenge|preiseinheit|price (?:base|basis|unit)|base quantity|\b(?:per|pro|je|par)\b|/)"
    r"\s*:?\s*(10{1,3})(?![\d.,]|\s?%)",
    re.IGNORECASE,
)


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

    def reduce(self, rows: list[RowFound], *, total: Decimal, sums: Callable[[Decimal], bool]) -> bool:
        """Take off what lines below rows state in money, where only then the amounts make a printed sum.

        Args:
            rows: from top to bottom.
            total: of their amounts as printed.
            sums: whether a total is printed.

        Returns:
            Whether the rows were changed.
        """
        tops = [(row.anchor.line.page, row.anchor.line.top) for row in rows]
        stated: list[tuple[RowFound, Decimal, Line]] = []
        for row, after in zip(rows, [*tops[1:], (10**6, 0.0)], strict=True):
            if row.how is not How.PRODUCT or row.discount is not None:
                continue
            off = [(v, line) for line, (v, percent) in self._stated(row, after) if not percent and v]
            stated += [(row, value if row.anchor.value >= 0 else -value, line) for value, line in off]
        if not stated or not sums(total - sum((value for _, value, _ in stated), Decimal(0))):
            return False
        for row, value, line in stated:
            row.reduction += value
            row.how, row.discount = How.DISCOUNT, spell_discount(row.reduction, percent=False)
            row.discount_text, row.discount_tokens = line.text, list(line.tokens)
        return True

    def _check(self, row: RowFound, after: tuple[int, float]) -> None:
        one, other = (row.cells.get(role) for role in self.factors)
        product = row.anchor.value
        if one is None or other is None:
            return
        row.how = How.FAILS
        base = next((b for b in BASES if abs(one.value * other.value / b - product) <= HALF_CENT), None)
        if base is not None and (base == 1 or self._may_be_for(base, row, after)):
            row.how, row.base = How.PRODUCT if base == 1 else How.BASE, base
        elif row.discount is not None and _makes(one, other, product, row.discount):
            row.how = How.DISCOUNT
        elif not (self.discount and self._discount_below(row, one, other, product, after)):
            self._repair(row, one, other, product)
            if row.how is How.FAILS and _is_rounded(one.value, other.value, product):
                row.how = How.ROUNDED

    def _may_be_for(self, base: Decimal, row: RowFound, after: tuple[int, float]) -> bool:
        """Return whether nothing in the row says that its price is for another number of pieces."""
        said = [Decimal(m.group(1)) for line in self._lines(row, after) for m in _BASE_SAID.finditer(line.text)]
        return not said or base in said

    def _lines(self, row: RowFound, after: tuple[int, float]) -> Sequence[Line]:
        start = bisect_left(self._tops, (row.anchor.line.page, row.anchor.line.top))
        end = min(bisect_left(self._tops, after), start + DISCOUNT_LINES_MAX)
        return self.body.lines[start:end]

    def _stated(self, row: RowFound, after: tuple[int, float]) -> list[tuple[Line, tuple[Decimal, bool]]]:
        """Return the discounts and charges that the lines up to the next row state."""
        return [(line, found) for line in self._lines(row, after) for found in discounts_in(line.text)]

    def _discount_below(
        self, row: RowFound, one: Number, other: Number, product: Decimal, after: tuple[int, float]
    ) -> bool:
        """Return whether the lines up to the next row state a discount or charge that makes this row hold."""
        stated = self._stated(row, after)
        whole = sum((value for _, (value, percent) in stated if not percent), Decimal(0))
        together = [(stated[0][0], (whole, False))] if len(stated) > 1 and whole else []
        for line, (value, percent) in [*stated, *together]:
            discount = spell_discount(value, percent=percent)
            if value and _makes(one, other, product, discount):
                row.how, row.discount, row.discount_text = How.DISCOUNT, discount, line.text
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
                row.cells[self.factors[0]], row.how = number, How.REPAIRED
                return
            if number is not one and abs(one.value * number.value - product) <= HALF_CENT:
                row.cells[self.factors[1]], row.how = number, How.REPAIRED
                return


def sum_of(rows: Sequence[RowFound]) -> Decimal:
    return sum((row.amount for row in rows), Decimal(0))


def without_subtotals(rows: list[RowFound]) -> tuple[list[RowFound], bool]:
    """Return the rows that are no sums of rows above, and whether the last one was the sum of all.

    A sum has no quantity or price of its own, and at least two rows above it: one row that another repeats is no proof.
    """
    kept: list[RowFound] = []
    group = whole = Decimal(0)
    in_group = 0
    closing = False
    for row in rows:
        amount = row.anchor.value
        closing = row.how is How.INCOMPLETE and len(kept) > 1 and abs(amount - whole) <= CENT and bool(amount)
        part = row.how is How.INCOMPLETE and in_group > 1 and abs(amount - group) <= CENT and bool(amount)
        if closing or part:
            group, in_group = Decimal(0), 0
            continue
        kept.append(row)
        group, whole, in_group = group + row.amount, whole + row.amount, in_group + 1
    return kept, closing


def _makes(one: Number, other: Number, product: Decimal, discount: str) -> bool:
    # Half a cent rounds either way, and a discount on a rounded amount may lose another half.
    without, *reduced = amounts(one.value, other.value, discount)
    return without != product and any(abs(makes - product) <= CENT for makes in reduced)


def distance(anchor: Number, number: Number) -> float:
    """Return how far apart two numbers stand in height, in points; very far on different pages."""
    if anchor.line.page != number.line.page:
        return 1e9
    return abs(anchor.centre - number.centre)


def _is_rounded(quantity: Decimal, price: Decimal, amount: Decimal) -> bool:
    """Return whether a price that was rounded where it ends can make the amount."""
    exponent = price.as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1) if isinstance(exponent, int) else Decimal(0)
    return abs(quantity * price - amount) <= abs(quantity) * half + HALF_CENT
