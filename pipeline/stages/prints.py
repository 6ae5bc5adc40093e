"""Where a known value stands on the pages: the print of what a second witness says."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.domain.extraction import DocumentLocale, Provenance
from pipeline.domain.fields import FieldKind, FieldSpec
from pipeline.domain.pages import Page
from pipeline.domain.value import Value
from pipeline.extraction import finds
from pipeline.extraction.finds import Find
from pipeline.extraction.layout import Layout, Segment, Token, boxes_of
from pipeline.normalise.kinds import read_value
from pipeline.normalise.words import single_blanks
from pipeline.stages.agreement import NUMBERS, WORDS, same, squeeze, squeeze_words

PRINTS_MAX = 20
"""Prints of one value that are looked at."""
STEPS_MAX = 400
"""Words that one print may run over."""
LINES_ONWARD = 3
REACH = 2.2
"""How far below a line a value may go on, in heights of it."""
ALIGNED = 4.0
"""Points within which two words begin at one edge."""
_PIECES = re.compile(r"[^,;:()|\[\]<>]+")


@dataclass(frozen=True)
class Print:
    """One place where a value is printed."""

    text: str
    value: Value
    tokens: tuple[Token, ...]

    @property
    def page(self) -> int:
        return self.tokens[0].page

    def provenance(self, reader: str) -> Provenance:
        first = [token for token in self.tokens if token.page == self.page]
        return Provenance(page=self.page, boxes=boxes_of(first), reader=reader)


@dataclass(frozen=True)
class _Run:
    """What is followed: the letters to print, how they are compared, and the left edge of the first word."""

    target: str
    words: bool
    x0: float


class Prints:
    """The words of a document, to be searched for values that are known from elsewhere."""

    def __init__(self, pages: Sequence[Page], locale: DocumentLocale) -> None:
        self.pages = pages
        self.locale = locale
        self._places: dict[str, list[tuple[Segment, int]]] = {}

    @cached_property
    def layout(self) -> Layout:
        return Layout(self.pages)

    def of(self, spec: FieldSpec, value: str, *, either_sign: bool = False) -> list[Print]:
        """Return the prints of a field's value in reading order."""
        kind = spec.kind
        if kind is FieldKind.DATE:
            return self._typed(self._dates, kind, value)
        if kind is FieldKind.CURRENCY:
            return self._typed(self._currencies, kind, value)
        if kind in NUMBERS:
            return self._typed(self._amounts, kind, value, either_sign=either_sign)
        if spec.normaliser == "iban":
            found = self._typed(self._ibans, kind, value)
            return found or self.runs(value, words=False)
        return self.runs(value, words=kind in WORDS)

    def _typed(self, among: list[Find], kind: FieldKind, value: str, *, either_sign: bool = False) -> list[Print]:
        found: list[Print] = []
        for find in among:
            for reading in find.readings:
                if isinstance(reading.value, str) and same(kind, reading.value, value, either_sign=either_sign):
                    found.append(Print(find.text, reading.value, tuple(find.span.tokens)))
                    break
            if len(found) == PRINTS_MAX:
                break
        return found

    @cached_property
    def _dates(self) -> list[Find]:
        # Every way to read a date, whatever the document's custom seems to be: the value is known.
        return finds.dates_in(self.layout, DocumentLocale())

    @cached_property
    def _amounts(self) -> list[Find]:
        return finds.amounts_in(self.layout, self.locale)

    @cached_property
    def _currencies(self) -> list[Find]:
        return finds.currencies_in(self.layout)

    @cached_property
    def _ibans(self) -> list[Find]:
        return finds.ibans_in(self.layout)

    def runs(
        self, value: str, *, words: bool, within: Callable[[Token], bool] | None = None, limit: int = PRINTS_MAX
    ) -> list[Print]:
        """Return where consecutive words print the value, over line ends too.

        Args:
            value: letters and digits count, nothing else.
            words: running text, where "und" and "&" are the same and umlauts may be spelled out.
            within: only prints that begin at a word for which this holds.
            limit: prints at most.
        """
        target = squeeze_words(value) if words else squeeze(value)
        found: list[Print] = []
        if not target:
            return found
        for segment, index in self._beginning(target[0]):
            if within is not None and not within(segment.tokens[index]):
                continue
            tokens = self._follow(segment, index, target, words)
            if tokens is not None:
                text = single_blanks(" ".join(token.text for token in tokens))
                found.append(Print(text, _trimmed(text, target, words) or single_blanks(value), tuple(tokens)))
                if len(found) == limit:
                    break
        return found

    def _beginning(self, letter: str) -> list[tuple[Segment, int]]:
        """Return the words that a letter or digit may begin in, for a closer look."""
        known = self._places.get(letter)
        if known is None:
            known = [
                (segment, index)
                for segment in self.layout.segments
                for index, token in enumerate(segment.tokens)
                if letter in (token.text.lower() if token.text.isascii() else squeeze(token.text))
            ]
            self._places[letter] = known
        return known

    def _follow(self, segment: Segment, index: int, target: str, words: bool) -> list[Token] | None:
        """Return the words from this one on that print the target to its end; None where they do not."""
        pieces = [_letters(piece, words) for piece in _PIECES.findall(segment.tokens[index].text)]
        for first in range(len(pieces)):
            done = _consumed("", pieces[first:], target)
            if done is None or not done:
                continue
            tokens = [segment.tokens[index]]
            if done == target:
                return tokens
            rest = self._rest(segment, index + 1, done, _Run(target, words, tokens[0].x0), STEPS_MAX)
            if rest is not None:
                return tokens + rest
        return None

    def _rest(self, segment: Segment, index: int, done: str, run: "_Run", steps: int) -> list[Token] | None:
        tokens: list[Token] = []
        while index < len(segment.tokens):
            token = segment.tokens[index]
            grown = _consumed(done, [_letters(piece, run.words) for piece in _PIECES.findall(token.text)], run.target)
            if grown is None or steps <= 0:
                return None
            done, index, steps = grown, index + 1, steps - 1
            tokens.append(token)
            if done == run.target:
                return tokens
        for onward, place in self._onward(segment, run.x0) if steps > 0 else ():
            rest = self._rest(onward, place, done, run, steps - 1)
            if rest is not None:
                return tokens + rest
        return None

    def _onward(self, segment: Segment, x0: float) -> Iterator[tuple[Segment, int]]:
        """Yield where a print may go on after the end of a segment.

        That is under its own beginning, where a narrow column may have run together with its neighbour, in the next
        segment of the line, or in whatever stands below.
        """
        lines = self.layout.lines
        for line in lines[segment.line + 1 : segment.line + 1 + LINES_ONWARD]:
            if line.page != segment.page or line.top - segment.bottom > REACH * segment.height:
                break
            for other in line.segments:
                for index, token in enumerate(other.tokens):
                    if abs(token.x0 - x0) < ALIGNED:
                        yield other, index
        right, below = self.layout.right_of(segment), self.layout.below(segment)
        yield from ((onward, 0) for onward in (right, below) if onward is not None)


