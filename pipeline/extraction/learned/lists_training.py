"""Training of list fields: held-out predictions say how many entries lists have, and how sure one may be of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.assurance.calibration import Calibration
from pipeline.extraction.learned.lists_lesson import ListLesson
from pipeline.extraction.learned.lists_model import (
    ENTRY,
    FURTHER,
    FURTHERS,
    SECOND,
    SECONDS,
    ListModel,
    distinct,
    right_entries,
    whole,
)

ENOUGH = 20
"""Fewer reviewed lists than this leave the starting thresholds for how many entries there are."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeldList:
    """A held-out prediction of a whole list."""

    key: str
    share: float
    """Raw probability that the list is exactly right."""
    right: bool


def learn_list(
    lessons: Sequence[ListLesson], places: Sequence[int], required: bool = True
) -> tuple[ListModel, list[HeldList]]:
    """Return the model of the lessons, and held-out predictions.

    Args:
        lessons: the documents.
        places: the fold of each.
        required: whether a list always has an entry.
    """
    final = ListModel.fit(list(lessons))
    judged: list[tuple[ListLesson, ListModel, list[int], Doubles]] = []
    for fold in sorted(set(places)):
        known = [lesson for lesson, place in zip(lessons, places, strict=True) if place != fold]
        if not known:
            continue
        model = ListModel.fit(known)
        for lesson, place in zip(lessons, places, strict=True):
            if place == fold:
                likely = model.probabilities(lesson.marks)
                judged.append((lesson, model, distinct(lesson.texts, lesson.keys, likely), likely))
    if len(judged) >= ENOUGH:
        final.second, final.further = _thresholds(judged)
    shares: list[float] = []
    rights: list[bool] = []
    held: list[HeldList] = []
    for lesson, model, kept, likely in judged:
        model.second, model.further = final.second, final.further
        chosen = model.choose(kept, likely, required)
        right = right_entries(model, lesson, chosen)
        shares += [float(likely[index]) for index in chosen]
        rights += right
        is_whole = all(right) and len(chosen) == len(lesson.entries)
        held.append(HeldList(lesson.key, whole(kept, chosen, likely), is_whole))
    final.calibration = Calibration.fit(np.array(shares), np.array(rights, dtype=np.bool_), [ENTRY] * len(shares))
    return final, held


def _thresholds(judged: Sequence[tuple[ListLesson, ListModel, list[int], Doubles]]) -> tuple[float, float]:
    """Return the two thresholds under which the held-out lists agree best with the settled ones."""
    marked = [
        (
            [bool(each) for each in right_entries(model, lesson, kept)],
            [float(likely[index]) for index in kept],
            len(lesson.entries),
        )
        for lesson, model, kept, likely in judged
    ]
    best, found = -1.0, (SECOND, FURTHER)
    for second in SECONDS:
        for further in FURTHERS:
            right = given = wanted = 0
            for flags, likely, entries in marked:
                count = 0
                for place, share in enumerate(likely):
                    if place and share < (second if place == 1 else further):
                        break
                    count += 1
                right, given, wanted = right + sum(flags[:count]), given + count, wanted + entries
            score = 2 * right / max(1, given + wanted)
            if score > best + 1e-9:
                best, found = score, (second, further)
    return found
