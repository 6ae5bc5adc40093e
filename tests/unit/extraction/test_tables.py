from pipeline.doctypes.loader import load_types
from pipeline.domain.extraction import FieldExtraction
from pipeline.domain.pages import Page, Word
from pipeline.extraction.engine import BaselineEngine
from tests.unit.extraction.paper import line, page, right

TYPES = load_types()


def table_of(*pages: Page) -> FieldExtraction:
    found = BaselineEngine().extract(pages, TYPES, "invoice").find_field("line_items")
    assert found is not None
    return found


def amounts(table: FieldExtraction) -> list[str | None]:
    return [row.cells["amount"].value for row in table.rows]


def row(y: float, text: str, quantity: str, price: str, amount: str) -> list[Word]:
    return line(y, (60, text), right(380, quantity), right(460, price), right(540, amount))


HEADER = ((60, "Description"), right(380, "Quantity"), right(460, "Unit price"), right(540, "Amount"))


def test_rows_go_on_over_a_page_break_and_skip_the_repeated_header() -> None:
    first = page(line(100, *HEADER), row(120, "Bolt", "10", "2.00", "20.00"), line(800, (60, "Page 1 of 2")))
    second = page(
        line(60, *HEADER),
        row(80, "Nut", "5", "1.00", "5.00"),
        line(120, (360, "Subtotal"), right(540, "25.00")),
        number=2,
    )
    table = table_of(first, second)
    assert [r.cells["description"].value for r in table.rows] == ["Bolt", "Nut"]
    assert amounts(table) == ["20.00", "5.00"]


def test_rows_go_on_below_a_subtotal() -> None:
    table = table_of(
        page(
            line(100, *HEADER),
            row(120, "Bolt", "10", "2.00", "20.00"),
            row(140, "Nut", "5", "1.00", "5.00"),
            line(160, (60, "Subtotal"), right(540, "25.00")),
            row(180, "Screw", "4", "3.00", "12.00"),
            line(200, (60, "Subtotal"), right(540, "12.00")),
            line(230, (360, "Net total"), right(540, "37.00")),
        )
    )
    assert amounts(table) == ["20.00", "5.00", "12.00"]


def test_arithmetic_overrules_a_header_that_misleads() -> None:
    table = table_of(
        page(
            line(100, (60, "Amount"), (140, "Product"), right(460, "Price"), right(540, "Total")),
            line(120, (60, "3.00"), (140, "Design"), right(460, "160.00"), right(540, "480.00")),
            line(140, (60, "400.00"), (140, "Balloons"), right(460, "0.79"), right(540, "316.00")),
            line(180, (300, "Net total"), right(540, "796.00")),
        )
    )
    assert [(r.cells["quantity"].value, r.cells["unit_price"].value) for r in table.rows] == [
        ("3", "160.00"),
        ("400", "0.79"),
    ]


def test_a_product_called_taxi_does_not_end_the_table() -> None:
    table = table_of(
        page(
            line(100, *HEADER),
            row(120, "Taxi Nürnberg", "1", "20.00", "20.00"),
            row(140, "Total Care package", "2", "5.00", "10.00"),
            line(180, (300, "Subtotal"), right(540, "30.00")),
        )
    )
    assert amounts(table) == ["20.00", "10.00"]


def test_a_discount_line_without_quantity_is_no_row() -> None:
    table = table_of(
        page(
            line(100, *HEADER),
            row(120, "Lamp", "2", "10.00", "20.00"),
            line(132, (60, "less 10 % discount"), right(540, "-2.00")),
            row(150, "Bulb", "4", "1.50", "6.00"),
            line(190, (300, "Subtotal"), right(540, "26.00")),
        )
    )
    assert amounts(table) == ["20.00", "6.00"]


def test_a_table_of_tax_rates_after_the_items_adds_no_rows() -> None:
    table = table_of(
        page(
            line(100, *HEADER),
            row(120, "Lamp", "2", "10.00", "20.00"),
            line(160, (60, "Art"), (200, "Basisbetrag"), right(460, "Steuersatz"), right(540, "Steuerbetrag")),
            line(174, (60, "Umsatzsteuer"), (200, "20,00"), right(460, "19"), right(540, "3,80")),
        )
    )
    assert len(table.rows) == 1


