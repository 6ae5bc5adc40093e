"""One field, one answer: the candidates with their scores, the best of them, and what speaks for it."""

from dataclasses import dataclass, field

from pipeline.domain.fields import FieldSpec
from pipeline.extraction.finds import Find


@dataclass(slots=True)
class Scored:
    """A candidate with its score for one field, in [0, 1] by strength of evidence, and the label it stands by."""

    find: Find
    score: float
    relation: str = ""
    label: str = ""


@dataclass(slots=True)
class Answer:
    """What the engine takes a field to be; `best` None: not in the document."""

    spec: FieldSpec
    best: Scored | None
    rivals: list[Scored] = field(default_factory=list[Scored])
    support: set[str] = field(default_factory=set[str])
    """Evidence beyond labels: sum, check, repeated, fallback, order."""
    notes: list[str] = field(default_factory=list[str])
    printed: list[Scored] = field(default_factory=list[Scored])
    """Every print that could be the field's, however little speaks for it; filled for amounts that make a sum."""

    @property
    def margin(self) -> float:
        """The lead over the best rival with another value."""
        if self.best is None:
            return 0.0
        rival = next((r for r in self.rivals if r.find.value != self.best.find.value), None)
        return self.best.score - (rival.score if rival else 0.0)


def ranked(scored: list[Scored]) -> list[Scored]:
    """Return the best print of each value, most likely first; prints of a value in several places add to it."""
    by_value: dict[object, list[Scored]] = {}
    for item in scored:
        by_value.setdefault(item.find.value, []).append(item)
    merged: list[Scored] = []
    for items in by_value.values():
        items.sort(key=lambda s: -s.score)
        best = items[0]
        # The same line on every page is one witness, not several.
        witnesses = {other.find.segment.text for other in items if other.score > 0.3} - {best.find.segment.text}
        bonus = 0.04 * min(3, len(witnesses))
        merged.append(Scored(best.find, best.score + bonus, best.relation, best.label))
    merged.sort(key=lambda s: (-s.score, s.find.page, s.find.segment.line))
    return merged


def choose(spec: FieldSpec, scored: list[Scored], least: float) -> Answer:
    """Return the best candidate, or none where the best is below `least`."""
    order = ranked(scored)
    if not order or order[0].score < least:
        return Answer(spec, None, order[:5])
    return Answer(spec, order[0], order[1:6])
