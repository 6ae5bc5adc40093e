"""A document's words and places as numbers: computed once, for the candidates of all groups."""

from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.layout import Layout, Segment
from pipeline.normalise.words import fold

Doubles = NDArray[np.float64]

LEFT_WORDS, ABOVE_WORDS = 6, 8
"""Words to the left of a candidate and of a segment above it that are looked at."""
LEFT_WORD, ABOVE_WORD, SAID_WORD = 1 << 32, 2 << 32, 3 << 32
"""Set above a word's 32 bits: where in a candidate's surroundings the word stands."""
NONE, INSIDE, BESIDE = 0, 1, 2
"""Where the words to the left of a candidate stand: nowhere, in its segment, in the one before."""

Context = tuple[int, int, int, int, int, int]
"""Numbers of: the word to the left, two words, the label phrase, the words above, those above them, and where the words
to the left stand."""

_DIGITS = str.maketrans("123456789", "000000000")


def masked(word: str) -> str:
    """Return a word with its digits hidden: values must not be learned as labels."""
    return word.translate(_DIGITS)


def number_of(text: str) -> int:
    """Return 32 bits that stand for a text: the same on every machine and in every process."""
    return crc32(text.encode())


@lru_cache(maxsize=65_536)
def word_number(folded: str) -> int:
    """Return the number of a folded word, its digits hidden."""
    return number_of(masked(folded))


@lru_cache(maxsize=65_536)
def printed_number(text: str) -> int:
    """Return the number of a printed word."""
    return word_number(fold(text))


class Scene:
    """Words, segments and contexts of a layout, each known by its number in reading order."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.last_page = max(layout.by_page, default=1)
        self._place()
        self._segment_words: list[list[int] | None] = [None] * len(layout.segments)
        self._lefts: list[tuple[int, int, int, list[int]] | None] = [None] * len(layout.segments)
        self._over_names: dict[int, tuple[int, int, list[int]]] = {}
        self._below: list[int] = [-1] * len(layout.segments)
        self._known: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.contexts: tuple[list[Context], list[Context]] = ([], [])
        """Of candidates by kind and of names: for names, what stands above counts from their line's start."""
        self.bags: tuple[list[list[int]], list[list[int]]] = ([], [])
        """The single words of each context."""

    def _place(self) -> None:
        layout = self.layout
        self.first_token: list[int] = []
        """Where the words of each segment begin among all words, and where the last ones end."""
        self.line_ends: list[int] = []
        """Where the words of each line end among all words."""
        segments: list[tuple[float, ...]] = []
        body = max(1.0, layout.body_size)
        count_before = 0
        lines_on = {number: (lines[0].index, len(lines)) for number, lines in layout.by_page.items()}
        for line in layout.lines:
            height = layout.sizes[line.page][1]
            first, count = lines_on[line.page]
            above = line.index - first
            for segment in line.segments:
                self.first_token.append(count_before)
                count_before += len(segment.tokens)
                middle = (segment.top + segment.bottom) / 2 / height
                below = count - 1 - above
                segments.append(
                    (line.page, segment.index, len(line.segments), above, below, middle, len(segment.tokens))
                )
            self.line_ends.append(count_before)
        self.first_token.append(count_before)
        tokens = layout.tokens
        self.words = [printed_number(token.text) for token in tokens]
        """The number of each printed word."""
        widths = np.array([layout.sizes[token.page][0] for token in tokens], dtype=np.float64)
        sizes = np.array([token.size or token.bottom - token.top for token in tokens], dtype=np.float64)
        self.tokens: Doubles = np.column_stack(
            [
                np.array([token.x0 for token in tokens], dtype=np.float64) / widths,
                np.array([token.x1 for token in tokens], dtype=np.float64) / widths,
                sizes / body,
                np.array([token.bold for token in tokens], dtype=np.float64),
            ]
        )
        """Left and right edge as shares of the page, size as a share of the body's, bold."""
        self.segments: Doubles = np.array(segments, dtype=np.float64).reshape(len(segments), 7)
        """Page, place in its line, segments of the line, lines above, lines below, middle height as a share, words."""

    def _words_of(self, segment: Segment) -> list[int]:
        number = segment.number
        known = self._segment_words[number]
        if known is None:
            known = self._segment_words[number] = [word_number(text) for text, _ in segment.words]
        return known

    def below(self, segment: Segment) -> int:
        """Return the number of the first two words under a segment."""
        number = segment.number
        if self._below[number] < 0:
            other = self.layout.below(segment)
            self._below[number] = _phrase(self._words_of(other)[:2]) if other is not None else 0
        return self._below[number]

    def context(self, segment: Segment, start: int, *, of_name: bool) -> int:
        """Return the place in `contexts` of what stands around the word `start` of a segment."""
        token = self.first_token[segment.number] + start
        known = self._known[of_name]
        found = known.get(token)
        if found is None:
            found = known[token] = len(known)
            context, bag = self._look(segment, start, of_name)
            self.contexts[of_name].append(context)
            self.bags[of_name].append(bag)
        return found

    def _look(self, segment: Segment, start: int, of_name: bool) -> tuple[Context, list[int]]:
        over, second, words = self._over_name(segment) if of_name else self._over(segment, start, start + 1)
        count = sum([token < start for _, token in segment.words]) if start else 0
        if count:
            where = INSIDE
            last, two, phrase, bag = _left(self._words_of(segment)[:count])
        else:
            where = BESIDE if segment.index else NONE
            last, two, phrase, bag = self._beside(segment)
        return (last, two, phrase, over, second, where), bag + words

    def _beside(self, segment: Segment) -> tuple[int, int, int, list[int]]:
        """Return what the words of the segment before come to."""
        number = segment.number
        known = self._lefts[number]
        if known is None:
            other = self.layout.left_of(segment)
            known = self._lefts[number] = _left(self._words_of(other) if other is not None else [])
        return known

    def _over_name(self, segment: Segment) -> tuple[int, int, list[int]]:
        number = segment.number
        known = self._over_names.get(number)
        if known is None:
            known = self._over_names[number] = self._over(segment, 0, len(segment.tokens))
        return known

    def _over(self, segment: Segment, start: int, end: int) -> tuple[int, int, list[int]]:
        """Return the numbers of the words above, of those above them, and of the single words above."""
        above = self.layout.above(segment.tokens[start].x0, segment.tokens[end - 1].x1, segment, count=2)
        over = self._words_of(above[0])[:ABOVE_WORDS] if above else []
        second = self._words_of(above[1])[:ABOVE_WORDS] if len(above) > 1 else []
        return _phrase(over), _phrase(second), [word | ABOVE_WORD for word in dict.fromkeys(over)]


def _left(words: list[int]) -> tuple[int, int, int, list[int]]:
    """Return the numbers of the last word, of the last two and of the label phrase, and the single words."""
    words = words[-LEFT_WORDS:]
    single = [word | LEFT_WORD for word in dict.fromkeys(words)]
    return words[-1] if words else 0, _phrase(words[-2:]), _phrase(words), single


def _phrase(words: list[int]) -> int:
    """Return a number for words in their order."""
    number = len(words)
    for word in words:
        number = (number * 0x9E3779B1 ^ word) & 0xFFFFFFFF
    return number
