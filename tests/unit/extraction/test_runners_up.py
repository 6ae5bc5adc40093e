from pipeline.doctypes.loader import load_types
from pipeline.domain.extraction import FieldExtraction
from pipeline.domain.pages import Page
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.rules import CANDIDATE_LEAST
from tests.unit.extraction.paper import line, page, right

TYPES = load_types()


def read(pages: Page, name: str) -> FieldExtraction:
    found = BaselineEngine().extract((pages,), TYPES, "invoice").find_field(name)
    assert found is not None
    return found


def invoice(*extra: str, gross: str = "120.00") -> Page:
    notes = [line(400 + 20 * i, (60, text)) for i, text in enumerate(extra)]
    return page(
        line(40, (60, "INVOICE"), (300, "Invoice number"), (400, "4711")),
        line(200, (60, "Description"), right(380, "Quantity"), right(460, "Unit price"), right(540, "Amount")),
        line(220, (60, "Bolt"), right(380, "10"), right(460, "10.00"), right(540, "100.00")),
        line(260, (300, "Net total"), right(540, "100.00")),
        line(280, (300, "VAT total"), right(540, "19.00")),
        line(300, (300, "Grand total"), right(540, gross)),
        *notes,
    )


def test_where_the_parts_contradict_the_total_what_they_make_is_offered_with_its_place() -> None:
    gross = read(invoice("Already paid 119.00"), "gross_total")
    assert gross.value == "120.00"
    assert gross.candidates[0].value == "119.00"
    assert gross.candidates[0].provenance is not None
    assert gross.candidates[0].provenance.boxes[0].top == 400


def test_what_the_parts_make_is_not_offered_where_the_page_does_not_print_it() -> None:
    assert "119.00" not in [c.value for c in read(invoice(), "gross_total").candidates]


def test_a_sum_that_holds_puts_nothing_before_the_labels_runners_up() -> None:
    gross = read(invoice("Already paid 119.00", gross="119.00"), "gross_total")
    assert gross.value == "119.00"
    assert "119.00" not in [c.value for c in gross.candidates]


def test_what_the_lines_make_is_offered_where_no_total_meets_it() -> None:
    made = page(
        line(40, (60, "INVOICE"), (300, "Invoice number"), (400, "4711")),
        line(200, (60, "Description"), right(380, "Quantity"), right(460, "Unit price"), right(540, "Amount")),
        line(220, (60, "Bolt"), right(380, "10"), right(460, "10.00"), right(540, "100.00")),
        line(240, (60, "Nut"), right(380, "5"), right(460, "12.00"), right(540, "60.00")),
        line(280, (300, "Net total"), right(540, "152.00")),
        line(330, (60, "The goods of 160.00 remain ours until paid")),
    )
    net = read(made, "net_total")
    assert net.value == "152.00"
    assert net.candidates[0].value == "160.00"


def test_runners_up_that_are_noise_are_not_offered() -> None:
    made = BaselineEngine().extract((invoice("Already paid 119.00"),), TYPES, "invoice")
    shown = [candidate.confidence for found in made.fields for candidate in found.candidates]
    assert shown
    assert min(shown) >= CANDIDATE_LEAST


def test_runners_up_are_kept_with_their_labels() -> None:
    made = page(
        line(40, (60, "INVOICE"), (300, "Invoice number"), (400, "4711")),
        line(60, (300, "Document no"), (400, "RX-90")),
        line(300, (300, "Grand total"), right(540, "120.00")),
        line(320, (300, "Total"), right(540, "110.00")),
    )
    gross = read(made, "gross_total")
    assert gross.value == "120.00"
    assert [(candidate.value, candidate.label) for candidate in gross.candidates] == [("110.00", "Total")]
