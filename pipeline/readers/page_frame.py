"""A page on its way from the reading process to its parent: texts as JSON, all numbers behind them as one array.

Dense pages have some thousand numbers: written as JSON, and validated one by one, they took as long as cutting the
words. The parent still believes nothing: every count, type, order and bound is checked here, a column at a time.
"""

import json
import math
import struct
from array import array
from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.domain.geometry import BoundingBox, PageSize
from pipeline.domain.pages import Page, PageSource, Rule, Word
from pipeline.domain.value import Frozen
from pipeline.readers.frames import GarbledError
from pipeline.readers.raw_page import DISPUTED_CONFIDENCE, RawPage

_LENGTH = struct.Struct("=I")
"""Bytes of the JSON."""
_OF_WORD, _OF_RULE = 5, 4
"""Numbers of a word (left, top, right, bottom, size) and of a rule (its edges)."""
_LOOKS = ("plain", "bold", "disputed", "bold and disputed")
"""What a word's digit says of its look."""
_DIGITS = frozenset("0123"[: len(_LOOKS)])


class _Head(BaseModel):
    """All of a page that is no number of a word or a rule."""

    model_config = ConfigDict(extra="forbid")
    number: int
    width: float = Field(allow_inf_nan=False)
    height: float = Field(allow_inf_nan=False)
    source: PageSource
    note: str | None
    optical: str | None = Field(max_length=40)
    """Why the page is to be read off its image; None where it is not."""
    words: list[str]
    hidden: list[str]
    looks: str
    """A digit for each word, and for each hidden one behind them."""


def packed(page: RawPage) -> bytes:
    """Return a page as the payload of a frame."""
    every = [*page.words, *page.hidden]
    looks = [word.bold + 2 * (at in page.disputed) for at, word in enumerate(page.words)]
    looks += [int(word.bold) for word in page.hidden]
    head = {
        "number": page.number,
        "width": round(page.width, 2),
        "height": round(page.height, 2),
        "source": page.source,
        "note": page.note,
        "optical": page.optical,
        "words": [word.text for word in page.words],
        "hidden": [word.text for word in page.hidden],
        "looks": "".join(map(str, looks)),
    }
    text = json.dumps(head, separators=(",", ":")).encode()
    numbers = array("d", [number for word in every for number in word[1 : 1 + _OF_WORD]])
    numbers.extend([edge for rule in page.rules for edge in rule])
    return _LENGTH.pack(len(text)) + text + numbers.tobytes()


def unpacked(payload: bytes) -> tuple[Page, str | None]:
    """Return a page, and why it is to be read off its image; None where it is not.

    Raises:
        GarbledError: it is not what `packed` writes: a field of another type, a number missing, not finite or too
            much, a box that ends before it begins.
    """
    if len(payload) < _LENGTH.size:
        raise GarbledError
    (length,) = _LENGTH.unpack_from(payload)
    begin = _LENGTH.size + length
    try:
        head = _Head.model_validate_json(payload[_LENGTH.size : begin])
    except ValidationError as error:
        raise GarbledError from error
    numbers = _numbers(payload[begin:])
    count = len(head.words) + len(head.hidden)
    edges = len(numbers) - _OF_WORD * count
    if len(payload) < begin or edges < 0 or edges % _OF_RULE or len(head.looks) != count or set(head.looks) - _DIGITS:
        raise GarbledError
    words = _words([*head.words, *head.hidden], head.looks, numbers)
    page = Page(
        number=head.number,
        size=PageSize(width=head.width, height=head.height),
        words=tuple(words[: len(head.words)]),
        rules=tuple(_made(Rule, {"box": box}, _RULE) for box in _boxes(numbers[_OF_WORD * count :], _OF_RULE)),
        source=head.source,
        note=head.note,
        hidden=tuple(words[len(head.words) :]),
    )
    return page, head.optical


def _numbers(data: bytes) -> Sequence[float]:
    numbers = array("d")
    try:
        numbers.frombytes(data)
    except ValueError as error:
        raise GarbledError from error
    if not all(map(math.isfinite, numbers)):
        raise GarbledError
    return numbers


def _words(texts: list[str], looks: str, numbers: Sequence[float]) -> list[Word]:
    boxes = _boxes(numbers[: _OF_WORD * len(texts)], _OF_WORD)
    sizes = numbers[4 : _OF_WORD * len(texts) : _OF_WORD]
    words: list[Word] = []
    for text, look, box, size in zip(texts, looks, boxes, sizes, strict=True):
        is_disputed = look in "23"
        confidence = DISPUTED_CONFIDENCE if is_disputed else 1.0
        word = {"text": text, "box": box, "size": size, "bold": look in "13", "confidence": confidence}
        words.append(_made(Word, word, _DISPUTED_WORD if is_disputed else _WORD))
    return words


def _boxes(numbers: Sequence[float], step: int) -> list[BoundingBox]:
    boxes: list[BoundingBox] = []
    for x0, top, x1, bottom in zip(numbers[0::step], numbers[1::step], numbers[2::step], numbers[3::step], strict=True):
        if x1 < x0 or bottom < top:
            raise GarbledError
        boxes.append(_made(BoundingBox, {"x0": x0, "top": top, "x1": x1, "bottom": bottom}, _BOX))
    return boxes


Made = TypeVar("Made", bound=Frozen)


_BOX, _RULE, _WORD = {"x0", "top", "x1", "bottom"}, {"box"}, {"text", "box", "size", "bold"}
_DISPUTED_WORD = {*_WORD, "confidence"}
"""Fields that pydantic holds to be given, not left at their defaults."""


def _made(kind: type[Made], fields: Mapping[str, object], given: set[str]) -> Made:
    """Return a value of fields that were checked, as pydantic's own `model_construct` does, in a third of its time."""
    made = kind.__new__(kind)
    object.__setattr__(made, "__dict__", fields)
    object.__setattr__(made, "__pydantic_fields_set__", given)
    object.__setattr__(made, "__pydantic_extra__", None)
    object.__setattr__(made, "__pydantic_private__", None)
    return made
