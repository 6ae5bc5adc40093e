"""Pages on their way from the reading process to its parent, which believes nothing it is sent."""

import json
import struct
from array import array
from typing import Any

import pytest

from pipeline.domain.pages import PageSource
from pipeline.readers.frames import GarbledError
from pipeline.readers.page_frame import packed, unpacked
from pipeline.readers.raw_page import DISPUTED_CONFIDENCE, RawPage, RawRule, RawWord

HEAD = {
    "number": 1,
    "width": 612.0,
    "height": 792.0,
    "source": "text_layer",
    "note": None,
    "optical": None,
    "words": ["Total"],
    "hidden": [],
    "looks": "0",
}
WORD = [10.0, 20.0, 40.0, 30.0, 9.5]
RULE = [10.0, 31.0, 200.0, 31.5]


def payload(head: dict[str, Any], numbers: list[float]) -> bytes:
    text = json.dumps(head).encode()
    return struct.pack("=I", len(text)) + text + array("d", numbers).tobytes()


def test_page_arrives_as_it_was_sent() -> None:
    sent = RawPage(
        number=3,
        width=612.004,
        height=792.0,
        words=[RawWord("Año", 10.25, 20.0, 40.5, 30.0, 9.5, True), RawWord("12", 50.0, 20.0, 60.0, 30.0, 9.0, False)],
        rules=[RawRule(*RULE)],
        source="text_layer",
        note="Look at it.",
        hidden=[RawWord("unseen", 0.0, 0.0, 0.0, 0.0, 0.0, False)],
        optical="overlay",
        disputed={1},
    )

    page, optical = unpacked(packed(sent))

    assert optical == "overlay"
    assert (page.number, page.size.width, page.note, page.source) == (3, 612.0, "Look at it.", PageSource.TEXT_LAYER)
    first, second = page.words
    assert (first.text, first.box.x0, first.box.bottom, first.size, first.bold) == ("Año", 10.25, 30.0, 9.5, True)
    assert (first.confidence, second.confidence, second.bold) == (1.0, DISPUTED_CONFIDENCE, False)
    assert [list(rule.box.model_dump().values()) for rule in page.rules] == [RULE]
    assert [word.text for word in page.hidden] == ["unseen"]


def test_arrived_page_equals_one_that_was_validated_word_by_word() -> None:
    page, _ = unpacked(payload(HEAD, WORD + RULE))

    again = type(page).model_validate_json(page.model_dump_json())

    assert page == again
    assert page.words[0].model_fields_set == {"text", "box", "size", "bold"}


@pytest.mark.parametrize(
    ("head", "numbers"),
    [
        (HEAD, WORD[:-1]),
        (HEAD, WORD + RULE[:-1]),
        (HEAD, [float("nan"), *WORD[1:]]),
        (HEAD, [*WORD[:4], float("inf")]),
        (HEAD, [50.0, *WORD[1:]]),
        (HEAD, [*WORD, 10.0, 32.0, 200.0, 31.5]),
        (HEAD | {"looks": ""}, WORD),
        (HEAD | {"looks": "9"}, WORD),
        (HEAD | {"words": [7]}, WORD),
        (HEAD | {"words": ["Total", "Net"], "looks": "00"}, WORD),
        (HEAD | {"width": "wide"}, WORD),
        (HEAD | {"source": "elsewhere"}, WORD),
        (HEAD | {"optical": "x" * 41}, WORD),
        (HEAD | {"path": "/etc/passwd"}, WORD),
    ],
)
def test_page_of_a_taken_over_child_is_refused(head: dict[str, Any], numbers: list[float]) -> None:
    assert unpacked(payload(HEAD, WORD))[0].words[0].text == "Total"

    with pytest.raises(GarbledError):
        unpacked(payload(head, numbers))


@pytest.mark.parametrize("cut", [0, 3, 4, 40, -1])
def test_page_that_breaks_off_is_refused(cut: int) -> None:
    with pytest.raises(GarbledError):
        unpacked(payload(HEAD, WORD)[:cut])
