from pipeline.domain.extraction import FieldExtraction
from pipeline.domain.pages import Word
from tests.unit.extraction.paper import line, page, right
from tests.unit.extraction.test_tables import HEADER, row, table_of


def cells(table: FieldExtraction) -> list[tuple[str | None, ...]]:
    names = ("description", "quantity", "unit_price", "amount")
    return [tuple(r.cells[n].value if n in r.cells else None for n in names) for r in table.rows]


def under(*header: tuple[float, str], net: str = "40.50") -> FieldExtraction:
    return table_of(
        page(
            line(100, *header),
            line(120, (60, "HX-2"), (120, "Copper wire"), right(380, "4"), right(460, "7.75"), right(540, "31.00")),
            line(140, (60, "HX-9"), (120, "Lead seals"), right(380, "5"), right(460, "1.90"), right(540, "9.50")),
            line(190, (300, "Net total"), right(540, net)),
        )
    )


ROWS = [("Copper wire", "4", "7.75", "31.00"), ("Lead seals", "5", "1.90", "9.50")]


def test_arithmetic_finds_the_columns_whose_header_says_nothing() -> None:
    table = under((60, "Rok"), (120, "Vabu"), right(380, "Tesi"), right(460, "Moda"), right(540, "Zuvo"))
    assert cells(table) == ROWS


def test_a_nameless_header_is_believed_only_where_rows_and_sum_hold() -> None:
    table = under((60, "Rok"), (120, "Vabu"), right(380, "Tesi"), right(460, "Moda"), right(540, "Zuvo"), net="77.00")
    assert table.rows == ()


def test_price_and_quantity_are_not_swapped_where_only_one_is_named() -> None:
    for quantity, price in (("Tesi", "Unit price"), ("Quantity", "Moda")):
        table = under((60, "Code"), (120, "Description"), right(380, quantity), right(460, price), right(540, "Amount"))
        assert cells(table) == ROWS


def test_a_column_called_item_that_holds_codes_is_not_the_description() -> None:
    table = under((60, "Item"), (120, "Nature"), right(380, "Qty"), right(460, "Price"), right(540, "Total"))
    assert cells(table) == ROWS


def test_the_currency_in_a_header_does_not_hide_its_column() -> None:
    table = under(
        (60, "Code"), (120, "Description"), right(380, "Quantity"), right(460, "Price (EUR)"), right(540, "Amount in €")
    )
    assert cells(table) == ROWS


def with_sums(*lines: list[Word]) -> list[str | None]:
    table = table_of(page(line(100, *HEADER), *lines))
    return [found.cells["amount"].value for found in table.rows]


def test_subtotals_between_rows_and_a_sum_without_a_name_are_no_rows() -> None:
    assert with_sums(
        row(120, "Oak", "2", "10.00", "20.00"),
        row(140, "Ash", "1", "5.00", "5.00"),
        line(160, (60, "Workshop"), right(540, "25.00")),
        row(180, "Elm", "3", "2.00", "6.00"),
        row(200, "Fir", "1", "4.00", "4.00"),
        line(220, (60, "Yard"), right(540, "10.00")),
        line(240, (60, "Both"), right(540, "35.00")),
    ) == ["20.00", "5.00", "6.00", "4.00"]
