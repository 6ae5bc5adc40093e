"""Pages from lines of text, for testing the engine without any PDF."""

from pipeline.domain.geometry import BoundingBox, PageSize
from pipeline.domain.pages import Page, Word

SIZE = 10.0
CHARACTER = 5.0


def line(y: float, *pieces: tuple[float, str], size: float = SIZE, bold: bool = False) -> list[Word]:
    """Return the words of one printed line: each piece is its left edge and its text."""
    words: list[Word] = []
    for x, text in pieces:
        left = x
        for word in text.split(" "):
            width = len(word) * CHARACTER * size / SIZE
            box = BoundingBox(x0=left, top=y, x1=left + width, bottom=y + size)
            words.append(Word(text=word, box=box, size=size, bold=bold))
            left += width + 3
    return words


def right(x1: float, text: str) -> tuple[float, str]:
    """Return a piece whose right edge is `x1`."""
    width = sum(len(word) * CHARACTER for word in text.split(" ")) + 3 * text.count(" ")
    return (x1 - width, text)


def page(*lines: list[Word], number: int = 1) -> Page:
    return Page(
        number=number, size=PageSize(width=595, height=842), words=tuple(word for words in lines for word in words)
    )
