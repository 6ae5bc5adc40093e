"""Line items under the second witness: row by row, cell by cell."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.domain.extraction import Cell, FieldExtraction, LineItem, Provenance
from pipeline.domain.fields import Column, FieldKind, FieldSpec
from pipeline.domain.geometry import BoundingBox, union
from pipeline.domain.pages import AttachedData
from pipeline.domain.routing import Finding
from pipeline.domain.value import Row
from pipeline.extraction.layout import Line, Token, boxes_of
from pipeline.normalise.kinds import find_decimal
from pipeline.normalise.numbers import plain
from pipeline.stages.agreement import NUMBERS, is_piece, same
from pipeline.stages.calibrate import CEILING
from pipeline.stages.prints import Prints, numbers_in
from pipeline.stages.validate import ROWS_NAMED_MAX, spell
from pipeline.stages.witness_told import ToldRows, is_rounded

DIFFERS = "attachment_differs"
SURE_CELL = 0.9
"""From here on a number of the page is not given up for another print in its row."""
BELOW = 40.0
"""How far under a row's first line its other lines may stand, in points, where no next row ends it."""
ABOVE = 24.0
"""How far over its numbers a row's description may begin."""
POINTED_OUT = 0.98
DOUBTED = 0.5


@dataclass
class _Heard:
    """A row of the result, with what does not agree in it."""

    item: LineItem
    wrong: list[str] = field(default_factory=list[str])
    is_agreed: bool = True
    """Both witnesses say the same: nothing had to be pointed out."""


@dataclass(frozen=True)
class _Band:
    """The strip of a page on which one row is printed."""

    page: int
    top: float
    bottom: float

    def holds(self, token: Token) -> bool:
        return token.page == self.page and self.top <= (token.top + token.bottom) / 2 <= self.bottom


def hear_rows(
    spec: FieldSpec, read: FieldExtraction, attached: AttachedData, prints: Prints, reader: str, *, either_sign: bool
) -> tuple[FieldExtraction, list[Finding]]:
    """Return the table after the data was heard, and what does not agree.

    Args:
        spec: the table's.
        read: the table as the engine read it.
        attached: the data; without rows it has nothing to say about them.
        prints: the words of the pages.
        reader: name and version, for the places of what is found anew.
        either_sign: a credit note may write its amounts with or without a minus.
    """
    told = attached.rows
    known = {column.name for column in spec.columns}
    if not told or not any(name in known for row in told for name in row):
        return read, []
    return _Rows(spec, read, attached, prints, reader, either_sign).heard()


