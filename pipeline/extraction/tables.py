"""Line items: headers name the columns, arithmetic corrects them, and says how sure the rows are."""

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from pipeline.domain.extraction import Cell, DocumentLocale, FieldExtraction, LineItem, Provenance
from pipeline.domain.fields import DocumentType, FieldKind, FieldSpec, RowProductCheck, TableSumCheck
from pipeline.domain.geometry import BoundingBox
from pipeline.extraction.descriptions import Policy, blocks_under, joined
from pipeline.extraction.labels import LabelIndex
from pipeline.extraction.layout import Layout, Line, boxes_of
from pipeline.extraction.lines_evidence import Record, TableFound, cell_confidence, table_confidence, words_of
from pipeline.extraction.lines_header import LearnedHeader
from pipeline.extraction.nearby import Nearby
from pipeline.extraction.table_arithmetic import How, RowCheck, RowFound, distance, sum_of, without_subtotals
from pipeline.extraction.table_header import ColumnIndex, Header, HeaderCell, find_headers, find_nameless
from pipeline.extraction.table_rows import REACH, ROWS_MAX, Body, Number, read_body, repeated_lines
from pipeline.normalise.kinds import find_decimal
from pipeline.normalise.numbers import plain
from pipeline.normalise.rowamounts import spell_discount

HYPOTHESES_MAX = 60
HYPOTHESES_LEAST = 6
ROWS_TRIED_MAX = 6000
"""Rows that are checked under other columns than the header's words name, over all hypotheses."""
HEADERS_TRIED = 4
REPAIRED_LESS = 0.3
CODES_SHARE = 0.4
"""Letters in a column called "item", of those in another, below which it holds the items' codes."""
CENT = Decimal("0.01")


class Lessons(Protocol):
    """What reviewed documents of a template teach about its table."""

    @property
    def policy(self) -> Policy: ...
    @property
    def record(self) -> Record: ...
    @property
    def header(self) -> LearnedHeader | None: ...
    @property
    def words(self) -> str: ...


class Memory(Protocol):
    """Remembers templates; `pipeline.extraction.lines_memory.LinesMemory` does."""

    def recall(self, layout: Layout) -> Lessons | None: ...


