"""The body under a header: numbers and text sorted to columns, rows anchored at their amounts."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.domain.extraction import DocumentLocale
from pipeline.extraction.labels import LabelIndex
from pipeline.extraction.layout import SEGMENT_GAP, Layout, Line, Segment, Token
from pipeline.extraction.table_header import CELL_GAP, ColumnIndex, Header, HeaderCell
from pipeline.normalise.kinds import find_decimal, read_value
from pipeline.normalise.words import fold

ROWS_MAX = 600
LOOK_AHEAD = 12
"""Lines below a total in which the next row begins, where it was one of a part."""
_PRODUCT = ("quantity", "unit_price", "amount")
BODY_LINES_MAX = 4000
PITCH = 1.9
REACH = 1.75

_NUMERIC = re.compile(
    r"(?:[A-Z]{3}|[€$£])?\s?[-−–+(]?\s?(?:[€$£]\s?)?(?P<body>\d[\d.,'’]*(?:\s\d{3}(?:[.,]\d+)?)?)\s?[-)]?"
    r"(?P<unit>\s?(?:%|[€$£]|[A-Za-zÄÖÜäöüß²³./]{1,12}\.?-?(?:\s[A-Za-zÄÖÜäöüß²³.]{1,10})?))?"
)


@dataclass(slots=True, eq=False)
class Number:
    """A number in the body: its words, its value and the header cell it stands under."""

    tokens: list[Token]
    line: Line
    value: Decimal
    text: str
    decimals: bool
    percent: bool = False

    @property
    def x0(self) -> float:
        return self.tokens[0].x0

    @property
    def x1(self) -> float:
        return self.tokens[-1].x1

    @property
    def centre(self) -> float:
        return (self.tokens[0].top + self.tokens[0].bottom) / 2


@dataclass(slots=True, eq=False)
class Piece:
    """Words of one cell on one line."""

    tokens: list[Token]
    line: Line
    cell: int

    @property
    def text(self) -> str:
        return " ".join(token.text for token in self.tokens)


@dataclass(slots=True, eq=False)
class Body:
    """Everything under a header until the totals begin: numbers and text by the index of their cell."""

    numbers: dict[int, list[Number]] = field(default_factory=dict[int, list[Number]])
    texts: list[Piece] = field(default_factory=list[Piece])
    lines: list[Line] = field(default_factory=list[Line])
    after: list[Line] = field(default_factory=list[Line])
    """The lines that follow, where the sums are printed."""
    printed: set[Decimal] | None = None
    """The amounts in them, once somebody asked."""


_CARRIED = re.compile(
    r"(?i)^(?:übertrag|carried forward|brought forward|report|à reporter|zwischensumme seite|seitensumme)"
)
_NOISE = re.compile(r"(?i)^(?:seite|page)\b")


def read_body(
    layout: Layout,
    header: Header,
    index: LabelIndex,
    columns: ColumnIndex,
    locale: DocumentLocale,
    skip: frozenset[str],
) -> Body:
    """Return the lines under a header, over page breaks, sorted to its cells.

    Args:
        layout: the document.
        header: whose columns go on until totals, or another table, begin.
        index: labels of the type's fields, which tell where the totals begin.
        columns: labels of the table's columns, which tell where another table begins.
        locale: how numbers are written.
        skip: lines that every page repeats.
    """
    body = Body()
    repeated = {fold(cell.text) for cell in header.cells}
    lines = [line for line in layout.lines if line.index > header.last_line][:BODY_LINES_MAX]
    stopped = False
    height = 0.0
    for position, line in enumerate(lines):
        if stopped:
            body.after.append(line)
            if len(body.after) > 80:
                break
            continue
        if masked(line) in skip or _NOISE.search(line.text) or _CARRIED.search(line.text):
            continue
        if line.page != header.page and _is_header_again(line, repeated):
            continue
        if _begins_totals(line, header, index):
            if _goes_on(lines[position + 1 : position + 1 + LOOK_AHEAD], header, locale):
                continue  # a subtotal inside the table
            stopped = True
            body.after.append(line)
            continue
        if _begins_other_table(line, columns):
            stopped = True
            body.after.append(line)
            continue
        last = body.lines[-1] if body.lines else None
        height = max(height, 1.0)
        if (
            last is not None
            and last.page == line.page
            and line.top - last.bottom > 14 * max(6.0, line.bottom - line.top)
        ):
            stopped = True
            body.after.append(line)
            continue
        body.lines.append(line)
        _sort_line(line, header, locale, body)
    return body


def _goes_on(lines: list[Line], header: Header, locale: DocumentLocale) -> bool:
    """Return whether a row follows whose quantity times price, under this header's columns, is its amount."""
    roles = {role: at for at, cell in enumerate(header.cells) for role in cell.roles if role in _PRODUCT}
    if len(roles) < len(_PRODUCT) or len(set(roles.values())) < len(_PRODUCT):
        return False
    for line in lines:
        here = Body()
        _sort_line(line, header, locale, here)
        cells = [[number.value for number in here.numbers.get(roles[role], ())] for role in _PRODUCT]
        if all(len(cell) == 1 for cell in cells):
            (quantity,), (price,), (amount,) = cells
            if quantity != 1 and abs(quantity * price - amount) <= Decimal("0.01") and amount:
                return True
    return False