class _Rows:
    def __init__(
        self,
        spec: FieldSpec,
        read: FieldExtraction,
        attached: AttachedData,
        prints: Prints,
        reader: str,
        either_sign: bool,
    ) -> None:
        self.spec = spec
        self.read = read
        self.prints = prints
        self.reader = reader
        self.columns = {column.name: column for column in spec.columns}
        self.told = ToldRows(attached, self.columns, either_sign=either_sign)
        self.shown = {name for row in read.rows for name, cell in row.cells.items() if cell.value is not None}

    def heard(self) -> tuple[FieldExtraction, list[Finding]]:
        rows: list[_Heard] = []
        below: _Band | None = None
        for place, (one, other) in enumerate(pairs := self.told.pairs(self.read.rows)):
            if other is None and one is not None:
                sentence = f"row {len(rows) + 1} of the page is not in the attached data"
                rows.append(_Heard(self.read.rows[one], [sentence], is_agreed=False))
            elif other is not None and one is None:
                found, below = self._found(other, below)
                rows.append(found)
            elif one is not None and other is not None:
                before = next((first for first, _ in reversed(pairs[:place]) if first is not None), None)
                following = next((first for first, _ in pairs[place + 1 :] if first is not None), None)
                below = self._band(one, before, following)
                rows.append(self._row(self.read.rows[one], other, below, len(rows) + 1))
        return self._table(rows), self._findings(rows)

    # One row ------------------------------------------------------------------------------------------------------

    def _row(self, item: LineItem, told: int, band: _Band | None, number: int) -> _Heard:
        heard = _Heard(LineItem(cells=dict(item.cells)))
        for name in self.told.rows[told]:
            column = self.columns.get(name)
            if column is None or not self.told.values(told, name):
                continue
            cell = item.cells.get(name)
            if column.kind in NUMBERS:
                self._number(heard, column, cell, told, band, number)
            else:
                self._words(heard, column, cell, told, band, number)
        return heard

    def _number(
        self, heard: _Heard, column: Column, cell: Cell | None, told: int, band: _Band | None, number: int
    ) -> None:
        cells = heard.item.cells
        if cell is not None and cell.value is not None and self.told.is_told(column, cell.value, told):
            told_value = self.told.values(told, column.name)[0]
            # Where the page has room for two decimals, the price that was reckoned with is the data's finer one.
            value = told_value if is_rounded(cell.value, told_value) else cell.value
            cells[column.name] = cell.model_copy(update={"value": value, "confidence": max(cell.confidence, CEILING)})
            return
        heard.is_agreed = False
        taken = [each.provenance for name, each in cells.items() if name != column.name]
        found = self._number_in(column, told, band, taken) if band is not None else None
        if cell is not None and cell.value is not None and (found is None or cell.confidence >= SURE_CELL):
            says = f"row {number}: {column.title['en'].lower()} {_figure(column, cell.value)} on the page"
            heard.wrong.append(f"{says}, {_figure(column, self.told.values(told, column.name)[0])} in the data")
            kept = found or cell
            cells[column.name] = kept.model_copy(update={"confidence": min(kept.confidence, DOUBTED)})
        elif found is not None:
            cells[column.name] = found
        elif column.name in self.shown:
            figure = _figure(column, self.told.values(told, column.name)[0])
            heard.wrong.append(f"row {number}: {column.title['en'].lower()} {figure} only in the data")

    def _number_in(self, column: Column, told: int, band: _Band, taken: Sequence[Provenance | None]) -> Cell | None:
        """Return the number of the data where the row prints it, other than as another cell's."""
        best: tuple[int, Cell] | None = None
        for line in self._lines(band):
            for value, text, tokens in numbers_in([t for t in line.tokens if band.holds(t)], self.prints.locale):
                rank = self.told.rank(column, value, told)
                if rank is None or (best is not None and best[0] <= rank):
                    continue
                place = Provenance(page=band.page, boxes=boxes_of(tokens), reader=self.reader)
                if not any(_overlap(place, other) for other in taken):
                    own = self.told.values(told, column.name)[rank]
                    canonical = own if is_rounded(value, own) else _canonical(column, value)
                    best = rank, Cell(text=text, value=canonical, confidence=POINTED_OUT, provenance=place)
        return best[1] if best is not None else None

    def _words(
        self, heard: _Heard, column: Column, cell: Cell | None, told: int, band: _Band | None, number: int
    ) -> None:
        cells, values = heard.item.cells, self.told.values(told, column.name)
        known = cell.value if cell is not None else None
        if cell is not None and known is not None and any(same(column.kind, known, value) for value in values):
            # Where the page adds details to what the data calls the item, the item's name is the description.
            name = None if same(column.kind, known, values[0]) else self._words_in(values[:1], band)
            cells[column.name] = name or cell.model_copy(update={"confidence": max(cell.confidence, CEILING)})
            return
        found = self._words_in(values, band)
        if found is None or cell is None or not is_piece(str(found.value), known or ""):
            heard.is_agreed = False
        if found is not None:
            cells[column.name] = found
        elif cell is not None and known is not None and any(is_piece(known, value) for value in values):
            # How far a description goes is each supplier's custom: a part of the same words is the same.
            cells[column.name] = cell.model_copy(update={"confidence": max(cell.confidence, POINTED_OUT)})
        elif column.name in self.shown:
            says = f"row {number}: “{_short(known)}” on the page" if known else f"row {number}: nothing on the page"
            heard.wrong.append(f"{says}, “{_short(values[0])}” in the data")

    def _words_in(self, values: Sequence[str], band: _Band | None) -> Cell | None:
        for value in values:
            within = band.holds if band is not None else None
            for one in self.prints.runs(value, words=True, within=within, limit=1):
                return Cell(
                    text=one.text,
                    value=str(one.value),
                    confidence=POINTED_OUT,
                    provenance=one.provenance(self.reader),
                )
        return None

    # A row that the engine had not found ----------------------------------------------------------------------------

    def _found(self, told: int, after: _Band | None) -> tuple[_Heard, _Band | None]:
        """Return a row of the data where the page prints it; without places, and told, where it does not."""
        names = [name for name, column in self.columns.items() if column.kind not in NUMBERS]
        heard = _Heard(LineItem(cells={}), is_agreed=False)
        words = next((name for name in names if self.told.values(told, name)), None)
        cell = self._words_in(self.told.values(told, words), None) if words is not None else None
        numbers = [c for n, c in self.columns.items() if c.kind in NUMBERS and self.told.values(told, n)]
        if cell is not None and cell.provenance is not None and words is not None:
            box = union(cell.provenance.boxes)
            band = _Band(cell.provenance.page, box.top - 1, max(box.bottom, box.top + BELOW))
            cells = {words: cell}
            for column in numbers:
                number = self._number_in(column, told, band, [each.provenance for each in cells.values()])
                if number is not None:
                    cells[column.name] = number
            amount = numbers[-1] if numbers else None
            if amount is None or amount.name in cells:
                return _Heard(LineItem(cells=cells), is_agreed=False), band
        row = {name: values[0] for name in self.columns if (values := self.told.values(told, name))}
        shown = ", ".join(
            f"“{_short(value)}”" if self.columns[name].kind not in NUMBERS else _figure(self.columns[name], value)
            for name, value in row.items()
        )
        heard.wrong.append(f"a row of the data is not on the page: {shown}")
        return heard, after

    # Bands --------------------------------------------------------------------------------------------------------

    def _band(self, one: int, before: int | None, following: int | None) -> _Band | None:
        boxes = _boxes(self.read.rows[one])
        if not boxes:
            return None
        page = min(boxes)
        around = union(boxes[page])
        top, bottom = around.top - ABOVE, around.bottom + BELOW
        if before is not None and page in (earlier := _boxes(self.read.rows[before])):
            top = min(around.top - 1, max(top, max(box.bottom for box in earlier[page])))
        if following is not None and page in (after := _boxes(self.read.rows[following])):
            end = min(box.top for box in after[page])
            bottom = max(around.bottom, end - 1) if end > around.top else around.bottom
        return _Band(page, top, bottom)

    def _lines(self, band: _Band) -> list[Line]:
        lines = self.prints.layout.by_page.get(band.page, [])
        return [line for line in lines if line.bottom >= band.top and line.top <= band.bottom]

    # Result -------------------------------------------------------------------------------------------------------

    def _table(self, rows: list[_Heard]) -> FieldExtraction:
        kept = [row for row in rows if row.item.cells]
        wrong = any(row.wrong for row in rows)
        agreed = all(row.is_agreed for row in rows)
        values: list[Row] = []
        for row in kept:
            cells = row.item.cells
            values.append({name: cells[name].value if name in cells else None for name in self.columns})
        said = (
            "The attached data says the same about every row."
            if agreed
            else "The attached data differs."
            if wrong
            else "The attached data has the same rows, and every value of it is printed here."
        )
        confidence = min(self.read.confidence, DOUBTED) if wrong else CEILING if agreed else POINTED_OUT
        place = self.read.provenance or next(
            (cell.provenance for row in kept for cell in row.item.cells.values() if cell.provenance), None
        )
        return self.read.model_copy(
            update={
                "value": tuple(values) if values else self.read.value,
                "rows": tuple(row.item for row in kept),
                "confidence": max(confidence, self.read.confidence) if not wrong else confidence,
                "provenance": place,
                "evidence": (*self.read.evidence, said),
            }
        )

    def _findings(self, rows: list[_Heard]) -> list[Finding]:
        wrong = [sentence for row in rows for sentence in row.wrong]
        if not wrong:
            return []
        more = f"; and {len(wrong) - ROWS_NAMED_MAX} more" if len(wrong) > ROWS_NAMED_MAX else ""
        kept = [row for row in rows if row.item.cells]
        return [
            Finding(
                code=DIFFERS,
                message=f"The attached data differs from the page: {'; '.join(wrong[:ROWS_NAMED_MAX])}{more}.",
                fields=(self.spec.name,),
                rows=tuple(number for number, row in enumerate(kept, start=1) if row.wrong),
            )
        ]


def _boxes(item: LineItem) -> dict[int, list[BoundingBox]]:
    found: dict[int, list[BoundingBox]] = {}
    for cell in item.cells.values():
        if cell.provenance is not None:
            found.setdefault(cell.provenance.page, []).extend(cell.provenance.boxes)
    return found


def _overlap(one: Provenance, other: Provenance | None) -> bool:
    if other is None or one.page != other.page:
        return False
    return any(
        min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.bottom, b.bottom) - max(a.top, b.top) > 1
        for a in one.boxes
        for b in other.boxes
    )


def _canonical(column: Column, value: str) -> str:
    number = find_decimal(value)
    if number is None:
        return value
    return plain(number, 2 if column.kind is FieldKind.MONEY else 0)


def _figure(column: Column, value: str) -> str:
    number = find_decimal(value) if column.kind is FieldKind.MONEY else None
    return spell(number) if number is not None else value


def _short(text: str | None) -> str:
    return "" if text is None else text if len(text) <= 60 else text[:57].rstrip() + "…"
