"""What the labels around a value say about it: beside it, to its left, above it."""

from dataclasses import dataclass

from pipeline.extraction.labels import Hit, LabelIndex
from pipeline.extraction.layout import Layout, Segment, Span

INLINE, LEFT, ABOVE = "inline", "left", "above"
LEFT_STEPS = 5
UNIT_LETTERS = 8
"""Of words that may stand between a label and its amount: a unit, a currency, a rate."""
_RANGE_WORDS = frozenset(("to", "thru", "through", "until", "bis", "au", "a"))


@dataclass(frozen=True, slots=True)
class Vote:
    """A label near a value: how it stands to it and how much that relation counts."""

    relation: str
    factor: float
    hit: Hit
    phrase: str


NO_VOTES: list[Vote] = []


@dataclass(frozen=True, slots=True)
class Support:
    """How strongly the labels speak for one field."""

    strength: float
    relation: str = ""
    phrase: str = ""


NO_SUPPORT = Support(0.0)


class Surroundings:
    """The labels around the values of one document; what values have in common is looked up once."""

    def __init__(self, layout: Layout, index: LabelIndex) -> None:
        self._layout = layout
        self._index = index
        self._left: dict[tuple[int, float], list[Vote]] = {}

    def votes(self, span: Span, *, look_above: bool = True) -> list[Vote]:
        """Return the labels around a value, each with its weight by place; `look_above` off: only those on its line.

        Values with the same labels may share the list: it is not to be changed.
        """
        segment = span.segment
        votes = _inline(span, self._index)
        strong = any([v.factor >= 0.8 for v in votes])
        # The second date of a range has only the first one before it: the label to the left is its label too.
        opens = not span.start or all(
            word in _RANGE_WORDS or not any(map(str.isalpha, word))
            for word, token in segment.words
            if token < span.start
        )
        if opens or not votes:
            left = self._left_of(segment, 0.95 if opens else 0.5)
            votes = votes + left if votes else left
        if look_above and not strong:
            above = _above(span, self._layout, self._index)
            votes = votes + above if above else votes
        return votes

    def _left_of(self, segment: Segment, factor: float) -> list[Vote]:
        key = (id(segment), factor)
        known = self._left.get(key)
        if known is None:
            known = self._left[key] = _left(segment, self._layout, self._index, factor) or NO_VOTES
        return known


def _phrase(segment: Segment, hit: Hit) -> str:
    first, last = segment.words[hit.start][1], segment.words[hit.end - 1][1]
    return " ".join(token.text for token in segment.tokens[first : last + 1]).strip(" :")


def _inline(span: Span, index: LabelIndex) -> list[Vote]:
    segment = span.segment
    hits = index.hits(segment) if span.start else ()
    if not hits:
        return NO_VOTES
    before = sum(1 for _, token in segment.words if token < span.start)
    return [
        Vote(INLINE, 1.0 * 0.82 ** (before - hit.end), hit, _phrase(segment, hit)) for hit in hits if hit.end <= before
    ]


def _left(segment: Segment, layout: Layout, index: LabelIndex, factor: float) -> list[Vote]:
    votes: list[Vote] = []
    other = layout.left_of(segment)
    for _ in range(LEFT_STEPS):
        if other is None:
            break
        hits = index.hits(other)
        for hit in hits:
            covered = min(1.0, (hit.end - hit.start) / other.telling)
            trailing = sum(1 for word, _ in other.words[hit.end :] if not word.isdigit())
            votes.append(
                Vote(LEFT, factor * (0.72 + 0.28 * covered) * 0.93**trailing, hit, _phrase(other, hit)),
            )
        if hits:
            break
        # Numbers and short words stand between a label and its amount; a description does not.
        letters = other.letters
        factor *= 0.88 if other.is_number else 0.8 if letters <= UNIT_LETTERS else 0.5 if letters <= 16 else 0.4
        other = layout.left_of(other)
    return votes


def _above(span: Span, layout: Layout, index: LabelIndex) -> list[Vote]:
    votes: list[Vote] = []
    factor = 0.88
    for other in layout.upwards(span.x0, span.x1, span.segment):
        hits = index.hits(other)
        for hit in hits:
            covered = min(1.0, (hit.end - hit.start) / other.telling)
            votes.append(Vote(ABOVE, factor * (0.5 + 0.5 * covered), hit, _phrase(other, hit)))
        if hits:
            break
        if not other.has_digits:
            factor *= 0.6
        else:
            factor *= 0.98
        if factor < 0.4:
            break
    return votes


def support_for(name: str, votes: list[Vote]) -> Support:
    """Return how the labels speak for field `name`: negative where nearer ones speak for something else."""
    if not votes:
        return NO_SUPPORT
    best, against = NO_SUPPORT, 0.0
    best_factor = 0.0
    weights = [vote.hit.weight_for(name) for vote in votes]
    for vote, weight in zip(votes, weights, strict=True):
        if weight and vote.factor * weight > best.strength:
            best = Support(vote.factor * weight, vote.relation, vote.phrase)
            best_factor = vote.factor
    for vote, weight in zip(votes, weights, strict=True):
        if not weight:
            other = max(entry.weight for entry in vote.hit.entries)
            telling = vote.factor * other * (1.0 if vote.factor >= best_factor else 0.35)
            against = max(against, telling)
    if best.strength == 0.0:
        return Support(-against)
    return Support(best.strength - 0.6 * against if against else best.strength, best.relation, best.phrase)
