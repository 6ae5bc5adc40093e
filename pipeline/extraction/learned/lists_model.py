"""What is known about a list field: how likely each name is an entry, which say the same, and how many there are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from pipeline.assurance.calibration import Calibration
from pipeline.assurance.fitting import minimize
from pipeline.extraction.learned.boosting import Boosting
from pipeline.extraction.learned.columns import BUCKETS
from pipeline.extraction.learned.lists_lesson import ListLesson, spelled, spellings_of, words_of
from pipeline.extraction.learned.lists_marks import NameMarks
from pipeline.extraction.learned.matrix import marks_at, matrix_of, telling
from pipeline.extraction.learned.truth import ALIKE, likeness

STRENGTH = 1.0
"""How strongly weights are held at nought."""
STEPS_MAX = 60
HALF_RIGHT = 0.1
"""What a name counts as a wrong one that a person would take for right, only cut less well."""
BOOSTED_FROM = 20
INNER_FOLDS = 4
LIKELY, OTHERS = 40, 40
"""Wrong names of a document that the trees learn from: the likeliest, and some of the others."""
SAME = 85.0
SHARED = 0.6
"""Two names that share this much of their words are one party, printed in two ways."""
KEPT_MAX = 12
LEAST = 0.02
ENTRY = "entry"
"""The name under which single entries are calibrated."""
SECOND, FURTHER = 0.25, 0.65
"""Probability from which a second entry and each further one belongs to the list, until documents say better."""
SECONDS = (0.12, 0.16, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
FURTHERS = (0.4, 0.5, 0.6, 0.7, 0.8)
ANY = 0.5
"""Probability of the likeliest name from which a list that may be missing is there."""

Doubles = NDArray[np.float64]


@dataclass(slots=True)
class ListModel:
    """A list field's scorers: a logistic one over words, and trees over its score and figures."""

    documents: int
    weights: NDArray[np.float32]
    """Shape (BUCKETS,)."""
    spellings: dict[str, str] = field(default_factory=dict[str, str])
    boosting: Boosting | None = None
    second: float = SECOND
    further: float = FURTHER
    calibration: Calibration = field(default_factory=Calibration)
    """Of single entries."""

    @classmethod
    def fit(cls, lessons: list[ListLesson]) -> "ListModel":
        """Return what the documents teach: the same for the same documents in the same order."""
        model = cls(len(lessons), _weights(lessons), spellings_of(lessons))
        if len(lessons) >= BOOSTED_FROM and any(lesson.right.any() for lesson in lessons):
            model.boosting = _boost(lessons)
        return model

    def probabilities(self, marks: NameMarks) -> Doubles:
        """Return how likely each name is an entry, shape (n,), each for itself."""
        scores = _scores(self.weights, marks)
        odds = (
            scores
            if self.boosting is None
            else self.boosting.scores(_figures(marks, scores), np.zeros(len(scores), dtype=np.float32))
        )
        found: Doubles = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
        return found

    def choose(self, kept: Sequence[int], likely: Doubles, required: bool) -> list[int]:
        """Return which of the distinct names, the likeliest first, are the list; a required one has an entry."""
        chosen = list(kept[:1])
        if not chosen or (not required and likely[chosen[0]] < ANY):
            return []
        for index in kept[1:]:
            if likely[index] < (self.second if len(chosen) == 1 else self.further):
                break
            chosen.append(index)
        return chosen

    def sure(self, likely: float) -> float:
        """Return how sure one may be of an entry with this raw probability."""
        return self.calibration.confidence(likely, ENTRY)

    def value_of(self, text: str) -> str:
        """Return a printed name as reviewed lists write it."""
        return spelled(text, self.spellings)

    def pack(self, place: str, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
        """Return what JSON holds of the model; arrays are added to `arrays` under `place`."""
        used = np.flatnonzero(self.weights)
        arrays[place + "marks"], arrays[place + "weights"] = used.astype(np.int32), self.weights[used]
        if self.boosting is not None:
            arrays[place + "trees"] = np.frombuffer(self.boosting.to_text().encode(), dtype=np.uint8)
        return {
            "documents": self.documents,
            "spellings": self.spellings,
            "second": self.second,
            "further": self.further,
            "calibration": asdict(self.calibration),
        }

    @classmethod
    def unpack(cls, packed: dict[str, Any], place: str, arrays: dict[str, NDArray[Any]]) -> "ListModel":
        """Return the model that `pack` packed."""
        weights = np.zeros(BUCKETS, dtype=np.float32)
        weights[arrays[place + "marks"]] = arrays[place + "weights"]
        trees = arrays.get(place + "trees")
        return cls(
            packed["documents"],
            weights,
            packed["spellings"],
            Boosting.from_text(trees.tobytes().decode()) if trees is not None else None,
            packed["second"],
            packed["further"],
            Calibration(**packed["calibration"]),
        )


def distinct(texts: Sequence[str], keys: Sequence[str], likely: Doubles) -> list[int]:
    """Return the likeliest names, those left out that say what a likelier one says already."""
    kept: list[int] = []
    words: dict[int, frozenset[str]] = {}
    for index in (int(i) for i in np.argsort(-likely, kind="stable")):
        if likely[index] < LEAST and kept:
            break
        words[index] = words_of(texts[index])
        if not any(_is_one(texts, keys, words, index, other) for other in kept):
            kept.append(index)
        if len(kept) == KEPT_MAX:
            break
    return kept


def _is_one(texts: Sequence[str], keys: Sequence[str], words: dict[int, frozenset[str]], one: int, other: int) -> bool:
    if keys[one] in keys[other] or keys[other] in keys[one]:
        return True
    if fuzz.token_set_ratio(texts[one].casefold(), texts[other].casefold()) >= SAME:
        return True
    shared = len(words[one] & words[other])
    return shared > 0 and shared >= SHARED * min(len(words[one]), len(words[other]))


def whole(kept: Sequence[int], chosen: Sequence[int], likely: Doubles) -> float:
    """Return how likely exactly the chosen names are the list, as far as names are independent."""
    left = [index for index in kept if index not in chosen]
    return float(np.prod(likely[list(chosen)]) * np.prod(1 - likely[left])) if kept else 0.5


def right_entries(model: ListModel, lesson: ListLesson, chosen: Sequence[int]) -> list[bool]:
    """Return which of the chosen names say an entry of the settled list that no earlier one said."""
    left = list(lesson.entries)
    found: list[bool] = []
    for index in chosen:
        value = model.value_of(lesson.texts[index])
        match = next((entry for entry in left if likeness(value, entry) >= ALIKE), None)
        if match is not None:
            left.remove(match)
        found.append(match is not None)
    return found


def _scores(weights: NDArray[np.float32], marks: NameMarks) -> Doubles:
    if not len(marks):
        return np.zeros(0)
    return np.add.reduceat(weights[marks.marks].astype(np.float64), marks.starts[:-1])


def _counts(lesson: ListLesson) -> Doubles:
    """Return how much each name counts in training."""
    return np.where(lesson.said & ~lesson.right, HALF_RIGHT, 1.0) * lesson.weight


def _weights(lessons: Sequence[ListLesson]) -> NDArray[np.float32]:
    """Return the weights of a logistic scorer over the marks."""
    weights = np.zeros(BUCKETS, dtype=np.float32)
    lessons = [lesson for lesson in lessons if len(lesson.marks)]
    if not lessons:
        return weights
    marks = [(lesson.marks.starts, lesson.marks.marks) for lesson in lessons]
    used = telling(
        (np.unique(each), marks_at(starts, each, lesson.right))
        for (starts, each), lesson in zip(marks, lessons, strict=True)
    )
    matrix = matrix_of(marks, used)
    right = np.concatenate([lesson.right for lesson in lessons]).astype(np.float64)
    counts = np.concatenate([_counts(lesson) for lesson in lessons])

    def loss(point: Doubles) -> tuple[float, Doubles]:
        odds: Doubles = (matrix @ point.astype(np.float32)).astype(np.float64)
        off = counts * (1 / (1 + np.exp(-np.clip(odds, -50, 50))) - right)
        value = float((counts * (np.logaddexp(0, odds) - right * odds)).sum()) + STRENGTH / 2 * float(point @ point)
        return value, matrix.T @ off.astype(np.float32) + STRENGTH * point

    result = minimize(
        loss, np.zeros(len(used)), jac=True, method="L-BFGS-B", options={"maxiter": STEPS_MAX, "ftol": 1e-6}
    )
    weights[used] = result.x
    return weights


def _figures(marks: NameMarks, scores: Doubles) -> NDArray[np.float32]:
    """Return what the trees split on: the figures, and how the logistic score stands among the document's."""
    order = np.argsort(np.argsort(-scores, kind="stable"), kind="stable")
    top = np.sort(np.concatenate([scores, [-20.0, -20.0]]))[::-1]
    return np.column_stack([marks.dense, scores, order, top[0] - scores, top[1] - scores]).astype(np.float32)


def _boost(lessons: Sequence[ListLesson]) -> Boosting:
    """Return trees over scores that the logistic scorer gave documents it had not learned from."""
    chance = np.random.default_rng(7)
    figures: list[NDArray[np.float32]] = []
    rights: list[NDArray[np.bool_]] = []
    counts: list[NDArray[np.float64]] = []
    for fold in range(INNER_FOLDS):
        weights = _weights([lesson for place, lesson in enumerate(lessons) if place % INNER_FOLDS != fold])
        for lesson in lessons[fold::INNER_FOLDS]:
            if not len(lesson.marks):
                continue
            scores = _scores(weights, lesson.marks)
            order = np.argsort(-scores, kind="stable")
            wrong = order[~lesson.right[order]]
            rest = wrong[LIKELY:]
            drawn = chance.choice(rest, min(OTHERS, len(rest)), replace=False) if len(rest) else rest
            rows = np.sort(np.concatenate([np.flatnonzero(lesson.right), wrong[:LIKELY], drawn]))
            stands = np.ones(len(scores))
            if len(rest):
                stands[drawn] = len(rest) / len(drawn)
            figures.append(_figures(lesson.marks, scores)[rows])
            rights.append(lesson.right[rows])
            counts.append((_counts(lesson) * stands)[rows])
    table = np.vstack(figures)
    return Boosting.fit(
        table,
        np.concatenate(rights),
        np.concatenate(counts).astype(np.float32),
        np.zeros(len(table), dtype=np.float32),
        len(lessons),
    )
