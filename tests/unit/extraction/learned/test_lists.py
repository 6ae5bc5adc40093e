"""Lists of names: candidates from running text, cut at their borders, told apart, counted and kept in a file."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.lists import VALUES_MAX, Name, names_of
from pipeline.extraction.learned.lists_lesson import ListLesson, plain_form, spelled, spellings_of
from pipeline.extraction.learned.lists_marks import marks_of_names
from pipeline.extraction.learned.lists_model import ListModel, distinct, right_entries, whole
from pipeline.extraction.learned.lists_training import learn_list
from pipeline.extraction.prose import Prose
from tests.unit.extraction.paper import line, page

PEOPLE = ("Ada Brook", "Carl Dune", "Erna Falk", "Gero Hain", "Ines Jung", "Karl Lund", "Mara Nord", "Otto Pohl")
FIRMS = ("Quarry", "Rowan", "Sable", "Tulip", "Umber", "Vesper", "Willow", "Yarrow", "Zephyr")


def prose(*texts: str) -> Prose:
    return Prose(Layout((page(*(line(60 + 14 * index, (60, text)) for index, text in enumerate(texts))),)))


def texts(*lines: str) -> list[str]:
    return [name.text for name in names_of(prose(*lines))]


def agreement(number: int) -> tuple[Prose, tuple[str, ...]]:
    person, firm = PEOPLE[number % len(PEOPLE)], f"{FIRMS[number % len(FIRMS)]} Works, Inc."
    witness = PEOPLE[(number + 3) % len(PEOPLE)]
    body = prose(
        f"This Agreement is made between {firm} (the “Company”)",
        f"and {person} (the “Recipient”).",
        "Now, therefore, the parties agree as follows: the recipient keeps secret what the company tells.",
        f"Questions go to Meridian Counsel LLC. Witness: {witness}",
        f"In witness whereof: /s/ {person}",
    )
    return body, (firm, person)


def lesson(number: int) -> ListLesson:
    body, entries = agreement(number)
    names = names_of(body)
    return ListLesson.of(f"{number:03}", names, marks_of_names(names, body), entries)


def probabilities(*values: float) -> NDArray[np.float64]:
    return np.array(values)


# Candidates ------------------------------------------------------------------------------------------------------


def test_a_name_is_cut_before_what_introduces_it_and_behind_its_legal_form() -> None:
    found = texts("made by and between Harbour Lights, Inc. and Ada Brook")
    assert {"Harbour Lights, Inc.", "Ada Brook"} <= set(found)


def test_a_name_with_a_comma_and_an_and_is_one_name() -> None:
    assert "Stone, Reed and Co." in texts("between Stone, Reed and Co. and others")


def test_a_name_over_a_line_end_is_one_name() -> None:
    assert "Harbour Lights Corporation" in texts("between Harbour Lights", "Corporation and")


def test_all_prints_of_a_name_are_one_value_written_as_in_sentences() -> None:
    found = [name for name in names_of(prose("between HARBOUR LIGHTS INC.", "Harbour Lights Inc.")) if name.key]
    both = next(name for name in found if name.key == "harbourlightsinc")
    assert len(both.prints) == 2
    assert both.text == "Harbour Lights Inc."


def test_a_document_full_of_names_has_no_more_candidates_than_are_looked_at() -> None:
    lines = [f"Firm{a}{b} Works{b}{a} Inc." for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "abcdefghijklmnopqrstuvwx"]
    assert len(texts(*lines)) == VALUES_MAX


# Lessons ---------------------------------------------------------------------------------------------------------


def test_half_a_name_does_not_teach_that_it_is_an_entry() -> None:
    body = prose("between Blue Harbour Lights, Inc. and Ada Brook (the “Recipient”)")
    names = names_of(body)
    taught = ListLesson.of("a", names, marks_of_names(names, body), ("Blue Harbour Lights Inc.",))
    right = {names[i].text for i in np.flatnonzero(taught.right)}
    assert right == {"Blue Harbour Lights, Inc."}


@pytest.mark.parametrize("printed", ["Rowan Works, Incorporated", "Rowan Works Inc.", "Rowan Works, Inc"])
def test_a_legal_form_in_another_spelling_is_the_same_name(printed: str) -> None:
    assert plain_form(printed).replace(",", "") == "Rowan Works inc"


def test_legal_forms_are_written_as_reviewed_entries_write_them() -> None:
    taught: list[ListLesson] = []
    for firm in FIRMS[:3]:
        body = prose(f"between {firm} Works, Incorporated (the “Company”) and others")
        names = names_of(body)
        taught.append(ListLesson.of(firm, names, marks_of_names(names, body), (f"{firm} Works Inc.",)))
    spellings = spellings_of(taught)
    assert spellings == {"incorporated": "Inc."}
    assert spelled("Umber Mills, Incorporated", spellings) == "Umber Mills, Inc."
    assert spelled("Umber Mills GmbH", spellings) == "Umber Mills GmbH"


def test_a_form_that_all_entries_write_one_way_is_written_so_before_another_spelling_was_seen() -> None:
    taught: list[ListLesson] = []
    for firm in FIRMS[:8]:
        body = prose(f"between {firm} Works Inc. (the “Company”), {firm} Mills GmbH and others")
        names = names_of(body)
        entries = (f"{firm} Works Inc.", f"{firm} Mills GmbH")
        taught.append(ListLesson.of(firm, names, marks_of_names(names, body), entries))
    assert spellings_of(taught[:7]) == {}
    assert spellings_of(taught) == {"incorporated": "Inc."}


# Which and how many ------------------------------------------------------------------------------------------------


def test_of_two_names_for_one_party_the_likelier_stays() -> None:
    names = ["Harbour Lights, Inc.", "Harbour Lights", "Ada Brook"]
    assert distinct(names, ["harbourlightsinc", "harbourlights", "adabrook"], probabilities(0.9, 0.8, 0.7)) == [0, 2]


def test_entries_are_taken_as_long_as_they_are_likely_enough() -> None:
    model = ListModel(0, np.zeros(0, dtype=np.float32), second=0.3, further=0.6)
    likely = probabilities(0.9, 0.4, 0.5)
    assert model.choose([0, 2, 1], likely, required=True) == [0, 2]


def test_a_list_that_may_be_missing_is_empty_where_no_name_is_likely() -> None:
    model = ListModel(0, np.zeros(0, dtype=np.float32))
    assert model.choose([0], probabilities(0.2), required=False) == []
    assert model.choose([0], probabilities(0.2), required=True) == [0]


def test_a_whole_list_is_never_surer_than_its_entries() -> None:
    likely = probabilities(0.9, 0.8, 0.3)
    assert whole([0, 1, 2], [0, 1], likely) == pytest.approx(0.9 * 0.8 * 0.7)


# Learning ----------------------------------------------------------------------------------------------------------


def test_parties_are_told_from_other_names_after_two_dozen_reviewed_agreements() -> None:
    lessons = [lesson(number) for number in range(24)]
    model, held = learn_list(lessons, [number % 4 for number in range(24)])
    body, entries = agreement(100)
    names = names_of(body)
    likely = model.probabilities(marks_of_names(names, body))
    kept = distinct([n.text for n in names], [n.key for n in names], likely)
    chosen = model.choose(kept, likely, required=True)
    assert {names[index].text for index in chosen} == set(entries)
    assert len(held) == 24
    assert sum(one.right for one in held) >= 22


def test_training_twice_gives_the_same_model_and_a_file_gives_it_back() -> None:
    lessons = [lesson(number) for number in range(24)]
    one, other = ListModel.fit(lessons), ListModel.fit(lessons)
    arrays: dict[str, NDArray[np.generic]] = {}
    again = ListModel.unpack(one.pack("x/", arrays), "x/", arrays)
    marks = lessons[0].marks
    assert np.array_equal(one.probabilities(marks), other.probabilities(marks))
    assert np.allclose(one.probabilities(marks), again.probabilities(marks))


def test_an_entry_counts_once_however_many_names_say_it() -> None:
    body = prose("between Rowan Works Inc. and Ada Brook (the “Recipient”)")
    names = [Name("Rowan Works Inc.", "rowanworksinc", []), Name("Rowan Works", "rowanworks", [])]
    marks = marks_of_names([], body)
    taught = ListLesson.of("a", names, marks, ("Rowan Works Inc.",))
    model = ListModel(0, np.zeros(0, dtype=np.float32))
    assert right_entries(model, taught, [0, 1]) == [True, False]
