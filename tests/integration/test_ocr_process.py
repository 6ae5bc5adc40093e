"""The OCR process for real: started once, shared, confined, replaced after a death; and image files as documents."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.domain.pages import PageSource
from pipeline.errors import ReaderUnavailableError, UnreadableDocumentError
from pipeline.ports import ReadLimits
from pipeline.readers.ocr.client import OcrClient, PageNotReadError
from pipeline.readers.ocr.protocol import IMAGE_HEADER, ReadImage
from pipeline.readers.sandbox import SandboxReader
from tests.unit.readers import made

LIMITS = ReadLimits(image_seconds=120)
LINES = ["Eschenrieder GmbH", "Invoice number 4711", "Date 14/02/2024", "Total EUR 1,234.50"]


def sheet(lines: list[str] = LINES, size: tuple[int, int] = (700, 500)) -> Image.Image:
    image = Image.new("L", size, 245)
    font = ImageFont.load_default(34)
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((60, 60 + 80 * number), line, fill=25, font=font)
    return image


def packed(image: Image.Image) -> bytes:
    return IMAGE_HEADER.pack(*image.size) + image.tobytes()


def text(found: ReadImage) -> str:
    return " ".join(word.text for line in found.lines for word in line)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # not under pytest's own folder: its path is too long for a socket
    with tempfile.TemporaryDirectory(prefix="pd-ocr-") as place:
        yield Path(place) / "ocr"


@pytest.fixture(scope="module")
def eye(folder: Path) -> OcrClient:
    return OcrClient(folder, threads=1)


def test_print_is_read_where_it_stands(eye: OcrClient) -> None:
    found = eye.read(packed(sheet()), 120, 120)
    assert [line[0].text for line in found.lines] == ["Eschenrieder", "Invoice", "Date", "Total"]
    assert "1,234.50" in text(found)
    first = found.lines[0][0]
    assert abs(first.x0 - 60) < 12
    assert 50 < first.top < 80 < first.bottom < 120
    assert found.frame is None


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_sheet_that_lies_on_its_side_or_its_head_is_read_upright(eye: OcrClient, quarters: int) -> None:
    turned = sheet().transpose(
        (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)[quarters - 1]
    )
    found = eye.read(packed(turned), 120, 120)
    assert text(found).startswith("Eschenrieder GmbH Invoice number 4711")
    assert (found.width, found.height) == (700, 500)
    assert found.frame is not None


def test_slanted_sheet_gives_level_lines(eye: OcrClient) -> None:
    found = eye.read(packed(sheet().rotate(5, fillcolor=245, expand=True)), 120, 120)
    line = next(line for line in found.lines if line[0].text == "Invoice")
    assert len(line) == 3
    assert abs(line[0].top - line[-1].top) < 6


def test_blank_paper_holds_nothing(eye: OcrClient) -> None:
    assert eye.read(packed(Image.new("L", (300, 300), 250)), 120, 120).lines == ()


def test_process_has_no_network_and_is_the_same_for_everybody(eye: OcrClient, folder: Path) -> None:
    other = OcrClient(folder, threads=1)
    assert eye.network_isolated()
    assert other.network_isolated()
    assert eye.process_id() == other.process_id()


def test_image_that_lies_about_its_size_is_refused_and_the_process_lives_on(eye: OcrClient) -> None:
    before = eye.process_id()
    with pytest.raises(PageNotReadError):
        eye.read(IMAGE_HEADER.pack(5000, 5000) + b"short", 30, 30)
    assert eye.process_id() == before


def test_killed_process_is_replaced(eye: OcrClient) -> None:
    before = eye.process_id()
    os.kill(before, signal.SIGKILL)
    assert "4711" in text(eye.read(packed(sheet(LINES[:2], (700, 240))), 120, 120))
    assert eye.process_id() != before


def test_folder_of_somebody_elses_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o777)
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(ReaderUnavailableError, match="belongs to somebody else"):
        OcrClient(tmp_path / "open").read(packed(sheet()), 5, 5)


def test_photograph_and_every_page_of_a_tiff_are_documents(eye: OcrClient, tmp_path: Path) -> None:
    sheet().save(tmp_path / "photo.jpg", quality=90)
    sheet(LINES[:2], (700, 240)).save(
        tmp_path / "fax.tif", save_all=True, append_images=[sheet(LINES[2:], (700, 240))], compression="tiff_lzw"
    )
    with SandboxReader(eye=eye) as reader:
        assert reader.probe(tmp_path / "fax.tif", LIMITS).page_count == 2
        (photo,) = reader.read(tmp_path / "photo.jpg", LIMITS).pages
        told: list[tuple[int, int]] = []
        fax = reader.read(tmp_path / "fax.tif", LIMITS, lambda done, wanted: told.append((done, wanted))).pages
        assert reader.render(tmp_path / "fax.tif", 2, 36, LIMITS).startswith(b"RIFF")
    assert photo.source is PageSource.OCR
    assert [word.text for word in photo.words[-3:]] == ["Total", "EUR", "1,234.50"]
    heights = sorted(word.box.height for word in photo.words)
    assert heights[len(heights) // 2] == pytest.approx(10, abs=0.1)
    assert [page.words[0].text for page in fax] == ["Eschenrieder", "Date"]
    assert told == [(1, 2), (2, 2)]


def test_damaged_image_is_refused_with_a_sentence(eye: OcrClient, tmp_path: Path) -> None:
    sheet().save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:900])
    with SandboxReader(eye=eye) as reader, pytest.raises(UnreadableDocumentError, match="damaged"):
        reader.probe(tmp_path / "cut.png", LIMITS)


def test_overlay_nobody_sees_is_replaced_by_what_the_page_shows(eye: OcrClient, tmp_path: Path) -> None:
    layer = "Document metadata: registration number 9999, received 1 January 1999, stamped and entered by the office"
    path = made.draw(tmp_path / "overlay.pdf", made.scan(LINES, layer=layer))
    with SandboxReader(eye=eye) as reader:
        (page,) = reader.read(path, LIMITS).pages
    seen = " ".join(word.text for word in page.words)
    assert "4711" in seen
    assert "9999" not in seen
    assert "9999," in {word.text for word in page.hidden}
    assert page.source is PageSource.OCR
    assert (page.size.width, page.size.height) == (400, 600)


def test_reading_images_can_be_switched_off(tmp_path: Path) -> None:
    with SandboxReader(images=False) as reader:
        (page,) = reader.read(made.draw(tmp_path / "scan.pdf", made.scan(LINES)), LIMITS).pages
    assert (page.source, page.words) == (PageSource.NONE, ())
    assert page.note is not None
    assert "switched off" in page.note
