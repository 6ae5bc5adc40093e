"""What amounts on a till's list are to one another: read off the lines above and below, whatever they are called."""

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.pages import Page
from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.groups import Group
from pipeline.extraction.learned.options import Option, options_of
from pipeline.extraction.learned.tally import FAR, FIGURES, Tally
from tests.unit.extraction.paper import line, page

CASH, CHANGE, ROUNDING, SUB, DISCOUNT, SUMMARY = range(6)
TOTAL, OF_SUB, OF_CASH = 6, 7, 8
SUMMED, SETTLED, RANK, FIVES = 12, 13, 14, 15


def till(*rows: tuple[str, str]) -> Page:
    return page(*(line(60 + 14 * at, (60, label), (300, amount)) for at, (label, amount) in enumerate(rows) if amount))


def read(*rows: tuple[str, str]) -> tuple[list[Option], Tally]:
    layout = Layout((till(*rows),))
    options = options_of(Group.MONEY, layout, DocumentLocale())
    return options, Tally(options, layout)


def figure(column: int, *rows: tuple[str, str]) -> list[tuple[str, float]]:
    """Return what a column says of each amount, in reading order."""
    options, tally = read(*rows)
    return [(str(option.value), float(one[column])) for option, one in zip(options, tally.figures(), strict=True)]


BREAD = (("Bread", "3.10"), ("Butter", "2.45"), ("Cheese", "6.20"))


def test_what_the_lines_above_come_to_is_their_sum() -> None:
    found = figure(SUMMED, *BREAD, ("Blorp", "11.75"), ("Handed", "20.00"))
    assert found == [("3.10", 0.0), ("2.45", 0.0), ("6.20", 0.0), ("11.75", 1.0), ("20.00", 0.0)]


def test_a_service_charge_between_the_lines_and_their_sum_does_not_hide_it() -> None:
    found = dict(figure(SUMMED, *BREAD, ("Of which tax", "1.00"), ("Blorp", "11.75")))
    assert found["11.75"] == 1.0


def test_one_line_alone_has_no_sum() -> None:
    assert [one for _, one in figure(SUMMED, ("Bread", "3.10"), ("Blorp", "3.10"))] == [0.0, 0.0]


def test_sums_do_not_reach_over_pages() -> None:
    layout = Layout((till(*BREAD[:2]), till(("Cheese", "6.20"), ("Blorp", "5.55")).model_copy(update={"number": 2})))
    options = options_of(Group.MONEY, layout, DocumentLocale())
    assert not Tally(options, layout).figures()[:, SUMMED].any()


def test_what_was_handed_over_less_the_change_is_what_was_due_whatever_the_lines_are_called() -> None:
    found = dict(figure(SETTLED, *BREAD, ("Blorp", "11.75"), ("Xyz", "20.00"), ("Zyx", "8.25")))
    assert found == {"3.10": 0.0, "2.45": 0.0, "6.20": 0.0, "11.75": 1.0, "20.00": 0.0, "8.25": 0.0}


def test_an_amount_below_the_change_is_not_what_was_due() -> None:
    found = figure(SETTLED, ("Xyz", "20.00"), ("Zyx", "8.25"), ("Taxable", "11.75"))
    assert [one for _, one in found] == [0.0, 0.0, 0.0]


def test_lines_are_told_by_how_far_they_are_from_the_payment_and_the_rounding() -> None:
    rows = (*BREAD, ("Total", "11.76"), ("Rounding adj", "-0.01"), ("Total", "11.75"), ("Cash", "20.00"))
    _, tally = read(*rows)
    gaps = tally.figures()[:, [CASH, ROUNDING]].tolist()
    assert gaps == [[6, 4], [5, 3], [4, 2], [3, 1], [2, 0], [1, -1], [0, -2]]


def test_where_nothing_was_paid_the_payment_is_farther_than_any_line() -> None:
    assert {one for _, one in figure(CASH, *BREAD)} == {FAR + 1}


def test_amounts_below_the_tax_summary_are_told_from_those_above() -> None:
    rows = (("Total", "11.75"), ("GST summary", "6.00"), ("SR", "11.08"))
    assert [one for _, one in figure(SUMMARY, *rows)] == [-1.0, 0.0, 1.0]


def test_the_largest_before_the_payment_ranks_first_though_more_was_handed_over() -> None:
    found = dict(figure(RANK, *BREAD, ("Total", "11.75"), ("Cash", "50.00"), ("Change", "38.25")))
    assert found["11.75"] == 0
    assert found["6.20"] == 1
    assert found["50.00"] > 3


def test_what_a_till_can_round_to_ends_in_five_cents_or_none() -> None:
    assert [one for _, one in figure(FIVES, ("Total", "11.76"), ("Total", "11.75"))] == [0.0, 1.0]


def test_a_sub_total_in_two_words_is_no_plain_total() -> None:
    rows = (("Sub total", "11.75"), ("Total", "11.75"))
    assert [one for _, one in figure(OF_SUB, *rows)] == [1.0, 0.0]


def test_currencies_and_numbers_between_a_label_and_its_amount_do_not_hide_the_label() -> None:
    plain, marked = (
        Tally(options, layout).said()[1]
        for options, layout in (
            (options_of(Group.MONEY, layout, DocumentLocale()), layout)
            for layout in (
                Layout((page(line(60, (60, "Net total"), (300, "11.75"))),)),
                Layout((page(line(60, (60, "Net total"), (200, "RM"), (300, "11.75"))),)),
            )
        )
    )
    assert plain.tolist() == marked.tolist()


def test_no_amounts_give_no_rows() -> None:
    layout = Layout((page(line(60, (60, "Nothing to pay"))),))
    tally = Tally([], layout)
    figures = tally.figures()
    assert figures.shape == (0, FIGURES)
    assert tally.binned(figures).shape == (0, FIGURES + 1)
    assert tally.said()[0].tolist() == [0]
