"""All letters of a page at once: what PDFium's whole text says otherwise than its single characters."""

import ctypes
from pathlib import Path

import pikepdf

from pipeline.readers import pdfium_api
from pipeline.readers.pdfium_api import Placement, rounded
from pipeline.readers.pdfium_letters import CHUNK
from pipeline.readers.pdfium_words import read_words
from pipeline.readers.raw_page import BROKEN, RawWord
from tests.unit.readers import made


def words_of(path: Path) -> list[RawWord]:
    with pdfium_api.opened(path) as document, pdfium_api.loaded(document, 1) as page:
        return read_words(page, Placement(page))


def with_codes(path: Path, text: bytes, codes: bytes) -> list[str]:
    """Return the words of a page that prints `text` in a font with these character codes (lines of a bfchar)."""
    made.content(path, b"BT /F1 10 Tf 50 500 Td (" + text + b") Tj ET")
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        cmap = b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange "
        cmap += b"%d beginbfchar %s endbfchar endcmap end" % (codes.count(b"\n") + 1, codes)
        pdf.pages[0].Resources.Font.F1.ToUnicode = pikepdf.Stream(pdf, cmap)
        pdf.save(path)
    return [word.text for word in words_of(path)]


def test_character_of_two_codes_is_one_letter(tmp_path: Path) -> None:
    assert with_codes(tmp_path / "a.pdf", b"ABA", b"<41> <D83DDE00>\n<42> <0042>") == ["\U0001f600B\U0001f600"]


def test_letter_whose_code_is_nothing_is_kept_as_unreadable(tmp_path: Path) -> None:
    assert with_codes(tmp_path / "b.pdf", b"ABA", b"<41> <0041>\n<42> <0000>") == [f"A{BROKEN}A"]


def test_ligature_is_its_letters(tmp_path: Path) -> None:
    assert with_codes(tmp_path / "c.pdf", b"oAce", b"<41> <FB03>\n<6F> <006F>\n<63> <0063>\n<65> <0065>") == ["office"]


def test_letters_beyond_one_chunk_stand_where_they_were_drawn(tmp_path: Path) -> None:
    lines = CHUNK // 40
    text = b" ".join(b"0 -2 Td (%040d) Tj" % number for number in range(lines + 2))
    words = words_of(made.content(tmp_path / "long.pdf", b"BT /F1 2 Tf 20 600 Td " + text + b" ET"))
    assert [word.text for word in words] == [f"{number:040d}" for number in range(len(words))]
    assert len(words) > lines
    assert {word.x0 for word in words} == {20.0}


def test_rounding_is_that_of_round_for_all_that_pdfium_says() -> None:
    printed = [ctypes.c_float(number / 1000).value for number in range(-2_000, 842_000, 37)]
    ties = [number / 8 for number in range(-100, 800)]
    assert [rounded(value) for value in printed + ties] == [round(value, 2) for value in printed + ties]
