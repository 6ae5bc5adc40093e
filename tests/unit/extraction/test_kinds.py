import json
import random

import numpy as np
import pytest

from pipeline.extraction.learned.kinds import TypeExample, TypeModel

COMMON = ["the", "of", "and", "to", "date", "number", "page", "company", "street", "city", "phone", "please"]
OWN = {
    "waybill": [
        "waybill",
        "consignor",
        "consignee",
        "carrier",
        "pallets",
        "gross",
        "weight",
        "loading",
        "place",
        "driver",
    ],
    "permit": ["permit", "authority", "applicant", "parcel", "zoning", "inspection", "granted", "conditions", "appeal"],
    "payslip": ["payslip", "employee", "wage", "hours", "overtime", "deductions", "pension", "gross", "net", "month"],
    "menu": ["soup", "salad", "grilled", "roasted", "dessert", "wine", "glass", "bottle", "starter", "vegetables"],
}


def words_of(kind: str, seed: int) -> tuple[str, ...]:
    rng = random.Random(f"{kind} {seed}")
    return tuple(rng.choices(OWN[kind], k=45) + rng.choices(COMMON, k=35) + [str(rng.randrange(10**6))])


def examples(count: int, *kinds: str) -> list[TypeExample]:
    return [TypeExample(words_of(kind, seed), kind) for seed in range(count) for kind in kinds]


@pytest.fixture(scope="module")
def model() -> TypeModel:
    return TypeModel.fit(examples(12, "waybill", "permit", "payslip"))


@pytest.mark.parametrize("kind", ["waybill", "permit", "payslip"])
def test_new_documents_of_reviewed_types_are_told_apart(model: TypeModel, kind: str) -> None:
    for seed in range(100, 105):
        score = model.guess(words_of(kind, seed))
        assert score.probabilities[0][0] == kind
        assert score.known > 0.8


def test_a_document_of_a_type_never_reviewed_is_less_known_than_any_of_the_reviewed_types(model: TypeModel) -> None:
    unknown = max(model.guess(words_of("menu", seed)).known for seed in range(100, 110))
    known = min(model.guess(words_of(kind, seed)).known for kind in list(OWN)[:3] for seed in range(100, 110))
    assert unknown < 0.5 < known


def test_probabilities_leave_room_for_what_few_documents_cannot_show() -> None:
    few = TypeModel.fit(examples(3, "waybill", "permit")).guess(words_of("permit", 100))
    many = TypeModel.fit(examples(30, "waybill", "permit")).guess(words_of("permit", 100))
    assert few.probability_of("permit") <= 1 - 0.5 / 4 < many.probability_of("permit") <= 1 - 0.5 / 31


def test_the_same_documents_make_the_same_model() -> None:
    one, other = (TypeModel.fit(examples(6, "waybill", "permit", "payslip")) for _ in range(2))
    assert one.guess(words_of("permit", 100)) == other.guess(words_of("permit", 100))


def test_a_saved_model_says_what_it_said_before(model: TypeModel) -> None:
    arrays, rest = model.to_arrays()
    loaded = TypeModel.from_arrays(arrays, json.loads(json.dumps(rest)))
    for kind in OWN:
        before, after = model.guess(words_of(kind, 100)), loaded.guess(words_of(kind, 100))
        assert after.probabilities == before.probabilities
        assert after.known == pytest.approx(before.known)
    assert all(array.dtype != np.object_ for array in arrays.values())


def test_what_is_remembered_stays_bounded_however_many_documents_were_reviewed() -> None:
    sizes = []
    for count in (60, 240):
        arrays, _ = TypeModel.fit(examples(count, "waybill", "permit")).to_arrays()
        sizes.append(sum(array.nbytes for array in arrays.values()))
    assert sizes[1] < 1.1 * sizes[0] < 500_000


def test_numbers_and_case_do_not_tell_documents_apart(model: TypeModel) -> None:
    words = words_of("permit", 100)
    assert model.guess([*words, "4711"]) == model.guess([*(word.upper() for word in words), "1234"])


def test_a_document_without_words_is_not_known(model: TypeModel) -> None:
    score = model.guess(())
    assert (score.known, score.nearest) == (0.0, 0.0)


def test_a_single_reviewed_type_knows_its_own_from_what_is_foreign_to_it() -> None:
    model = TypeModel.fit(examples(12, "waybill"))
    assert model.guess(words_of("waybill", 100)).known > 0.8
    assert model.guess(words_of("menu", 100)).known < 0.5


def test_one_reviewed_document_is_enough_to_start() -> None:
    score = TypeModel.fit(examples(1, "waybill")).guess(words_of("waybill", 100))
    assert score.probabilities[0][0] == "waybill"
    assert score.probabilities[0][1] <= 0.75


def test_a_rare_variant_does_not_blur_its_family() -> None:
    returns = [TypeExample((*words_of("waybill", 50 + i), "returned", "refused"), "return") for i in range(3)]
    model = TypeModel.fit([*examples(20, "waybill", "permit"), *returns], families={"return": "waybill"})
    score = model.guess((*words_of("waybill", 100), "returned", "refused"))
    assert score.probability_of("waybill") + score.probability_of("return") > 0.95
    plain = model.guess(words_of("waybill", 101))
    assert score.probability_of("return") > plain.probability_of("return")


def test_what_the_rules_said_of_reviewed_documents_is_remembered() -> None:
    wrong = [TypeExample(words_of("permit", i), "permit", ruled="waybill") for i in range(5)]
    score = TypeModel.fit([*examples(5, "waybill"), *wrong]).guess(words_of("permit", 100))
    assert score.rulings == {"waybill": {"permit": 5}}


def test_without_any_document_nothing_is_learned() -> None:
    with pytest.raises(ValueError, match="at least one"):
        TypeModel.fit([])
