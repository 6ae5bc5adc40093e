from pipeline.doctypes.loader import load_types
from pipeline.domain.pages import Page
from pipeline.extraction.engine import BaselineEngine
from tests.unit.extraction.paper import line, page, right

TYPES = load_types(None, {"invoice", "receipt", "purchase_order", "nda", "political_ad_buy", "Short-Form"})


def values(doctype: str, *pages: Page) -> dict[str, object]:
    return {f.name: f.value for f in BaselineEngine().extract(pages, TYPES, doctype).fields}


def test_an_agreements_sentences_give_parties_date_term_and_law() -> None:
    found = values(
        "nda",
        page(
            line(60, (90, "MUTUAL NON-DISCLOSURE AGREEMENT"), size=14),
            line(100, (60, "This Agreement is made as of the 6th day of January, 2012 by and between Harbour Light")),
            line(
                114,
                (60, "Optics, Inc., a Delaware corporation with its office at 5 Mole Road, Saltmouth, Oregon 97000"),
            ),
            line(128, (60, "(“Harbour”) and Greta M. Stone, an individual residing at 9 Hill Lane (“Stone”).")),
            line(160, (60, "This Agreement shall remain in effect for a period of two (2) years from its date.")),
            line(174, (60, "Either party may end it with thirty (30) days’ notice.")),
            line(200, (60, "It is governed by and construed in accordance with the laws of the State of Vermont.")),
        ),
    )
    assert found["party"] == ("Harbour Light Optics, Inc.", "Greta M. Stone")
    assert found["effective_date"] == "2012-01-06"
    assert found["term"] == "2 years"
    assert found["jurisdiction"] == "Vermont"


def test_a_date_that_wraps_over_a_line_shows_a_box_on_each() -> None:
    paper = page(
        line(100, (60, "This Agreement is made as of September 3,")),
        line(114, (60, "2024 between Alpha Tools LLC (“A”) and Beta Works LLC (“B”).")),
    )
    field = BaselineEngine().extract((paper,), TYPES, "nda").find_field("effective_date")
    assert field is not None and field.provenance is not None
    assert field.value == "2024-09-03"
    assert len(field.provenance.boxes) == 2


def test_a_receipt_gives_shop_address_day_and_total() -> None:
    found = values(
        "receipt",
        page(
            line(20, (60, "The Copper Kettle"), size=13),
            line(40, (70, "11 Quay Steps")),
            line(52, (66, "Saltmouth ZZ7 3KT")),
            line(80, (20, "Date 23/11/2024 16:11")),
            line(110, (20, "2 Victoria sponge"), right(220, "9.00")),
            line(122, (20, "1 Flat white"), right(220, "3.40")),
            line(150, (20, "Total"), right(220, "£12.40")),
            line(164, (20, "Visa"), right(220, "12.40")),
        ),
    )
    assert found["company"] == "The Copper Kettle"
    assert found["address"] == "11 Quay Steps, Saltmouth ZZ7 3KT"
    assert found["date"] == "2024-11-23"
    assert found["total"] == "12.40"
    assert found["currency"] == "GBP"


def test_a_range_gives_its_first_day_and_its_last() -> None:
    found = values(
        "political_ad_buy",
        page(
            line(40, (60, "Contract Number:"), (200, "2374444")),
            line(60, (60, "Advertiser:"), (200, "Friends of the Lighthouse")),
            line(80, (60, "Flight Dates:"), (200, "03/27/20 - 04/02/20")),
            line(100, (60, "Gross Amount"), (200, "$1,290.00")),
        ),
    )
    assert (found["flight_from"], found["flight_to"]) == ("2020-03-27", "2020-04-02")
    assert found["contract_num"] == "2374444"
    assert found["advertiser"] == "Friends of the Lighthouse"
    assert found["gross_amount"] == "1290.00"


def test_an_order_tells_the_buyer_from_the_supplier() -> None:
    found = values(
        "purchase_order",
        page(
            line(40, (60, "Harrowfield Primary School"), size=15),
            line(90, (60, "Purchase Order"), (360, "PO number:"), (450, "4500066379")),
            line(104, (360, "Order date:"), (450, "3 March 2024")),
            line(118, (360, "Delivery date:"), (450, "18 March 2024")),
            line(130, (60, "Supplier")),
            line(144, (60, "Thistlewick Event Hire Ltd")),
            line(158, (60, "4 Fallow Yard")),
            line(172, (60, "Nether Wadham ZZ9 4QT")),
            line(300, (360, "Order total"), right(540, "£240.00")),
        ),
    )
    assert found["order_number"] == "4500066379"
    assert found["buyer_name"] == "Harrowfield Primary School"
    assert found["supplier_name"] == "Thistlewick Event Hire Ltd"
    assert (found["order_date"], found["delivery_date"]) == ("2024-03-03", "2024-03-18")
    assert found["gross_total"] == "240.00"
