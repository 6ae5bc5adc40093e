"""Values of reviewed documents: what was the answer, what merely stood there, and no document speaking for itself."""

import numpy as np

from pipeline.extraction.learned.values import Values

SHOP, THANKS, RARE, NEW = 11, 22, 33, 44


def taught(*documents: tuple[list[int], int]) -> Values:
    """Return the values of documents: their candidates' hashes, and which of these is the answer."""
    return Values.of((np.array(found, dtype=np.int64), np.array(found) == answer) for found, answer in documents)


def asked(values: Values, hashes: list[int], own: list[int] | None = None) -> list[list[float]]:
    """Return in how many documents each was right, and in how many it was at all."""
    left_out = None if own is None else np.array(own, dtype=np.int64)
    return values.figures(np.array(hashes, dtype=np.int64), left_out)[:, :2].tolist()


def test_what_stands_on_many_documents_and_never_was_the_answer_is_told_from_what_was() -> None:
    values = taught(([SHOP, THANKS], SHOP), ([SHOP, THANKS], SHOP), ([RARE, THANKS], RARE))
    assert asked(values, [SHOP, THANKS, NEW]) == [[2, 2], [0, 3], [0, 0]]


def test_a_value_counts_once_a_document_however_often_it_is_printed_there() -> None:
    assert asked(taught(([SHOP, SHOP, SHOP], SHOP), ([SHOP], SHOP)), [SHOP]) == [[2, 2]]


def test_a_document_is_left_out_exactly_as_if_it_had_not_been_learned_from() -> None:
    own, others = ([SHOP, THANKS, RARE], SHOP), [([SHOP, THANKS], SHOP), ([RARE, THANKS], THANKS)]
    assert asked(taught(own, *others), own[0], own=[SHOP]) == asked(taught(*others), own[0])


def test_what_a_single_document_had_is_as_good_as_new_but_for_its_answer() -> None:
    values = taught(([SHOP, RARE], SHOP))
    assert values.hashes.tolist() == [SHOP]
    assert asked(values, [SHOP, RARE]) == [[1, 0], [0, 0]]


def test_nothing_learned_says_nothing() -> None:
    assert asked(taught(), [SHOP, NEW]) == [[0, 0], [0, 0]]
    assert asked(taught(([SHOP], SHOP)), []) == []


def test_a_value_that_was_always_right_is_worth_more_than_a_new_one_and_one_that_never_was_less() -> None:
    values = taught(([SHOP, THANKS], SHOP), ([SHOP, THANKS], SHOP), ([RARE, THANKS], RARE))
    shop, thanks, new = values.figures(np.array([SHOP, THANKS, NEW], dtype=np.int64))[:, 2].tolist()
    assert shop > 0.6 > new > thanks
