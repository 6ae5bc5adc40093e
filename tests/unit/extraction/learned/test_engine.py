"""What people settled on one document is read off the next of its layout, with reasons; without it the rules read."""

from dataclasses import replace

import pytest

from pipeline.domain.extraction import Extraction, FieldExtraction
from pipeline.domain.pages import Page
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.learned.engine import LearnedEngine
from pipeline.extraction.learned.example import Example
from pipeline.extraction.learned.model import FIRST_MOST, NEW_MOST, Model
from pipeline.extraction.rules import CANDIDATES_SHOWN
from tests.unit.extraction.learned.slips import LABELS, SLIP, slip, slip_type, trained
from tests.unit.extraction.paper import line, page

OTHER = slip_type("chit")
TYPES = (SLIP, OTHER)


@pytest.fixture(scope="module")
def after_one() -> Model:
    return trained([slip(1)])


@pytest.fixture(scope="module")
def after_twelve() -> Model:
    return trained([slip(number) for number in range(12)])


def read(model: Model, *pages: Page, name: str = "slip") -> Extraction:
    return LearnedEngine(model, TYPES).extract(pages, TYPES, name)


def field(model: Model, name: str, *pages: Page) -> FieldExtraction:
    found = read(model, *pages).find_field(name)
    assert found is not None
    return found


def values(extraction: Extraction) -> dict[str, object]:
    return {each.name: each.value for each in extraction.fields}


def test_the_rules_alone_do_not_know_these_labels() -> None:
    example = slip(100)
    assert values(BaselineEngine(TYPES).extract(example.pages, TYPES, "slip")) != example.values


@pytest.mark.parametrize("number", range(100, 106))
def test_one_reviewed_document_makes_the_next_of_its_layout_read_right(after_one: Model, number: int) -> None:
    example = slip(number)
    assert values(read(after_one, *example.pages)) == example.values


def test_it_says_that_one_reviewed_document_had_the_value_there(after_one: Model) -> None:
    for each in read(after_one, *slip(100).pages).fields:
        assert "It stands where 1 reviewed document of this layout had it." in each.evidence


def test_it_counts_the_reviewed_documents_of_the_layout(after_twelve: Model) -> None:
    assert (
        "It stands where 12 reviewed documents of this layout had it."
        in field(after_twelve, "sum", *slip(100).pages).evidence
    )


def test_the_value_is_shown_where_it_was_read(after_one: Model) -> None:
    example = slip(100)
    found = field(after_one, "slip_number", *example.pages)
    word = next(word for word in example.pages[0].words if word.text == example.values["slip_number"])
    assert found.provenance is not None
    assert (found.provenance.page, found.provenance.boxes) == (1, (word.box,))


def test_runners_up_are_other_values_and_less_sure_than_the_answer() -> None:
    def torn(number: int) -> Example:
        one = slip(number)
        third = next(word.text for word in one.pages[0].words if word.text[0] == "Z" and word.text[1:].isdigit())
        return Example(one.key, one.pages, "slip", {"slip_number": third} if number % 3 == 0 else one.values)

    found = field(trained([torn(number) for number in range(12)]), "slip_number", *slip(100).pages)
    assert 0 < len(found.candidates) <= CANDIDATES_SHOWN
    sure = [each.confidence for each in found.candidates]
    assert sure == sorted(sure, reverse=True)
    assert sure[0] < found.confidence
    assert str(found.candidates[0].value)[0] == "Z"
    assert found.value not in {each.value for each in found.candidates}
    assert found.confidence + sum(sure) <= 1.001


def test_a_type_nothing_was_learned_about_is_read_by_the_rules_exactly_as_before(after_twelve: Model) -> None:
    pages = (page(line(60, (60, "unprinted label:"), (240, "A-4711")), line(80, (60, "Thud"), (240, "12.40"))),)
    learned = read(after_twelve, *pages, name="chit")
    assert learned.fields == BaselineEngine(TYPES).extract(pages, TYPES, "chit").fields
    assert learned.engine != BaselineEngine.version