def test_prices_per_hundred_hold() -> None:
    table = table_of(
        page(
            line(100, *HEADER),
            row(120, "Screws", "400", "32.76", "131.04"),
            line(160, (300, "Subtotal"), right(540, "131.04")),
        )
    )
    assert table.rows[0].cells["quantity"].value == "400"
    assert table.confidence > 0.8


def test_rows_that_verify_are_surer_than_rows_that_do_not() -> None:
    def one(amount: str) -> float:
        return table_of(
            page(
                line(100, *HEADER),
                row(120, "Lamp", "2", "10.00", amount),
                line(160, (300, "Subtotal"), right(540, "20.00")),
            )
        ).confidence

    assert one("20.00") > one("29.00")


def test_a_document_without_a_table_has_no_rows() -> None:
    table = table_of(page(line(100, (60, "Invoice 4711")), line(120, (60, "Thank you"))))
    assert table.value is None
    assert table.rows == ()


WITH_DISCOUNT = (
    (60, "Description"),
    right(320, "Quantity"),
    right(400, "Unit price"),
    right(460, "Discount"),
    right(540, "Amount"),
)


def test_a_discount_column_is_read_and_the_row_holds_with_it() -> None:
    table = table_of(
        page(
            line(100, *WITH_DISCOUNT),
            line(120, (60, "Bolt"), right(320, "10"), right(400, "2.00"), right(460, "10 %"), right(540, "18.00")),
            line(140, (60, "Nut"), right(320, "5"), right(400, "1.00"), right(540, "5.00")),
            line(160, (60, "Gasket"), right(320, "4"), right(400, "6.00"), right(460, "1.50"), right(540, "22.50")),
            line(200, (300, "Net total"), right(540, "45.50")),
        )
    )
    cells = [{name: cell.value for name, cell in found.cells.items()} for found in table.rows]
    assert [found.get("discount") for found in cells] == ["10 %", None, "1.50"]
    assert [found["description"] for found in cells] == ["Bolt", "Nut", "Gasket"]
    assert "In 3 of 3 rows the amount is quantity times price." in table.evidence


def test_a_discount_and_a_charge_printed_below_their_rows_explain_the_amounts() -> None:
    table = table_of(
        page(
            line(100, *HEADER),
            row(120, "Coil", "10", "100.00", "900.00"),
            line(134, (80, "less discount 10%")),
            row(160, "Pallet", "2", "30.00", "64.00"),
            line(174, (80, "Surcharge heavy goods 4.00")),
            line(200, (300, "Net total"), right(540, "964.00")),
        )
    )
    assert [found.cells["discount"].value for found in table.rows] == ["10 %", "+4.00"]
    assert amounts(table) == ["900.00", "64.00"]


def test_of_a_net_and_a_gross_column_the_one_that_the_prices_make_is_taken() -> None:
    table = table_of(
        page(
            line(
                100,
                (60, "Description"),
                right(300, "Quantity"),
                right(380, "Unit price"),
                right(450, "Net"),
                right(540, "Total"),
            ),
            line(120, (60, "Bolt"), right(300, "10"), right(380, "2.00"), right(450, "20.00"), right(540, "23.80")),
            line(140, (60, "Nut"), right(300, "5"), right(380, "1.00"), right(450, "5.00"), right(540, "5.95")),
            line(200, (300, "Net total"), right(540, "25.00")),
        )
    )
    assert amounts(table) == ["20.00", "5.00"]


