"""Rows of words as a person reads them, whichever engine found them."""

from pipeline.readers.ocr.protocol import ReadWord

LINE_OVERLAP = 0.5
"""Rows whose middles are closer than this share of the lower one's height stand beside each other."""


def in_reading_order(rows: list[list[ReadWord]]) -> list[list[ReadWord]]:
    """Return the rows from top to bottom, those on one height from left to right."""
    ordered: list[list[list[ReadWord]]] = []
    for row in sorted(rows, key=lambda words: _middle(words)):
        last = ordered[-1] if ordered else None
        if last is not None and abs(_middle(row) - _middle(last[0])) < LINE_OVERLAP * min(_tall(row), _tall(last[0])):
            last.append(row)
        else:
            ordered.append([row])
    return [row for group in ordered for row in sorted(group, key=lambda words: words[0].x0)]


def _middle(words: list[ReadWord]) -> float:
    return sum(word.top + word.bottom for word in words) / (2 * len(words))


def _tall(words: list[ReadWord]) -> float:
    return max(word.bottom - word.top for word in words)
