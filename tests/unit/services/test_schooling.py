"""Cross-validation: every document is judged once, by a model that has not seen it."""

from dataclasses import replace

import pytest

from pipeline.extraction.learned.kinds import TypeExample
from pipeline.extraction.learned.training import Studied, train
from pipeline.services.schooling import Tally, cross_validate, divided, type_named
from tests import builders
from tests.unit.extraction.learned.slips import SLIP, slip, studied


@pytest.fixture(scope="module")
def slips() -> list[Studied]:
    return [replace(one, group=f"group {at // 3}") for at, one in enumerate(studied(map(slip, range(12))))]


def test_every_document_is_held_out_once_and_never_learned_from_meanwhile(slips: list[Studied]) -> None:
    parts = list(divided(slips, 5, 0, apart=False))
    assert sorted(one.key for _, held in parts for one in held) == sorted(one.key for one in slips)
    for training, held in parts:
        assert not {one.key for one in training} & {one.key for one in held}
        assert len(training) + len(held) == len(slips)


def test_documents_of_one_group_are_kept_in_one_part_where_asked(slips: list[Studied]) -> None:
    for training, held in divided(slips, 3, 0, apart=True):
        assert not {one.group for one in training} & {one.group for one in held}
    assert any({a.group for a in t} & {b.group for b in h} for t, h in divided(slips, 3, 0, apart=False))


def test_the_division_depends_on_the_seed_alone(slips: list[Studied]) -> None:
    def keys(documents: list[Studied], seed: int) -> list[list[str]]:
        return [[one.key for one in held] for _, held in divided(documents, 3, seed, apart=False)]

    assert keys(slips, 1) == keys(slips[::-1], 1)
    assert keys(slips, 1) != keys(slips, 2)


def test_slips_of_one_layout_are_read_right_by_models_of_the_others(slips: list[Studied]) -> None:
    report = cross_validate(slips, {"slip": SLIP}, folds=2, size=4)
    assert (report.size, report.documents, report.answers) == (4, 12, 36)
    assert report.micro == Tally(36, 0, 0)
    assert report.ranking is None
    assert report.accepted == 0, "four documents allow no certainty"


def test_type_of_a_document_unlike_all_reviewed_ones_is_the_one_that_the_rules_name(slips: list[Studied]) -> None:
    types = {"slip": SLIP, "invoice": builders.invoice_type()}
    model = train(slips[:6], types)
    words = ("till", "roll", "cash", "change", "thank", "you", "total")
    foreign = replace(slips[9], type="invoice", type_example=TypeExample(words, "invoice", ruled="invoice"))
    assert type_named(model, slips[7], types) == "slip"
    assert type_named(model, foreign, types) == "invoice"
    unnamed = replace(foreign, type_example=TypeExample(words, "invoice"))
    assert type_named(model, unnamed, types) is None


def test_precision_and_recall_count_wrong_and_missed_answers() -> None:
    tally = Tally(right=6, wrong=2, missed=6)
    assert (tally.precision, tally.recall, tally.f1) == (0.75, 0.5, 0.6)
    assert Tally(0, 0, 0).f1 == Tally(0, 0, 0).precision == Tally(0, 0, 0).recall == 0.0
