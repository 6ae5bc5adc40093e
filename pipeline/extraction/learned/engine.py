"""The learned engine: the rules' reading, judged anew by what people settled in reviewed documents."""

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.extraction import Candidate, Extraction, FieldExtraction
from pipeline.domain.fields import DocumentType
from pipeline.domain.pages import Page
from pipeline.extraction.engine import BaselineEngine, type_of
from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.joint import RECONCILED, Belief, belief_of, moved, reconciled
from pipeline.extraction.learned.kinds_verdict import combine
from pipeline.extraction.learned.lists_reading import ListReading
from pipeline.extraction.learned.model import Model, TypeKnowledge
from pipeline.extraction.learned.options import Option
from pipeline.extraction.learned.reasons import reasons_of
from pipeline.extraction.learned.sheet import Sheet
from pipeline.extraction.learned.training import type_words
from pipeline.extraction.learned.verdict import Verdict, verdict_of
from pipeline.extraction.locale import infer_locale
from pipeline.extraction.rules import CANDIDATE_LEAST, CANDIDATES_SHOWN, Rules


class LearnedEngine(BaselineEngine):
    """Implements `pipeline.ports.Extractor` with a model; a type that nothing was learned of is the rules' alone."""

    def __init__(self, model: Model, known: tuple[DocumentType, ...] | None = None) -> None:
        super().__init__(known)
        self.model = model
        self.version = f"{BaselineEngine.version} model {model.version}"

    def extract(
        self, pages: tuple[Page, ...], types: tuple[DocumentType, ...], fixed_type: str | None = None
    ) -> Extraction:
        """Return what the pages say, for the type they seem to have or for `fixed_type`."""
        layout = Layout(pages)
        guess = type_of(layout, types, fixed_type, self.known)
        if fixed_type is None and self.model.kinds is not None and layout.lines:
            score = self.model.kinds.guess(type_words(layout))
            enabled = [doctype.name for doctype in types]
            guess = combine(guess, score, enabled, self.model.counts, self.model.families)
        doctype = next((t for t in types if t.name == guess.name), None)
        locale = infer_locale(layout)
        fields: tuple[FieldExtraction, ...] = ()
        if doctype is not None:
            rules = Rules(layout, doctype, locale, self.index_of(doctype))
            known = self.model.find(doctype.name)
            fields = rules.fields() if known is None else self._fields(rules, known)
        return Extraction(
            type=guess,
            fields=fields,
            locale=locale,
            engine=self.version,
            page_count=len(pages),
            pages_without_text=tuple(page.number for page in pages if not page.has_text),
        )

    def _fields(self, rules: Rules, known: TypeKnowledge) -> tuple[FieldExtraction, ...]:
        """Return the rules' fields, those that were learned about replaced."""
        sheet = Sheet.of(rules)
        is_new = known.gate.nearest(sheet.familiar) < known.gate.least
        likely = _likely(sheet, known)
        found: list[FieldExtraction] = []
        for field in rules.fields(known.lines):
            if field.name in known.lists:
                found.append(_list(field, rules, known, is_new))
            elif field.name in likely:
                found.append(self._field(field, sheet, known, likely[field.name], is_new))
            else:
                found.append(field)
        return tuple(found)

    def _field(
        self,
        field: FieldExtraction,
        sheet: Sheet,
        known: TypeKnowledge,
        shares: NDArray[np.float64],
        is_new: bool,
    ) -> FieldExtraction:
        view, model = sheet.views[field.name], known.fields[field.name]
        options = sheet.options[view.group]
        keys = tuple(option.key for option in options)
        verdict = verdict_of(view.group, keys, shares, view.spec.required, rarity=model.rarity)
        if verdict.index is None and field.value is not None and not options:
            return field
        agrees = bool(view.chosen[verdict.index]) if verdict.index is not None else not view.chosen.any()
        sure = known.confidence(field.name, verdict.share, view.sure, agrees=bool(agrees), new=is_new)
        rivals = _rivals(verdict, options, sure)
        if verdict.index is None:
            return FieldExtraction(name=field.name, confidence=sure, candidates=rivals)
        option = options[verdict.index]
        readings = _readings(option, options, verdict)
        return FieldExtraction(
            name=field.name,
            text=option.text,
            value=option.value,
            score=round(verdict.share, 4),
            confidence=sure,
            provenance=option.span.provenance(),
            candidates=rivals,
            readings=readings,
            evidence=reasons_of(verdict.index, view, sheet, model, known, is_new),
        )


def _likely(sheet: Sheet, known: TypeKnowledge) -> dict[str, NDArray[np.float64]]:
    """Return for each learned field how likely its candidates are, once the fields were reconciled with one another."""
    likely: dict[str, NDArray[np.float64]] = {}
    beliefs: dict[str, Belief] = {}
    keys = {group: tuple(option.key for option in options) for group, options in sheet.options.items()}
    for name, view in sheet.views.items():
        if name not in known.fields:
            continue
        likely[name] = known.fields[name].probabilities(
            sheet.marks[view.group],
            keys[view.group],
            view.prior,
            view.chosen,
            view.sure,
            view.none_prior,
            sheet.familiar,
        )
        if view.group in RECONCILED:
            beliefs[name] = belief_of(keys[view.group], likely[name])
    for name, belief in reconciled(sheet.doctype, beliefs).items():
        likely[name] = moved(keys[sheet.views[name].group], likely[name], belief)
    return likely


def _list(field: FieldExtraction, rules: Rules, known: TypeKnowledge, is_new: bool) -> FieldExtraction:
    spec = next(spec for spec in rules.doctype.fields if spec.name == field.name)
    reading = ListReading(spec, rules, known.lists[field.name])
    if not reading.names:
        return field
    sure = known.confidence(field.name, reading.share, 0.0, agrees=False, new=is_new)
    return reading.field(sure, known.most(new=is_new))


def _rivals(verdict: Verdict, options: list[Option], sure: float) -> tuple[Candidate, ...]:
    """Return the runners-up with what the answer leaves of certainty, shared as the scorers do."""
    total = sum(share for _, share in verdict.rivals) + verdict.none
    left = (1.0 - sure) / max(total, 1e-9)
    found: list[Candidate] = []
    for index, share in verdict.rivals[:CANDIDATES_SHOWN]:
        option = options[index]
        stated = round(min(1.0, share * min(1.0, left)), 4)
        if stated >= CANDIDATE_LEAST:
            found.append(
                Candidate(text=option.text, value=option.value, confidence=stated, provenance=option.span.provenance())
            )
    return tuple(found)


READING_LEAST = 0.05
"""Another way to read the same print counts as open where it is at least this likely."""


def _readings(option: Option, options: list[Option], verdict: Verdict) -> tuple[str, ...]:
    """Return all ways to read the chosen print, where what was learned leaves more than one open."""
    others = [
        options[index]
        for index, share in verdict.rivals
        if share >= READING_LEAST and options[index].text == option.text and options[index].span.x0 == option.span.x0
    ]
    return tuple(str(each.value) for each in (option, *others)) if others else ()
