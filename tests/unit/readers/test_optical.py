"""What the OCR process read becomes a page: points, words cut at joints, notes."""

import pytest

from pipeline.domain.geometry import BoundingBox, PageSize
from pipeline.domain.pages import Page, PageSource, Word
from pipeline.readers.cause import Cause
from pipeline.readers.ocr.protocol import ReadImage, ReadWord
from pipeline.readers.optical import SCAN_NOTE, Scales, optical_page, split

PAGE = Page(number=3, size=PageSize(width=600, height=800))


def read(*words: tuple[str, float], frame: tuple[float, ...] | None = None) -> ReadImage:
    """Return an image of 1200 x 1600 pixels with each word 100 wide and 40 high on a line of its own."""
    lines = tuple(
        (ReadWord(text=text, x0=200, top=100 + 60 * at, x1=300, bottom=140 + 60 * at, score=score),)
        for at, (text, score) in enumerate(words)
    )
    return ReadImage(width=1200, height=1600, frame=frame, lines=lines)


def test_boxes_of_a_pdf_page_are_in_its_points_with_the_engines_score() -> None:
    page = optical_page(PAGE, read(("Total", 0.9)), 0.5, Cause.NO_TEXT)
    assert page.words == (
        Word(text="Total", box=BoundingBox(x0=100, top=50, x1=150, bottom=70), size=20, confidence=0.9),
    )
    assert (page.number, page.size, page.source) == (3, PageSize(width=600, height=800), PageSource.OCR)
    assert page.note is not None


def test_image_file_is_scaled_until_its_median_word_is_ten_points_high() -> None:
    page = optical_page(PAGE, read(("Total", 1), ("10.00", 1)), None, Cause.PICTURE)
    assert [word.size for word in page.words] == [10, 10]
    assert page.size == PageSize(width=300, height=400)
    assert page.note is None


def test_sheets_of_one_scan_are_scaled_alike_and_others_by_their_own_words() -> None:
    scales = Scales()
    large = read(("Total", 1), ("10.00", 1))
    small = ReadImage(
        width=1190, height=1600, frame=None, lines=((ReadWord(text="12", x0=0, top=0, x1=40, bottom=20, score=1),),)
    )
    first, second = (optical_page(PAGE, found, None, Cause.PICTURE, scales) for found in (large, small))
    assert first.size == PageSize(width=300, height=400)
    assert second.size == PageSize(width=297.5, height=400)
    assert second.words[0].box.x1 == 10
    other = small.model_copy(update={"width": 800.0})
    assert optical_page(PAGE, other, None, Cause.PICTURE, scales).words[0].size == 10


def test_image_without_words_says_so_and_has_no_source() -> None:
    page = optical_page(PAGE, read(), None, Cause.PICTURE)
    assert (page.source, page.note, page.words) == (PageSource.NONE, SCAN_NOTE, ())


def test_frame_and_hidden_words_are_kept() -> None:
    hidden = (Word(text="9999", box=BoundingBox(x0=0, top=0, x1=1, bottom=1)),)
    frame = (1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0)
    page = optical_page(PAGE.model_copy(update={"hidden": hidden}), read(("Total", 1), frame=frame), 0.5, Cause.OVERLAY)
    assert (page.frame, page.hidden) == (frame, hidden)


@pytest.mark.parametrize(
    ("glued", "words"),
    [
        ("RM9.00", ["RM", "9.00"]),
        ("Total:9.00", ["Total:", "9.00"]),
        ("Date:25/12/2018", ["Date:", "25/12/2018"]),
        ("GST:RM1,234.50", ["GST:", "RM", "1,234.50"]),
        ("20189:27PM", ["2018", "9:27PM"]),
        ("Invoice\uff1a4711", ["Invoice:", "4711"]),
        ("\uff34\uff4f\uff54\uff41\uff4c", ["Total"]),
    ],
)
def test_joints_where_the_engine_drops_a_blank_are_cut(glued: str, words: list[str]) -> None:
    import unicodedata

    assert [text for text, _, _ in split(unicodedata.normalize("NFKC", glued))] == words


@pytest.mark.parametrize(
    "whole", ["18:27", "https://example.com", "C:\\invoices", "REM9", "EUROPE", "9.00", "PO-35695"]
)
def test_what_is_one_word_stays_one(whole: str) -> None:
    assert [text for text, _, _ in split(whole)] == [whole]


def test_cut_words_share_the_box_by_their_letters() -> None:
    page = optical_page(PAGE, read(("RM9.0", 1)), 1.0, Cause.PICTURE)
    assert [(word.text, word.box.x0, word.box.x1) for word in page.words] == [("RM", 200, 240), ("9.0", 240, 300)]
