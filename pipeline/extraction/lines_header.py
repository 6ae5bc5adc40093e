"""The header of a table as a person marked it, or as the reviewed rows show it: how the next document's is found."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.geometry import BoundingBox
from pipeline.extraction.layout import Layout, Line, Token
from pipeline.extraction.table_header import CELL_GAP, WINDOW_LINES, Header, HeaderCell
from pipeline.normalise.kinds import find_decimal, read_value
from pipeline.normalise.words import fold

WORDS_LEAST = 0.6
"""Share of a known header's words that have to stand where they stood."""
PLACE = 0.12
"""How far a header's word may have moved sideways, in page widths."""
ALIGNED = 6.0
"""Points by which numbers of one column may differ at the edge that they share."""
MARKED_SCORE = 6.0
SEEN_SCORE = 4.0
"""What a marked header and one that rows showed count beside one that the labels of a type name."""
REACH = 1.75
LINES_ABOVE = 4


@dataclass(frozen=True, slots=True)
class MarkedColumn:
    """A column's header where a person drew it: which column of the type, and the box in points."""

    role: str
    box: BoundingBox


@dataclass(frozen=True, slots=True)
class MarkedHeader:
    """A header that a person marked on a page."""

    page: int
    columns: tuple[MarkedColumn, ...]


