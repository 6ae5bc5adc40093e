from pipeline.doctypes.loader import load_types
from pipeline.domain.extraction import Extraction, FieldExtraction
from pipeline.domain.pages import Page, Word
from pipeline.extraction.engine import BaselineEngine
from tests.unit.extraction.paper import line, page, right

TYPES = load_types()


def read(*pages: Page, fixed_type: str | None = None) -> Extraction:
    return BaselineEngine().extract(pages, TYPES, fixed_type)


def field(extraction: Extraction, name: str) -> FieldExtraction:
    found = extraction.find_field(name)
    assert found is not None
    return found


def german_invoice(*, total: str = "595,00", extra: list[Word] | None = None) -> Page:
    return page(
        line(40, (60, "Tischlerei Ahorn GmbH"), size=16, bold=True),
        line(110, (60, "Tischlerei Ahorn GmbH · Holzweg 3 · 12345 Astheim"), size=7),
        line(130, (60, "Gasthaus Zur Linde"), (360, "Rechnungsnummer:"), (470, "R-2024-118")),
        line(144, (60, "Marktplatz 1"), (360, "Rechnungsdatum:"), (470, "03.04.2024")),
        line(158, (60, "54321 Bachdorf"), (360, "Fällig am:"), (470, "17.04.2024")),
        line(172, (360, "Lieferdatum:"), (470, "28.03.2024")),
        line(186, (360, "Ihre Bestellung:"), (470, "B-7781")),
        line(240, (60, "Rechnung"), size=16, bold=True),
        line(
            280,
            (60, "Pos."),
            (100, "Bezeichnung"),
            right(380, "Menge"),
            right(460, "Einzelpreis"),
            right(540, "Betrag"),
        ),
        line(300, (60, "1"), (100, "Eichentisch massiv"), right(380, "2"), right(460, "200,00"), right(540, "400,00")),
        line(312, (100, "geölt, 180 x 90 cm")),
        line(330, (60, "2"), (100, "Lieferung frei Haus"), right(380, "1"), right(460, "100,00"), right(540, "100,00")),
        line(370, (360, "Nettobetrag"), right(540, "500,00 €")),
        line(384, (360, "zzgl. 19 % MwSt."), right(540, "95,00 €")),
        line(398, (360, "Gesamtbetrag"), right(540, f"{total} €")),
        extra or [],
        line(790, (60, "Tischlerei Ahorn GmbH"), (240, "IBAN DE88 2008 0000 0970 3757 00")),
        line(802, (60, "USt-IdNr. DE136695976"), (240, "info@ahorn.example")),
    )


def test_a_german_invoice_reads_right_in_every_field() -> None:
    extraction = read(german_invoice())
    assert extraction.type.name == "invoice"
    assert {f.name: f.value for f in extraction.fields if f.name != "line_items"} == {
        "invoice_number": "R-2024-118",
        "issue_date": "2024-04-03",
        "due_date": "2024-04-17",
        "seller_name": "Tischlerei Ahorn GmbH",
        "buyer_name": "Gasthaus Zur Linde",
        "seller_vat_id": "DE136695976",
        "iban": "DE88200800000970375700",
        "purchase_order": "B-7781",
        "currency": "EUR",
        "lines_total": None,
        "net_total": "500.00",
        "tax_total": "95.00",
        "gross_total": "595.00",
        "amount_due": "595.00",
    }


def test_line_items_are_read_with_wrapped_descriptions() -> None:
    table = field(read(german_invoice()), "line_items")
    assert table.value == (
        {
            "description": "Eichentisch massiv geölt, 180 x 90 cm",
            "quantity": "2",
            "unit_price": "200.00",
            "discount": None,
            "amount": "400.00",
        },
        {
            "description": "Lieferung frei Haus",
            "quantity": "1",
            "unit_price": "100.00",
            "discount": None,
            "amount": "100.00",
        },
    )
    assert len(table.rows) == 2
    assert table.rows[0].cells["amount"].provenance is not None


def test_every_value_says_where_it_stands_and_why() -> None:
    number = field(read(german_invoice()), "invoice_number")
    assert number.provenance is not None
    assert number.provenance.page == 1
    assert number.provenance.boxes[0].x0 == 470
    assert number.evidence == ("To its left stands “Rechnungsnummer”.",)
    gross = field(read(german_invoice()), "gross_total")
    assert "500.00 and 95.00 make 595.00, as the page says." in gross.evidence


