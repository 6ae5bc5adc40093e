"""A list field of one document: what was learned about lists, asked for this one."""

from collections.abc import Sequence

from pipeline.domain.extraction import Candidate, FieldExtraction, Provenance
from pipeline.domain.fields import FieldKind, FieldSpec
from pipeline.extraction.learned.lists import Name, names_of
from pipeline.extraction.learned.lists_lesson import ListLesson
from pipeline.extraction.learned.lists_marks import NameMarks, marks_of_names
from pipeline.extraction.learned.lists_model import ListModel, distinct, whole
from pipeline.extraction.learned.options import key_of
from pipeline.extraction.rules import CANDIDATE_LEAST, CANDIDATES_SHOWN, Rules


def is_learned(spec: FieldSpec) -> bool:
    """Return whether a field's lists are learned: those of names."""
    return spec.kind is FieldKind.LIST and spec.item_kind in {None, FieldKind.NAME, FieldKind.TEXT}


def names_in(spec: FieldSpec, rules: Rules) -> tuple[list[Name], NameMarks]:
    """Return the names of a document that may be entries, and what stands around them."""
    names = names_of(rules.prose)
    answer = rules.answers.get(spec.name)
    value = answer.best.find.value if answer is not None and answer.best is not None else ()
    taken = frozenset(key_of(entry) for entry in value if isinstance(entry, str)) if isinstance(value, tuple) else None
    return names, marks_of_names(names, rules.prose, taken or frozenset())


def lesson_of(spec: FieldSpec, rules: Rules, key: str, entries: tuple[str, ...], weight: float = 1.0) -> ListLesson:
    """Return what a document teaches whose list a person settled as `entries`."""
    names, marks = names_in(spec, rules)
    return ListLesson.of(key, names, marks, entries, weight)


class ListReading:
    """A document's list, as a model reads it."""

    def __init__(self, spec: FieldSpec, rules: Rules, model: ListModel) -> None:
        self.rules, self.model = rules, model
        self.name = spec.name
        self.names, marks = names_in(spec, rules)
        self.likely = model.probabilities(marks)
        texts, keys = [name.text for name in self.names], [name.key for name in self.names]
        self.kept = distinct(texts, keys, self.likely)
        self.chosen = model.choose(self.kept, self.likely, spec.required)

    @property
    def share(self) -> float:
        """Raw probability that the list is exactly right."""
        return whole(self.kept, self.chosen, self.likely)

    def field(self, sure: float, most: float) -> FieldExtraction:
        """Return the field, its entries in the order in which the document names them.

        Args:
            sure: the probability that the whole list is right.
            most: the most that may be stated of any entry.
        """
        order = sorted(self.chosen, key=lambda index: self.names[index].prints[0].start)
        entries = tuple(self._entry(index, min(most, self.model.sure(float(self.likely[index])))) for index in order)
        rivals = tuple(
            self._entry(index, min(most, float(self.likely[index])))
            for index in self.kept
            if index not in self.chosen and self.likely[index] >= CANDIDATE_LEAST
        )[:CANDIDATES_SHOWN]
        if not entries:
            return FieldExtraction(name=self.name, confidence=sure, candidates=rivals)
        return FieldExtraction(
            name=self.name,
            text="; ".join(entry.text for entry in entries),
            value=tuple(str(entry.value) for entry in entries),
            score=round(self.share, 4),
            confidence=sure,
            provenance=_together([entry.provenance for entry in entries if entry.provenance is not None]),
            candidates=rivals,
            entries=entries,
            evidence=tuple(self._reason(index) for index in order),
        )

    def _entry(self, index: int, sure: float) -> Candidate:
        name = self.names[index]
        first = name.prints[0]
        span = self.rules.prose.span(first.start, first.end)
        return Candidate(
            text=name.text,
            value=self.model.value_of(name.text),
            confidence=round(sure, 4),
            provenance=span.provenance() if span is not None else None,
        )

    def _reason(self, index: int) -> str:
        name = self.names[index]
        first = name.prints[0]
        before = self.rules.prose.text[max(0, first.start - 40) : first.start].split()[-4:]
        times = "once" if len(name.prints) == 1 else f"{len(name.prints)} times"
        behind = f", first behind “{' '.join(before)}”" if before else ""
        return f"“{name.text}” is printed {times}{behind}."


def _together(places: Sequence[Provenance]) -> Provenance | None:
    """Return the boxes of entries on the first one's page as one place."""
    if not places:
        return None
    first = places[0]
    return Provenance(
        page=first.page,
        boxes=tuple(box for place in places if place.page == first.page for box in place.boxes),
        reader=first.reader,
    )
