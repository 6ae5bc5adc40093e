"""Codes that databases sort and search by: in the order of what they stand for, and not to be made without the key."""

import random
import string

import pytest

from pipeline.store.codes import LAST, SIGNS, SIGNS_A_BYTE, OrderCode, beginning, sortable

CODE = OrderCode(bytes(range(32)))


@pytest.fixture
def words() -> list[bytes]:
    chance = random.Random(7)
    made = ["".join(chance.choices(string.ascii_lowercase + "äß-7", k=chance.randint(0, 9))) for _ in range(2_000)]
    return [word.encode() for word in made] + [bytes([each]) for each in range(256)]


def test_signs_are_in_the_order_of_their_bytes_and_before_the_last() -> None:
    assert list(SIGNS) == sorted(SIGNS)
    assert len(set(SIGNS)) == 64
    assert max(SIGNS) < LAST


def test_codes_sort_as_texts_do_and_differ_where_they_differ(words: list[bytes]) -> None:
    assert sorted(words, key=CODE.encode) == sorted(words)
    assert len({CODE.encode(word) for word in words}) == len(set(words))


def test_code_begins_as_the_code_of_its_beginning(words: list[bytes]) -> None:
    for word in words:
        code = CODE.encode(word)
        assert len(code) == SIGNS_A_BYTE * len(word)
        for length in range(len(word)):
            first = CODE.encode(word[:length])
            assert first <= code < first + LAST
            assert code.startswith(first)


def test_another_key_makes_other_codes_of_the_same_order(words: list[bytes]) -> None:
    other = OrderCode(bytes(32))
    long = [word for word in words if len(word) > 3]
    assert not {CODE.encode(word) for word in long} & {other.encode(word) for word in long}
    assert not {CODE.token(word) for word in words} & {other.token(word) for word in words}
    assert sorted(words, key=other.encode) == sorted(words)


def test_same_letter_has_another_code_behind_another_beginning() -> None:
    behind = {CODE.encode(f"{first}e".encode())[SIGNS_A_BYTE:] for first in string.ascii_lowercase}
    assert len(behind) > 20


def test_numbers_sort_as_numbers_do() -> None:
    chance = random.Random(7)
    numbers = [chance.uniform(-1e6, 1e6) for _ in range(500)] + [0.0, 0.01, -0.01, 1e300, -1e300, 5e-324]
    assert sorted(numbers, key=sortable) == sorted(numbers)
    assert sorted(numbers, key=lambda number: CODE.encode(sortable(number))) == sorted(numbers)
    assert sortable(-0.0) == sortable(0.0)


@pytest.mark.parametrize(("text", "most", "kept"), [("abc", 2, "ab"), ("aß", 2, "a"), ("ß", 2, "ß"), ("", 3, "")])
def test_beginning_of_a_text_never_ends_within_a_character(text: str, most: int, kept: str) -> None:
    assert beginning(text, most) == kept.encode()
