"""A word's box lies where the page image shows its ink, however the page is turned, cropped or described."""

import io
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from pipeline.readers import images, pdfium_api, plumber
from pipeline.readers.pdfium_api import Placement
from pipeline.readers.pdfium_words import read_words
from pipeline.readers.raw_page import RawWord
from tests.unit.readers import made

DPI = 144


def look(path: Path) -> tuple[list[RawWord], tuple[float, float, float, float], tuple[float, float]]:
    """Return the words, the ink's box in points as the image shows it, and the page size."""
    with pdfium_api.opened(path) as document:
        with pdfium_api.loaded(document, 1) as page:
            placement = Placement(page)
            words = read_words(page, placement)
        image = Image.open(io.BytesIO(images.render_page(document, 1, DPI, "png"))).convert("L")
    ink = image.point(lambda value: 255 if value < 128 else 0).getbbox()
    assert ink is not None
    across, down = placement.width / image.width, placement.height / image.height
    return words, (ink[0] * across, ink[1] * down, ink[2] * across, ink[3] * down), (placement.width, placement.height)


def check_box_holds_ink(word: RawWord, ink: tuple[float, float, float, float], slack: float = 1.0) -> None:
    assert word.x0 - slack <= ink[0]
    assert word.top - slack <= ink[1]
    assert ink[2] <= word.x1 + slack
    assert ink[3] <= word.bottom + slack
    long_side = max(word.x1 - word.x0, word.bottom - word.top)
    assert max(ink[2] - ink[0], ink[3] - ink[1]) > 0.9 * long_side, "the box is much larger than the word"


@pytest.mark.parametrize("turned_text", [0, 90, 180, 270])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_box_lies_on_the_ink_of_a_rotated_page(tmp_path: Path, rotate: int, turned_text: int) -> None:
    def page(canvas: Canvas) -> None:
        canvas.translate(150, 230)
        canvas.rotate(turned_text)
        canvas.drawString(0, 0, "HAMBURG")

    words, ink, size = look(made.draw(tmp_path / "turned.pdf", page, rotate=rotate))
    assert [word.text for word in words] == ["HAMBURG"]
    assert size == ((400, 600) if rotate in (0, 180) else (600, 400))
    check_box_holds_ink(words[0], ink)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_box_lies_on_the_ink_of_a_cropped_page(tmp_path: Path, rotate: int) -> None:
    path = made.content(
        tmp_path / "cropped.pdf",
        b"BT /F1 14 Tf 120 260 Td (Gesamtbetrag) Tj ET",
        MediaBox=pikepdf.Array([-50, -30, 350, 570]),
        CropBox=pikepdf.Array([20, 40, 320, 500]),
        Rotate=rotate,
    )
    words, ink, size = look(path)
    assert [word.text for word in words] == ["Gesamtbetrag"]
    assert size == ((300, 460) if rotate in (0, 180) else (460, 300))
    check_box_holds_ink(words[0], ink)


def test_inherited_media_box_gives_the_page_its_size(tmp_path: Path) -> None:
    path = made.content(tmp_path / "inherited.pdf", b"BT /F1 14 Tf 500 100 Td (Landscape) Tj ET")
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        del pdf.pages[0]["/MediaBox"]
        pdf.Root.Pages.MediaBox = pikepdf.Array([0, 0, 792, 300])
        pdf.save(path)
    words, ink, size = look(path)
    assert size == (792, 300)
    check_box_holds_ink(words[0], ink)


def test_words_off_the_visible_page_are_not_read(tmp_path: Path) -> None:
    operators = b"BT /F1 12 Tf 50 500 Td (Seen) Tj ET BT /F1 12 Tf 50 2400 Td (Above) Tj ET "
    operators += b"BT /F1 12 Tf -900 400 Td (Left) Tj ET BT /F1 12 Tf 50 20 Td (Cropped) Tj ET"
    words, _, _ = look(made.content(tmp_path / "off.pdf", operators, CropBox=pikepdf.Array([0, 60, 400, 600])))
    assert [word.text for word in words] == ["Seen"]


UPRIGHT = {
    0: (1, 0, 0, 1, 100, 300),
    90: (0, 1, -1, 0, 200, 200),
    180: (-1, 0, 0, -1, 200, 300),
    270: (0, -1, 1, 0, 200, 300),
}
"""Text matrices that make text upright on a page turned by so many degrees."""


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_both_readers_place_upright_words_alike(tmp_path: Path, rotate: int) -> None:
    matrix = " ".join(str(number) for number in UPRIGHT[rotate])
    path = made.content(
        tmp_path / "alike.pdf",
        f"BT /F1 14 Tf {matrix} Tm (Betrag) Tj 0 -60 Td (Summe) Tj ET".encode(),
        CropBox=pikepdf.Array([20, 40, 320, 500]),
        Rotate=rotate,
    )
    words, _, size = look(path)
    with plumber.opened(path) as document:
        page = plumber.read_page(document, 1)
    assert (page.width, page.height) == size
    assert [word.text for word in page.words] == [word.text for word in words] == ["Betrag", "Summe"]
    for one, other in zip(words, page.words, strict=True):
        assert (one.x0, one.x1) == (pytest.approx(other.x0, abs=2), pytest.approx(other.x1, abs=2))
        assert one.top + one.bottom == pytest.approx(other.top + other.bottom, abs=6)
