"""What a comparison of two models says, and what it refuses."""

from pipeline.services.contest import Answer, against_champion, against_rules


def answers(*rights: bool, accepted: bool = False, kind: str = "invoice") -> dict[tuple[str, str], Answer]:
    return {(f"d{place}", "total"): Answer(kind, right, accepted) for place, right in enumerate(rights)}


def test_model_that_answers_the_same_is_no_worse() -> None:
    same = answers(True, False, True)
    found = against_champion("aa11", same, same)
    assert not found.is_worse
    assert "3 values that both answered, 0 better and 0 worse" in found.why


def test_model_that_loses_many_values_is_worse_and_the_sentence_says_by_how_much() -> None:
    found = against_champion("aa11", answers(*[False] * 8, True), answers(*[True] * 9))
    assert found.is_worse
    assert "0 better and 8 worse" in found.why


def test_model_that_would_take_over_more_wrong_values_unseen_is_refused_though_it_is_right_as_often() -> None:
    sure = answers(*[True] * 18, False, False, accepted=True)
    careful = answers(*[True] * 18, False, False)
    assert "Too sure of itself" in against_champion("aa11", sure, careful).why
    assert not against_champion("aa11", careful, sure).is_worse


def test_one_wrong_value_more_may_be_a_wrong_label_and_refuses_no_model() -> None:
    sure = answers(*[True] * 18, False, accepted=True)
    assert not against_champion("aa11", sure, answers(*[True] * 18, False)).is_worse


def test_only_documents_that_both_answered_count() -> None:
    champion = answers(*[True] * 10)
    challenger = {("other", "total"): Answer("invoice", False, False)}
    assert not against_champion("aa11", challenger, champion).is_worse


def test_model_that_is_worse_than_the_rules_in_one_type_alone_is_refused() -> None:
    good = answers(*[True] * 40)
    bad = {(f"r{place}", "total"): Answer("receipt", False, False) for place in range(9)}
    rules = dict.fromkeys(good, False) | dict.fromkeys(bad, True)
    found = against_rules(good | bad, rules)
    assert found.is_worse
    assert "of type receipt" in found.why


def test_first_model_of_a_single_document_has_nothing_to_be_compared_on() -> None:
    found = against_rules({}, {("d1", "total"): True})
    assert (found.is_worse, "Too few" in found.why) == (False, True)
