"""A model is one file without code: equal documents give equal bytes, and what is no model says so in one sentence."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from pipeline.assurance.calibration import Calibration
from pipeline.errors import ConfigurationError
from pipeline.extraction.fingerprint import Fingerprint
from pipeline.extraction.learned.engine import LearnedEngine
from pipeline.extraction.learned.model import FEW, FIRST_MOST, NEW_MOST, TOO_FEW, Gate, Model, TypeKnowledge
from tests.unit.extraction.learned.slips import SLIP, slip, slip_type, trained

DAMAGED = r"This model can't be read \(it is damaged\)\. Train it again with `proofdesk learn`\."
MANY = 32
"""Documents from which on trees are grown as well."""


@pytest.fixture(scope="module")
def model() -> Model:
    return trained([slip(number) for number in range(MANY)])


@pytest.fixture(scope="module")
def data(model: Model) -> bytes:
    return model.to_bytes()


def knowledge(documents: int) -> TypeKnowledge:
    return TypeKnowledge("slip", documents, {}, Calibration(), {}, Gate((), 0.0))


def test_a_saved_model_is_the_same_bytes_when_read_and_saved_again(data: bytes) -> None:
    # a copy, so that it is packed anew: a model that was read knows its bytes
    assert replace(Model.from_bytes(data)).to_bytes() == data


def test_a_saved_model_reads_as_the_one_it_was_saved_from(model: Model, data: bytes) -> None:
    again = Model.from_bytes(data)
    assert model.types["slip"].fields["sum"].boosting is not None
    assert again.version == model.version
    for number in range(100, 104):
        pages = slip(number).pages
        first, second = (LearnedEngine(each, (SLIP,)).extract(pages, (SLIP,)) for each in (model, again))
        assert first == second


def test_a_saved_model_knows_its_documents_thresholds_and_held_out_answers(model: Model, data: bytes) -> None:
    again = Model.from_bytes(data)
    before, after = model.types["slip"], again.types["slip"]
    assert (again.documents, after.documents) == (MANY, MANY)
    assert after.thresholds == before.thresholds
    assert after.calibration == before.calibration
    assert [(h.key, h.field, h.right) for h in after.held] == [(h.key, h.field, h.right) for h in before.held]


def test_the_same_documents_make_the_same_version() -> None:
    assert trained(map(slip, range(6))).version == trained(map(slip, range(6))).version
    assert trained(map(slip, range(6))).version != trained(map(slip, range(7))).version


def test_no_part_of_the_file_is_pickled(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for name in file.namelist():
            with file.open(name) as part:
                version = np.lib.format.read_magic(part)
                reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else None
                assert reader is not None
                assert not reader(part)[2].hasobject


def test_a_pickled_object_in_the_file_is_refused_unopened() -> None:
    target = io.BytesIO()
    np.savez(target, allow_pickle=True, head=np.array([{"format": 1}], dtype=object))
    with pytest.raises(ConfigurationError, match=DAMAGED):
        Model.from_bytes(target.getvalue())


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99])
def test_a_file_that_was_cut_off_is_said_to_be_damaged(data: bytes, share: float) -> None:
    with pytest.raises(ConfigurationError, match=DAMAGED):
        Model.from_bytes(data[: int(share * len(data))])


@pytest.mark.parametrize("place", [0.1, 0.5, 0.8])
def test_a_file_with_a_broken_stretch_is_said_to_be_damaged(data: bytes, place: float) -> None:
    at = int(place * len(data))
    with pytest.raises(ConfigurationError, match=DAMAGED):
        Model.from_bytes(data[:at] + bytes(64) + data[at + 64 :])


def array_file() -> bytes:
    target = io.BytesIO()
    np.save(target, np.arange(3))
    return target.getvalue()


def archive(**arrays: bytes) -> bytes:
    target = io.BytesIO()
    np.savez(target, allow_pickle=False, **{name: np.frombuffer(text, np.uint8) for name, text in arrays.items()})
    return target.getvalue()


@pytest.mark.parametrize(
    "foreign",
    [
        b"%PDF-1.7",
        b"\x80\x04N.",
        b"PK\x03\x04 and no archive",
        array_file(),
        archive(other=b"{}"),
        archive(head=b"[]"),
        archive(head=b"not json"),
        archive(head=b"{}"),
    ],
    ids=["pdf", "pickle", "zip", "array", "no head", "list", "text", "empty head"],
)
def test_a_file_that_is_no_model_is_said_to_be_damaged(foreign: bytes) -> None:
    with pytest.raises(ConfigurationError, match=DAMAGED):
        Model.from_bytes(foreign)


def test_a_model_of_another_version_says_so() -> None:
    with pytest.raises(ConfigurationError, match=r"another version of Proofdesk made it.*proofdesk learn"):
        Model.from_bytes(archive(head=json.dumps({"format": 99, "marks": 1}).encode()))


def test_a_model_that_misses_a_part_is_said_to_be_damaged(data: bytes) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(target, "w") as part:
        for name in whole.namelist():
            if not name.endswith("sum/weights.npy"):
                part.writestr(name, whole.read(name))
    with pytest.raises(ConfigurationError, match=DAMAGED):
        Model.from_bytes(target.getvalue())


def test_types_that_define_a_field_alike_share_its_model() -> None:
    types = (SLIP, slip_type("chit"))
    made = trained([*map(slip, range(4)), *(slip(number, "chit") for number in range(4, 8))], *types)
    again = Model.from_bytes(made.to_bytes())
    for each in (made, again):
        assert each.types["slip"].fields["sum"] is each.types["chit"].fields["sum"]
        assert each.types["slip"].fields["sum"].documents == 8
        assert (each.types["slip"].documents, each.types["chit"].documents) == (4, 4)
    assert {h.key.split("-")[0] for h in made.types["chit"].held} == {"chit"}


def test_types_that_define_a_field_differently_learn_it_apart() -> None:
    chit = slip_type("chit")
    other = chit.model_copy(
        update={"fields": tuple(f.model_copy(update={"labels": {"en": ("other label",)}}) for f in chit.fields)}
    )
    made = trained([*map(slip, range(4)), *(slip(number, "chit") for number in range(4, 8))], SLIP, other)
    assert made.types["slip"].fields["sum"].documents == 4
    assert made.types["chit"].fields["sum"].documents == 4


def test_a_variant_is_learned_with_its_family() -> None:
    variant = slip_type("refund").model_copy(update={"variant_of": "slip"})
    made = trained([*map(slip, range(3)), *(slip(number, "refund") for number in range(3, 6))], SLIP, variant)
    assert made.find("refund") is made.find("slip")
    assert made.types["slip"].documents == 6
    assert dict(made.counts) == {"slip": 3, "refund": 3}


def test_too_few_documents_hold_confidence_down_unless_the_rules_are_surer() -> None:
    few, enough = knowledge(FEW - 1), knowledge(FEW)
    assert few.confidence("sum", 0.99, 0.5, agrees=True, new=False) == FIRST_MOST
    assert enough.confidence("sum", 0.99, 0.5, agrees=True, new=False) == pytest.approx(0.99)
    assert few.confidence("sum", 0.99, 0.98, agrees=True, new=False) == pytest.approx(0.98)
    assert few.confidence("sum", 0.99, 0.98, agrees=False, new=False) == FIRST_MOST


def test_a_new_kind_of_document_holds_confidence_down_unless_the_rules_back_the_answer() -> None:
    known = knowledge(100)
    assert known.confidence("sum", 0.99, 0.5, agrees=True, new=True) == NEW_MOST
    assert known.confidence("sum", 0.99, 0.97, agrees=True, new=True) == pytest.approx(0.97)
    assert known.confidence("sum", 0.99, 0.97, agrees=False, new=True) == NEW_MOST
    assert known.confidence("sum", 0.40, 0.97, agrees=False, new=True) == pytest.approx(0.40)


def test_on_a_new_kind_of_document_doubts_of_what_was_learned_elsewhere_do_not_lower_what_the_rules_measured() -> None:
    known = knowledge(100)
    assert known.confidence("sum", 0.40, 0.97, agrees=True, new=True) == pytest.approx(0.97)
    assert known.confidence("sum", 0.40, 0.97, agrees=True, new=False) == pytest.approx(0.40)


def test_the_first_two_documents_earn_no_trust_by_score_alone() -> None:
    assert knowledge(TOO_FEW - 1).confidence("sum", 0.99, 0.5, agrees=True, new=False) == NEW_MOST
    assert knowledge(TOO_FEW - 1).confidence("sum", 0.99, 0.98, agrees=True, new=False) == pytest.approx(0.98)
    assert knowledge(TOO_FEW).confidence("sum", 0.99, 0.5, agrees=True, new=False) == FIRST_MOST


def test_what_may_be_said_of_a_part_is_held_down_as_the_whole_is() -> None:
    assert knowledge(FEW - 1).most(new=False) == FIRST_MOST
    assert knowledge(FEW - 1).most(new=True) == knowledge(FEW).most(new=True) == NEW_MOST
    assert knowledge(FEW).most(new=False) == 1.0


def test_a_gate_knows_how_many_reviewed_documents_look_alike() -> None:
    one, other = Fingerprint(frozenset(range(10))), Fingerprint(frozenset(range(100, 110)))
    gate = Gate((one, one, other), 0.5)
    assert gate.alike(one) == 2
    assert gate.nearest(Fingerprint(frozenset(range(5)))) == 0.5
    assert gate.nearest(Fingerprint(frozenset())) == 0.0