def masked(line: Line) -> str:
    """Return a line with its digits masked, for telling lines that repeat on every page."""
    return re.sub(r"\d", "0", fold(line.text))


def repeated_lines(layout: Layout) -> frozenset[str]:
    """Return the masked lines that stand on more than one page near its head or foot."""
    seen: dict[str, set[int]] = {}
    for number, lines in layout.by_page.items():
        for line in [*lines[:12], *lines[-8:]]:
            seen.setdefault(masked(line), set()).add(number)
    return frozenset(text for text, pages in seen.items() if len(pages) > 1 and not re.search(r"0[.,]00", text))


def _is_header_again(line: Line, repeated: set[str]) -> bool:
    texts = [fold(segment.text) for segment in line.segments]
    return sum(1 for text in texts if any(text in cell or cell in text for cell in repeated)) >= max(2, len(texts) - 1)


def _begins_other_table(line: Line, columns: ColumnIndex) -> bool:
    """Return whether a header stands here that is not one of line items: tax rates, allowances, payment terms."""
    if len(line.segments) < 3 or re.search(r"\d[.,]\d{2}(?!\d)", line.text):
        return False
    return sum(1 for segment in line.segments if columns.is_against(segment.text)) >= 2


def _is_total(segment: Segment, index: LabelIndex) -> bool:
    """Return whether a segment is the label of a total."""
    hit = next((h for h in index.hits(segment) if h.start == 0), None)
    if hit is None or hit.end < min(len(segment.words), 6) - 3:
        return False
    return any(entry.field in index.money for entry in hit.entries) or (
        any(entry.field == "" and entry.weight >= 1.0 for entry in hit.entries)
        and fold(segment.text).startswith(("summe", "total", "zwischensumme", "positionssumme", "sub"))
    )


def _begins_totals(line: Line, header: Header, index: LabelIndex) -> bool:
    # What stands beside the table does not end it: a total has its amount inside.
    left = min(cell.x0 for cell in header.cells)
    inside = [s for s in line.segments if s.x1 > left - 4]
    said = [s for s in inside if s.has_letters and len(s.text) > 1]
    # Below the last row, thanks or terms may stand to the left of the first total.
    beside = inside[-2:-1] if len(inside) > 2 and inside[-1].is_number and inside[-2].has_letters else []
    if not any(_is_total(segment, index) for segment in (*said[:1], *beside)):
        return False
    # A line with a quantity is a row, whatever its first word is.
    quantity = [c for c in header.cells if "quantity" in c.roles and "amount" not in c.roles]
    for segment in line.segments:
        if segment.is_number and any(abs(segment.x1 - c.x1) < 8 or abs(segment.x0 - c.x0) < 8 for c in quantity):
            return False
    return True


def _sort_line(line: Line, header: Header, locale: DocumentLocale, body: Body) -> None:
    before: Piece | None = None
    runs = _fine(line.tokens)
    for run in runs:
        others = [r for r in runs if r is not run]
        for tokens in _split_numbers(run, header, others):
            text = " ".join(token.text for token in tokens)
            number = _number(tokens, text, line, locale)
            if number is not None:
                cell = _nearest(_without_unit(tokens), header.cells)
                if cell is not None:
                    body.numbers.setdefault(cell, []).append(number)
                    # Codes and positions are numbers too: they also count as text of their column.
                    body.texts.append(Piece(tokens, line, cell))
                    before = None
                    continue
            home = _home(tokens, header.cells)
            cell = header.cells[home]
            # A unit begins under the header of its number, but so does by chance a word of a long description.
            own = abs(tokens[0].x0 - cell.x0) < 4 and not cell.roles.keys() - {"description"}
            if before is not None and not own and tokens[0].x0 - before.tokens[-1].x1 < SEGMENT_GAP * tokens[0].height:
                # Words that stand together stay together, whatever header they reach under.
                home = before.cell
            before = Piece(tokens, line, home)
            body.texts.append(before)


def _fine(tokens: list[Token]) -> list[list[Token]]:
    runs: list[list[Token]] = []
    for token in tokens:
        gap = token.x0 - runs[-1][-1].x1 if runs else 0.0
        height = min(token.height, runs[-1][-1].height) if runs else 1.0
        # In fixed-width print the blank inside "1 430,00" is as wide as the gap between two cells.
        thousands = (
            bool(runs)
            and gap < GROUP_GAP * height
            and bool(_GROUPED.fullmatch(" ".join(t.text for t in (*runs[-1][-2:], token))))
        )
        times = bool(runs) and gap < SEGMENT_GAP * height and _is_times(runs[-1][-1].text, token.text)
        if runs and (gap < CELL_GAP * height or thousands or times):
            runs[-1].append(token)
        else:
            runs.append([token])
    return runs


