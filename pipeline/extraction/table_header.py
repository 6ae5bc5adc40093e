"""Where a table of line items begins: header cells and the columns they name."""

import itertools
import re
from dataclasses import dataclass, field

from pipeline.domain.fields import FieldKind, FieldSpec
from pipeline.extraction.labels import weight_at
from pipeline.extraction.layout import Layout, Line, Token
from pipeline.normalise.words import fold, label_words, squeeze

CELL_GAP = 0.55
CELL_CHARACTERS_MAX = 90
HEADERS_MAX = 5
COLUMNS_MAX = 14
LINES_MAX = 6000
WINDOW_LINES = 3
NAMELESS_SCORE = 0.5
"""What a header without known words counts beside one with them, which is at least 1.4."""

_OTHER = """
pos;position;nr;no;item no;article no;art nr;artikel nr;artikelnr;artikelnummer;ref;réf;référence;sku;code;
unit;einheit;unité;me;um;uom;vat;ust;mwst;tva;tax;steuer;steuersatz;vat rate;tva rate;ust satz;mwst satz;taux tva;taxe;
discount;rabatt;remise;date;datum;gtin;ean;lot;line;zeile;vke geb;serial no;referenzen;references;
bestell nr;lieferschein;period;zeitraum;iva;btw;unidad;art nr kunde;art nr lief;art nr lieferant;unsere art nr;
ihre art nr;
our item no;your item no;supplier item no;customer item no;lieferanten art nr;kunden art nr;réf client;réf fournisseur
"""
_AGAINST = """
basisbetrag;steuerbetrag;warenwert;prozent;bemessungsgrundlage;tax amount;vat amount;montant tva;ust betrag;base ht;
mwst betrag;net amount vat;fälligkeit;teilzahlung;skonto;due date;zu abschlag;iban;bic;tax base;taxable amount;
montant de la tva;nettopreis ust betrag;steuer betrag;grundbetrag;steuer basisbetrag;basismenge;steuersatz %;basis;
"""


@dataclass(slots=True, eq=False)
class HeaderCell:
    """A header's cell: where it stands, what it says and which columns of the type it can name."""

    x0: float
    x1: float
    text: str
    roles: dict[str, float] = field(default_factory=dict[str, float])
    other: bool = False
    lines: tuple[str, ...] = ()
    """What it says on each of its lines, from top to bottom."""

    @property
    def centre(self) -> float:
        return (self.x0 + self.x1) / 2

    def lead(self, role: str, index: "ColumnIndex") -> int:
        """Return how many lines it has above the one that names a column: "Article no." over "Description"."""
        return next((count for count, line in enumerate(self.lines) if role in index.roles(line)), 0)


@dataclass(slots=True, eq=False)
class Header:
    """The header of a table: its cells from left to right, where it ends, and how likely it is one."""

    page: int
    first_line: int
    last_line: int
    cells: list[HeaderCell]
    score: float

    @property
    def key(self) -> str:
        return " | ".join(fold(cell.text) for cell in self.cells)


