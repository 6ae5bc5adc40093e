"""The rules' reading of one document: typed candidates, labels, arithmetic and place; no learning."""

import math
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property

from pipeline.domain.extraction import Candidate, DocumentLocale, FieldExtraction
from pipeline.domain.fields import DocumentType, FieldKind, FieldSpec, Place
from pipeline.extraction import agreements, singles
from pipeline.extraction import finds as found
from pipeline.extraction.addresses import decide_address
from pipeline.extraction.answers import Answer
from pipeline.extraction.blocks import name_key
from pipeline.extraction.confidence import confidence_of
from pipeline.extraction.evidence import Surroundings, Vote
from pipeline.extraction.finds import Find
from pipeline.extraction.labels import LabelIndex
from pipeline.extraction.layout import Layout, Span
from pipeline.extraction.lines_memory import LinesMemory
from pipeline.extraction.parties import Parties
from pipeline.extraction.prose import Prose
from pipeline.extraction.tables import TableReader
from pipeline.extraction.totals import decide_money, offer_lines_sum
from pipeline.normalise.kinds import find_decimal

CANDIDATES_SHOWN = 4
CANDIDATE_LEAST = 0.01
"""Runners-up that are less likely than this are noise to whoever has to choose."""


class Rules:
    """One document against one type: what labels, places and arithmetic say about each field."""

    def __init__(self, layout: Layout, doctype: DocumentType, locale: DocumentLocale, index: LabelIndex) -> None:
        self.layout = layout
        self.doctype = doctype
        self.locale = locale
        self.index = index
        self._surroundings = Surroundings(layout, index)
        self._seen: dict[tuple[int, int, int, bool], list[Vote]] = {}

    def fields(self, memories: Mapping[str, LinesMemory] | None = None) -> tuple[FieldExtraction, ...]:
        """Return every field's extraction; `memories` tells, by table, what reviewed documents teach about its rows."""
        remembered = memories or {}
        answers = self.answers
        tables: dict[str, FieldExtraction] = {}
        for spec in self.doctype.fields:
            if spec.kind is FieldKind.TABLE:
                reader = TableReader(
                    self.layout, self.doctype, spec, self.index, self.locale, remembered.get(spec.name)
                )
                tables[spec.name] = reader.read(self._totals(answers))
                makes = reader.sum_of(tables[spec.name])
                if makes is not None:
                    offer_lines_sum(self.doctype, spec.name, makes, answers)
        fields: list[FieldExtraction] = []
        for spec in self.doctype.fields:
            if spec.name in tables:
                fields.append(tables[spec.name])
            elif spec.name in answers:
                fields.append(field_of(answers[spec.name]))
            else:
                fields.append(FieldExtraction(name=spec.name))
        return tuple(fields)

    def _totals(self, answers: dict[str, Answer]) -> list[Decimal]:
        values = (a.best.find.value for a in answers.values() if a.best is not None and a.spec.kind is FieldKind.MONEY)
        return [number for value in values if (number := find_decimal(value))]

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """What each field but tables is taken to be, with its evidence."""
        layout, index, doctype = self.layout, self.index, self.doctype
        answers: dict[str, Answer] = {}
        kinds = {spec.kind for spec in doctype.fields}
        if FieldKind.MONEY in kinds:
            amounts = found.amounts_in(layout, self.locale)
            answers |= decide_money(doctype, amounts, self._votes(amounts), layout)
        parties = Parties(layout, doctype, index)
        taken: set[str] = set()
        for spec in doctype.fields:
            answer = self._single(spec, parties, taken)
            if answer is not None:
                answers[spec.name] = answer
                if answer.best is not None and spec.kind is FieldKind.IDENTIFIER:
                    taken.add(str(answer.best.find.value))
        if FieldKind.DATE in kinds:
            dates = found.dates_in(layout, self.locale)
            number = answers.get(doctype.summary.number or "")
            own = number.best.find if number is not None and number.best is not None else None
            extra = {
                s.name: agreements.preamble_dates(s, self.prose, self.locale)
                for s in doctype.fields
                if s.place is Place.PREAMBLE
            }
            answers |= singles.decide_dates(doctype, dates, self._votes(dates), layout, own, extra)
        self._distinct_names(parties, answers)
        self._address(answers)
        self._fall_back(answers)
        return answers

    def _single(self, spec: FieldSpec, parties: Parties, taken: set[str]) -> Answer | None:
        layout, index = self.layout, self.index
        if spec.normaliser == "iban":
            finds = found.ibans_in(layout)
            return singles.decide_checked(spec, finds, self._votes(finds), layout, parties)
        if spec.normaliser == "vat":
            finds = found.vats_in(layout)
            return singles.decide_checked(spec, finds, self._votes(finds), layout, parties)
        if spec.kind is FieldKind.IDENTIFIER:
            titles = self._titles() if spec.name == self.doctype.summary.number else ()
            return singles.decide_identifier(spec, layout, index, taken, titles)
        if spec.kind is FieldKind.CURRENCY:
            finds = found.currencies_in(layout)
            return singles.decide_currency(spec, finds, self._votes(finds), self.locale)
        if spec.kind is FieldKind.NAME and spec.place is Place.GOVERNING_LAW:
            return agreements.decide_law(spec, self.prose)
        if spec.kind is FieldKind.DURATION:
            return agreements.decide_term(spec, self.prose)
        if spec.kind is FieldKind.LIST:
            return agreements.decide_list(spec, self.prose)
        if spec.kind is FieldKind.NAME or (spec.kind is FieldKind.TEXT and spec.labels):
            return singles.decide_name(spec, parties)
        return None

    def _titles(self) -> tuple[str, ...]:
        named = (phrase.strip("*") for phrases in self.doctype.words.values() for phrase in phrases[:2])
        return (*named, *self.doctype.title.values())

    @cached_property
    def prose(self) -> Prose:
        return Prose(self.layout)

    def _address(self, answers: dict[str, Answer]) -> None:
        issuer = next((a for a in answers.values() if a.spec.place is Place.LETTERHEAD and a.best is not None), None)
        for spec in self.doctype.fields:
            if spec.kind is FieldKind.ADDRESS:
                name = issuer.best.find if issuer is not None and issuer.best is not None else None
                answers[spec.name] = decide_address(spec, self.layout, name)

    def _votes(self, finds: list[Find]) -> dict[int, list[Vote]]:
        return {id(find): self.votes(find.span) for find in finds}

    def votes(self, span: Span, *, look_above: bool = True) -> list[Vote]:
        """Return the labels around a value, looked up once; `look_above` off: only those on its line."""
        key = (id(span.segment), span.start, span.end, look_above)
        known = self._seen.get(key)
        if known is None:
            known = self._seen[key] = self._surroundings.votes(span, look_above=look_above)
        return known

    def _distinct_names(self, parties: Parties, answers: dict[str, Answer]) -> None:
        """Give issuer and addressee different names: the one with less speaking for it takes its next."""
        pair = [spec for spec in self.doctype.fields if spec.kind is FieldKind.NAME and spec.place is not None]
        if len(pair) < 2:
            return
        one, other = answers[pair[0].name], answers[pair[1].name]
        if one.best is None or other.best is None or name_key(one.best.find.text) != name_key(other.best.find.text):
            return
        weaker = one if one.best.score < other.best.score else other
        if weaker.rivals and weaker.rivals[0].score >= singles.LEAST_NAME:
            weaker.best, weaker.rivals = weaker.rivals[0], weaker.rivals[1:]
        else:
            weaker.rivals = [weaker.best, *weaker.rivals] if weaker.best else weaker.rivals
            weaker.best = None

    def _fall_back(self, answers: dict[str, Answer]) -> None:
        for spec in self.doctype.fields:
            if spec.falls_back_to is None or spec.name not in answers or answers[spec.name].best is not None:
                continue
            source = answers.get(spec.falls_back_to)
            if source is not None and source.best is not None:
                answer = Answer(spec, source.best, answers[spec.name].rivals, {"fallback"} | source.support)
                answer.notes.append("No amount of its own is printed for it, so the same value holds.")
                answers[spec.name] = answer


