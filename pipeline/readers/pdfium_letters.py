"""All letters of a page and their boxes at once: PDFium is asked in loops that run in C."""

import ctypes
import re
from collections import deque
from itertools import repeat
from typing import Any, NamedTuple

from pipeline.readers.pdfium_api import api
from pipeline.readers.pdfium_quick import Handle, get_loose_box, get_unicode
from pipeline.readers.raw_page import BROKEN

CHARACTERS_MAX = 200_000
"""Characters read of one page: no page that a person reads has more; bounds the work on a hostile one."""
CHUNK = 4_096

BLANK = " "
"""A blank, which PDFium may have made up: the gap decides."""
BREAK = "\n"
"""Any other white space: a word ends there."""
NOTHING = "\0"
"""The first half of a character of two codes."""

SOFT_HYPHEN = 0x02  # PDFium's sign for a hyphen at the end of a line
SOFT_HYPHEN_IN_TEXT = "\ufffe"  # and the same in its whole text
_ODD = re.compile("[\x01-\x09\x0b-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\uffff]")
_HALVES = re.compile("[\ud800-\udfff]")


class Letters(NamedTuple):
    """A page's characters in the order of its text; each list has an entry for each of them."""

    text: str
    """`BLANK`, `BREAK` and `NOTHING` stand for what is no letter, U+FFFD for letters without a readable code."""
    lefts: list[float]
    bottoms: list[float]
    rights: list[float]
    tops: list[float]
    """Edges of the loose boxes (the font's ascent and descent, and the full advance) as PDFium counts them: points
    from the bottom left, before rotation."""


def read_letters(text_page: Any, page: Handle) -> Letters:
    """Return the characters of a text page.

    Args:
        text_page: PDFium's pointer.
        page: the same as a handle.
    """
    count = min(api.FPDFText_CountChars(text_page), CHARACTERS_MAX)
    return Letters(_text(text_page, page, count), *_ROOM.edges(page, count))


class _Room:
    """What PDFium fills in, made once: making it takes longer than filling it."""

    def __init__(self) -> None:
        self.codes = (ctypes.c_ushort * (2 * CHARACTERS_MAX + 1))()
        self.boxes = (ctypes.c_float * (4 * CHUNK))()
        self.floats = memoryview(self.boxes).cast("B").cast("f")
        self.places = [ctypes.byref(self.boxes, 16 * index) for index in range(CHUNK)]

    def units(self, text_page: Any, count: int) -> bytes:
        """Return so many characters' text in UTF-16: fewer or more units where some have no code, or two."""
        written = api.FPDFText_GetText(text_page, 0, count, self.codes)
        return ctypes.string_at(self.codes, 2 * max(written - 1, 0))

    def edges(self, page: Handle, count: int) -> tuple[list[float], list[float], list[float], list[float]]:
        """Return left, bottom, right and top of so many characters."""
        flat: list[float] = []
        for begin in range(0, count, CHUNK):
            size = min(CHUNK, count - begin)
            ctypes.memset(self.boxes, 0, 16 * size)
            calls: Any = map(get_loose_box, repeat(page, size), range(begin, begin + size), self.places)
            deque(calls, maxlen=0)
            flat += self.floats[: 4 * size].tolist()
        return flat[0::4], flat[3::4], flat[2::4], flat[1::4]


_ROOM = _Room()


def _text(text_page: Any, page: Handle, count: int) -> str:
    """Return a character for each of PDFium's."""
    units = _ROOM.units(text_page, count)
    text = units.decode("utf-16-le", "surrogatepass")
    if len(units) != 2 * count or len(text) != count or _HALVES.search(text):
        return _ODD.sub(_plain, _one_by_one(page, count))
    if SOFT_HYPHEN_IN_TEXT in text:
        text = "".join(
            chr(get_unicode(page, index)) if char == SOFT_HYPHEN_IN_TEXT else char for index, char in enumerate(text)
        )
    text = text.replace(NOTHING, BROKEN).replace(SOFT_HYPHEN_IN_TEXT, BROKEN)
    return _ODD.sub(_plain, text)


def _one_by_one(page: Handle, count: int) -> str:
    letters: list[str] = []
    high = 0
    for index in range(count):
        code = get_unicode(page, index)
        if 0xD800 <= code < 0xDC00:
            high = code
            letters.append(NOTHING)
            continue
        if 0xDC00 <= code < 0xE000:
            letters.append(chr(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)) if high else BROKEN)
        elif code == 0 or code & 0xFFFE == 0xFFFE or code > 0x10FFFF:
            letters.append(BROKEN)
        else:
            letters.append(chr(code))
        high = 0
    return "".join(letters)


def _plain(match: re.Match[str]) -> str:
    """Return what stands for an odd character: a hyphen, a break, or a letter without a readable code."""
    char = match.group()
    if ord(char) == SOFT_HYPHEN:
        return "-"
    if char in "\t\r\xa0" or (char > "\xa0" and char.isspace()):
        return BREAK
    return BROKEN
