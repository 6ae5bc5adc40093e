"""What a page without words says about itself."""

from pathlib import Path

import pikepdf
import pytest

from fixtures.make import raw
from pipeline.errors import DocumentTooLargeError, EncryptedDocumentError, UnreadableDocumentError
from pipeline.readers import reading
from pipeline.readers.cause import Cause
from tests.unit.readers import made


def test_page_with_text_has_no_note(tmp_path: Path) -> None:
    page = next(reading.read_pages(made.draw(tmp_path / "a.pdf", made.text("Total 10.00")), 5))
    assert (page.source, page.note) == ("text_layer", None)


def test_picture_without_print_is_left_to_the_eye(tmp_path: Path) -> None:
    page = next(reading.read_pages(made.draw(tmp_path / "photo.pdf", made.picture(400, 600)), 5))
    assert (page.source, page.words, page.note) == ("none", [], reading.IMAGE_NOTE)
    assert page.optical is None


def test_scan_with_hardly_any_letters_of_text_is_to_be_read_off_its_image(tmp_path: Path) -> None:
    scan = made.scan(["Invoice number 4711", "dated 14 February 2024"], layer="Page 1")
    page = next(reading.read_pages(made.draw(tmp_path / "scan.pdf", scan), 5))
    assert page.optical == Cause.OVERLAY


def test_letterhead_with_a_logo_and_few_words_keeps_its_words(tmp_path: Path) -> None:
    page = next(reading.read_pages(made.draw(tmp_path / "logo.pdf", made.picture(80, 80, "Total 10.00")), 5))
    assert [word.text for word in page.words] == ["Total", "10.00"]
    assert page.source == "text_layer"


def test_scan_with_a_full_text_layer_keeps_it(tmp_path: Path) -> None:
    words = "Invoice number 4711 dated 14 February 2024 over 10.00"
    page = next(reading.read_pages(made.draw(tmp_path / "ocr.pdf", made.picture(400, 600, words)), 5))
    assert " ".join(word.text for word in page.words) == words
    assert page.optical is None


def test_blank_page_and_drawing_say_so(tmp_path: Path) -> None:
    path = made.draw(tmp_path / "odd.pdf", lambda canvas: None, lambda canvas: canvas.circle(200, 300, 50))
    notes = [(page.source, page.note) for page in reading.read_pages(path, 5)]
    assert notes == [("none", reading.BLANK_NOTE), ("none", reading.DRAWING_NOTE)]


def with_kids(path: Path, kids: str) -> Path:
    """Write a PDF whose page tree has these kids: 3 is a page with text, 5 a page, 9 is nowhere."""
    operators = b"BT /F1 12 Tf 50 700 Td (Total 10.00) Tj ET"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
    page += b"/Resources << /Font << /F1 6 0 R >> >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {kids.count('R')} >>".encode(),
        page,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(operators), operators),
        page,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    path.write_bytes(raw.assemble(objects))
    return path


def test_one_damaged_page_leaves_the_others_readable(tmp_path: Path) -> None:
    pages = list(reading.read_pages(with_kids(tmp_path / "three.pdf", "3 0 R 9 0 R 5 0 R"), 5))
    assert [page.number for page in pages] == [1, 2, 3]
    assert [bool(page.words) for page in pages] == [True, False, True]
    assert (pages[1].source, pages[1].note) == ("none", "Page 2 is damaged and could not be read.")


def test_only_damaged_pages_make_the_file_unreadable(tmp_path: Path) -> None:
    path = with_kids(tmp_path / "two.pdf", "9 0 R 9 0 R")
    with pytest.raises(UnreadableDocumentError, match="damaged"):
        list(reading.read_pages(path, 5))
    with pytest.raises(UnreadableDocumentError, match="damaged"):
        reading.probe(path, 5)


def test_probe_counts_pages_up_to_the_limit(tmp_path: Path) -> None:
    path = made.draw(tmp_path / "three.pdf", *[made.text("x")] * 3)
    assert reading.probe(path, 3) == 3
    with pytest.raises(DocumentTooLargeError, match="3 pages, and at most 2"):
        reading.probe(path, 2)
    with pytest.raises(DocumentTooLargeError):
        next(reading.read_pages(path, 2))


def test_password_to_open_is_asked_to_be_removed(tmp_path: Path) -> None:
    with pytest.raises(EncryptedDocumentError, match="Remove the password and drop it again"):
        reading.probe(made.locked(tmp_path / "locked.pdf", user="meadow", owner="meadow"), 5)


def test_password_against_changes_is_no_obstacle(tmp_path: Path) -> None:
    path = made.locked(tmp_path / "guarded.pdf", user="", owner="meadow")
    assert [word.text for word in next(reading.read_pages(path, 5)).words][-1] == "100.00"


def test_text_stored_without_readable_codes_is_to_be_read_off_the_image(tmp_path: Path) -> None:
    path = made.content(tmp_path / "codes.pdf", b"BT /F1 10 Tf 50 500 Td (Total) Tj ET")
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        cmap = (
            b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange "
            b"1 beginbfrange <00> <FF> <E000> endbfrange endcmap end"
        )
        pdf.pages[0].Resources.Font.F1.ToUnicode = pikepdf.Stream(pdf, cmap)
        pdf.save(path)
    page = next(reading.read_pages(path, 5))
    assert page.optical == Cause.GARBLED