def _letters(piece: str, words: bool) -> str:
    return squeeze_words(piece) if words else squeeze(piece)


def _consumed(done: str, pieces: list[str], target: str) -> str | None:
    """Return how far the target is printed after these pieces, which may end in what belongs to it no more."""
    for piece in pieces:
        if done == target:
            return done
        if not target.startswith(done + piece):
            return None
        done += piece
    return done


def _trimmed(text: str, target: str, words: bool) -> str | None:
    """Return the printed text where it holds the value and nothing else."""
    return text.strip(" ,;:|") if (squeeze_words(text) if words else squeeze(text)) == target else None


def numbers_in(tokens: Sequence[Token], locale: DocumentLocale) -> Iterator[tuple[str, str, tuple[Token, ...]]]:
    """Yield every number among words of a line, with its text and words; two words may make one: 1 234,50."""
    for index, token in enumerate(tokens):
        if not any(c.isdigit() for c in token.text):
            continue
        pair = tokens[index : index + 2]
        joined = " ".join(each.text for each in pair)
        if len(pair) == 2 and re.fullmatch(r"-?\d{1,3} \d{3}(?:[.,]\d+)?", joined):
            for reading in read_value(joined, "money", locale):
                yield str(reading.value), joined, tuple(pair)
        for kind in ("money", "quantity"):
            for reading in read_value(token.text, kind, locale):
                yield str(reading.value), token.text, (token,)
