"""When text looks as if it could be cut or coded wrongly, and what a second reader is heard about."""

from pipeline.readers.plausible import is_garbled
from pipeline.readers.raw_page import BROKEN, RawWord
from pipeline.readers.second import disputed, is_doubtful


def words(text: str) -> list[RawWord]:
    return [RawWord(word, 50.0 * at, 100, 50.0 * at + 40, 110, 10, False) for at, word in enumerate(text.split())]


ENGLISH = "This agreement shall be governed by the laws of England without regard to conflicting principles"
GERMAN = (
    "Rechtsschutzversicherung Angstschweiß Kündigungsfrist Rechnungsbetrag Umsatzsteuer Vertragsabschluss Straße Öl"
)


def test_plain_text_is_words() -> None:
    assert not is_garbled(words(ENGLISH))
    assert not is_garbled(words(GERMAN + " " + ENGLISH))
    assert not is_garbled(words("INVOICE McCall O'Neil e-mail: info@example.com Total/Amount (incl. VAT) " + ENGLISH))


def test_letters_shifted_by_three_are_no_words() -> None:
    shifted = "".join(chr(ord(char) + 3) if char.isalpha() else char for char in ENGLISH)
    assert is_garbled(words(shifted))


def test_characters_without_codes_are_no_words() -> None:
    assert is_garbled(words(f"{BROKEN * 6} 12.00 {BROKEN * 4}"))
    assert is_garbled(words("\ue012\ue013\ue014 total"))


def test_columns_of_numbers_say_nothing_about_words() -> None:
    assert not is_garbled(words("12.00 13.50 XK-4711-B 99 " * 20))


def test_words_of_single_letters_are_worth_a_second_look() -> None:
    assert is_doubtful(words("T o t a l d u e f o r t h e m o n t h"))
    assert not is_doubtful(words(ENGLISH))


def test_words_that_lie_on_each_other_are_worth_a_second_look() -> None:
    mixed = [RawWord(f"w{at}", 10.0 * at, 100, 10.0 * at + 40, 110, 10, False) for at in range(20)]
    assert is_doubtful(mixed)


def test_only_words_with_digits_that_the_other_reader_cuts_otherwise_are_disputed() -> None:
    ours = words("Total 1,234.50 due 05/04/20to05/10/20 please")
    theirs = words("Total 1,234.50 due 05/04/20 to 05/10/20 pleas e")
    assert disputed(ours, theirs) == set()
    assert disputed(words("Total 1,284.50 due"), theirs) == {1}
