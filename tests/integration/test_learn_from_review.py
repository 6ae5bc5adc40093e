"""From a correction to a better reading: training, champion and challenger, reading again."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.models import ModelState
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, InvalidTransitionError
from pipeline.ports import Job
from pipeline.services.auditing import EventFilter
from pipeline.services.lessons import list_lessons
from pipeline.services.views import EventView
from pipeline.store.tables import FieldRow, ModelRow, TrainingRow
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office
from tests.lessons import learning_office, look, receive, review, slip, teach, values


@pytest.fixture
def school(office: Office) -> Office:
    return learning_office(office)


@pytest.fixture
def rowe(school: Office) -> Actor:
    """Somebody with all roles."""
    return school.hire("rowe")


def events(office: Office, *tags: AuditTag) -> list[EventView]:
    found = [office.auditing.list_events(EventFilter(tag=tag), by=builders.person(0, "auditor")).rows for tag in tags]
    return sorted((event for rows in found for event in rows), key=lambda event: event.seq)


def train(office: Office) -> str:
    version = office.learning.train(by=MACHINE)
    assert version is not None
    return version


def champion(office: Office) -> str | None:
    return office.championing.champion(by=MACHINE).version


def test_after_an_upgrade_that_keeps_models_otherwise_all_is_learned_anew(school: Office, rowe: Actor) -> None:
    teach(school, 2, rowe)
    train(school)
    assert school.learning.ring_due(by=MACHINE) == 0
    with school.store.writing() as session:
        # as the version before wrote it
        row = session.get_one(TrainingRow, 1)
        row.seen = f"1.1:{row.seen.partition(':')[2]}"
    assert school.learning.ring_due(by=MACHINE) == 1
    train(school)
    assert school.learning.ring_due(by=MACHINE) == 0


def test_corrections_in_approved_documents_make_the_next_one_of_the_layout_right(school: Office, rowe: Actor) -> None:
    before = values(receive(school, slip(90)))
    assert before != slip(90).values, "the rules know none of its labels"
    teach(school, 4, rowe)
    version = train(school)

    after = receive(school, slip(91))
    assert values(after) == slip(91).values
    assert version in (after.engine or "")
    assert champion(school) == version


def test_waiting_document_that_nobody_opened_is_read_again_and_one_that_is_held_is_not(
    school: Office, rowe: Actor
) -> None:
    waiting, held, begun = (receive(school, slip(number)) for number in (90, 91, 92))
    school.reviewing.claim(held.id, by=rowe)
    view = school.reviewing.claim(begun.id, by=rowe)
    view = review(school, view, slip(92).values, rowe)
    teach(school, 3, rowe)
    school.queue.take()
    train(school)

    assert school.queue.take() == [(Job.PROCESS, waiting.id)]
    assert look(school, waiting.id).state is DocumentState.QUEUED
    school.processing.process(waiting.id, by=MACHINE)
    assert values(look(school, waiting.id)) == slip(90).values
    assert values(look(school, held.id)) == values(held)
    assert look(school, begun.id).state is DocumentState.READY
    assert school.learning.reread(by=MACHINE) == 0, "each is read by a model once"


def test_many_approvals_are_one_training_and_one_that_is_not_needed_does_nothing(school: Office, rowe: Actor) -> None:
    teach(school, 3, rowe)
    rings = [job for job, _ in school.queue.take() if job is Job.LEARN]
    assert rings
    assert [school.learning.train(by=MACHINE) is not None for _ in rings] == [True, *([False] * (len(rings) - 1))]
    assert len(events(school, AuditTag.MODEL_TRAIN)) == 1


def test_lost_ring_is_found_by_the_sweep(school: Office, rowe: Actor) -> None:
    teach(school, 1, rowe)
    school.queue.take()
    assert school.sweeping.sweep(by=MACHINE).trainings == 1
    assert (Job.LEARN, 0) in school.queue.take()
    train(school)
    assert school.sweeping.sweep(by=MACHINE).trainings == 0


def test_the_same_lessons_make_the_same_model(school: Office, rowe: Actor) -> None:
    teach(school, 2, rowe)
    first = train(school)
    school.championing.train_again(by=rowe)
    assert train(school) == first
    with school.store.reading() as session:
        assert len(session.scalars(select(ModelRow)).all()) == 1


def test_value_that_policy_accepted_unseen_teaches_nothing(school: Office, rowe: Actor) -> None:
    [view] = teach(school, 1, rowe)
    with school.store.writing() as session:
        session.execute(
            update(FieldRow)
            .where(FieldRow.document_id == view.id, FieldRow.name == "sum")
            .values(state="accepted", settled_by=None)
        )
        session.execute(
            update(FieldRow)
            .where(FieldRow.document_id == view.id, FieldRow.name == "issued")
            .values(sample_probability=0.25)
        )
    with school.store.reading() as session:
        [lesson] = list_lessons(session)
    assert set(lesson.values) == {"slip_number", "issued"}
    assert lesson.weights == {"issued": 4.0}


def test_superseded_document_teaches_nothing_until_it_is_signed_again(school: Office, rowe: Actor) -> None:
    [view] = teach(school, 1, rowe)
    view = school.approving.supersede(view.id, "Wrong sum.", by=rowe, revision=view.revision)
    with school.store.reading() as session:
        assert list_lessons(session) == []
    view = review(school, view, {**slip(0).values, "sum": "1.00"}, rowe)
    school.approving.approve(view.id, by=rowe, revision=view.revision)
    with school.store.reading() as session:
        [lesson] = list_lessons(session)
    assert lesson.values["sum"] == "1.00"


def test_model_that_is_worse_is_refused_with_the_reason_and_the_champion_goes_on(school: Office, rowe: Actor) -> None:
    teach(school, 10, rowe)
    good = train(school)
    for number in range(20, 34):
        made = slip(number)
        wrong = {"slip_number": "Q1", "issued": "1999-01-01", "sum": "0.01"}
        view = review(school, receive(school, made), wrong | {"sum": made.values["sum"]}, rowe)
        school.approving.approve(view.id, by=rowe, revision=view.revision)
    bad = train(school)

    overview = school.championing.overview(by=rowe)
    refused = next(model for model in overview.models if model.version == bad)
    assert (champion(school), refused.state) == (good, ModelState.REFUSED), refused.why
    assert "orse than" in refused.why
    school.championing.promote(bad, "We want to see it.", by=rowe)
    assert champion(school) == bad


def test_rollback_brings_an_earlier_model_back_and_newer_ones_wait_for_a_person(school: Office, rowe: Actor) -> None:
    teach(school, 2, rowe)
    first = train(school)
    teach(school, 1, rowe, start=2)
    second = train(school)
    assert champion(school) == second

    school.championing.roll_back(first, "It read dates wrongly.", by=rowe)
    teach(school, 1, rowe, start=3)
    third = train(school)
    assert champion(school) == first
    states = {model.version: model.state for model in school.championing.overview(by=rowe).models}
    assert states == {first: ModelState.CHAMPION, second: ModelState.RETIRED, third: ModelState.CHALLENGER}

    school.championing.promote(third, "It is right again.", by=rowe)
    teach(school, 1, rowe, start=4)
    assert champion(school) == third
    assert train(school) == champion(school)
    told = events(school, AuditTag.MODEL_PROMOTE, AuditTag.MODEL_ROLLBACK)
    assert [event.tag for event in told] == ["model:promote"] * 2 + ["model:rollback"] + ["model:promote"] * 2
    assert told[2].values["why"] == "It read dates wrongly."


def test_putting_a_model_in_force_needs_a_reason_and_an_administrator(school: Office, rowe: Actor) -> None:
    teach(school, 1, rowe)
    version = train(school)
    with pytest.raises(InvalidCorrectionError):
        school.championing.roll_back_to_rules(" ", by=rowe)
    with pytest.raises(AccessDeniedError):
        school.championing.roll_back_to_rules(
            "Why not.", by=builders.person(9, "clerk", *()).model_copy(update={"roles": frozenset()})
        )
    with pytest.raises(InvalidTransitionError):
        school.championing.remove(version, "No longer wanted.", by=rowe)
    school.championing.roll_back_to_rules("Let us see the rules.", by=rowe)
    assert champion(school) is None
    school.championing.remove(version, "No longer wanted.", by=rowe)
    with pytest.raises(InvalidTransitionError):
        school.championing.promote(version, "Back again.", by=rowe)


def test_champion_whose_file_is_gone_leaves_reading_to_the_rules(school: Office, rowe: Actor) -> None:
    teach(school, 2, rowe)
    version = train(school)
    school.models.path(version).unlink()
    view = receive(learning_office(school), slip(90))
    assert "model" not in (view.engine or "")
    assert not school.championing.champion(by=MACHINE).is_there
    school.championing.train_again(by=rowe)
    assert train(school) == version
    assert school.championing.champion(by=MACHINE).is_there


def test_training_that_died_is_tried_again(school: Office, rowe: Actor) -> None:
    teach(school, 1, rowe)
    begun = school.learning._begin()
    assert begun is not None
    assert school.learning.train(by=MACHINE) is None, "one at a time"
    school.learning.bury(begun[0], by=MACHINE)
    assert school.learning.train(by=MACHINE) is None, "not at once"
    school.clock.advance(minutes=1)
    assert school.sweeping.sweep(by=MACHINE).trainings == 1
    train(school)
    with school.store.reading() as session:
        row = session.get_one(TrainingRow, 1)
    assert (row.failure, row.running_until) == (None, None)


def test_training_that_nobody_saw_dying_is_over_after_its_time(school: Office, rowe: Actor) -> None:
    teach(school, 1, rowe)
    school.learning._begin()
    school.clock.advance(seconds=timedelta(hours=2).total_seconds())
    school.sweeping.sweep(by=MACHINE)
    school.clock.advance(minutes=1)
    train(school)
