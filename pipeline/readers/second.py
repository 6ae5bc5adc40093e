"""When a second reader is asked about a page, and where the two disagree on something that may be a value."""

from collections import Counter

from pipeline.readers.plausible import BROKEN_SHARE_MAX
from pipeline.readers.raw_page import RawWord, broken_share

WORDS_MIN = 12
SINGLES_SHARE = 0.4
"""More words of one letter than this: spaces stand where they don't belong, or not where they do."""
OVERLAP_SHARE = 0.06
"""More neighbours than this that lie on each other: their letters may be mixed."""


def is_doubtful(words: list[RawWord]) -> bool:
    """Return whether a page's text looks as if it could be cut or coded wrongly."""
    if len(words) < WORDS_MIN:
        return broken_share(words) > BROKEN_SHARE_MAX
    singles = overlaps = 0
    before = words[-1]
    for word in words:
        if len(word.text) == 1 and word.text.isalpha():
            singles += 1
        if (
            word.x0 < before.x1 - 0.4 * (word.bottom - word.top)
            and before.x0 < word.x1
            and abs(word.top - before.top) < 0.3 * (word.bottom - word.top)
            and word.x0 >= before.x0
        ):
            overlaps += 1
        before = word
    count = len(words)
    return singles > SINGLES_SHARE * count or overlaps > OVERLAP_SHARE * count or broken_share(words) > BROKEN_SHARE_MAX


def disputed(words: list[RawWord], others: list[RawWord]) -> set[int]:
    """Return the places of words with a digit whose letters another reader does not find in one piece."""
    whole = Counter(_bare(word.text) for word in others)
    run = "".join(_bare(word.text) for word in others)
    found: set[int] = set()
    for index, word in enumerate(words):
        text = _bare(word.text)
        if any(char.isdigit() for char in text) and text not in whole and (len(text) < 4 or text not in run):
            found.add(index)
    return found


def _bare(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