def _is_times(before: str, text: str) -> bool:
    """Return whether two words go on with one measure: "3 x 20", "12 x 1,0l" are no numbers of a column."""
    return (text in _TIMES and before[-1:].isdigit()) or (before in _TIMES and text[:1].isdigit())


_TIMES = frozenset({"x", "X", "×"})
GROUP_GAP = 0.75
_GROUPED = re.compile(r"[-−]?\d{1,3}(?: \d{3})+(?:[.,]\d+)?(?:\s?(?:[€$£]|[^\W\d_]{1,10}\.?))?")


def _split_numbers(run: list[Token], header: Header, others: list[list[Token]]) -> list[list[Token]]:
    """Return a run split where a number inside it stands under a numeric column of its own."""
    if _GROUPED.fullmatch(" ".join(t.text for t in run)):
        return [run]
    if len(run) < 2 or not any(t.text[:1].isdigit() or t.text[:1] in "-−(" for t in run):
        return [run]
    pieces: list[list[Token]] = [[]]
    current: int | None = None
    for position, token in enumerate(run):
        cell = _nearest([token], header.cells) if re.fullmatch(r"[-−(]?\d[\d.,'’]*\)?", token.text) else None
        aligned = cell is not None and _aligned(token, header.cells[cell])
        if aligned and cell is not None and any(_taken(other, header.cells[cell]) for other in others):
            # The column has its own number on this line: "lot of 4" keeps its 4.
            aligned = False
        if (
            aligned
            and pieces[-1]
            and position
            and cell != current
            and header.cells[cell or 0].roles.keys() - {"description"}
        ):
            pieces.append([])
        if aligned:
            current = cell
        pieces[-1].append(token)
    return [piece for piece in pieces if piece]


def _taken(run: list[Token], cell: HeaderCell) -> bool:
    return run[0].text[:1].isdigit() and any(_aligned(token, cell) for token in (run[0], run[-1]))


def _aligned(token: Token, cell: HeaderCell) -> bool:
    return (
        abs(token.x1 - cell.x1) < 5
        or abs(token.x0 - cell.x0) < 4
        or (cell.x0 - 2 <= token.x0 and token.x1 <= cell.x1 + 2)
    )


def _number(tokens: list[Token], text: str, line: Line, locale: DocumentLocale) -> Number | None:
    match = _NUMERIC.fullmatch(text)
    if match is None or _ARTICLE.search(text):
        return None
    unit = match.group("unit") or ""
    printed = text[: match.start("unit")] if unit.strip() and "%" not in unit else text
    readings = read_value(printed.strip(), "money", locale) or read_value(printed.strip(" %"), "quantity", locale)
    value = find_decimal(readings[0].value) if readings else None
    if value is None:
        return None
    decimals = bool(re.search(r"[.,]\d{1,4}(?!\d)", match.group("body")))
    return Number(tokens, line, value, text, decimals, "%" in unit)


_ARTICLE = re.compile(r"\d-\s?[A-Za-z]")
"""3100-A is an article, not minus 3100 in a unit called A."""


def _without_unit(tokens: list[Token]) -> list[Token]:
    """Return the words of a number without its unit, which may reach under another header."""
    count = next((i for i, token in enumerate(tokens) if i and token.text[0].isalpha()), len(tokens))
    return tokens[:count]


def _nearest(tokens: list[Token], cells: list[HeaderCell]) -> int | None:
    """Return the header cell whose left, right or middle is nearest, if it is near at all."""
    x0, x1 = tokens[0].x0, tokens[-1].x1
    best: tuple[float, int] | None = None
    for number, cell in enumerate(cells):
        distance = min(abs(x1 - cell.x1), abs(x0 - cell.x0), abs((x0 + x1) / 2 - cell.centre))
        overlap = min(x1, cell.x1) - max(x0, cell.x0)
        if overlap <= 0:
            distance += min(60.0, -overlap)
        if best is None or distance < best[0]:
            best = (distance, number)
    return best[1] if best is not None and best[0] < 45 else None


def _home(tokens: list[Token], cells: list[HeaderCell]) -> int:
    """Return the cell that text belongs to: never a numeric one unless it overlaps that header by a third."""
    x0, x1 = tokens[0].x0, tokens[-1].x1
    best: tuple[float, int] | None = None
    fallback = 0
    for number, cell in enumerate(cells):
        overlap = min(x1, cell.x1) - max(x0, cell.x0)
        textual = "description" in cell.roles or not cell.roles
        if cell.x0 - 8 <= x0 and textual:
            fallback = number
        share = overlap / max(1.0, min(x1 - x0, cell.x1 - cell.x0))
        if overlap > 0 and (textual or share > 0.3):
            closeness = share + (0.6 if abs(x0 - cell.x0) < 4 else 0.0) + (0.2 if textual else 0.0)
            if best is None or closeness > best[0]:
                best = (closeness, number)
    return best[1] if best is not None else fallback
