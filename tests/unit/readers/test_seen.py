"""What nobody can see on a page is no page text: it is kept apart, and the page's image decides."""

from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.readers import reading
from pipeline.readers.cause import Cause
from pipeline.readers.raw_page import RawPage
from tests.unit.readers import made

PRINT = ["Registration No. 4711", "Received 14 February 2024", "by the office in Oberquendel", "Fee paid: 305.00"]


def read(path: Path, *pages: made.Draw) -> RawPage:
    return next(reading.read_pages(made.draw(path, *pages), 5))


def texts(words: list[object]) -> str:
    return " ".join(word.text for word in words)  # type: ignore[attr-defined]


def white_on_white(canvas: Canvas) -> None:
    canvas.setFillGray(1)
    canvas.drawString(50, 400, "Total 9,999.00")


def transparent(canvas: Canvas) -> None:
    canvas.setFillAlpha(0)
    canvas.drawString(50, 400, "Total 9,999.00")


def covered(canvas: Canvas) -> None:
    canvas.drawString(50, 400, "Total 9,999.00")
    canvas.setFillGray(1)
    canvas.rect(40, 390, 200, 30, stroke=0, fill=1)


def without_ink(canvas: Canvas) -> None:
    text = canvas.beginText(50, 400)
    text.setTextRenderMode(3)
    text.textLine("Total 9,999.00")
    canvas.drawText(text)


def dust(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 0.5)
    canvas.drawString(50, 400, "Total 9,999.00")


def off_the_page(canvas: Canvas) -> None:
    canvas.drawString(50, 700, "Total 9,999.00")


@pytest.mark.parametrize("hide", [white_on_white, transparent, covered, without_ink, off_the_page])
def test_text_that_nobody_can_see_is_kept_apart(tmp_path: Path, hide: Callable[[Canvas], None]) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(50, 500, "Total 10.00")
        hide(canvas)

    found = read(tmp_path / "hidden.pdf", page)
    assert texts(found.words) == "Total 10.00"  # type: ignore[arg-type]
    assert texts(found.hidden) == "Total 9,999.00"  # type: ignore[arg-type]
    assert found.optical is None


def test_white_text_on_a_dark_bar_is_seen(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.setFillGray(0.2)
        canvas.rect(40, 490, 300, 30, stroke=0, fill=1)
        canvas.setFillGray(1)
        canvas.drawString(50, 500, "Total 10.00")

    found = read(tmp_path / "bar.pdf", page)
    assert (texts(found.words), found.hidden) == ("Total 10.00", [])  # type: ignore[arg-type]


def test_text_under_a_watermark_that_lets_it_through_is_seen(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(50, 500, "Total 10.00")
        canvas.setFillGray(0.5)
        canvas.setFillAlpha(0.2)
        canvas.rect(0, 0, 400, 600, stroke=0, fill=1)

    found = read(tmp_path / "watermark.pdf", page)
    assert (texts(found.words), found.hidden) == ("Total 10.00", [])  # type: ignore[arg-type]


def test_layer_that_stands_off_the_print_of_a_scan_is_replaced_by_reading_the_image(tmp_path: Path) -> None:
    layer = "Document metadata: registration number 9999, received 1 January 1999, stamped and entered by the office"
    found = read(tmp_path / "overlay.pdf", made.scan(PRINT, layer=layer))
    assert found.optical == Cause.OVERLAY
    assert texts(found.hidden) == layer  # type: ignore[arg-type]


def test_scan_without_a_layer_is_to_be_read_off_its_image(tmp_path: Path) -> None:
    assert read(tmp_path / "scan.pdf", made.scan(PRINT)).optical == Cause.NO_TEXT


def test_invisible_layer_on_the_print_it_means_stays_the_text_of_the_page(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        made.scan(PRINT)(canvas)
        text = canvas.beginText()
        text.setTextRenderMode(3)
        for number, line in enumerate(PRINT):
            # the image is 4 pixels a point; its letters stand 300 + 120 a line below the top
            text.setTextOrigin(50, 600 - (300 + 120 * number) / 4 - 13)
            text.setFont("Helvetica", 15.5)
            text.textLine(line)
        canvas.drawText(text)

    found = read(tmp_path / "searchable.pdf", page)
    assert found.optical is None
    assert texts(found.words) == " ".join(PRINT)  # type: ignore[arg-type]


def test_print_too_small_for_any_eye_is_not_read(tmp_path: Path) -> None:
    found = read(tmp_path / "dust.pdf", lambda canvas: (canvas.drawString(50, 500, "Total 10.00"), dust(canvas)))
    assert "9,999.00" not in texts(found.words) or found.words[-1].size < 1  # type: ignore[arg-type]


def test_blank_back_of_a_scanned_sheet_is_not_read(tmp_path: Path) -> None:
    found = read(tmp_path / "back.pdf", made.scan([]))
    assert (found.optical, found.words, found.source) == (None, [], "none")
