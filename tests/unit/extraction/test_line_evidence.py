from pipeline.domain.extraction import FieldExtraction
from pipeline.domain.pages import Word
from pipeline.extraction.lines_evidence import CONFIRMATIONS_LEAST, DESCRIPTION, Record
from tests.unit.extraction.paper import line, page, right
from tests.unit.extraction.test_tables import HEADER, amounts, row, table_of


def one(amount: str, subtotal: str, *below: list[Word], quantity: str = "3", price: str = "4.00") -> FieldExtraction:
    return table_of(
        page(
            line(100, *HEADER),
            row(120, "Turf", quantity, price, amount),
            *below,
            line(200, (300, "Net total"), right(540, subtotal)),
        )
    )


def test_a_discount_below_a_row_is_taken_off_where_only_then_the_sum_is_met() -> None:
    table = one("12.00", "10.00", line(134, (60, "less 16.7% discount"), right(540, "-2.00")))
    cells = table.rows[0].cells
    assert (cells["amount"].value, cells["amount"].text, cells["discount"].value) == ("10.00", "12.00", "2.00")
    assert "Discounts printed below rows were taken off their amounts." in table.evidence


def test_a_discount_that_the_sum_does_not_ask_for_is_left_alone() -> None:
    table = one("12.00", "12.00", line(134, (60, "less 16.7% discount"), right(540, "-2.00")))
    assert amounts(table) == ["12.00"]


def test_a_price_for_a_hundred_holds_and_says_so() -> None:
    table = one("131.04", "131.04", quantity="400", price="32.76")
    assert "Some prices are for 100 pieces." in table.evidence
    assert "In 1 of 1 rows the amount is quantity times price." in table.evidence


def test_a_price_that_is_said_to_be_for_ten_does_not_hold_for_a_hundred() -> None:
    table = one("131.04", "131.04", line(132, (60, "Price basis: 10")), quantity="400", price="32.76")
    assert "In row 1 quantity times price is not the amount." in table.evidence


def test_row_products_and_the_sum_are_told_apart() -> None:
    rows_only, sum_only = one("12.00", "99.00"), one("19.00", "19.00")
    assert "No printed sum meets the amounts." in rows_only.evidence
    assert "In 1 of 1 rows the amount is quantity times price." in rows_only.evidence
    assert "The amounts add up to a printed sum." in sum_only.evidence
    assert "In 0 of 1 rows the amount is quantity times price." in sum_only.evidence
    # A met sum speaks for the amount, only the product for the numbers that make it.
    met = sum_only.rows[0].cells
    assert met["amount"].confidence > rows_only.rows[0].cells["amount"].confidence > met["quantity"].confidence


def test_a_rounded_price_is_named_and_doubted_but_not_its_amount() -> None:
    table = one("10.00", "10.00", price="3.33")
    cells = table.rows[0].cells
    assert "In row 1 the price is printed rounded." in table.evidence
    assert cells["amount"].confidence > 0.95 > cells["unit_price"].confidence


def test_factors_of_a_row_that_comes_to_nothing_are_never_quite_sure() -> None:
    table = one("0.00", "12.00", row(150, "Spikes", "3", "4.00", "12.00"), quantity="10", price="0.00")
    free, sold = (found.cells["quantity"].confidence for found in table.rows)
    assert free < sold


def test_descriptions_are_believed_by_the_templates_own_record_once_two_documents_speak() -> None:
    assert Record(confirmed=CONFIRMATIONS_LEAST - 1).description == DESCRIPTION
    confirmed = [Record(confirmed=count).description for count in (2, 5, 20)]
    assert confirmed == sorted(confirmed)
    assert confirmed[0] > 0.9
    assert Record(confirmed=2, contradicted=1).description < DESCRIPTION
