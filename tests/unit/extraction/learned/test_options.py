"""What could be an answer: every value on the page in every way it can be read, cut and joined, and never too many."""

import pytest

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.pages import Page
from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.groups import IN_SENTENCES, Group
from pipeline.extraction.learned.options import (
    IDENTIFIER_PRINTS_MAX,
    NAME_PRINTS_MAX,
    OPTIONS_MAX,
    Option,
    options_of,
)
from pipeline.extraction.learned.sentences import sentence_options
from pipeline.extraction.prose import Prose
from tests.unit.extraction.paper import line, page, right

UNDECIDED = DocumentLocale()


def options(group: Group, *pages: Page, locale: DocumentLocale = UNDECIDED) -> list[Option]:
    layout = Layout(pages)
    if group in IN_SENTENCES:
        return sentence_options(group, Prose(layout), locale)
    return options_of(group, layout, locale)


def values(group: Group, *pages: Page, locale: DocumentLocale = UNDECIDED) -> list[object]:
    return [option.value for option in options(group, *pages, locale=locale)]


def flags(found: list[Option], value: str) -> set[str]:
    return {flag for option in found if option.value == value for flag in option.flags}


# Dates -----------------------------------------------------------------------------------------------------------


def test_a_range_glued_to_one_word_gives_its_first_day_and_its_last() -> None:
    found = options(Group.DATE, page(line(60, (60, "05/04/20to05/10/20"))))
    assert {"2020-05-04", "2020-05-10"} <= {option.value for option in found}
    assert "range_start" in flags(found, "2020-05-04")
    assert "range_end" in flags(found, "2020-05-10")
    assert "range_end" not in flags(found, "2020-05-04")


@pytest.mark.parametrize("between", [" - ", " – ", " to ", " bis ", "-", "thru"])
def test_a_dash_or_a_word_between_two_dates_makes_them_a_range(between: str) -> None:
    found = options(Group.DATE, page(line(60, (60, f"27.03.2020{between}02.04.2020"))))
    assert "range_start" in flags(found, "2020-03-27")
    assert "range_end" in flags(found, "2020-04-02")


def test_a_range_may_be_printed_in_two_columns() -> None:
    found = options(Group.DATE, page(line(60, (60, "2020-03-27 -"), (300, "2020-04-02"))))
    assert "range_start" in flags(found, "2020-03-27")
    assert "range_end" in flags(found, "2020-04-02")


def test_dates_with_other_words_between_are_no_range() -> None:
    found = options(Group.DATE, page(line(60, (60, "2020-03-27 due 2020-04-02"))))
    assert {option.value for option in found} == {"2020-03-27", "2020-04-02"}
    assert not any(option.flags for option in found)


def test_an_ambiguous_date_gives_both_readings() -> None:
    found = options(Group.DATE, page(line(60, (60, "12/03/2024"))))
    assert {option.value for option in found} == {"2024-03-12", "2024-12-03"}
    assert all("either" in option.flags for option in found)


def test_where_the_document_writes_the_day_first_only_that_reading_is_left() -> None:
    paper = page(line(60, (60, "12/03/2024")))
    assert values(Group.DATE, paper, locale=DocumentLocale(day_first=True)) == ["2024-03-12"]
    assert values(Group.DATE, paper, locale=DocumentLocale(day_first=False)) == ["2024-12-03"]


def test_a_date_that_can_be_read_one_way_only_keeps_it_against_the_locale() -> None:
    paper = page(line(60, (60, "23/11/2024")))
    assert values(Group.DATE, paper, locale=DocumentLocale(day_first=False)) == ["2024-11-23"]


def test_a_date_with_the_time_behind_it_is_marked() -> None:
    assert "timed" in flags(options(Group.DATE, page(line(60, (60, "2024-11-23 16:11")))), "2024-11-23")


# Identifiers -----------------------------------------------------------------------------------------------------