def test_no_confidence_is_certain_and_none_below_zero() -> None:
    extraction = read(german_invoice())
    assert all(0.0 < f.confidence < 1.0 for f in extraction.fields)


def test_a_total_that_does_not_add_up_is_still_read_as_printed() -> None:
    extraction = read(german_invoice(total="559,00"))
    assert field(extraction, "gross_total").value == "559.00"
    assert field(extraction, "net_total").value == "500.00"
    assert field(extraction, "tax_total").value == "95.00"


def test_an_amount_due_of_its_own_goes_before_the_gross_total() -> None:
    paid = [
        *line(412, (360, "Anzahlung"), right(540, "-100,00 €")),
        *line(426, (360, "Zahlbetrag"), right(540, "495,00 €")),
    ]
    extraction = read(german_invoice(extra=paid))
    assert field(extraction, "gross_total").value == "595.00"
    assert field(extraction, "amount_due").value == "495.00"


def test_the_locale_comes_from_the_document() -> None:
    locale = read(german_invoice()).locale
    assert (locale.decimal, locale.currency, locale.language) == (",", "EUR", "de")


def test_a_header_row_names_the_values_below_it() -> None:
    extraction = read(
        page(
            line(40, (60, "Lakeside Supply Ltd"), size=16),
            line(80, (400, "INVOICE"), size=18),
            line(120, (60, "Bill to:")),
            line(134, (60, "Harbour School")),
            line(148, (60, "2 Pier Road")),
            line(162, (60, "Saltmouth ZZ7 3KT")),
            line(200, (60, "Invoice number"), (180, "Invoice date"), (300, "Due date"), (420, "PO number")),
            line(214, (60, "INV-0612"), (180, "13/03/2024"), (300, "12/04/2024"), (420, "4500066379")),
            line(300, (360, "Subtotal"), right(540, "£2,000.00")),
            line(314, (360, "VAT 20%"), right(540, "£400.00")),
            line(328, (360, "Total"), right(540, "£2,400.00")),
        ),
        fixed_type="invoice",
    )
    values = {f.name: f.value for f in extraction.fields}
    assert values["invoice_number"] == "INV-0612"
    assert values["issue_date"] == "2024-03-13"
    assert values["due_date"] == "2024-04-12"
    assert values["purchase_order"] == "4500066379"
    assert values["buyer_name"] == "Harbour School"
    assert values["seller_name"] == "Lakeside Supply Ltd"
    assert (values["net_total"], values["tax_total"], values["gross_total"]) == ("2000.00", "400.00", "2400.00")
    assert values["currency"] == "GBP"


def test_a_date_whose_order_nothing_tells_keeps_both_readings() -> None:
    extraction = read(
        page(line(40, (60, "Invoice date: 12/03/2024")), line(60, (60, "Invoice No. 77123"))), fixed_type="invoice"
    )
    date = field(extraction, "issue_date")
    assert set(date.readings) == {"2024-03-12", "2024-12-03"}


def test_the_sum_row_of_several_tax_rates_is_the_total() -> None:
    extraction = read(
        page(
            line(40, (60, "Rechnung Nr. 4711 vom 06.08.2023")),
            line(
                200, right(200, "Nettobetrag"), right(320, "MwSt-Betrag"), right(400, "MwSt-%"), right(520, "Endbetrag")
            ),
            line(214, right(200, "321,40"), right(320, "61,07"), right(400, "19,0"), right(520, "382,47")),
            line(228, right(200, "127,59"), right(320, "8,93"), right(400, "7,0"), right(520, "136,52")),
            line(246, right(200, "448,99"), right(320, "70,00"), right(400, "EUR"), right(520, "518,99")),
        ),
        fixed_type="invoice",
    )
    assert [field(extraction, n).value for n in ("net_total", "tax_total", "gross_total")] == [
        "448.99",
        "70.00",
        "518.99",
    ]
    assert field(extraction, "issue_date").value == "2023-08-06"


def test_nothing_is_made_up_where_nothing_stands() -> None:
    extraction = read(page(line(40, (60, "Vielen Dank für Ihren Besuch"))), fixed_type="invoice")
    assert [f.value for f in extraction.fields] == [None] * len(extraction.fields)


def test_a_page_without_words_gives_no_type_and_says_so() -> None:
    extraction = read(page())
    assert extraction.type.name is None
    assert extraction.pages_without_text == (1,)
    assert extraction.fields == ()
