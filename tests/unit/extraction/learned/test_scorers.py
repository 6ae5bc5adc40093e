"""The scorers: what a label is worth is learned from values alone, and no document speaks for itself."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.extraction.fingerprint import Fingerprint
from pipeline.extraction.learned.boosting import Boosting
from pipeline.extraction.learned.fieldmodel import FieldModel
from pipeline.extraction.learned.groups import Group
from pipeline.extraction.learned.lesson import Lesson
from pipeline.extraction.learned.likeness import Likeness
from pipeline.extraction.learned.listwise import DRAWN, LIKELIEST, Choice, Listwise
from pipeline.extraction.learned.memory import Memory, Remembered
from pipeline.extraction.learned.shares import FIGURES, Own, Shares, own_seen
from tests.unit.extraction.learned.slips import slip, studied

LABEL, OTHER, COMMON = 11, 22, 33


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    """What twelve slips teach about their sum: three amounts each."""
    return [one.lessons["sum"] for one in studied(map(slip, range(12)))]


def choice(*candidates: tuple[int, ...], right: tuple[int, ...] = (), near: tuple[int, ...] = ()) -> Choice:
    """Return a document whose candidates have these marks; `near` are those that overlap the right ones."""
    starts = np.cumsum([0, *(len(each) for each in candidates)]).astype(np.int64)
    marks = np.array([mark for each in candidates for mark in each], dtype=np.int32)
    is_right, is_near = (
        np.array([at in some for at in range(len(candidates))], dtype=np.bool_) for some in (right, near)
    )
    return Choice(starts, marks, np.zeros(len(candidates), dtype=np.float32), is_right, is_near)


def likely(model: Listwise, asked: Choice) -> list[float]:
    return model.probabilities(asked.starts, asked.marks, asked.prior).tolist()


# Listwise --------------------------------------------------------------------------------------------------------


def test_what_a_label_is_worth_is_learned_from_values_alone() -> None:
    taught = [choice((OTHER, COMMON), (LABEL, COMMON), right=(1,)) for _ in range(10)]
    wrong, right = likely(Listwise.fit(taught), choice((OTHER, COMMON), (LABEL, COMMON)))
    assert right > 0.9
    assert wrong < 0.05


def test_of_several_prints_of_a_value_the_one_with_the_telling_label_is_found_without_any_box() -> None:
    taught = [choice((LABEL, COMMON), (100 + at, COMMON), (OTHER, COMMON), right=(0, 1)) for at in range(10)]
    first, second, _ = likely(Listwise.fit(taught), choice((LABEL, COMMON), (OTHER, COMMON), (COMMON,)))
    assert first > 0.5 > second


def test_documents_without_the_value_teach_that_it_may_be_absent() -> None:
    present = [choice((LABEL,), (OTHER,), right=(0,)) for _ in range(10)]
    absent = [choice((OTHER,), (COMMON,)) for _ in range(10)]
    model = Listwise.fit([*present, *absent])
    assert sum(likely(model, choice((OTHER,), (COMMON,)))) < 0.3
    assert likely(model, choice((LABEL,), (COMMON,)))[0] > 0.7


def test_a_document_that_stands_for_many_teaches_more() -> None:
    heavy = replace(choice((LABEL,), (OTHER,), right=(0,)), weight=10.0)
    light = choice((LABEL,), (OTHER,), right=(1,))
    first, second = likely(Listwise.fit([heavy, light]), choice((LABEL,), (OTHER,)))
    assert first > second


def test_nothing_learned_leaves_the_prior() -> None:
    asked = replace(choice((LABEL,), (OTHER,)), prior=np.array([2.0, 0.0], dtype=np.float32))
    first, second = likely(Listwise.fit([]), asked)
    assert first > second
    assert likely(Listwise.fit([]), choice()) == []


def test_learning_twice_gives_the_same_weights() -> None:
    taught = [choice((LABEL, 50 + at), (OTHER, COMMON), right=(at % 2,)) for at in range(9)]
    one, other = Listwise.fit(taught), Listwise.fit(taught)
    assert one.none == other.none
    assert np.array_equal(one.weights, other.weights)


def test_a_document_learned_from_without_its_answer_teaches_that_there_is_none() -> None:
    taught = [choice((LABEL,), (OTHER,), (COMMON,), right=(0,), near=(1,)) for _ in range(10)]
    plain, both = Listwise.fit(taught), Listwise.fit(taught, without=range(10))
    left = choice((COMMON,))
    assert sum(likely(both, left)) < 0.1 < sum(likely(plain, left))
    assert likely(both, taught[0])[0] > 0.7
    overlapping = choice((OTHER,))
    assert sum(likely(both, overlapping)) > sum(likely(both, left)), "what overlaps the answer was taken out with it"


def crowd(number: int) -> Choice:
    """Return a document with three hundred candidates, one of them right, that the prior finds anything but likely."""
    chance = np.random.default_rng(number)
    crowded = [(int(chance.integers(100, 140)), COMMON) for _ in range(300)]
    crowded[7 * number] = (LABEL, COMMON)
    prior = chance.normal(size=300).astype(np.float32)
    prior[7 * number] = -2.0
    return replace(choice(*crowded, right=(7 * number,)), prior=prior)


def test_of_a_crowd_the_right_and_the_likeliest_candidates_are_learned_from_and_few_of_the_others() -> None:
    whole = crowd(1)
    drawn = whole.drawn()
    assert len(drawn.prior) == 1 + LIKELIEST + DRAWN
    assert drawn.right.sum() == 1
    assert set(drawn.telling.tolist()) == {LABEL, COMMON}
    top = np.sort(np.delete(whole.prior, 7))[::-1][:LIKELIEST]
    assert set(top.tolist()) <= set(drawn.prior.tolist())


def test_those_drawn_from_a_crowd_stand_for_the_others() -> None:
    whole = crowd(1)
    drawn = whole.drawn()
    total, kept = (float(np.exp(each.prior.astype(np.float64)).sum()) for each in (whole, drawn))
    assert kept == pytest.approx(total, rel=0.05)


def test_learning_from_drawn_candidates_finds_what_learning_from_all_does() -> None:
    crowds = [crowd(number) for number in range(12)]
    every, some = Listwise.fit(crowds), Listwise.fit([each.drawn() for each in crowds])
    asked = crowd(20)
    assert likely(some, asked)[140] > 0.9
    assert likely(some, asked)[140] == pytest.approx(likely(every, asked)[140], abs=0.05)


def test_a_few_candidates_are_all_learned_from() -> None:
    asked = choice((LABEL,), (OTHER,), right=(0,))
    assert asked.drawn() is asked


# Trees -----------------------------------------------------------------------------------------------------------


def rows(count: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(3)
    figures = chance.uniform(size=(count, 4)).astype(np.float32)
    return figures, figures[:, 0] > 0.7


def boosted(weights: float = 1.0) -> Boosting:
    figures, right = rows(200)
    counted = np.where(right, weights, 1.0).astype(np.float32)
    return Boosting.fit(figures, right, counted, np.zeros(200, dtype=np.float32), 40)


def test_trees_tell_right_from_wrong_by_figures() -> None:
    figures, right = rows(60)
    scores = boosted().scores(figures, np.zeros(60, dtype=np.float32))
    assert scores[right].min() > scores[~right].max()


def test_right_candidates_that_count_less_are_scored_lower() -> None:
    figures, right = rows(60)
    prior = np.zeros(60, dtype=np.float32)
    assert boosted(0.1).scores(figures, prior)[right].mean() < boosted(1.0).scores(figures, prior)[right].mean()


def test_trees_are_the_same_each_time_and_when_kept_as_text() -> None:
    figures, _ = rows(60)
    prior = np.linspace(-1, 1, 60, dtype=np.float32)
    one, other = boosted(), boosted()
    assert one.to_text() == other.to_text()
    assert np.array_equal(Boosting.from_text(one.to_text()).scores(figures, prior), one.scores(figures, prior))
    assert one.scores(figures[:0], prior[:0]).tolist() == []


# Leaving one out -------------------------------------------------------------------------------------------------


def rows_of(lesson: Lesson) -> np.ndarray:
    return np.arange(len(lesson.prior))


def test_shares_leave_a_documents_own_marks_out_exactly(lessons: list[Lesson]) -> None:
    taught = [(lesson.marks, lesson.right.astype(np.float32)) for lesson in lessons]
    whole, others = Shares.of(taught), Shares.of(taught[1:])
    whole.base = others.base = 0.3
    first, weights = taught[0]
    rows = rows_of(lessons[0])
    assert whole.figures(first, rows, Own(weights, own_seen(first))) == pytest.approx(others.figures(first, rows))
    assert not np.allclose(whole.figures(first, rows), others.figures(first, rows))


def test_what_marks_are_worth_does_not_depend_on_which_candidates_are_asked_about(lessons: list[Lesson]) -> None:
    shares = Shares.of([(lesson.marks, lesson.right.astype(np.float32)) for lesson in lessons[1:]])
    marks = lessons[0].marks
    some = np.array([2, 0])
    assert np.array_equal(shares.figures(marks, some), shares.figures(marks, rows_of(lessons[0]))[some])
    assert shares.figures(marks, some[:0]).shape == (0, FIGURES)


def test_shares_of_nothing_are_nought(lessons: list[Lesson]) -> None:
    shares = Shares.of([])
    assert not any(counts.seen.any() or counts.right.any() for counts in shares.counts)
    assert np.isfinite(shares.figures(lessons[0].marks, rows_of(lessons[0]))).all()


def remembering(lessons: list[Lesson]) -> Memory:
    memory = Memory()
    for lesson in lessons:
        at = int(np.flatnonzero(lesson.right)[0])
        page, x0, x1, y = (float(value) for value in lesson.marks.places[at])
        marks = tuple(int(lesson.marks.singles[at, single]) for single in (2, 3, 0, 7))
        memory.add(lesson.key, lesson.fingerprint, (Remembered(page, x0, x1, y, marks),))
    return memory


def test_memory_leaves_a_document_out_exactly(lessons: list[Lesson]) -> None:
    own = lessons[0]
    whole, others = remembering(lessons), remembering(lessons[1:])
    near = whole.nearest(own.fingerprint, without=own.key)
    left_out = whole.figures(near, own.marks.places, own.marks.singles)
    asked = others.nearest(own.fingerprint)
    assert np.array_equal(left_out, others.figures(asked, own.marks.places, own.marks.singles))


def test_memory_points_to_where_documents_that_look_alike_had_the_value(lessons: list[Lesson]) -> None:
    own, memory = lessons[0], remembering(lessons[1:])
    figures = memory.figures(memory.nearest(own.fingerprint), own.marks.places, own.marks.singles)
    assert own.right[int(np.argmax(figures[:, 0]))]
    assert figures[own.right, 0] == pytest.approx(1.0, abs=1e-3)


def test_documents_nearest_to_one_are_the_same_by_fingerprint_and_by_known_likeness(lessons: list[Lesson]) -> None:
    own, memory = lessons[0], remembering(lessons[1:])
    alike = Likeness.of((lesson.key, lesson.fingerprint) for lesson in lessons)
    assert memory.nearest(own.fingerprint, alike.among(own.key, memory.keys)) == memory.nearest(own.fingerprint)


def test_likeness_is_what_fingerprints_say_of_one_another() -> None:
    prints = {name: Fingerprint(frozenset(marks)) for name, marks in (("a", {1, 2, 3}), ("b", {2, 3, 4, 5}), ("c", ()))}
    alike = Likeness.of(prints.items())
    for one in prints:
        said = [prints[one].similarity(other) for other in prints.values()]
        assert alike.among(one, list(prints)).tolist() == said
    assert alike.nearest("a", ["b", "c"]) == 0.4
    assert alike.nearest("a", []) == 0.0


def test_an_empty_memory_says_nothing(lessons: list[Lesson]) -> None:
    own = lessons[0]
    assert not Memory().figures([], own.marks.places, own.marks.singles).any()
    nowhere = Memory()
    nowhere.add("absent", own.fingerprint, ())
    assert nowhere.nearest(own.fingerprint) == []


# A field ---------------------------------------------------------------------------------------------------------


def test_a_field_learned_twice_is_the_same(lessons: list[Lesson]) -> None:
    one, other = (FieldModel.fit(Group.MONEY, lessons) for _ in range(2))
    assert np.array_equal(one.listwise.weights, other.listwise.weights)
    for mine, others in zip(one.shares.counts, other.shares.counts, strict=True):
        assert np.array_equal(mine.right, others.right)
        assert np.array_equal(mine.seen, others.seen)
    assert one.memory.prints == other.memory.prints
    assert np.array_equal(one.values.hashes, other.values.hashes)
    assert np.array_equal(one.values.right, other.values.right)


def test_a_field_gives_a_new_document_one_share_out_among_its_candidates(lessons: list[Lesson]) -> None:
    model = FieldModel.fit(Group.MONEY, lessons[1:])
    own = lessons[0]
    shares = model.probabilities(own.marks, own.keys, own.prior, own.chosen, own.sure, own.none_prior, own.fingerprint)
    assert own.right[int(np.argmax(shares))]
    assert 0.8 < shares.sum() <= 1.0
    assert (shares >= 0).all()


# Absence ---------------------------------------------------------------------------------------------------------


def test_absence_is_rarer_than_taught_where_every_document_has_the_value(lessons: list[Lesson]) -> None:
    assert FieldModel.fit(Group.MONEY, lessons).rarity < 0.35


def test_absence_is_as_frequent_as_taught_where_most_documents_lack_the_value(lessons: list[Lesson]) -> None:
    few = [*lessons[:2], *(replace(one, right=np.zeros_like(one.right)) for one in lessons[2:])]
    assert 0.9 < FieldModel.fit(Group.MONEY, few).rarity <= 1.0


def test_values_of_sentences_are_proposed_before_they_are_likelier_than_their_absence(lessons: list[Lesson]) -> None:
    absent = [replace(one, right=np.zeros_like(one.right)) for one in lessons[2:]]
    assert FieldModel.fit(Group.DURATION, [*lessons[:2], *absent]).rarity < 1.0
