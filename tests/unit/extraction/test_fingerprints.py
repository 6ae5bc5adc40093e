import subprocess
import sys

import pytest

from pipeline.domain.pages import Page, Word
from pipeline.extraction.fingerprint import Fingerprint, similarity
from pipeline.extraction.layout import Layout
from tests.unit.extraction.paper import line, page, right


def invoice(number: str, total: str, seller: str = "Nordlicht Werkzeuge", shift: float = 0) -> Page:
    words: list[list[Word]] = [
        line(40, (60, seller)),
        line(120, (60, "Invoice number"), (300, number)),
        line(300 + shift, (60, "Description"), right(380, "Quantity"), right(540, "Amount")),
        line(700, (360, "Grand total"), right(540, total)),
        line(760, (60, "Payable within thirty days to our account")),
    ]
    return page(*words)


def of(*pages: Page) -> Fingerprint:
    return Fingerprint.of(Layout(pages))


def test_two_invoices_of_one_template_differ_only_in_their_numbers_and_look_the_same() -> None:
    assert similarity(of(invoice("4711", "12.00")), of(invoice("4712", "1,999.00"))) == 1.0


def test_an_invoice_looks_more_like_its_template_than_like_another_one() -> None:
    mine, moved = of(invoice("4711", "12.00")), of(invoice("1", "2.00", shift=60))
    other = of(page(line(60, (300, "Facture")), line(200, (60, "Désignation"), right(540, "Montant"))))
    assert 0.5 < similarity(mine, moved) < 1.0
    assert similarity(mine, other) == 0.0


def test_only_the_first_page_tells_the_template() -> None:
    second = page(line(60, (60, "General terms of sale")), number=2)
    assert similarity(of(invoice("1", "2.00")), of(invoice("1", "2.00"), second)) == 1.0


def test_a_document_without_words_is_like_none_not_even_its_own_kind() -> None:
    assert similarity(of(page()), of(page())) == 0.0


def test_a_kept_fingerprint_comes_back_and_another_process_makes_the_same() -> None:
    made = of(invoice("4711", "12.00"))
    assert Fingerprint.from_text(made.to_text()) == made
    code = (
        "from tests.unit.extraction.test_fingerprints import invoice, of;print(of(invoice('4711', '12.00')).to_text())"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == made.to_text()


def test_a_text_that_is_no_fingerprint_is_refused() -> None:
    with pytest.raises(ValueError, match="base64"):
        Fingerprint.from_text("no fingerprint!")
