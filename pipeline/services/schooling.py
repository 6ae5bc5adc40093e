"""Training and measuring on documents with known values, without a database: `proofdesk learn` and `evaluate`."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.assurance.measures import auroc, expected_calibration_error
from pipeline.domain.extraction import TypeGuess
from pipeline.domain.fields import DocumentType, FieldSpec
from pipeline.extraction.doctype import LEADS, NONE_CONFIDENCE, TOO_FEW_WORDS
from pipeline.extraction.learned.kinds_verdict import combine
from pipeline.extraction.learned.lists_lesson import is_entry
from pipeline.extraction.learned.lists_model import distinct, right_entries
from pipeline.extraction.learned.model import Model, TypeKnowledge
from pipeline.extraction.learned.tasks import Guess, Spread, guess_of
from pipeline.extraction.learned.training import Studied, held_of, train

ACCEPTED_FLOOR = 0.97
TARGET = 0.99
RULES_RIGHT = LEADS[0][1]


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer on a document that the model had not seen."""

    key: str
    field: str
    answered: bool
    wanted: bool
    """The document has a value."""
    right: bool
    """An answer, and the right one."""
    confidence: float
    threshold: float | None = None
    """What the documents that were learned from support for the field; None: nothing yet."""
    starting: float = 1.0
    """The type's threshold until then."""
    is_new: bool = False
    """The document is unlike all that were learned from."""
    is_offered: bool = False
    """The right value was among the candidates."""
    said: str | None = None
    """The answer's key."""

    @property
    def is_proven(self) -> bool:
        """Whether the answer would go unseen by a threshold that reviewed documents support."""
        return self.threshold is not None and self.confidence >= self.threshold

    @property
    def is_accepted(self) -> bool:
        """Whether the answer would go unseen by the threshold in force: the derived one, else the starting one."""
        return self.confidence >= (self.starting if self.threshold is None else self.threshold)


@dataclass(frozen=True, slots=True)
class Tally:
    """Right, wrong and missed answers of a field."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)


@dataclass(frozen=True, slots=True)
class Report:
    """What cross-validation found for one number of reviewed documents."""

    size: int
    documents: int
    fields: Mapping[str, Tally]
    micro: Tally
    type_accuracy: float
    calibration_error: float
    ranking: float | None
    """AUROC of the confidences."""
    accepted: int
    accepted_right: int
    answers: int


def cross_validate(
    studied: Sequence[Studied],
    types: Mapping[str, DocumentType],
    *,
    folds: int = 5,
    size: int | None = None,
    seed: int = 0,
    apart: bool = False,
    spread: Spread = map,
) -> Report:
    """Return what models say of documents that they were not trained on.

    Args:
        studied: all documents.
        types: by name.
        folds: how many parts; each is judged by a model of the others.
        size: train on at most so many documents; None takes all.
        seed: how documents are shuffled.
        apart: keep documents of one group (issuer, template) in one fold.
        spread: how the fields are learned, one after the other or side by side.
    """
    judged: list[Judged] = []
    kinds_right = kinds_all = 0
    trained = 0
    for training, held in divided(studied, folds, seed, apart):
        model = train(training[: size or None], types, spread=spread)
        trained = max(trained, len(training[: size or None]))
        for one in held:
            judged += judge(model, one, types[one.type])
            kinds_all += 1
            kinds_right += type_named(model, one, types) == one.type
    return report_of(judged, trained, len(studied), kinds_right / max(1, kinds_all))


def type_named(model: Model, one: Studied, types: Mapping[str, DocumentType]) -> str | None:
    """Return the type that a document is read as: by the rules and the model together, as in use."""
    ruled = one.type_example.ruled
    # how sure the rules were is not kept; so many of their guesses are right
    guess = (
        TypeGuess(name=ruled, confidence=RULES_RIGHT)
        if ruled is not None
        else TypeGuess(name=None, confidence=NONE_CONFIDENCE, evidence=(TOO_FEW_WORDS,))
    )
    score = model.kinds.guess(one.type_example.words) if model.kinds is not None else None
    return combine(guess, score, types.keys(), model.counts, model.families).name


def divided(
    studied: Sequence[Studied], folds: int, seed: int, apart: bool
) -> Iterator[tuple[list[Studied], list[Studied]]]:
    """Yield training and held-out documents of each fold, shuffled the same way for the same seed."""
    groups = [(one.group or one.key) if apart else one.key for one in studied]
    distinct = sorted(set(groups))
    random.Random(seed).shuffle(distinct)  # noqa: S311 - no secret: the same division every time
    place = {group: index % folds for index, group in enumerate(distinct)}
    order = sorted(range(len(studied)), key=lambda i: (distinct.index(groups[i]), studied[i].key))
    for fold in range(folds):
        yield (
            [studied[i] for i in order if place[groups[i]] != fold],
            [studied[i] for i in order if place[groups[i]] == fold],
        )


def judge(model: Model, one: Studied, doctype: DocumentType) -> list[Judged]:
    """Return the model's answers on a studied document beside the truth; fields it knows nothing of count as missed."""
    found: list[Judged] = []
    known = model.find(one.type)
    familiar = one.fingerprint.familiar()
    is_new = known is not None and known.gate.nearest(familiar) < known.gate.least
    guesses: list[Guess] = []
    specs = {spec.name: spec for spec in doctype.fields}
    for spec in doctype.fields:
        if spec.name in one.lists:
            found += _judged_list(known, one, spec, is_new)
        elif spec.name in one.lessons and (known is None or spec.name not in known.fields):
            wanted, offered = one.values[spec.name] is not None, bool(one.lessons[spec.name].said.any())
            found.append(Judged(one.key, spec.name, False, wanted, False, 0.0, is_offered=offered))
        elif spec.name in one.lessons and known is not None:
            lesson = one.lessons[spec.name]
            guesses.append(guess_of(known.fields[spec.name], lesson, one.values[spec.name] is None, spec, familiar))
    for guess, answer in zip(guesses, held_of(doctype, guesses), strict=True):
        if known is not None:
            lesson = one.lessons[guess.field]
            chosen = {key for key, is_chosen in zip(lesson.keys, lesson.chosen, strict=True) if is_chosen}
            agrees = answer.answer in chosen if answer.answer is not None else not chosen
            answered = answer.answer is not None
            found.append(
                Judged(
                    one.key,
                    guess.field,
                    answered,
                    not guess.is_absent,
                    answered and answer.right,
                    known.confidence(guess.field, answer.share, lesson.sure, agrees=agrees, new=is_new),
                    threshold=known.thresholds[guess.field].value,
                    starting=specs[guess.field].threshold,
                    is_new=is_new,
                    is_offered=bool(lesson.said.any()),
                    said=answer.answer,
                )
            )
    return found


