import pytest

from pipeline.doctypes.loader import load_types
from pipeline.domain.extraction import FieldExtraction
from pipeline.domain.pages import Page
from pipeline.extraction.blocks import is_name
from pipeline.extraction.engine import BaselineEngine
from tests.unit.extraction.paper import line, page, right

TYPES = load_types()


def read(made: Page, name: str, doctype: str = "invoice") -> FieldExtraction:
    found = BaselineEngine().extract((made,), TYPES, doctype).find_field(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        "Total 1.190,00 EUR",
        "Betrag 12,50 €",
        "Amount $ 1,190",
        "February 24, 2025",
        "15. Dezember 2024",
        "Zone des Pins",
    ],
)
def test_amounts_dates_and_streets_are_no_names(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize("text", ["Juniper & Slate Design LLC", "Zonenbau GmbH", "3M Deutschland GmbH", "Maison 1850"])
def test_names_with_figures_or_such_words_in_them_stay_names(text: str) -> None:
    assert is_name(text)


def test_a_labels_neighbour_above_is_not_the_supplier() -> None:
    made = page(
        line(40, (48, "Three Rivers School District"), (472, "PURCHASE ORDER")),
        line(56, (48, "2201 Education Way")),
        line(68, (48, "Dunmore Falls, KS 00660")),
        line(100, (48, "Order date :"), (198, "February 24, 2025")),
        line(112, (48, "Supplier :"), (198, "Juniper & Slate Design LLC")),
        line(124, (198, "77 Cannery Row, Studio 3B")),
        line(136, (198, "Port Ellery, OR 00973")),
    )
    assert read(made, "supplier_name", "purchase_order").value == "Juniper & Slate Design LLC"


def test_a_street_that_opens_an_address_is_not_the_seller() -> None:
    made = page(
        line(36, (96, "Crumb & Hollow Bakers"), (377, "INVOICE"), size=14),
        line(131, (42, "Billed to"), (440, "2 Mill Race")),
        line(143, (42, "Harrowfield Primary School"), (440, "Little Aldry ZZ6 2HH")),
        line(155, (42, "School Lane"), (440, "01632 960133")),
        line(167, (42, "Harrowfield ZZ8 5SC")),
    )
    assert read(made, "seller_name").value == "Crumb & Hollow Bakers"


def test_a_town_beside_a_label_is_not_its_number() -> None:
    made = page(
        line(50, (184, "RECHNUNG")),
        line(149, (24, "Rechnung Nr."), (184, "59998 Tannhorst")),
        line(159, (24, "5789/2025")),
    )
    assert read(made, "invoice_number").value == "5789/2025"


def test_an_amount_inside_the_table_is_not_what_a_label_beside_it_means() -> None:
    made = page(
        line(40, (24, "INVOICE")),
        line(200, (186, "Details"), right(420, "Quantity"), right(485, "Price"), right(550, "Amount")),
        line(
            222,
            (24, "Payment due"),
            (186, "Illustration"),
            right(420, "9"),
            right(485, "375.00"),
            right(550, "3,375.00"),
        ),
        line(235, (24, "November 29, 2024")),
        line(300, (186, "Subtotal"), right(550, "3,375.00")),
        line(320, (186, "Sales tax (8.00%)"), right(550, "270.00")),
        line(340, (186, "Invoice total"), right(550, "3,645.00")),
    )
    assert read(made, "amount_due").value == "3645.00"
