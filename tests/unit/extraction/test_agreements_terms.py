"""What a span of time is the life of: the agreement, or what somebody has to leave undone for a while."""

import pytest

from pipeline.extraction.agreements_terms import Life, life_of


def life(text: str, span: str = "two (2) years") -> Life:
    start = text.index(span)
    return life_of(text, start, start + len(span))


def test_an_agreement_that_ends_after_a_while_says_its_term() -> None:
    found = life("Fees are due. This Agreement shall terminate two (2) years after the date hereof.")
    assert (found.verb, found.core, found.since) == ("end", "agreement", "own")
    assert not found.is_other
    assert not found.is_restraint


def test_a_term_needs_no_verb_of_ending() -> None:
    found = life(
        "The term of this Agreement shall be for a period of two (2) years unless terminated upon written notice."
    )
    assert (found.verb, found.core) == ("lasts", "agreement")
    assert not found.is_other  # the notice belongs to the exception


@pytest.mark.parametrize(
    "sentence",
    [
        "For two (2) years from the date hereof neither party will approach the other's staff.",
        "The recipient agrees that it will not, for two (2) years from the date hereof, sell them.",
    ],
)
def test_what_must_not_be_done_for_a_while_is_a_restraint(sentence: str) -> None:
    assert life(sentence).is_restraint


def test_notices_and_hiring_are_something_else() -> None:
    assert life("For two (2) years from the date hereof the parties hire each other's staff by consent.").is_other


def test_what_is_counted_from_something_else_is_told() -> None:
    assert life("This Agreement shall survive for two (2) years after termination.").since == "other"
    assert life("She works here and for two (2) years thereafter keeps silent.").since == "then"


def test_a_sentence_before_says_nothing() -> None:
    assert life("This Agreement shall terminate. Salary follows for two (2) years of work.").verb == ""


def test_one_of_several_ends_is_told() -> None:
    assert life("It shall expire upon the earlier of (i) two (2) years from the date hereof and (ii) a sale.").is_limit


def test_a_span_that_is_given_another_name_is_no_term() -> None:
    ahead = "“Restriction Period” means the period beginning now and ending two (2) years from the date hereof."
    behind = "For two (2) years from the date hereof (the “Standstill Period”) prices hold."
    assert [life(text).named for text in (ahead, behind)] == ["other", "other"]
    assert life("This Agreement ends two (2) years after the date hereof (the “Term”).").named == "term"