def test_identifiers_are_joined_over_blanks_as_well_as_taken_apart() -> None:
    found = values(Group.IDENTIFIER, page(line(60, (60, "Contract"), (200, "391 1"))))
    assert {"391", "1", "391 1"} <= set(found)


def test_a_slash_or_dash_between_blanks_joins_without_them() -> None:
    assert "270818/5" in values(Group.IDENTIFIER, page(line(60, (60, "270818 / 5"))))
    assert "4711-12" in values(Group.IDENTIFIER, page(line(60, (60, "4711 -12"))))


def test_capitals_before_a_number_may_belong_to_it() -> None:
    found = options(Group.IDENTIFIER, page(line(60, (60, "INV 20417"))))
    assert {"20417", "INV 20417"} <= {str(option.value) for option in found}
    assert "prefixed" in flags(found, "INV 20417")


def test_an_identifier_behind_a_colon_within_its_word_is_found() -> None:
    found = values(Group.IDENTIFIER, page(line(60, (60, "No:A-4711"), (200, "#8812"))))
    assert "A-4711" in found
    assert "8812" in found


def test_amounts_and_mail_addresses_are_no_identifiers() -> None:
    assert values(Group.IDENTIFIER, page(line(60, (60, "1,290.00"), (200, "bill77@lighthouse.example")))) == []


# Names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "printed", ["Copper Kettle Ltd (Reg. 4711)", "Copper Kettle Ltd [branch]", "Copper Kettle Ltd | Saltmouth"]
)
def test_names_are_cut_before_brackets_and_bars(printed: str) -> None:
    assert "Copper Kettle Ltd" in values(Group.NAME, page(line(60, (60, printed))))


def test_names_are_cut_behind_a_colon() -> None:
    assert "Friends of the Lighthouse" in values(Group.NAME, page(line(60, (60, "Client: Friends of the Lighthouse"))))


def test_a_name_glued_to_its_label_is_cut_loose() -> None:
    found = options(Group.NAME, page(line(60, (60, "Advertiser:Smith for Senate"))))
    assert "Smith for Senate" in {option.value for option in found}
    assert "glued" in flags(found, "Smith for Senate")


def test_a_link_is_not_cut_at_its_colon() -> None:
    assert not any("glued" in o.flags for o in options(Group.NAME, page(line(60, (60, "https://lighthouse.example")))))


def test_a_name_over_two_lines_is_read_as_one() -> None:
    found = options(Group.NAME, page(line(60, (60, "Harbour Light Optics")), line(72, (60, "and Lens Works"))))
    assert "stacked" in flags(found, "Harbour Light Optics and Lens Works")


def test_a_name_goes_on_in_a_line_below_its_middle() -> None:
    found = options(Group.NAME, page(line(60, (60, "Harbour Light Optics")), line(72, (87, "Works Ltd"))))
    assert "stacked" in flags(found, "Harbour Light Optics Works Ltd")


def test_a_line_below_that_is_not_aligned_is_no_part_of_a_name() -> None:
    found = options(Group.NAME, page(line(60, (60, "Harbour Light Optics")), line(72, (130, "Remarks and Terms"))))
    assert not any("stacked" in option.flags for option in found)


def test_a_receipts_head_lines_are_cut_at_every_word() -> None:
    paper = page(
        line(20, (60, "The Copper Kettle Tea Rooms")),
        line(40, (70, "11 Quay Steps")),
        line(110, (20, "2 Victoria sponge"), right(220, "9.00")),
    )
    found = set(values(Group.NAME, paper))
    assert {"The Copper", "The Copper Kettle", "The Copper Kettle Tea", "The Copper Kettle Tea Rooms"} <= found
    assert "The Copper Kettle Tea Rooms 11 Quay" in found  # a name that runs on over the line


def test_a_page_in_columns_has_no_receipts_head() -> None:
    lines = [line(20 + 12 * i, (60, "Copper Kettle Rooms"), (220, "Quay"), (380, "Saltmouth")) for i in range(5)]
    assert not {"head", "run"} & {flag for option in options(Group.NAME, page(*lines)) for flag in option.flags}


