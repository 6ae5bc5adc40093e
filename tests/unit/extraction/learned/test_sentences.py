"""Values of running text: places whose law governs, durations, and dates, with what their sentences say."""

from pipeline.domain.extraction import DocumentLocale
from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.groups import Group
from pipeline.extraction.learned.options import Option
from pipeline.extraction.learned.sentences import sentence_options
from pipeline.extraction.learned.sentences_marks import Sentences
from pipeline.extraction.prose import Prose
from tests.unit.extraction.paper import line, page


def found(group: Group, *texts: str) -> tuple[str, list[Option]]:
    prose = Prose(Layout((page(*(line(60 + 14 * index, (60, text)) for index, text in enumerate(texts))),)))
    return prose.text, sentence_options(group, prose, DocumentLocale())


def values(group: Group, *texts: str) -> list[object]:
    return [option.value for option in found(group, *texts)[1]]


def test_a_state_is_found_over_a_line_end_and_in_capitals() -> None:
    assert values(Group.SENTENCE_NAME, "under the laws of the State of New", "York and of DELAWARE") == [
        "New York",
        "Delaware",
    ]


def test_a_longer_name_is_not_its_shorter_part() -> None:
    assert values(Group.SENTENCE_NAME, "a West Virginia company") == ["West Virginia"]


def test_letters_torn_apart_are_joined_where_a_law_is_named() -> None:
    assert values(Group.SENTENCE_NAME, "governed by the laws of Massachuse tts.") == ["Massachusetts"]


def test_a_place_that_no_list_holds_is_taken_where_its_law_governs() -> None:
    assert "Ruritania" in values(Group.SENTENCE_NAME, "governed by the laws of the Republic of Ruritania.")


def test_a_numbered_paragraph_is_no_french_year() -> None:
    assert values(Group.DURATION, "as follows: (1) An individual shall, for two (2) years,") == ["2 years"]


def test_a_date_over_a_line_end_is_one_date() -> None:
    assert values(Group.SENTENCE_DATE, "made this 6th day of", "January, 2012 by") == ["2012-01-06"]


def test_marks_tell_what_the_sentence_is_about_and_stop_at_its_ends() -> None:
    text, options = found(
        Group.DURATION, "You owe salary. This Agreement shall expire after two years. Notice follows."
    )
    _, _, said = Sentences(text, options).around(options[0])
    assert "t0:end" in said
    assert "t0:agreement" in said
    assert "t0:pay" not in said
    assert "t1:notice" not in said


def test_digits_are_hidden_so_that_values_are_not_learned_as_labels() -> None:
    text, options = found(Group.DURATION, "under clause 47 for two years")
    left, _, _ = Sentences(text, options).around(options[0])
    assert "00" in left
    assert "47" not in left
