"""Running text: lines joined to one string, with the way back from characters to words."""

from bisect import bisect_right

from pipeline.extraction.layout import Layout, Span, Token

CHARACTERS_MAX = 400_000


class Prose:
    """A document's words in reading order as one text."""

    def __init__(self, layout: Layout) -> None:
        pieces: list[str] = []
        self._starts: list[int] = []
        self._tokens: list[tuple[Token, Span]] = []
        self.breaks: list[int] = []
        """Where each printed piece of a line begins in the text, in order."""
        position = 0
        for line in layout.lines:
            for segment in line.segments:
                self.breaks.append(position)
                for index, token in enumerate(segment.tokens):
                    self._starts.append(position)
                    self._tokens.append((token, Span(segment, index, index + 1)))
                    pieces.append(token.text)
                    position += len(token.text) + 1
            if position > CHARACTERS_MAX:
                break
        self.text = " ".join(pieces)

    def span(self, start: int, end: int) -> Span | None:
        """Return the words that the characters `start` to `end` belong to, over line ends too."""
        if not self._starts or start >= end:
            return None
        first = max(0, bisect_right(self._starts, start) - 1)
        last = max(first, bisect_right(self._starts, end - 1) - 1)
        head = self._tokens[first][1]
        segment = head.segment
        inside = [t for t, s in self._tokens[first : last + 1] if s.segment is segment]
        more = tuple(t for t, s in self._tokens[first : last + 1] if s.segment is not segment)
        return Span(segment, head.start, head.start + len(inside), more)
