"""The samples that are images, or hold text that nobody sees, read for real: every printed value is found, no other."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.make.folder import FOLDER
from fixtures.make.samples import sample_documents
from pipeline.domain.pages import PageSource, Reading
from pipeline.ports import ReadLimits
from pipeline.readers.ocr.client import OcrClient
from pipeline.readers.sandbox import SandboxReader

LIMITS = ReadLimits(image_seconds=120)
SAMPLES = {made.id: made for made in sample_documents()}


@pytest.fixture(scope="module")
def reader() -> Iterator[SandboxReader]:
    # not under pytest's own folder: its path is too long for a socket
    with (
        tempfile.TemporaryDirectory(prefix="pd-ocr-") as place,
        SandboxReader(eye=OcrClient(Path(place) / "ocr", threads=1)) as reader,
    ):
        yield reader


@pytest.fixture(scope="module")
def known() -> dict[str, Reading]:
    """Each sample is read once: it takes seconds."""
    return {}


def read(reader: SandboxReader, known: dict[str, Reading], name: str) -> Reading:
    if name not in known:
        known[name] = reader.read(FOLDER / "documents" / SAMPLES[name].name, LIMITS)
    return known[name]


def squeezed(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def said(reading: Reading) -> str:
    return squeezed(" ".join(word.text for page in reading.pages for word in page.words))


def unsaid(reading: Reading) -> str:
    return " ".join(word.text for page in reading.pages for word in page.hidden)


@pytest.mark.parametrize("name", ["receipt-cafe-screenshot", "kassenbon-foto", "networks-photo", "networks-overlay"])
def test_every_printed_value_is_read_off_the_image(reader: SandboxReader, known: dict[str, Reading], name: str) -> None:
    made, reading = SAMPLES[name], read(reader, known, name)
    assert {page.source for page in reading.pages} == {PageSource.OCR}
    text = said(reading)
    assert [field for field, value in made.printed.items() if squeezed(value) not in text] == []


@pytest.mark.parametrize("name", ["kassenbon-foto", "networks-photo"])
def test_lines_of_a_photograph_are_level_when_it_is_shown_straightened(
    reader: SandboxReader, known: dict[str, Reading], name: str
) -> None:
    page = read(reader, known, name).pages[0]
    assert page.frame is not None
    label, amount = {"kassenbon-foto": ("SUMME", "27,29"), "networks-photo": ("Invoice", "£2,318.02")}[name]
    tops = [word.box.top for word in page.words if word.text == amount]
    assert any(abs(word.box.top - top) < 6 for word in page.words if word.text == label for top in tops)


def test_layer_that_says_something_else_than_its_scan_is_kept_apart(
    reader: SandboxReader, known: dict[str, Reading]
) -> None:
    reading = read(reader, known, "networks-overlay")
    assert "990017" not in said(reading)
    assert "990017" in unsaid(reading)


def test_layer_that_says_what_its_scan_shows_is_the_text_of_the_page(
    reader: SandboxReader, known: dict[str, Reading]
) -> None:
    reading = read(reader, known, "moebelwerkstatt-durchsuchbar")
    assert (reading.pages[0].source, unsaid(reading)) == (PageSource.TEXT_LAYER, "")
    assert squeezed(str(SAMPLES["moebelwerkstatt-durchsuchbar"].fields["invoice_number"])) in said(reading)


def test_white_print_on_white_paper_is_no_text_of_the_page(reader: SandboxReader, known: dict[str, Reading]) -> None:
    reading = read(reader, known, "mechanical-white-text")
    assert "999900" not in said(reading)
    assert "9,999.00" in unsaid(reading)
