"""One document as the learned scorers see it: candidates by group, what surrounds them, and what the rules say."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.fields import DocumentType, FieldSpec, Place
from pipeline.extraction.answers import Answer
from pipeline.extraction.confidence import confidence_of
from pipeline.extraction.evidence import Support, Vote, support_for
from pipeline.extraction.fingerprint import Familiar, Fingerprint
from pipeline.extraction.learned.groups import AS_TEXT, IN_SENTENCES, Group, group_of
from pipeline.extraction.learned.marks import Marks, marks_of
from pipeline.extraction.learned.options import Option, key_of, options_of
from pipeline.extraction.learned.scene import Scene
from pipeline.extraction.learned.sentences import sentence_options
from pipeline.extraction.rules import Rules

Prior = NDArray[np.float32]

LABEL_WEIGHT = 2.0
"""What a label of the field counts in the prior's log odds."""
RANGE_WEIGHT = 1.0
RULES_WEIGHT = 2.5
"""What it counts that the rules chose this value, times how sure they are."""
ELSEWHERE = 0.6
"""How much of that holds for another print of the same value."""


@dataclass(slots=True)
class FieldView:
    """A field on one document: what speaks for each candidate before anything is learned."""

    spec: FieldSpec
    group: Group
    answer: Answer | None
    sure: float
    """How sure the rules are of their answer."""
    prior: Prior
    """Shape (n,): log odds that labels and rules give each candidate."""
    supports: list[Support]
    chosen: NDArray[np.bool_]
    """Which candidates have the value that the rules chose."""
    none_prior: float = 0.0


@dataclass(slots=True)
class Sheet:
    """A document of one type, ready to be learned from or to be read."""

    doctype: DocumentType
    rules: Rules
    fingerprint: Fingerprint
    familiar: Familiar
    """The same, remembering what it was compared with."""
    options: dict[Group, list[Option]]
    marks: dict[Group, Marks]
    views: dict[str, FieldView] = field(default_factory=dict[str, FieldView])

    @classmethod
    def of(cls, rules: Rules) -> "Sheet":
        """Return the sheet of a document that the rules have read."""
        groups: dict[Group, list[FieldSpec]] = {}
        for spec in rules.doctype.fields:
            group = group_of(spec)
            if group is not None:
                groups.setdefault(group, []).append(spec)
        fingerprint = Fingerprint.of(rules.layout)
        sheet = cls(rules.doctype, rules, fingerprint, fingerprint.familiar(), {}, {})
        scene = Scene(rules.layout)
        for group, specs in groups.items():
            prose = rules.prose if group in IN_SENTENCES else None
            options = (
                sentence_options(group, prose, rules.locale)
                if prose is not None
                else options_of(group, rules.layout, rules.locale)
            )
            sheet.options[group] = options
            sheet.marks[group] = marks_of(group, options, scene, prose)
            votes = sheet._votes(group, options)
            for spec in specs:
                sheet.views[spec.name] = sheet._view(spec, group, options, votes)
        return sheet

    def _votes(self, group: Group, options: list[Option]) -> list[list[Vote]]:
        """Return the labels around each candidate; those that begin at one word share them."""
        if group in IN_SENTENCES:
            return [[] for _ in options]
        known: dict[tuple[int, int], list[Vote]] = {}
        found: list[list[Vote]] = []
        is_text = group in AS_TEXT
        for option in options:
            span = option.span
            key = (id(span.segment), span.start)
            votes = known.get(key)
            if votes is None:
                # above a word within a line stands what is above the line: for names their line's start tells it
                votes = known[key] = self.rules.votes(span, look_above=span.start == 0 or not is_text)
            found.append(votes)
        return found

    def _view(self, spec: FieldSpec, group: Group, options: list[Option], votes: list[list[Vote]]) -> FieldView:
        answer = self.rules.answers.get(spec.name)
        sure = confidence_of(answer) if answer is not None else 0.0
        known: dict[int, Support] = {}
        supports: list[Support] = []
        for each in votes:
            support = known.get(id(each))
            if support is None:
                support = known[id(each)] = support_for(spec.name, each)
            supports.append(support)
        prior = np.array([LABEL_WEIGHT * max(-0.5, support.strength) for support in supports], dtype=np.float32)
        chosen = np.zeros(len(options), dtype=np.bool_)
        if answer is not None and answer.best is not None:
            value = answer.best.find.value
            key = key_of(str(value)) if group in AS_TEXT or group is Group.IDENTIFIER else str(value)
            tokens = {id(token) for token in answer.best.find.span.tokens}
            for index, option in enumerate(options):
                if option.key == key:
                    chosen[index] = True
                    here = any(id(token) in tokens for token in option.span.tokens)
                    prior[index] += RULES_WEIGHT * sure * (1.0 if here else ELSEWHERE)
        if spec.place in {Place.RANGE_START, Place.RANGE_END}:
            flag = "range_start" if spec.place is Place.RANGE_START else "range_end"
            prior += RANGE_WEIGHT * np.array([flag in option.flags for option in options], dtype=np.float32)
        none_prior = RULES_WEIGHT * (sure - 0.5) if answer is not None and answer.best is None else -1.0
        return FieldView(spec, group, answer, sure, prior, supports, chosen, none_prior)