def _judged_list(known: TypeKnowledge | None, one: Studied, spec: FieldSpec, is_new: bool) -> list[Judged]:
    """Return each entry of a list's answer by itself, and a missed one for each entry that no answer says."""
    lesson = one.lists[spec.name]
    found: list[Judged] = []
    if known is not None and spec.name in known.lists:
        model = known.lists[spec.name]
        likely = model.probabilities(lesson.marks)
        chosen = model.choose(distinct(lesson.texts, lesson.keys, likely), likely, spec.required)
        for index, right in zip(chosen, right_entries(model, lesson, chosen), strict=True):
            found.append(
                Judged(
                    one.key,
                    spec.name,
                    True,
                    right,
                    right,
                    min(known.most(new=is_new), model.sure(float(likely[index]))),
                    threshold=known.thresholds[spec.name].value,
                    starting=spec.threshold,
                    is_new=is_new,
                    is_offered=right,
                    said=lesson.texts[index],
                )
            )
    missed = len(lesson.entries) - sum(each.right for each in found)
    # of the entries that are missed, those that no name on the pages says were not to be had
    lacking = sum(not any(is_entry(text, entry) for text in lesson.texts) for entry in lesson.entries)
    for number in range(missed):
        found.append(Judged(one.key, spec.name, False, True, False, 0.0, is_offered=number >= lacking))
    return found


def report_of(judged: Sequence[Judged], size: int, documents: int, type_accuracy: float) -> Report:
    """Return what the answers of all folds come to.

    Args:
        judged: the answers.
        size: how many documents were learned from, at most.
        documents: how many were judged.
        type_accuracy: share of documents whose type was right.
    """
    fields: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        fields[one.field].append(one)
    answers = [one for one in judged if one.answered]
    sure = np.array([one.confidence for one in answers])
    right = np.array([one.right for one in answers], dtype=np.bool_)
    accepted = sure >= ACCEPTED_FLOOR
    return Report(
        size=size,
        documents=documents,
        fields={name: _tally(each) for name, each in sorted(fields.items())},
        micro=_tally(judged),
        type_accuracy=type_accuracy,
        calibration_error=expected_calibration_error(sure, right) if len(sure) else 0.0,
        ranking=auroc(sure, right) if len(sure) else None,
        accepted=int(accepted.sum()),
        accepted_right=int(right[accepted].sum()),
        answers=len(answers),
    )


def _tally(judged: Sequence[Judged]) -> Tally:
    right = sum(one.right for one in judged)
    wrong = sum(one.answered and not one.right for one in judged)
    missed = sum(one.wanted and not one.right for one in judged)
    return Tally(right, wrong, missed)