def test_a_column_beside_the_table_does_not_leak_into_descriptions() -> None:
    table = table_of(
        page(
            line(100, (200, "Description"), right(380, "Quantity"), right(460, "Unit price"), right(540, "Amount")),
            line(120, (24, "Customer"), (200, "Bolt"), right(380, "10"), right(460, "2.00"), right(540, "20.00")),
            line(132, (24, "72999 of Altstadt")),
            line(144, (24, "Delivery"), (200, "Nut"), right(380, "5"), right(460, "1.00"), right(540, "5.00")),
            line(156, (24, "28 April")),
            line(200, (300, "Net total"), right(540, "25.00")),
        )
    )
    assert [found.cells["description"].value for found in table.rows] == ["Bolt", "Nut"]


def test_descriptions_left_of_a_centred_header_are_kept() -> None:
    table = table_of(
        page(
            line(100, (160, "Description"), right(380, "Quantity"), right(460, "Unit price"), right(540, "Amount")),
            line(120, (60, "Bolt"), right(380, "10"), right(460, "2.00"), right(540, "20.00")),
            line(140, (60, "Nut"), right(380, "5"), right(460, "1.00"), right(540, "5.00")),
            line(180, (300, "Net total"), right(540, "25.00")),
        )
    )
    assert [found.cells["description"].value for found in table.rows] == ["Bolt", "Nut"]


def test_words_beside_a_header_are_no_column_and_beside_the_rows_no_total() -> None:
    table = table_of(
        page(
            line(100, (200, "Description"), right(380, "Quantity"), right(460, "Unit price"), right(540, "Amount")),
            line(110, (24, "Account no.")),
            line(120, (24, "72999"), (200, "Bolt"), right(380, "10"), right(460, "2.00"), right(540, "20.00")),
            line(130, (24, "Payment due")),
            line(140, (24, "May 3, 2025"), (200, "Nut"), right(380, "5"), right(460, "1.00"), right(540, "5.00")),
            line(200, (300, "Net total"), right(540, "25.00")),
        )
    )
    assert [found.cells["description"].value for found in table.rows] == ["Bolt", "Nut"]
    assert amounts(table) == ["20.00", "5.00"]


def test_thanks_to_the_left_of_a_total_do_not_make_it_a_row() -> None:
    table = table_of(
        page(
            line(100, *HEADER),
            row(120, "Bolt", "10", "2.00", "20.00"),
            row(140, "Nut", "5", "1.00", "5.00"),
            line(180, (60, "Thank you for your order"), (300, "VAT total"), right(540, "4.75")),
            line(200, (300, "Grand total"), right(540, "29.75")),
        )
    )
    assert amounts(table) == ["20.00", "5.00"]


def test_thousands_grouped_by_a_wide_blank_stay_one_number() -> None:
    table = table_of(
        page(
            line(100, *HEADER),
            line(120, (60, "Rideau"), right(380, "5"), right(460, "286,00"), (505, "1"), (516, "430,00")),
            line(140, (60, "Ourlet"), right(380, "2"), right(460, "10,00"), right(541, "20,00")),
            line(180, (300, "Total HT"), (505, "1"), (516, "450,00")),
        )
    )
    assert amounts(table) == ["1430.00", "20.00"]


def test_an_article_with_a_letter_is_no_negative_quantity() -> None:
    table = table_of(
        page(
            line(100, (60, "Qty"), (120, "Code"), (200, "Description"), right(460, "Unit price"), right(540, "Amount")),
            line(120, (60, "28"), (120, "3100-A"), (200, "Wine"), right(460, "57.00"), right(540, "1,596.00")),
            line(140, (60, "2"), (120, "4310-T"), (200, "Olives"), right(460, "5.00"), right(540, "10.00")),
            line(180, (300, "Net total"), right(540, "1,606.00")),
        )
    )
    assert [found.cells["quantity"].value for found in table.rows] == ["28", "2"]


def test_a_price_that_is_printed_rounded_is_not_explained_by_any_discount_nearby() -> None:
    table = table_of(
        page(
            line(100, *HEADER),
            row(120, "Turf", "3", "3.33", "10.00"),
            line(134, (80, "discount on the next order 0.67")),
            row(160, "Bolt", "10", "2.00", "20.00"),
            line(200, (300, "Net total"), right(540, "30.00")),
        )
    )
    assert "discount" not in table.rows[0].cells