class TableReader:
    """Reads one table field of a document; bounded in headers, columns, hypotheses and rows."""

    def __init__(
        self,
        layout: Layout,
        doctype: DocumentType,
        spec: FieldSpec,
        index: LabelIndex,
        locale: DocumentLocale,
        memory: Memory | None = None,
    ) -> None:
        """Set up a reader of one document's table; `memory` tells what reviewed documents of its template teach."""
        self.taught = memory.recall(layout) if memory is not None else None
        self.layout, self.doctype, self.spec, self.index, self.locale = layout, doctype, spec, index, locale
        self.columns = ColumnIndex(spec)
        product = next((c for c in doctype.checks if isinstance(c, RowProductCheck) and c.table == spec.name), None)
        self.factors: tuple[str, ...] = product.factors if product else ()
        self.amount = (
            product.product
            if product
            else next((c.name for c in reversed(spec.columns) if c.kind is FieldKind.MONEY), "")
        )
        self.discount = product.discount if product and product.discount else ""
        self.text_column = next((c.name for c in spec.columns if c.kind is FieldKind.TEXT), "")
        totals = next((c.totals for c in doctype.checks if isinstance(c, TableSumCheck) and c.table == spec.name), ())
        self.totals = totals

    def read(self, totals: Sequence[Decimal]) -> FieldExtraction:
        """Return the table as a field with rows.

        Args:
            totals: the document's totals as found; a sum that meets one of them proves that no row is missing.
        """
        table = self.find(totals, self.taught.header if self.taught is not None else None)
        if table is None or not table.rows:
            return FieldExtraction(name=self.spec.name, confidence=0.55)
        return self._field(table)

    def find(self, totals: Sequence[Decimal], known: LearnedHeader | None = None) -> TableFound | None:
        """Return the best reading of the table.

        Args:
            totals: as for `read`.
            known: a header that is taken where it stands: a marked one alone, a seen one beside those with labels.
        """
        best: TableFound | None = None
        skip = repeated_lines(self.layout)
        header = known.find_in(self.layout) if known is not None else None
        if header is not None and known is not None:
            body = read_body(self.layout, header, self.index, self.columns, self.locale, skip)
            roles = self._lexicon_roles(header)
            best = self._reading(header, body, roles, totals, 0.0) if self.amount in roles else None
            if best is not None:
                self._describe(best, body)
                if known.marked:
                    return best
        best = self._best_of(find_headers(self.layout, self.columns), best, totals, skip)
        if best is None or not (best.sum_holds or best.all_hold):
            best = self._best_of(find_nameless(self.layout, self.columns), best, totals, skip)
        return best

    def _best_of(
        self, headers: list[Header], best: TableFound | None, totals: Sequence[Decimal], skip: frozenset[str]
    ) -> TableFound | None:
        """Return the best reading under any of the headers, or `best` where none is better."""
        tried: set[str] = set()
        for header in headers:
            if len(tried) == HEADERS_TRIED:
                break
            if header.key in tried:
                continue
            tried.add(header.key)
            first = min((h for h in headers if h.key == header.key), key=lambda h: h.first_line)
            body = read_body(self.layout, first, self.index, self.columns, self.locale, skip)
            found = self._best_reading(first, body, totals)
            if found is not None and (best is None or found.score > best.score):
                self._describe(found, body)
                best = found
        return best

    def sum_of(self, table: FieldExtraction) -> Decimal | None:
        """Return what the amounts of all rows make; None where there are none."""
        values = [find_decimal(row.cells[self.amount].value) for row in table.rows if self.amount in row.cells]
        known = [value for value in values if value is not None]
        return sum(known, Decimal(0)) if known else None

    def _best_reading(self, header: Header, body: Body, totals: Sequence[Decimal]) -> TableFound | None:
        lexicon = self._lexicon_roles(header)
        best = self._reading(header, body, lexicon, totals, 0.0) if self.amount in lexicon else None
        if best is not None and best.all_hold and best.sum_holds:
            return best
        had = sum(row.holds for row in best.rows) if best is not None else 0
        numeric = [n for n in sorted(body.numbers) if len(body.numbers[n]) >= 1][:8]
        wanted = [*self.factors, self.amount]
        tried = 0
        # The same document reads the same on a busy machine: work is counted, not timed.
        most = max(HYPOTHESES_LEAST, min(HYPOTHESES_MAX, ROWS_TRIED_MAX // max(1, len(best.rows) if best else 1)))
        for places in itertools.permutations(numeric, len(wanted)):
            roles = dict(zip(wanted, places, strict=True))
            if roles == {k: v for k, v in lexicon.items() if k in wanted}:
                continue
            amount_cell = roles[self.amount]
            if any(header.cells[roles[f]].x0 > header.cells[amount_cell].x0 for f in self.factors):
                continue
            tried += 1
            if tried > most:
                break
            outside = sum(
                0.15 if role in header.cells[at].roles else 0.5 for role, at in roles.items() if lexicon.get(role) != at
            )
            full = {**{k: v for k, v in lexicon.items() if k in (self.text_column, self.discount)}, **roles}
            found = self._reading(header, body, full, totals, outside - self._likeness(body, roles))
            # A sum alone can be met by the wrong column: only rows that verify may overrule the header's words.
            if found is None or sum(r.holds for r in found.rows) <= had:
                continue
            if self.amount not in lexicon and not (found.all_hold and found.sum_holds):
                continue
            if best is None or found.score > best.score:
                best = found
        return best

    def _likeness(self, body: Body, roles: dict[str, int]) -> float:
        """Return how much the factors' columns look like theirs: prices have decimals, and stand on the right.

        A product is the same with its factors swapped, so that arithmetic can't tell them apart.
        """
        if len(self.factors) != 2:
            return 0.0
        one, other = (body.numbers[roles[factor]] for factor in self.factors)
        decimals = sum(n.decimals for n in other) / len(other) - sum(n.decimals for n in one) / len(one)
        return 0.2 * decimals + (0.05 if roles[self.factors[0]] < roles[self.factors[1]] else 0.0)

    def _lexicon_roles(self, header: Header) -> dict[str, int]:
        """Return the column at which each role stands by the header's words; the amount is the last such column."""
        roles: dict[str, int] = {}
        order = [self.amount, *self.factors, self.text_column]
        order += [c.name for c in self.spec.columns if c.name not in order]
        for role in order:
            if not role:
                continue
            fits = [
                (cell.roles[role], number)
                for number, cell in enumerate(header.cells)
                if role in cell.roles and number not in roles.values()
            ]
            if not fits:
                continue
            if role == self.amount:
                roles[role] = max(number for _, number in fits)
            else:
                roles[role] = max(fits, key=lambda f: (f[0] - 0.3 * (len(header.cells[f[1]].roles) > 1), f[1]))[1]
        return roles

    def _reading(
        self, header: Header, body: Body, roles: dict[str, int], totals: Sequence[Decimal], outside: float
    ) -> TableFound | None:
        anchors = [n for n in body.numbers.get(roles[self.amount], []) if n.decimals]
        if not anchors:
            anchors = body.numbers.get(roles[self.amount], [])
        rows = [RowFound(anchor, {self.amount: anchor}) for anchor in anchors[:ROWS_MAX]]
        if not rows:
            return None
        for role in self.factors:
            if role in roles:
                self._pair(rows, body.numbers.get(roles[role], []), role)
        if self.discount in roles:
            self._pair_discounts(rows, body.numbers.get(roles[self.discount], []), header.cells[roles[self.discount]])
        if any(len(row.cells) > 1 for row in rows):
            rows = [row for row in rows if len(row.cells) > 1]
        check = RowCheck(self.factors, self.amount, self.discount, body)
        check.check(rows)
        rows, closing = without_subtotals(self._trimmed(rows, body, totals))
        total = sum_of(rows)
        sum_holds = (
            closing
            or self._is_sum(total, body, totals)
            or (
                bool(self.discount)
                and check.reduce(rows, total=total, sums=lambda made: self._is_sum(made, body, totals))
            )
        )
        share = sum(row.holds for row in rows) / len(rows)
        complete = sum(len(row.cells) == 1 + len(self.factors) for row in rows) / len(rows)
        failing = sum(1 for row in rows if len(row.cells) == 1 + len(self.factors) and not row.holds) / len(rows)
        score = 2.0 * share + 1.6 * sum_holds - 0.7 * failing - 0.8 * (1 - complete) + 0.4 * header.score - outside
        score += 0.02 * min(len(rows), 10)
        # Where the right columns are read, nothing has to be looked for beside them.
        score -= REPAIRED_LESS * sum(row.how is How.REPAIRED for row in rows) / len(rows)
        return TableFound(rows, roles, score, sum_holds, header)

    def _pair(self, rows: list[RowFound], numbers: list[Number], role: str) -> None:
        """Give each row the nearest number of a column, each number to its nearest row only."""
        anchors = Nearby(row.anchor for row in rows)
        for number in numbers:
            nearest = anchors.nearest(number)
            if number.percent or nearest is None or nearest[0] > REACH * max(6.0, number.tokens[0].height):
                continue
            row = rows[nearest[1]]
            current = row.cells.get(role)
            if current is None or nearest[0] < distance(row.anchor, current):
                row.cells[role] = number

    def _pair_discounts(self, rows: list[RowFound], numbers: list[Number], cell: HeaderCell) -> None:
        """Give each row the numbers that stand on its line in the column of discounts."""
        anchors = Nearby(row.anchor for row in rows)
        for number in numbers:
            nearest = anchors.nearest(number)
            if nearest is None:
                continue
            row = rows[nearest[1]]
            if nearest[0] <= 0.6 * max(6.0, number.tokens[0].height) and number is not row.anchor:
                row.discounts.append(number)
                percent = number.percent or "%" in cell.text
                if number.value:
                    row.discount = spell_discount(abs(number.value), percent=percent)
                    row.discount_text, row.discount_tokens = number.text, number.tokens

    def _trimmed(self, rows: list[RowFound], body: Body, totals: Sequence[Decimal]) -> list[RowFound]:
        """Return the rows without those that the sum shows to be none: allowances, rates, another table's lines."""
        total = sum_of(rows)
        if self._is_sum(total, body, totals) or all(row.holds for row in rows):
            return rows
        complete = [row for row in rows if len(row.cells) == 1 + len(self.factors)]
        if complete and len(complete) < len(rows) and self._is_sum(sum_of(complete), body, totals):
            return complete
        for count in range(len(rows) - 1, 0, -1):
            if rows[count].holds:
                break
            total -= rows[count].amount
            if total and any(abs(total - value) <= 2 * CENT for value in totals):
                return rows[:count]
        return rows

    def _is_sum(self, total: Decimal, body: Body, totals: Sequence[Decimal]) -> bool:
        """Return whether a total is one of the document's, or at least printed below the table."""
        if any(abs(total - value) <= 2 * CENT for value in totals):
            return True
        if body.printed is None:
            body.printed = {n for line in body.after for n in _amounts(line)}
        return bool(total) and any(abs(total) + cent in body.printed for cent in (Decimal(0), CENT, -CENT))

    # Descriptions -------------------------------------------------------------------------------------------------

    def _text_cell(self, table: TableFound, body: Body) -> int | None:
        """Return the cell of descriptions: the header's, unless that holds codes and a nameless one beside it words."""
        named = table.roles.get(self.text_column)
        taken = {at for role, at in table.roles.items() if role != self.text_column}
        letters: Counter[int] = Counter()
        for piece in body.texts:
            letters[piece.cell] += sum(c.isalpha() for c in piece.text)
        cells = table.header.cells
        free = [
            n for n, cell in enumerate(cells) if n not in taken and (not cell.other or self.text_column in cell.roles)
        ]
        if not self.text_column or not free:
            return named
        most = max(free, key=lambda n: letters[n])
        if named is None or letters[named] < CODES_SHARE * letters[most]:
            return most if letters[most] else named
        return named

    def _describe(self, table: TableFound, body: Body) -> None:
        column, header, rows = self._text_cell(table, body), table.header, table.rows
        if column is None:
            return
        used = {id(number.tokens[0]) for row in rows for number in (*row.cells.values(), *row.discounts)}
        pieces = [p for p in body.texts if p.cell == column and id(p.tokens[0]) not in used]
        lead = header.cells[column].lead(self.text_column, self.columns)
        table.blocks = blocks_under(pieces, header, [(row.anchor, tuple(row.cells.values())) for row in rows], lead)
        policy = Policy()
        if self.taught is not None:
            policy, table.record, table.taught = self.taught.policy, self.taught.record, self.taught.words
        for row, block in zip(rows, table.blocks, strict=True):
            row.description = block.described(policy)

    # Result -----------------------------------------------------------------------------------------------------

    def _field(self, table: TableFound) -> FieldExtraction:
        items: list[LineItem] = []
        values: list[dict[str, str | None]] = []
        level = round(table_confidence(table), 3)
        for row in table.rows:
            cells: dict[str, Cell] = {}
            for column in self.spec.columns:
                cell = self._cell(column.name, column.kind, row, table)
                if cell is not None:
                    cells[column.name] = cell
            items.append(LineItem(cells=cells))
            values.append({c.name: cells[c.name].value if c.name in cells else None for c in self.spec.columns})
        first = table.rows[0].anchor.line.page
        boxes = tuple(box for row in table.rows if row.anchor.line.page == first for box in boxes_of(row.anchor.tokens))
        return FieldExtraction(
            name=self.spec.name,
            text=None,
            value=tuple(values),
            score=round(table.score, 4),
            confidence=level,
            provenance=Provenance(page=first, boxes=(_around(boxes),)),
            evidence=words_of(table),
            rows=tuple(items),
        )

    def _cell(self, name: str, kind: FieldKind, row: RowFound, table: TableFound) -> Cell | None:
        if name == self.text_column:
            if not row.description:
                return None
            tokens = [token for piece in row.description for token in piece.tokens]
            text = joined(row.description)
            page = row.description[0].line.page
            tokens = [token for token in tokens if token.page == page]
            return Cell(
                text=text,
                value=text,
                confidence=round(table.record.description, 3),
                provenance=Provenance(page=page, boxes=boxes_of(tokens)),
            )
        if name == self.discount and row.discount is not None:
            confidence = 0.95 if row.holds else 0.7
            place = Provenance(page=row.discount_tokens[0].page, boxes=boxes_of(row.discount_tokens))
            return Cell(text=row.discount_text, value=row.discount, confidence=confidence, provenance=place)
        number = row.cells.get(name)
        if number is None:
            return None
        return Cell(
            text=number.text,
            value=plain(row.amount if name == self.amount else number.value, 2 if kind is FieldKind.MONEY else 0),
            confidence=cell_confidence(row, sum_holds=table.sum_holds, is_amount=name == self.amount),
            provenance=Provenance(page=number.line.page, boxes=boxes_of(number.tokens)),
        )


def _amounts(line: Line) -> list[Decimal]:
    found: list[Decimal] = []
    for match in re.finditer(r"\d[\d.,'’ ]*[.,]\d{2}(?!\d)", line.text):
        digits = re.sub(r"\D", "", match.group())
        if len(digits) <= 14:
            found.append(Decimal(digits[:-2] + "." + digits[-2:]))
    return found


def _around(boxes: Sequence[BoundingBox]) -> BoundingBox:
    return BoundingBox(
        x0=min(b.x0 for b in boxes),
        top=min(b.top for b in boxes),
        x1=max(b.x1 for b in boxes),
        bottom=max(b.bottom for b in boxes),
    )