@dataclass(frozen=True, slots=True)
class LearnedColumn:
    """A column from left to right: its role ("" for none), its header's words, and where it stood in page widths."""

    role: str
    words: tuple[str, ...]
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class LearnedHeader:
    """A header that is known: `marked` by a person, or seen from reviewed rows."""

    columns: tuple[LearnedColumn, ...]
    marked: bool
    top: float = 0.0
    """Where the first row began, in page heights: all there is to go by where a table has no header."""

    def find_in(self, layout: Layout) -> Header | None:
        """Return where this header stands in a document; None where its words are not there."""
        if not any(column.words for column in self.columns):
            return self._by_place(layout)
        wanted = {word for column in self.columns for word in column.words}
        best: tuple[float, Header] | None = None
        for page, lines in layout.by_page.items():
            width = layout.sizes[page][0]
            spoken = [{fold(token.text) for token in line.tokens} & wanted for line in lines]
            for start, words in enumerate(spoken):
                for count in range(1, WINDOW_LINES + 1) if words else ():
                    window = lines[start : start + count]
                    if len(window) < count or not spoken[start + count - 1]:
                        continue
                    share, header = self._in_window(window, width)
                    share -= 0.02 * (count - 1)
                    if share >= WORDS_LEAST and (best is None or share > best[0] + 1e-9):
                        best = (share, header)
        return best[1] if best is not None else None

    def _in_window(self, window: Sequence[Line], width: float) -> tuple[float, Header]:
        free = [token for line in window for token in line.tokens]
        found: list[list[Token]] = []
        shifts: list[float] = []
        hits = 0
        for column in self.columns:
            middle = (column.x0 + column.x1) / 2
            mine: list[Token] = []
            for word in column.words:
                near = [t for t in free if fold(t.text) == word and abs(_middle(t) / width - middle) < PLACE]
                if near:
                    token = min(near, key=lambda t: abs(_middle(t) / width - middle))
                    free.remove(token)
                    mine.append(token)
            hits += len(mine)
            if mine and len(mine) == len(column.words):
                shifts.append(min(t.x0 for t in mine) - column.x0 * width)
            found.append(mine)
        shift = statistics.median(shifts) if shifts else 0.0
        cells = [self._cell(c, mine, width, shift) for c, mine in zip(self.columns, found, strict=True)]
        score = MARKED_SCORE if self.marked else SEEN_SCORE
        header = Header(window[0].page, window[0].index, window[-1].index, cells, score)
        return hits / max(1, sum(len(column.words) for column in self.columns)), header

    def _by_place(self, layout: Layout) -> Header | None:
        page = min(layout.by_page, default=0)
        above = [line for line in layout.by_page.get(page, ()) if line.bottom <= self.top * layout.sizes[page][1]]
        if not above:
            return None
        cells = [self._cell(column, [], layout.sizes[page][0], 0.0) for column in self.columns]
        return Header(page, above[-1].index, above[-1].index, cells, SEEN_SCORE)

    def _cell(self, column: LearnedColumn, tokens: Sequence[Token], width: float, shift: float) -> HeaderCell:
        text = " ".join(token.text for token in tokens)
        x0 = min((token.x0 for token in tokens), default=column.x0 * width + shift)
        x1 = max((token.x1 for token in tokens), default=column.x1 * width + shift)
        return HeaderCell(x0, x1, text, {column.role: 1.0} if column.role else {}, not column.role, (text,))

    def to_json(self) -> dict[str, Any]:
        return {
            "marked": self.marked,
            "top": round(self.top, 4),
            "columns": [[c.role, list(c.words), round(c.x0, 4), round(c.x1, 4)] for c in self.columns],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "LearnedHeader":
        columns = (LearnedColumn(role, tuple(words), x0, x1) for role, words, x0, x1 in kept["columns"])
        return cls(tuple(columns), kept["marked"], kept["top"])


def learn_marked(layout: Layout, marked: MarkedHeader) -> LearnedHeader | None:
    """Return what a person's mark teaches: the words in each box, and the columns between that were not marked."""
    lines = layout.by_page.get(marked.page, [])
    if not lines or not marked.columns:
        return None
    width, height = layout.sizes[marked.page]
    top = min(column.box.top for column in marked.columns)
    bottom = max(column.box.bottom for column in marked.columns)
    inside = [t for line in lines for t in line.tokens if top <= (t.top + t.bottom) / 2 <= bottom]
    columns = [
        LearnedColumn(
            column.role,
            tuple(fold(t.text) for t in inside if column.box.x0 <= _middle(t) <= column.box.x1),
            column.box.x0 / width,
            column.box.x1 / width,
        )
        for column in marked.columns
    ]
    rest = [t for t in inside if not any(c.box.x0 <= _middle(t) <= c.box.x1 for c in marked.columns)]
    columns += [_column("", run, width) for run in _runs(rest)]
    return LearnedHeader(tuple(sorted(columns, key=lambda c: c.x0)), marked=True, top=bottom / height)


def learn_from_rows(
    layout: Layout,
    rows: Sequence[Mapping[str, str | None]],
    numeric: Sequence[str],
    text: str,
    locale: DocumentLocale,
) -> LearnedHeader | None:
    """Return the columns in which the values of reviewed rows stand, with the words above them.

    Args:
        layout: the document that the rows belong to.
        rows: canonical values, from top to bottom.
        numeric: columns of numbers; the first is the amount, by which rows are found.
        text: the column of descriptions.
        locale: how numbers are written.
    """
    printed = _numbers_in(layout, locale)
    amounts = [_number(row.get(numeric[0])) for row in rows]
    anchors = _column_of([printed.get(a, []) if a is not None else [] for a in amounts])
    if not anchors:
        return None
    found: dict[str, list[Token]] = {numeric[0]: list(anchors.values())}
    for role in numeric[1:]:
        taken = {id(token) for tokens in found.values() for token in tokens}
        places: list[list[Token]] = []
        for position, row in enumerate(rows):
            value, anchor = _number(row.get(role)), anchors.get(position)
            near = printed.get(value, []) if value is not None and anchor is not None else []
            places.append([t for t in near if anchor is not None and id(t) not in taken and _is_near(t, anchor)])
        column = _column_of(places)
        if column:
            found[role] = list(column.values())
    if text:
        words = [w for i, a in anchors.items() if (w := _first_word(layout, rows[i].get(text), a)) is not None]
        if words:
            found[text] = words
    return _with_words(layout, found, next(iter(anchors.values())))


def _with_words(layout: Layout, found: Mapping[str, Sequence[Token]], first: Token) -> LearnedHeader | None:
    """Return the columns with the words that stand right above the first row."""
    width, height = layout.sizes[first.page]
    spans = {role: (min(t.x0 for t in ts), max(t.x1 for t in ts)) for role, ts in found.items()}
    above = [line for line in layout.by_page[first.page] if line.bottom <= first.top + 0.3 * first.height]
    for line in reversed(above[-LINES_ABOVE:]):
        homes: dict[str, list[Token]] = {}
        rest: list[list[Token]] = []
        for run in _runs(line.tokens, [x0 for x0, _ in spans.values()]):
            role = _nearest(run, spans)
            if role is None or role in homes:
                rest.append(run)
            else:
                homes[role] = run
        if len(homes) >= min(2, len(spans)) and not any(_number(t.text) is not None for t in line.tokens):
            columns = [
                _column(role, homes[role], width)
                if role in homes
                else LearnedColumn(role, (), spans[role][0] / width, spans[role][1] / width)
                for role in spans
            ]
            columns += [_column("", run, width) for run in rest]
            return LearnedHeader(tuple(sorted(columns, key=lambda c: c.x0)), marked=False, top=first.top / height)
    columns = [LearnedColumn(role, (), x0 / width, x1 / width) for role, (x0, x1) in spans.items()]
    return LearnedHeader(tuple(sorted(columns, key=lambda c: c.x0)), marked=False, top=first.top / height)


def _numbers_in(layout: Layout, locale: DocumentLocale) -> dict[Decimal, list[Token]]:
    found: dict[Decimal, list[Token]] = {}
    for line in layout.lines:
        for token in line.tokens:
            if not any(c.isdigit() for c in token.text):
                continue
            readings = read_value(token.text.strip("€$£%"), "money", locale)
            readings = readings or read_value(token.text.strip("€$£%"), "quantity", locale)
            value = find_decimal(readings[0].value) if readings else None
            if value is not None:
                found.setdefault(value, []).append(token)
    return found


def _column_of(places: Sequence[Sequence[Token]]) -> dict[int, Token]:
    """Return row number and number for the column in which the most rows have their value, downwards."""
    best: dict[int, Token] = {}
    right = 0.0
    for start in {id(t): t for tokens in places for t in tokens}.values():
        for edge in (_right, _left):
            column: dict[int, Token] = {}
            last = (0, 0.0)
            for position, tokens in enumerate(places):
                fits = [t for t in tokens if abs(edge(t) - edge(start)) <= ALIGNED and (t.page, t.top) > last]
                if fits:
                    column[position] = min(fits, key=lambda t: (t.page, t.top))
                    last = (column[position].page, column[position].top)
            # Of equal columns the one on the right: positions stand on the left, gross amounts are no rows' values.
            if (len(column), start.x1) > (len(best), right):
                best, right = column, start.x1
    return best


def _is_near(token: Token, anchor: Token) -> bool:
    return token.page == anchor.page and abs(token.top - anchor.top) <= REACH * max(6.0, anchor.height)


def _first_word(layout: Layout, text: str | None, anchor: Token) -> Token | None:
    words = (text or "").split()
    for line in layout.by_page[anchor.page] if words else ():
        if abs(line.centre - (anchor.top + anchor.bottom) / 2) <= 2 * REACH * max(6.0, anchor.height):
            for token in line.tokens:
                if fold(token.text) == fold(words[0]):
                    return token
    return None


def _nearest(run: Sequence[Token], spans: Mapping[str, tuple[float, float]]) -> str | None:
    x0, x1 = run[0].x0, run[-1].x1
    best: tuple[float, str] | None = None
    for role, (left, right) in spans.items():
        overlap = min(x1, right) - max(x0, left)
        away = min(abs(x0 - left), abs(x1 - right), abs((x0 + x1 - left - right) / 2))
        if (overlap > 0 or away < 2 * ALIGNED) and (best is None or away < best[0]):
            best = (away, role)
    return best[1] if best is not None else None


def _runs(tokens: Sequence[Token], edges: Sequence[float] = ()) -> list[list[Token]]:
    """Return the words that stand together; at an edge of a column other words begin, however close."""
    runs: list[list[Token]] = []
    for token in sorted(tokens, key=lambda t: t.x0):
        begins = any(abs(token.x0 - edge) < ALIGNED / 2 for edge in edges)
        if runs and not begins and token.x0 - runs[-1][-1].x1 < CELL_GAP * min(token.height, runs[-1][-1].height):
            runs[-1].append(token)
        else:
            runs.append([token])
    return runs


def _column(role: str, run: Sequence[Token], width: float) -> LearnedColumn:
    return LearnedColumn(role, tuple(fold(t.text) for t in run), run[0].x0 / width, run[-1].x1 / width)


def _number(text: str | None) -> Decimal | None:
    return find_decimal(text) if text else None


def _middle(token: Token) -> float:
    return (token.x0 + token.x1) / 2


def _left(token: Token) -> float:
    return token.x0


def _right(token: Token) -> float:
    return token.x1
