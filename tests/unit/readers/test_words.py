"""How PDFium's characters become words."""

from pathlib import Path

import pikepdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.readers import pdfium_api
from pipeline.readers.pdfium_api import Placement
from pipeline.readers.pdfium_words import read_words
from pipeline.readers.raw_page import BROKEN, RawWord, broken_share
from tests.unit.readers import made


def words_of(path: Path) -> list[RawWord]:
    with pdfium_api.opened(path) as document, pdfium_api.loaded(document, 1) as page:
        return read_words(page, Placement(page))


def texts_of(tmp_path: Path, operators: bytes) -> list[str]:
    return [word.text for word in words_of(made.content(tmp_path / "made.pdf", b"BT /F1 10 Tf " + operators + b" ET"))]


def test_words_part_at_blanks_and_lines(tmp_path: Path) -> None:
    assert texts_of(tmp_path, b"50 500 Td (Invoice number) Tj 0 -12 Td (4711) Tj") == ["Invoice", "number", "4711"]


def test_gap_without_a_blank_parts_words(tmp_path: Path) -> None:
    assert texts_of(tmp_path, b"50 500 Td [(McCall) -400 (33963)] TJ") == ["McCall", "33963"]


def test_letter_spaced_word_stays_whole(tmp_path: Path) -> None:
    assert texts_of(tmp_path, b"1 Tc 50 500 Td (Beispielrechnung) Tj") == ["Beispielrechnung"]


def test_blank_that_is_a_text_object_of_its_own_parts_words(tmp_path: Path) -> None:
    operators = b"50 500 Td (of) Tj ET BT /F1 10 Tf 58.2 500 Td ( ) Tj ET BT /F1 10 Tf 58.8 500 Td (this) Tj"
    assert texts_of(tmp_path, operators) == ["of", "this"]


def test_kerned_letters_of_several_text_objects_stay_one_word(tmp_path: Path) -> None:
    operators = b"50 500 Td (In) Tj ET BT /F1 10 Tf 58.4 500 Td (voice) Tj"
    assert texts_of(tmp_path, operators) == ["Invoice"]


def test_hyphen_at_the_end_of_a_line_is_a_hyphen(tmp_path: Path) -> None:
    assert texts_of(tmp_path, b"50 500 Td (Rechnungs-) Tj 0 -12 Td (betrag) Tj") == ["Rechnungs-", "betrag"]


def test_thickened_letters_drawn_twice_are_read_once(tmp_path: Path) -> None:
    operators = b"50 500 Td (Total) Tj ET BT /F1 10 Tf 50.2 500 Td (Total) Tj"
    assert texts_of(tmp_path, operators) == ["Total"]


def test_columns_on_one_line_are_several_words(tmp_path: Path) -> None:
    operators = b"50 500 Td (1,00) Tj 60 0 Td (119,00) Tj 60 0 Td (EUR) Tj"
    assert texts_of(tmp_path, operators) == ["1,00", "119,00", "EUR"]


def test_size_is_the_size_on_the_page(tmp_path: Path) -> None:
    path = made.content(tmp_path / "scaled.pdf", b"BT /F1 1 Tf 16 0 0 16 50 500 Tm (Large) Tj ET")
    assert words_of(path)[0].size == 16


@pytest.mark.parametrize(("font", "bold"), [("Helvetica", False), ("Helvetica-Bold", True), ("Times-Bold", True)])
def test_bold_fonts_are_known_by_name(tmp_path: Path, font: str, *, bold: bool) -> None:
    def page(canvas: Canvas) -> None:
        canvas.setFont(font, 11)
        canvas.drawString(50, 500, "Total")

    assert [word.bold for word in words_of(made.draw(tmp_path / "bold.pdf", page))] == [bold]


def test_letters_thickened_by_a_stroke_are_bold(tmp_path: Path) -> None:
    path = made.content(tmp_path / "stroked.pdf", b"BT /F1 10 Tf 2 Tr 50 500 Td (Total) Tj ET")
    assert words_of(path)[0].bold


def test_slanted_watermark_is_one_word_a_blank(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.translate(100, 100)
        canvas.rotate(40)
        canvas.setFont("Helvetica", 40)
        canvas.drawString(0, 0, "SAMPLE COPY")

    assert [word.text for word in words_of(made.draw(tmp_path / "mark.pdf", page))] == ["SAMPLE", "COPY"]


def test_text_typed_into_a_form_field_is_read(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(20, 250, "Name:")
        canvas.acroForm.textfield(name="name", x=80, y=240, width=150, height=20, value="Filled Value", fontSize=10)

    words = words_of(made.draw(tmp_path / "form.pdf", page))
    assert [word.text for word in words] == ["Name:", "Filled", "Value"]


def test_characters_without_a_code_stay_visible_as_such(tmp_path: Path) -> None:
    path = made.content(tmp_path / "codes.pdf", b"BT /F1 10 Tf 50 500 Td (A\\003\\004B) Tj ET")
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Encoding, Differences=pikepdf.Array([3, pikepdf.Name("/g1"), pikepdf.Name("/g2")])
    )
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].Resources.Font.F1.Encoding = font
        pdf.save(path)
    text = "".join(word.text for word in words_of(path))
    assert text.startswith("A")
    assert text.endswith("B")
    assert BROKEN in text
    assert not any(ord(char) < 32 for char in text)


def test_share_of_broken_characters_counts_all_their_kinds() -> None:
    def word(text: str) -> RawWord:
        return RawWord(text, 0, 0, 10, 10, 10, bold=False)

    assert broken_share([word("good")]) == 0
    assert broken_share([word("ab"), word(BROKEN + "\ue001")]) == 0.5
    assert broken_share([word("(cid:12)")]) == 1
    assert broken_share([]) == 0
