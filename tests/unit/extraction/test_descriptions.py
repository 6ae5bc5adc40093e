from pipeline.domain.pages import Word
from tests.unit.extraction.paper import line, page, right
from tests.unit.extraction.test_tables import HEADER, row, table_of


def descriptions(*lines: list[Word]) -> list[str | None]:
    return [str(found.cells["description"].value) for found in table_of(page(*lines)).rows]


TOTAL = line(300, (300, "Net total"), right(540, "30.00"))


def test_a_line_too_full_for_the_next_word_goes_on_in_the_next_line() -> None:
    assert descriptions(
        line(100, *HEADER),
        row(120, "Garden hose with couplings and", "1", "20.00", "20.00"),
        line(132, (60, "reel")),
        row(160, "Watering can of zinc", "1", "10.00", "10.00"),
        TOTAL,
    ) == ["Garden hose with couplings and reel", "Watering can of zinc"]


def test_descriptions_on_lines_of_their_own_above_the_numbers_are_the_lower_rows() -> None:
    numbers = [
        (right(380, "2"), right(460, "10.00"), right(540, "20.00")),
        (right(380, "1"), right(460, "10.00"), right(540, "10.00")),
    ]
    assert descriptions(
        line(100, *HEADER),
        line(120, (60, "Garden hose with couplings")),
        line(132, *numbers[0]),
        line(148, (60, "Watering can")),
        line(160, *numbers[1]),
        TOTAL,
    ) == ["Garden hose with couplings", "Watering can"]


def test_a_remark_in_a_line_of_its_own_is_no_part_of_the_description() -> None:
    assert descriptions(
        line(100, *HEADER),
        row(120, "Garden hose", "1", "20.00", "20.00"),
        line(132, (60, "frost-proof")),
        row(160, "Watering can made of galvanised sheet", "1", "10.00", "10.00"),
        TOTAL,
    ) == ["Garden hose", "Watering can made of galvanised sheet"]


def test_a_label_below_ends_the_description_also_where_its_words_stand_far_apart() -> None:
    assert descriptions(
        line(100, *HEADER),
        row(120, "Cleaning agent for floors of stone", "1", "20.00", "20.00"),
        line(132, (60, "Packing"), (110, ":"), (130, "bottle")),
        row(160, "Sponge", "1", "10.00", "10.00"),
        line(172, (60, "Discount 1: 2 %")),
        TOTAL,
    ) == ["Cleaning agent for floors of stone", "Sponge"]


def test_codes_that_a_header_of_two_lines_names_first_are_left_out() -> None:
    assert descriptions(
        line(90, (60, "Article no.")),
        line(102, *HEADER),
        row(120, "ZS997", "1", "20.00", "20.00"),
        line(131, (60, "Citric acid")),
        row(160, "GZ250", "1", "10.00", "10.00"),
        line(171, (60, "Jam sugar")),
        TOTAL,
    ) == ["Citric acid", "Jam sugar"]


def test_a_measure_with_times_under_the_header_of_quantities_stays_in_the_description() -> None:
    table = table_of(
        page(
            line(100, (60, "Description"), (174, "Quantity"), right(460, "Unit price"), right(540, "Amount")),
            line(
                120,
                (60, "Yoghurt"),
                (101, "pallets"),
                (144, "boxes"),
                (176, "3"),
                (188, "x"),
                (200, "20"),
                right(540, "58.20"),
            ),
            line(132, (176, "2"), right(460, "29.10")),
            line(180, (300, "Net total"), right(540, "58.20")),
        )
    )
    found = table.rows[0].cells
    assert (found["description"].value, found["quantity"].value) == ("Yoghurt pallets boxes 3 x 20", "2")
