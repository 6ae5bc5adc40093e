"""From candidates to one answer: which say what a person settled, what fits together, and what wins."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.domain.extraction import DocumentLocale, Provenance
from pipeline.domain.fields import DocumentType, FieldKind, OrderCheck, SumCheck
from pipeline.domain.pages import Page
from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.groups import Group
from pipeline.extraction.learned.joint import Belief, belief_of, moved, reconciled
from pipeline.extraction.learned.options import Option, options_of
from pipeline.extraction.learned.sums import sums_of
from pipeline.extraction.learned.truth import is_same, near_mask, right_mask, said_mask
from pipeline.extraction.learned.verdict import verdict_of
from tests import builders
from tests.unit.extraction.paper import line, page, right


def options(group: Group, paper: Page) -> list[Option]:
    layout = Layout((paper,))
    return options_of(group, layout, DocumentLocale(decimal="."))


# Truth -----------------------------------------------------------------------------------------------------------

TWICE = page(
    line(40, (60, "Total"), right(300, "12.40")),
    line(60, (60, "Tax"), right(300, "2.40")),
    line(80, (60, "Visa"), right(300, "12.40")),
)


def test_every_print_of_the_value_is_right_where_nobody_pointed() -> None:
    found = options(Group.MONEY, TWICE)
    mask = right_mask(Group.MONEY, found, "12.4")
    assert [o.segment.tokens[0].top for o, is_right in zip(found, mask, strict=True) if is_right] == [40, 80]


def test_where_a_person_pointed_other_prints_do_not_count() -> None:
    found = options(Group.MONEY, TWICE)
    box = next(o for o in found if o.segment.tokens[0].top == 80).span.provenance()
    mask = right_mask(Group.MONEY, found, "12.40", box)
    assert [o.segment.tokens[0].top for o, is_right in zip(found, mask, strict=True) if is_right] == [80]


def test_pointing_where_the_value_is_not_leaves_all_its_prints() -> None:
    found = options(Group.MONEY, TWICE)
    elsewhere = Provenance(page=1, boxes=(builders.box(400, 700),))
    other_page = Provenance(page=2, boxes=(builders.box(200, 80, 200),))
    for place in (elsewhere, other_page):
        assert right_mask(Group.MONEY, found, "12.40", place).sum() == 2


def test_a_value_that_is_not_on_the_page_has_no_right_candidate() -> None:
    assert not right_mask(Group.MONEY, options(Group.MONEY, TWICE), "99.00").any()


def picked(found: list[Option], mask: NDArray[np.bool_]) -> set[str]:
    return {str(option.value) for option, is_picked in zip(found, mask, strict=True) if is_picked}


def test_names_count_as_said_however_they_are_written_but_the_closest_teach() -> None:
    found = options(Group.NAME, page(line(40, (60, "HARBOUR LIGHT OPTICS (Saltmouth Pier)"))))
    said = picked(found, said_mask(Group.NAME, found, "Harbour Light Optics"))
    taught = picked(found, right_mask(Group.NAME, found, "Harbour Light Optics"))
    assert taught == {"HARBOUR LIGHT OPTICS"}
    assert said >= {"HARBOUR LIGHT OPTICS", "HARBOUR LIGHT OPTICS (Saltmouth Pier)"}


def test_identifiers_are_the_same_whatever_stands_between_their_letters() -> None:
    found = options(Group.IDENTIFIER, page(line(40, (60, "No"), (200, "391 1"))))
    assert picked(found, right_mask(Group.IDENTIFIER, found, "391-1")) == {"391 1"}


def test_half_of_a_right_name_is_near_it_and_another_column_is_not() -> None:
    found = options(Group.NAME, page(line(40, (60, "Harbour Light Optics"), (340, "Mole Road Works"))))
    mask = right_mask(Group.NAME, found, "Harbour Light Optics")
    near = picked(found, near_mask(found, mask))
    assert near > {"Harbour Light Optics"}
    assert "Mole Road Works" in picked(found, ~near_mask(found, mask))
    assert not near_mask(found, np.zeros(len(found), dtype=np.bool_)).any()


@pytest.mark.parametrize(
    ("group", "one", "other", "same"),
    [
        (Group.MONEY, "12.40", "12.4", True),
        (Group.MONEY, "12.40", "12.41", False),
        (Group.MONEY, "twelve", "twelve", True),
        (Group.DATE, "2024-01-02", "2024-02-01", False),
        (Group.NAME, "Müller & Söhne", "MUELLER und Soehne", False),
        (Group.NAME, "Müller & Sons", "muller and sons", True),
        (Group.NAME, "Harbour Light Optics", "Optics", False),
        (Group.NAME, "", "Optics", False),
    ],
)
def test_two_values_are_one_where_a_person_would_say_so(group: Group, one: str, other: str, same: bool) -> None:
    assert is_same(group, one, other) is same
    assert is_same(group, other, one) is same


# Sums ------------------------------------------------------------------------------------------------------------


def sums(*rows: tuple[str, str]) -> dict[str, set[str]]:
    layout = Layout(
        (page(*(line(40 + 20 * at, (60, label), right(300, text)) for at, (label, text) in enumerate(rows))),)
    )
    found = sums_of(options_of(Group.MONEY, layout, DocumentLocale(decimal=".")), layout)
    return {key: set(said.split("+")) for key, said in found.items()}


def test_a_total_is_the_sum_of_its_parts_and_has_its_tax() -> None:
    found = sums(("Net", "100.00"), ("VAT 20%", "20.00"), ("Total", "120.00"), ("Deposit", "7.77"))
    assert {"sum", "taxed"} <= found["120.00"]
    assert "part" in found["100.00"] & found["20.00"]
    assert "sum" not in found["100.00"]
    assert "7.77" not in found


def test_a_rounded_total_stands_after_the_printed_rounding() -> None:
    found = sums(("Subtotal", "12.42"), ("Rounding", "-0.02"), ("Total", "12.40"))
    assert "after" in found["12.40"]
    assert "before" in found["12.42"]


def test_what_was_handed_over_less_the_change_is_what_was_paid() -> None:
    found = sums(("Total", "12.40"), ("Cash", "20.00"), ("Change", "7.60"))
    assert "paid" in found["12.40"]
    assert "paid" not in found["20.00"]


# Fields together -------------------------------------------------------------------------------------------------

CHECKED = DocumentType(
    name="slip",
    title={"en": "Slip"},
    fields=(
        builders.spec("net", FieldKind.MONEY),
        builders.spec("tax", FieldKind.MONEY),
        builders.spec("total", FieldKind.MONEY),
        builders.spec("first", FieldKind.DATE),
        builders.spec("last", FieldKind.DATE),
    ),
    checks=(SumCheck(parts=("net", "tax"), total="total"), OrderCheck(earlier="first", later="last")),
)


def test_amounts_that_add_up_become_likelier_than_one_that_does_not() -> None:
    beliefs = {
        "net": Belief({"100.00": 0.9}),
        "tax": Belief({"20.00": 0.9}),
        "total": Belief({"120.00": 0.4, "115.00": 0.5}),
    }
    heard = reconciled(CHECKED, beliefs)
    assert heard["total"].shares["120.00"] > 0.6 > 0.3 > heard["total"].shares["115.00"]


def test_dates_in_the_wrong_order_become_unlikely() -> None:
    beliefs = {"first": Belief({"2024-05-04": 0.95}), "last": Belief({"2024-01-01": 0.5, "2024-06-01": 0.4})}
    heard = reconciled(CHECKED, beliefs)
    assert heard["last"].shares["2024-06-01"] > 0.8
    assert heard["last"].shares["2024-01-01"] < 0.1


def test_what_others_say_does_not_change_how_likely_a_value_is_absent() -> None:
    beliefs = {
        "net": Belief({"100.00": 0.7}),
        "tax": Belief({"20.00": 0.6, "15.00": 0.1}),
        "total": Belief({"120.00": 0.3, "115.00": 0.4}),
        "first": Belief({"2024-05-04": 0.5}),
        "last": Belief({"2024-01-01": 0.5, "2024-06-01": 0.2}),
    }
    for name, heard in reconciled(CHECKED, beliefs).items():
        assert heard.none == pytest.approx(beliefs[name].none)


def test_a_field_whose_partners_are_absent_keeps_its_belief() -> None:
    beliefs = {"net": Belief({}), "tax": Belief({}), "total": Belief({"120.00": 0.3, "115.00": 0.4})}
    heard = reconciled(CHECKED, beliefs)["total"]
    assert heard.shares == pytest.approx(beliefs["total"].shares)
    alone = {"total": beliefs["total"]}
    assert reconciled(CHECKED, alone) == alone


def test_prints_of_a_value_move_with_it() -> None:
    keys, shares = ("12.40", "7.00", "12.40"), np.array([0.3, 0.4, 0.1])
    assert belief_of(keys, shares).shares == pytest.approx({"12.40": 0.4, "7.00": 0.4})
    assert moved(keys, shares, Belief({"12.40": 0.6, "7.00": 0.2})) == pytest.approx([0.45, 0.2, 0.15])
    assert moved(("a",), np.array([0.0]), Belief({"a": 0.0})) == pytest.approx([0.0])


# Verdicts --------------------------------------------------------------------------------------------------------


def test_prints_of_one_value_add_up() -> None:
    found = verdict_of(Group.MONEY, ("12.40", "20.00", "12.40"), np.array([0.3, 0.4, 0.25]), required=False)
    assert (found.index, found.share) == (0, pytest.approx(0.55))
    assert found.rivals == ((1, pytest.approx(0.4)),)
    assert found.none == pytest.approx(0.05)


def test_spellings_of_one_name_are_gathered() -> None:
    shares = np.array([0.3, 0.25, 0.4])
    texts = ("harbour light optics", "harbour light optics ltd", "mole road works")
    gathered = verdict_of(Group.NAME, texts, shares, required=False)
    assert (gathered.index, gathered.share) == (0, pytest.approx(0.55))
    assert [index for index, _ in gathered.rivals] == [2]


def test_an_unlikely_spelling_does_not_win_by_its_relations() -> None:
    texts = ("light optics", "harbour light optics", "mole road works")
    found = verdict_of(Group.NAME, texts, np.array([0.01, 0.5, 0.3]), required=False)
    assert found.index == 1


def test_what_is_likelier_absent_has_no_answer_but_keeps_its_runners_up() -> None:
    found = verdict_of(Group.DATE, ("2024-01-01", "2024-02-01"), np.array([0.3, 0.1]), required=False)
    assert (found.index, found.share) == (None, pytest.approx(0.6))
    assert [index for index, _ in found.rivals] == [0, 1]


def test_a_required_field_is_answered_while_there_is_any_candidate() -> None:
    found = verdict_of(Group.DATE, ("2024-01-01", "2024-02-01"), np.array([0.02, 0.01]), required=True)
    assert (found.index, found.share, found.none) == (0, pytest.approx(0.02), pytest.approx(0.97))


@pytest.mark.parametrize("required", [True, False])
def test_without_candidates_there_is_no_answer(required: bool) -> None:
    found = verdict_of(Group.DATE, (), np.array([]), required=required)
    assert (found.index, found.share, found.rivals) == (None, 1.0, ())


# Absence ---------------------------------------------------------------------------------------------------------


def test_a_field_that_hardly_any_document_lacks_is_answered_by_the_likeliest_and_says_how_unlikely_that_is() -> None:
    shares = np.array([0.3, 0.1])
    assert verdict_of(Group.IDENTIFIER, ("a", "b"), shares, required=False).index is None
    found = verdict_of(Group.IDENTIFIER, ("a", "b"), shares, required=False, rarity=0.2)
    assert found.index == 0
    assert found.share == pytest.approx(0.3)


def test_what_is_all_but_certainly_absent_stays_absent_however_rare_that_is() -> None:
    shares = np.array([0.02, 0.01])
    assert verdict_of(Group.IDENTIFIER, ("a", "b"), shares, required=False, rarity=0.2).index is None
