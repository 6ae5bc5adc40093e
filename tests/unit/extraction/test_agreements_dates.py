"""Whose date it is: the agreement's own, another agreement's, or one that was never filled in."""

import pytest

from pipeline.extraction.agreements_dates import Dates, Printed, Role, Stand, Whose

BODY = " Each party keeps what it learns to itself." * 80


def read(text: str, *printed: str) -> tuple[Dates, list[Stand]]:
    """Return the dates of a text, in the order of `printed`: the words as printed, each once."""
    places = [
        Printed(text.index(each), text.index(each) + len(each), f"2021-01-{text.index(each):06}", False)
        for each in printed
    ]
    dates = Dates(text, places)
    return dates, [dates.stands[one.start, one.value] for one in places]


def test_a_date_behind_this_agreement_is_its_own() -> None:
    text = (
        'This Mutual Agreement (the "Agreement"), dated as of May 3, 2021 (the "Effective Date"), is made by A and B.'
    )
    _, (stand,) = read(text, "May 3, 2021")
    assert (stand.role, stand.whose, stand.named) == (Role.OPENING, Whose.THIS, "effective")


@pytest.mark.parametrize(
    "sentence",
    [
        "A and B are parties to a Licence Agreement dated as of May 3, 2021.",
        "Reference is made to that certain Letter Agreement, dated May 3, 2021.",
        "It ends with the employee's Consulting Agreement dated May 3, 2021.",
        "Die Parteien haben einen Vertrag geschlossen am May 3, 2021.",
    ],
)
def test_a_date_behind_another_agreement_is_that_ones(sentence: str) -> None:
    _, (stand,) = read("This Agreement is made by A and B. " + sentence, "May 3, 2021")
    assert stand.whose is Whose.OTHER


def test_a_letters_date_stands_in_its_head() -> None:
    dates, (stand,) = read(
        "Harbour Light Ltd. 1 Quay Street May 3, 2021 Dear Sirs, In connection with a sale", "May 3, 2021"
    )
    assert stand.role is Role.HEAD
    assert dates.is_letter


def test_the_last_of_several_dates_of_signing_is_told_from_the_first() -> None:
    signed = " By: /s/ A. Ash Name: A. Ash Date: May 3, 2021 By: /s/ B. Birch Name: B. Birch Date: May 9, 2021"
    _, (first, last) = read("This Agreement binds A and B." + BODY + signed, "May 3, 2021", "May 9, 2021")
    assert [(stand.role, stand.place) for stand in (first, last)] == [(Role.SIGNING, "first"), (Role.SIGNING, "last")]


def test_an_opening_may_point_at_the_last_signature() -> None:
    opening = "This Agreement is made as of the later of the two signature dates below by A and B."
    signed = " By: /s/ A. Ash Name: A. Ash Date: May 3, 2021 By: /s/ B. Birch Name: B. Birch Date: May 9, 2021"
    _, (first, last) = read(opening + BODY + signed, "May 3, 2021", "May 9, 2021")
    assert (first.is_pointed_at, last.is_pointed_at) == (False, True)


@pytest.mark.parametrize(
    "opening",
    [
        "This Agreement is made as of the ___ day of ________, 2021 by and between A and B.",
        "This Agreement, dated as of , 2021, is made by and among A and B.",
        "This Agreement is entered into as of [●] by A and B.",
        "This Agreement is made as of this day of , 2021, by A and B.",
    ],
)
def test_an_open_date_makes_a_form(opening: str) -> None:
    dates, _ = read(opening + " It follows the Plan of Merger dated May 3, 2021.", "May 3, 2021")
    assert dates.is_blank


def test_another_agreements_open_date_makes_no_form() -> None:
    text = "This Agreement is made as of May 3, 2021 by A and B. They signed a Purchase Agreement dated May ___, 2021."
    dates, _ = read(text, "May 3, 2021")
    assert not dates.is_blank


def test_an_empty_place_for_a_date_means_that_somebody_has_not_signed() -> None:
    signed = " By: /s/ A. Ash Name: A. Ash Date: May 3, 2021 By: Name: Date:"
    assert read("This Agreement binds A and B." + BODY + signed, "May 3, 2021")[0].is_unsigned
    assert not read("This Agreement binds A and B." + BODY + signed[:-6], "May 3, 2021")[0].is_unsigned