class ColumnIndex:
    """The labels of a table's columns."""

    def __init__(self, spec: FieldSpec) -> None:
        self.spec = spec
        self.numeric = tuple(c.name for c in spec.columns if c.kind not in {FieldKind.TEXT, FieldKind.NAME})
        texts = [c.name for c in spec.columns if c.kind is FieldKind.TEXT]
        self.secondary = frozenset(texts[1:])
        """Columns that some tables have and that say little about whether this is one: discounts."""
        self._exact: dict[str, dict[str, float]] = {}
        self._known: dict[str, dict[str, float]] = {}
        for column in spec.columns:
            for phrases in column.labels.values():
                for rank, phrase in enumerate(phrases):
                    entry = self._exact.setdefault(squeeze(label_words(phrase)), {})
                    entry[column.name] = max(entry.get(column.name, 0.0), weight_at(rank))
        self._other = {squeeze(label_words(p)) for p in _OTHER.replace("\n", " ").split(";") if p.strip()}
        self._against = {squeeze(label_words(p)) for p in _AGAINST.replace("\n", " ").split(";") if p.strip()}

    def roles(self, text: str) -> dict[str, float]:
        """Return the columns a header cell can name, with weights; the whole cell says most."""
        known = self._known.get(text)
        if known is None:
            known = self._roles(text)
            self._known[text] = known
        return dict(known)

    def _roles(self, text: str) -> dict[str, float]:
        if len(text) > CELL_CHARACTERS_MAX:
            return {}
        words = label_words(text)
        whole = self._exact.get(squeeze(words))
        if whole:
            return whole
        # "Price (GBP)", "Betrag in €": in which money doesn't change which column it is.
        words = label_words(_MONEY.sub(" ", text))
        whole = self._exact.get(squeeze(words))
        if whole:
            return whole
        found: dict[str, tuple[int, float]] = {}
        for start in range(len(words)):
            for end in range(len(words), start, -1):
                entry = self._exact.get(squeeze(words[start:end]))
                if entry:
                    for name, weight in entry.items():
                        if end - start > found.get(name, (0, 0.0))[0]:
                            found[name] = (end - start, weight * (0.55 + 0.3 * (end - start) / len(words)))
        longest = max((size for size, _ in found.values()), default=0)
        return {name: weight for name, (size, weight) in found.items() if size == longest}

    def known(self, text: str) -> float:
        """Return how surely a text is a header's whole cell: a column's label, or one of columns that no type has."""
        if self.is_only_other(text) or any(
            squeeze(label_words(t)) in self._exact for t in (text, _MONEY.sub(" ", text))
        ):
            return 0.9
        return max(self.roles(text).values(), default=0.0)

    def is_other(self, text: str) -> bool:
        words = label_words(text)
        return squeeze(words) in self._other or (len(words) > 1 and any(w in self._other for w in words))

    def is_only_other(self, text: str) -> bool:
        return squeeze(label_words(text)) in self._other

    def is_against(self, text: str) -> bool:
        return squeeze(label_words(text)) in self._against


_MONEY = re.compile(r"\(?(?:\b(?:in|en) )?(?<![A-Za-z])(?:EUR|GBP|USD|CHF|[€$£])(?![A-Za-z])\)?", re.IGNORECASE)


def find_headers(layout: Layout, index: ColumnIndex) -> list[Header]:
    """Return the likely headers, best first, without overlaps."""
    found: list[Header] = []
    for lines in layout.by_page.values():
        for start, line in enumerate(lines[:LINES_MAX]):
            if not any(_speaks(index, segment.text) for segment in line.segments):
                continue
            for count in range(1, WINDOW_LINES + 1):
                for first in range(max(0, start - count + 1), start + 1):
                    window = lines[first : first + count]
                    if len(window) == count and _is_window(window, index):
                        header = _header(window, index)
                        if header is not None:
                            found.append(header)
    found.sort(key=lambda h: (-h.score, h.page, h.first_line))
    kept: list[Header] = []
    for header in found:
        if all(header.last_line < k.first_line or header.first_line > k.last_line for k in kept):
            kept.append(header)
        if len(kept) == HEADERS_MAX * 4:
            break
    return kept


def find_nameless(layout: Layout, index: ColumnIndex) -> list[Header]:
    """Return lines that stand over numbers as a header does, though labels name no columns in them; likely ones first.

    Only arithmetic can say whether one is a header: what is read under it has to prove itself.
    """
    found: list[Header] = []
    for lines in layout.by_page.values():
        for line, below in itertools.pairwise(lines[:LINES_MAX]):
            if len(line.segments) < 3 or any(c.isdigit() for c in line.text):
                continue
            numbers = [s for s in below.segments if s.is_number]
            if len(numbers) < 2 or below.centre - line.centre > 4 * max(4.0, line.bottom - line.top):
                continue
            cells = _cells([line], index)
            over = sum(1 for s in numbers if any(min(s.x1, c.x1) > max(s.x0, c.x0) for c in cells))
            if over > 1 and len(cells) <= COLUMNS_MAX and not any(index.is_against(c.text) for c in cells):
                found.append(Header(line.page, line.index, line.index, cells, NAMELESS_SCORE + 0.1 * over))
    found.sort(key=lambda h: (-h.score, h.page, h.first_line))
    return found


def _speaks(index: ColumnIndex, text: str) -> bool:
    return bool(index.roles(text)) and len(text) < 80


_DECIMAL = re.compile(r"\d[.,]\d{2}(?!\d)")


def _is_window(window: list[Line], index: ColumnIndex) -> bool:
    for one, other in itertools.pairwise(window):
        if other.centre - one.centre > 1.9 * max(4.0, other.bottom - other.top):
            return False
        if _is_beside(one, other, index) or _is_beside(other, one, index):
            return False
    return not any(_DECIMAL.search(line.text) for line in window)


