from pipeline.doctypes.loader import load_types
from pipeline.domain.extraction import Extraction, FieldExtraction, TypeGuess
from pipeline.domain.geometry import BoundingBox, PageSize
from pipeline.domain.pages import Page, Reading, Word
from pipeline.extraction.engine import BaselineEngine
from pipeline.stages.calibrate import CEILING, calibrate
from pipeline.stages.extract import extract


def test_every_box_is_stamped_with_the_reader_that_saw_it() -> None:
    words = tuple(
        Word(text=text, box=BoundingBox(x0=60 + 60 * i, top=40, x1=115 + 60 * i, bottom=50), size=10)
        for i, text in enumerate(("Invoice", "No.", "INV-7"))
    )
    reading = Reading(pages=(Page(number=1, size=PageSize(width=595, height=842), words=words),), reader="plumber 1")
    extraction = extract(reading, load_types(), BaselineEngine(), "invoice")
    number = extraction.find_field("invoice_number")
    assert number is not None and number.provenance is not None
    assert (number.value, number.provenance.reader, extraction.reader) == ("INV-7", "plumber 1", "plumber 1")


def test_no_confidence_is_ever_stated_as_certain() -> None:
    sure = Extraction(
        type=TypeGuess(name="invoice", confidence=1.0),
        fields=(FieldExtraction(name="a", confidence=1.0), FieldExtraction(name="b", confidence=0.4)),
        engine="test",
    )
    assert [f.confidence for f in calibrate(sure).fields] == [CEILING, 0.4]
