import pytest

from pipeline.doctypes.loader import load_types
from pipeline.stages.validate import validate

INVOICE = load_types()[0]


def test_a_sum_that_does_not_hold_names_its_numbers() -> None:
    values = {"net_total": "1200.00", "tax_total": "228.00", "gross_total": "1482.00"}
    [finding] = validate(values, INVOICE)
    assert finding.code == "sum"
    assert "1,200.00" in finding.message and "228.00" in finding.message
    assert "make 1,428.00, but the page says 1,482.00" in finding.message
    assert finding.fields == ("net_total", "tax_total", "gross_total")
    assert finding.figures[-2:] == (("makes", "1428.00"), ("page says", "1482.00"))


def test_a_sum_within_rounding_holds() -> None:
    assert validate({"net_total": "10.00", "tax_total": "1.91", "gross_total": "11.90"}, INVOICE) == ()


def test_a_sum_with_a_missing_part_is_not_checked() -> None:
    assert validate({"net_total": "10.00", "tax_total": None, "gross_total": "99.00"}, INVOICE) == ()


def test_a_due_date_before_the_issue_date_is_found() -> None:
    [finding] = validate({"issue_date": "2024-03-12", "due_date": "2024-03-01"}, INVOICE)
    assert finding.fields == ("issue_date", "due_date")
    assert "2024-03-01 is before" in finding.message


def test_a_wrong_iban_is_a_finding_of_its_field() -> None:
    [finding] = validate({"iban": "DE88200800000970375701"}, INVOICE)
    assert (finding.code, finding.fields) == ("iban", ("iban",))


def test_line_items_may_add_up_to_net_or_gross() -> None:
    rows = ({"amount": "100.00"}, {"amount": "19.00"})
    for total in ("net_total", "gross_total"):
        assert validate({"line_items": rows, total: "119.00"}, INVOICE) == ()


def test_line_items_that_miss_both_totals_are_found() -> None:
    rows = ({"amount": "100.00"}, {"amount": "1.00"})
    [finding] = validate({"line_items": rows, "net_total": "119.00"}, INVOICE)
    assert "add up to 101.00, but net total is 119.00" in finding.message
    assert finding.fields == ("line_items",)


def test_rows_whose_product_is_wrong_are_named_by_number() -> None:
    rows = (
        {"quantity": "2", "unit_price": "5.00", "amount": "10.00"},
        {"quantity": "3", "unit_price": "5.00", "amount": "51.00"},
    )
    [finding] = validate({"line_items": rows}, INVOICE)
    assert "row 2: 3 × 5.00 is 15.00, not 51.00" in finding.message
    assert "row 1" not in finding.message


def test_prices_per_hundred_and_rounded_prices_hold() -> None:
    rows = (
        {"quantity": "150", "unit_price": "49.29", "amount": "73.94"},
        {"quantity": "3", "unit_price": "3.33", "amount": "10.00"},
        {"quantity": "500", "unit_price": "9.16", "amount": "45.80"},
    )
    assert validate({"line_items": rows}, INVOICE) == ()


def item(quantity: str, price: str, amount: str, discount: str | None = None) -> dict[str, str | None]:
    return {"quantity": quantity, "unit_price": price, "amount": amount, "discount": discount}


@pytest.mark.parametrize(
    "row",
    [
        item("3", "20.00", "54.00", "10 %"),
        item("3", "20.00", "57.00", "3.00"),
        item("3", "20.00", "51.00", "3.00"),
        item("3", "20.00", "63.00", "+3.00"),
        item("-3", "20.00", "-54.00", "10 %"),
        item("-3", "20.00", "-57.00", "3.00"),
        item("10000", "0.05", "52.00"),
    ],
    ids=["percent", "amount", "amount each", "charge", "credit", "credit amount", "rounded price per ten"],
)
def test_a_row_is_right_with_its_discount(row: dict[str, str | None]) -> None:
    assert validate({"line_items": (row,)}, INVOICE) == ()


def test_a_row_that_its_discount_does_not_explain_is_named_with_it() -> None:
    [finding] = validate({"line_items": (item("3", "20.00", "55.00", "10 %"),)}, INVOICE)
    assert "row 1: 3 × 20.00 less 10 % is 54.00, not 55.00" in finding.message


def test_net_prices_beside_gross_amounts_are_no_mistake() -> None:
    rows = (item("2", "10.00", "23.80"), item("1", "5.00", "5.95"))
    totals = {"net_total": "25.00", "tax_total": "4.75", "gross_total": "29.75"}
    assert validate({"line_items": rows, **totals}, INVOICE) == ()


def test_line_items_may_add_up_to_a_printed_sum_before_a_discount_on_the_whole() -> None:
    rows = ({"amount": "100.00"}, {"amount": "50.00"})
    values = {"line_items": rows, "lines_total": "150.00", "net_total": "145.00"}
    assert validate(values, INVOICE) == ()
    [finding] = validate({**values, "lines_total": "151.00"}, INVOICE)
    assert finding.code == "table_sum"