def field_of(answer: Answer) -> FieldExtraction:
    """Return an answer as an extraction, with its rivals and its reasons."""
    confidence = confidence_of(answer)
    rivals = _candidates(answer, confidence)
    if answer.best is None:
        return FieldExtraction(name=answer.spec.name, confidence=confidence, candidates=rivals)
    find = answer.best.find
    readings = tuple(r.value for r in find.readings) if len(find.readings) > 1 else ()
    return FieldExtraction(
        name=answer.spec.name,
        text=find.text,
        value=find.value,
        score=round(answer.best.score, 4),
        confidence=confidence,
        provenance=find.span.provenance(),
        candidates=rivals,
        readings=readings,
        evidence=(*_evidence(answer), *answer.notes),
    )


def _candidates(answer: Answer, confidence: float) -> tuple[Candidate, ...]:
    """Return the runners-up, which share what the answer leaves open, by their scores."""
    shown = answer.rivals[:CANDIDATES_SHOWN]
    weights = [math.exp(4.0 * max(-1.0, min(1.2, rival.score))) for rival in shown]
    # Some of the doubt is that none of these is right.
    left = 0.8 * (1.0 - confidence) / max(sum(weights), 1.0)
    return tuple(
        Candidate(
            text=rival.find.text,
            value=rival.find.value,
            confidence=round(left * weight, 4),
            provenance=rival.find.span.provenance(),
            label=rival.label,
        )
        for rival, weight in zip(shown, weights, strict=True)
        if left * weight >= CANDIDATE_LEAST
    )


_RELATION_WORDS = {
    "inline": "It stands behind “{label}”.",
    "left": "To its left stands “{label}”.",
    "above": "Above it stands “{label}”.",
    "heading": "It stands under the heading “{label}”.",
    "sender": "It opens the sender's line above the address.",
    "letterhead": "It stands in the head or foot of the page.",
    "address": "It is the first line of an address.",
    "first": "It is the first date on the page; no label says what it is.",
    "form": "It has the form of such a number.",
}


def _evidence(answer: Answer) -> tuple[str, ...]:
    if answer.best is None:
        return ()
    words = _RELATION_WORDS.get(answer.best.relation, "")
    said = [words.format(label=answer.best.label)] if words and (answer.best.label or "{" not in words) else []
    if "check" in answer.support:
        said.append("Its check digits are right.")
    return tuple(said)
