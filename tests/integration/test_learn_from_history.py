"""Values a company has already teach without review, and labels that the machine doubts come up to be looked at."""

import json
from pathlib import Path

import pytest

from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditTag
from pipeline.services.history import load_known
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office
from tests.lessons import learning_office, receive, review, slip, slip_type, values

WRONG = 3


@pytest.fixture
def school(office: Office) -> Office:
    return learning_office(office)


@pytest.fixture
def rowe(school: Office) -> Actor:
    """Somebody with all roles."""
    return school.hire("rowe")


def truth_of(folder: Path, numbers: range, wrong: int | None = None) -> Path:
    """Write slips and a truth file about them; in one of them the sum is said to be another."""
    folder.mkdir(exist_ok=True)
    lines: list[str] = []
    for number in numbers:
        made = slip(number)
        (folder / f"{number}.pdf").write_bytes(made.content)
        fields = made.values | ({"sum": "1.00"} if number == wrong else {})
        lines.append(json.dumps({"file": f"{number}.pdf", "document_type": slip_type().name, "fields": fields}))
    truth = folder / "truth.jsonl"
    truth.write_text("\n".join(lines))
    return truth


def test_known_values_teach_and_their_documents_never_come_up_for_review(
    school: Office, rowe: Actor, tmp_path: Path
) -> None:
    assert school.learning.teach(load_known(truth_of(tmp_path / "past", range(4))), by=rowe) == ()
    assert school.learning.train(by=MACHINE) is not None
    assert values(receive(school, slip(91))) == slip(91).values
    overview = school.championing.overview(by=rowe)
    assert (overview.taught, overview.lessons) == (4, {"slip": 4})
    assert sum(school.reporting.status(by=rowe).documents.values()) == 2, "the one received, and the total of one"


def test_bringing_a_document_in_again_takes_its_new_values(school: Office, rowe: Actor, tmp_path: Path) -> None:
    school.learning.teach(load_known(truth_of(tmp_path / "past", range(2), wrong=0)), by=rowe)
    first = school.learning.train(by=MACHINE)
    school.clock.advance(minutes=1)
    school.learning.teach(load_known(truth_of(tmp_path / "past", range(2))), by=rowe)
    assert school.championing.overview(by=rowe).taught == 2
    assert school.learning.train(by=MACHINE) not in {None, first}


def test_document_that_cannot_be_read_is_told_of_and_the_others_teach(
    school: Office, rowe: Actor, tmp_path: Path
) -> None:
    truth = truth_of(tmp_path / "past", range(2))
    (tmp_path / "past" / "0.pdf").write_bytes(b"no PDF at all")
    (tmp_path / "past" / "1.pdf").rename(tmp_path / "past" / "2.pdf")
    refused = school.learning.teach(load_known(truth), by=rowe)
    assert [sentence.partition(":")[0] for sentence in refused] == ["0.pdf", "1.pdf"]
    assert school.championing.overview(by=rowe).taught == 0


def test_label_that_a_sure_prediction_contradicts_is_listed_until_a_person_says_that_it_is_right(
    school: Office, rowe: Actor, tmp_path: Path
) -> None:
    school.learning.teach(load_known(truth_of(tmp_path / "past", range(24), wrong=WRONG)), by=rowe)
    school.learning.train(by=MACHINE)
    [doubt] = school.championing.overview(by=rowe).rechecks
    assert (doubt.name, doubt.field, doubt.label) == (f"{WRONG}.pdf", "sum", "1.00")
    assert doubt.said == slip(WRONG).values["sum"]
    assert doubt.confidence >= 0.97

    school.championing.dismiss(doubt.id, by=rowe)
    view = review(school, receive(school, slip(60)), slip(60).values, rowe)
    school.approving.approve(view.id, by=rowe, revision=view.revision)
    assert school.learning.train(by=MACHINE) is not None
    assert school.championing.overview(by=rowe).rechecks == ()


def test_derived_threshold_is_in_force_for_documents_read_from_then_on(
    school: Office, rowe: Actor, tmp_path: Path
) -> None:
    school.learning.teach(load_known(truth_of(tmp_path / "past", range(24))), by=rowe)
    version = school.learning.train(by=MACHINE)
    view = receive(school, slip(91))
    kinds = {field.record.name: field.record.threshold_kind for field in view.fields}
    model = next(each for each in school.championing.overview(by=rowe).models if each.version == version)
    [figures] = model.figures
    expected = {field.name: "derived" if field.threshold is not None else "starting" for field in figures.fields}
    assert {name: kinds[name] for name in expected} == expected
    starting = [field for field in figures.fields if field.threshold is None]
    assert all(field.missing > 0 for field in starting)
    told = {field.record.name: field.missing for field in view.fields}
    assert all(told[field.name] == field.missing for field in starting)


def test_model_that_read_a_document_and_its_training_are_on_record(school: Office, rowe: Actor, tmp_path: Path) -> None:
    school.learning.teach(load_known(truth_of(tmp_path / "past", range(2))), by=rowe)
    version = school.learning.train(by=MACHINE)
    view = receive(school, slip(91))
    [event] = school.events(view.id, AuditTag.DOCUMENT_READ)
    assert str(version) in event.facts["engine"]
    assert school.auditing.verify(None, by=builders.person(0, "auditor")).problems == ()