def test_the_engine_names_the_model_it_read_with(after_one: Model) -> None:
    assert read(after_one, *slip(100).pages).engine == f"{BaselineEngine.version} model {after_one.version}"


def test_few_reviewed_documents_hold_confidence_down(after_one: Model) -> None:
    for each in read(after_one, *slip(100).pages).fields:
        assert 0 < each.confidence <= FIRST_MOST


def test_a_document_unlike_all_reviewed_ones_is_read_with_care_and_says_so(after_twelve: Model) -> None:
    stranger = page(
        line(300, (300, "Nothing here resembles anything reviewed before today")),
        line(330, (300, "Code B77123 written in haste")),
        line(360, (300, "Pay 917.40 on 2021-05-17 or thereabouts")),
    )
    found = [each for each in read(after_twelve, stranger).fields if each.value is not None]
    assert {each.name for each in found} >= {"slip_number", "sum"}
    for each in found:
        assert each.confidence <= NEW_MOST
        assert "No reviewed document of this type looks like this one: the machine stays careful." in each.evidence


def test_a_document_said_to_be_like_no_reviewed_one_is_not_said_to_share_a_layout_with_some(
    after_twelve: Model,
) -> None:
    known = after_twelve.types["slip"]
    strict = replace(after_twelve, types={"slip": replace(known, gate=replace(known.gate, least=1.01))})
    found = field(strict, "sum", *slip(100).pages)
    assert any("No reviewed document" in sentence for sentence in found.evidence)
    assert not any("of this layout" in sentence for sentence in found.evidence)


def test_a_value_that_people_found_missing_is_left_empty() -> None:
    absent = [Example(one.key, one.pages, one.type, {**one.values, "issued": None}) for one in map(slip, range(12))]
    found = field(trained(absent), "issued", *slip(100).pages)
    assert found.value is None
    assert found.confidence > 0.5


def test_a_date_that_can_be_read_two_ways_keeps_both_where_review_leaves_both_open() -> None:
    def ambiguous(number: int, *, day_first: bool) -> Example:
        one = slip(number)
        day, month = 1 + number % 12, 1 + (number + 5) % 12
        words = tuple(
            word.model_copy(update={"text": f"{day:02}/{month:02}/2023"}) if word.text == one.values["issued"] else word
            for word in one.pages[0].words
        )
        value = f"2023-{month:02}-{day:02}" if day_first else f"2023-{day:02}-{month:02}"
        return Example(one.key, (one.pages[0].model_copy(update={"words": words}),), "slip", {"issued": value})

    both = trained([ambiguous(number, day_first=bool(number % 2)) for number in range(12)])
    found = field(both, "issued", *ambiguous(100, day_first=True).pages)
    assert found.text == "05/10/2023"
    assert set(found.readings) == {"2023-05-10", "2023-10-05"}
    assert found.readings[0] == found.value
    sure = trained([ambiguous(number, day_first=True) for number in range(12)])
    assert field(sure, "issued", *ambiguous(100, day_first=True).pages).value == "2023-10-05"


def test_a_label_is_known_again_when_the_layout_has_changed(after_twelve: Model) -> None:
    order = (3, 1, 8, 0, 6, 2, 5, 7, 4)
    example = slip(100)
    rows = {
        word.box.top: [w for w in example.pages[0].words if w.box.top == word.box.top]
        for word in example.pages[0].words
        if word.box.top > 100
    }
    texts = [" ".join(w.text for w in words) for words in rows.values()]
    lines = [line(200 + 30 * at, *zip((60, 180), texts[row].split(" "), strict=True)) for at, row in enumerate(order)]
    moved = page(line(60, (60, "Quern and Bassoon")), *lines)
    assert len(texts) == len(LABELS)
    for name in ("slip_number", "sum"):
        assert field(after_twelve, name, moved).value == example.values[name]


def test_a_page_without_words_is_read_without_an_answer(after_one: Model) -> None:
    blank = read(after_one, page())
    assert values(blank) == {"slip_number": None, "issued": None, "sum": None}
    assert blank.pages_without_text == (1,)