# Bounds ----------------------------------------------------------------------------------------------------------


def test_a_page_full_of_dates_gives_a_bounded_number_of_candidates() -> None:
    lines = [
        line(10 + 10 * row, *((20 + 80 * column, f"{1 + row % 12:02}/{1 + column:02}/2024") for column in range(7)))
        for row in range(80)
    ]
    assert len(options(Group.DATE, *(page(*lines, number=n) for n in (1, 2, 3)))) == OPTIONS_MAX


def test_a_name_in_each_row_of_a_table_is_looked_at_a_few_times_only() -> None:
    rows = [line(20 + 10 * row, (60, "Saltmouth Radio")) for row in range(60)]
    keys = [option.key for option in options(Group.NAME, page(*rows))]
    assert keys.count("saltmouthradio") == NAME_PRINTS_MAX


def test_a_number_in_each_row_of_a_table_is_looked_at_where_it_stands_first() -> None:
    rows = [line(20 + 10 * row, (60, "Order 471-B"), (200, f"Spot {row}-X")) for row in range(60)]
    found = [option for option in options(Group.IDENTIFIER, page(*rows)) if option.value == "471-B"]
    assert [option.segment.line for option in found] == list(range(IDENTIFIER_PRINTS_MAX))


def test_names_are_looked_for_on_the_first_pages_and_the_last() -> None:
    papers = [page(line(60, (60, f"Harbour {letter * 4} Works")), number=n) for n, letter in enumerate("ABCDEF", 1)]
    assert {option.segment.page for option in options(Group.NAME, *papers)} == {1, 2, 3, 6}


@pytest.mark.parametrize("group", list(Group))
def test_an_empty_page_has_no_candidates(group: Group) -> None:
    assert options(group, page()) == []


@pytest.mark.parametrize("group", list(Group))
def test_candidates_are_the_same_each_time(group: Group) -> None:
    paper = page(
        line(20, (60, "Harbour Light Optics, Inc. (“Harbour”)")),
        line(40, (60, "Ref: A 4711 - 2"), (300, "12/03/2024 to 14/03/2024")),
        line(60, (60, "Total"), right(400, "€ 12.40")),
        line(80, (60, "It is governed by the laws of the State of Vermont for two (2) years.")),
    )
    first, second = ([(o.value, o.key, o.flags, o.span.start) for o in options(group, paper)] for _ in range(2))
    assert first == second


# Amounts with something stuck to them ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "value", "flag"),
    [
        ("Grand TotalRM15.40", "15.40", "head"),
        ("38.68SR", "38.68", "code"),
        ("32.708R", "32.70", "code"),
        ("Paid RMI11.90", "111.90", "misread"),
        ("Due EUR 2O.50", "20.50", "misread"),
    ],
)
def test_an_amount_that_something_sticks_to_is_read_and_says_so(printed: str, value: str, flag: str) -> None:
    found = options(Group.MONEY, page(line(60, (60, printed))))
    assert flag in flags(found, value)


@pytest.mark.parametrize("printed", ["Size 12.50kg", "Bottle 1.50l", "Model RMB.OO", "Version 4.10.22A", "SOLO,SO"])
def test_units_and_words_are_no_amounts(printed: str) -> None:
    found = options(Group.MONEY, page(line(60, (60, printed))))
    assert not any({"head", "code", "misread"} & set(option.flags) for option in found)


def test_an_amount_that_is_read_anyway_is_not_read_twice() -> None:
    assert values(Group.MONEY, page(line(60, (60, "Total RM15.40")))) == ["15.40"]


def test_amounts_with_something_stuck_to_them_stand_where_they_are_printed() -> None:
    paper = page(line(60, (60, "Bread"), (200, "3.10SR")), line(80, (60, "Total"), (200, "3.10")))
    assert [option.segment.line for option in options(Group.MONEY, paper)] == [0, 1]
