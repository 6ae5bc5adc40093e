import random

from pipeline.doctypes.loader import load_types
from pipeline.domain.geometry import BoundingBox, PageSize
from pipeline.domain.pages import Page, Word
from pipeline.extraction import layout as layouts
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.layout import Layout

TYPES = load_types(None, {"invoice", "nda", "political_ad_buy", "Short-Form", "receipt", "purchase_order"})
WORDS = """
Invoice Total Nr. Datum Menge Preis Betrag 12,50 1.234,00 12/03/2024 DE88 2008 0000 0970 between and of the laws Amount
Price Quantity Description two (2) years GmbH Inc. 19 % EUR Rechnung vom bis
"""
VOCABULARY = WORDS.split()


def crowded(words: int, seed: int = 1) -> Page:
    draw = random.Random(seed)
    found: list[Word] = []
    for _ in range(words):
        x, y = draw.uniform(0, 580), draw.uniform(0, 830)
        text = draw.choice(VOCABULARY)
        found.append(Word(text=text, box=BoundingBox(x0=x, top=y, x1=x + 5 * len(text), bottom=y + 8), size=8))
    return Page(number=1, size=PageSize(width=595, height=842), words=tuple(found))


def test_twenty_thousand_scattered_words_are_read_for_every_type() -> None:
    page = crowded(20_000)
    for doctype in TYPES:
        extraction = BaselineEngine().extract((page,), TYPES, doctype.name)
        assert {f.name for f in extraction.fields} == {spec.name for spec in doctype.fields}


def test_words_beyond_the_bound_are_left_out_from_the_middle() -> None:
    pages = tuple(crowded(10_000, seed).model_copy(update={"number": seed}) for seed in range(1, 9))
    layout = Layout(pages)
    read = sum(len(line.tokens) for line in layout.lines)
    assert 0.9 * layouts.WORDS_MAX < read <= layouts.WORDS_MAX
    assert 1 in layout.by_page and 8 in layout.by_page


def test_one_line_of_ten_thousand_words_is_read() -> None:
    words = tuple(
        Word(text="1.00" if i % 2 else "Total", box=BoundingBox(x0=i * 30, top=10, x1=i * 30 + 20, bottom=20), size=10)
        for i in range(10_000)
    )
    page = Page(number=1, size=PageSize(width=300_000, height=842), words=words)
    assert BaselineEngine().extract((page,), TYPES, "invoice").fields


def test_words_without_size_or_area_are_read() -> None:
    words = tuple(
        Word(text=text, box=BoundingBox(x0=10, top=10 * i, x1=10, bottom=10 * i), size=0)
        for i, text in enumerate(("Invoice", "No.", "471", "Total", "12.00"))
    )
    page = Page(number=1, size=PageSize(width=0, height=0), words=words)
    assert BaselineEngine().extract((page,), TYPES, "invoice").page_count == 1


def test_reading_twice_gives_the_same() -> None:
    page = crowded(600)
    engine = BaselineEngine()
    first = engine.extract((page,), TYPES)
    assert engine.extract((page,), TYPES) == first
    assert BaselineEngine().extract((page,), TYPES) == first