def _is_beside(one: Line, other: Line, index: ColumnIndex) -> bool:
    """Return whether a line stands wholly left of the other and names no column: it belongs to something else."""
    left = min(segment.x0 for segment in other.segments)
    return all(s.x1 < left and not index.roles(s.text) for s in one.segments)


def _header(window: list[Line], index: ColumnIndex) -> Header | None:
    cells = _cells(window, index)
    if not 2 <= len(cells) <= COLUMNS_MAX:
        return None
    present = {name for cell in cells for name in cell.roles} - index.secondary
    numeric = present & set(index.numeric)
    if len(present) < 2 or not numeric:
        return None
    # One cell may name several columns ("Amount"), but three columns need three cells.
    named = sum(1 for cell in cells if cell.roles.keys() - index.secondary)
    score = min(len(present), named) + 0.3 * sum(
        1 for cell in cells if cell.other and not cell.roles.keys() - index.secondary
    )
    score += 0.2 * sum(max(cell.roles.values()) for cell in cells if cell.roles.keys() - index.secondary)
    score -= 1.5 * sum(1 for cell in cells if index.is_against(cell.text))
    unknown = sum(1 for cell in cells if not cell.roles and not cell.other)
    score -= 0.35 * unknown + 0.1 * (len(window) - 1)
    score -= 0.02 * sum(len(cell.text) for cell in cells) / len(cells)
    if score < 1.4:
        return None
    return Header(window[0].page, window[0].index, window[-1].index, cells, score)


def _cells(window: list[Line], index: ColumnIndex) -> list[HeaderCell]:
    pieces: list[list[Token]] = []
    for line in window:
        pieces += _pieces(line.tokens, index)
    pieces.sort(key=lambda p: p[0].x0)
    groups: list[list[list[Token]]] = []
    for piece in pieces:
        x0, x1 = piece[0].x0, piece[-1].x1
        home = None
        for group in groups:
            g0, g1 = min(p[0].x0 for p in group), max(p[-1].x1 for p in group)
            same_line = any(abs(p[0].top - piece[0].top) < 0.5 * piece[0].height for p in group)
            if not same_line and min(x1, g1) - max(x0, g0) > 0.3 * min(x1 - x0, g1 - g0):
                home = group
                break
        if home is None:
            groups.append([piece])
        else:
            home.append(piece)
    cells: list[HeaderCell] = []
    for group in groups:
        group.sort(key=lambda p: p[0].top)
        text = " ".join(token.text for piece in group for token in piece)
        joined = re.sub(r"(\w)- (?=[a-zäöüß])", r"\1", text)
        cell = HeaderCell(min(p[0].x0 for p in group), max(p[-1].x1 for p in group), joined, index.roles(joined))
        cell.other = index.is_other(joined)
        cell.lines = tuple(" ".join(token.text for token in piece) for piece in group)
        cells.append(cell)
    cells.sort(key=lambda c: c.x0)
    return cells


def _pieces(tokens: list[Token], index: ColumnIndex) -> list[list[Token]]:
    """Return a header line's cells: split at gaps, and between two labels that are printed close together."""
    runs: list[list[Token]] = []
    for token in tokens:
        if runs and token.x0 - runs[-1][-1].x1 < CELL_GAP * min(token.height, runs[-1][-1].height):
            runs[-1].append(token)
        else:
            runs.append([token])
    found: list[list[Token]] = []
    for run in runs:
        rest = run
        while (cut := _cut(rest, index) if 2 <= len(rest) <= 8 else None) is not None:
            found.append(rest[:cut])
            rest = rest[cut:]
        found.append(rest)
    return found


def _cut(run: list[Token], index: ColumnIndex) -> int | None:
    """Return where one run holds two cells' labels: "VAT % | Line amount"."""
    text = " ".join(t.text for t in run)
    if index.roles(text) and squeeze(label_words(text)) and max(index.roles(text).values()) >= 0.85:
        return None
    best: tuple[float, int] | None = None
    for cut in range(1, len(run)):
        left = " ".join(t.text for t in run[:cut])
        right = " ".join(t.text for t in run[cut:])
        if right.startswith("("):
            # What stands in brackets belongs to the words before it: "Price (GBP)".
            continue
        known_left, known_right = index.known(left), index.known(right)
        several = known_right <= 0.8 and cut < len(run) - 1 and _cut(run[cut:], index) is not None
        known = known_left + (0.85 if several else known_right)
        if known_left > 0.8 and (known_right > 0.8 or several) and (best is None or known > best[0]):
            best = (known, cut)
    return best[1] if best else None
