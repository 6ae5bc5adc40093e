"""Fields decided one by one: dates, identifiers, check-digit numbers, currency, durations."""

import re
from collections import Counter, defaultdict

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.fields import DocumentType, FieldKind, FieldSpec, OrderCheck, Place
from pipeline.extraction.answers import Answer, Scored, choose
from pipeline.extraction.evidence import Vote, support_for
from pipeline.extraction.finds import Find
from pipeline.extraction.identifiers import identifiers_for, titled_number
from pipeline.extraction.labels import LabelIndex
from pipeline.extraction.layout import Layout
from pipeline.extraction.parties import Parties
from pipeline.normalise.checks import failed_checks

LEAST_DATE = 0.4
LEAST_IDENTIFIER = 0.42
LEAST_NAME = 0.3


def decide_dates(
    doctype: DocumentType,
    finds: list[Find],
    votes: dict[int, list[Vote]],
    layout: Layout,
    number: Find | None = None,
    extra: dict[str, list[Scored]] | None = None,
) -> dict[str, Answer]:
    """Return an answer for each date field; two fields of an order check do not break the order."""
    specs = [spec for spec in doctype.fields if spec.kind is FieldKind.DATE]
    scored = {spec.name: _dates_for(spec, finds, votes, layout) for spec in specs}
    for name, items in (extra or {}).items():
        if items and name in scored:
            # An agreement's dates stand in sentences, which labels and columns know nothing of.
            scored[name] = items
    if number is not None and doctype.summary.date in scored:
        for item in scored[doctype.summary.date]:
            bonus = _behind_number(item.find, number)
            # Its label belongs to the number in front of it, so it does not speak against the date.
            item.score = max(item.score, 0.1) + bonus if bonus > 0.3 else item.score + bonus
    answers = {spec.name: choose(spec, scored[spec.name], LEAST_DATE) for spec in specs}
    for spec in specs:
        if answers[spec.name].best is None and spec.required and finds:
            answers[spec.name] = _first_date(spec, finds, votes, scored[spec.name])
    for check in doctype.checks:
        if isinstance(check, OrderCheck) and check.earlier in answers and check.later in answers:
            _keep_order(check, scored, answers)
    return answers


def _dates_for(spec: FieldSpec, finds: list[Find], votes: dict[int, list[Vote]], layout: Layout) -> list[Scored]:
    scored: list[Scored] = []
    lines: dict[int, list[Find]] = defaultdict(list)
    for find in finds:
        lines[find.segment.line].append(find)
    for find in finds:
        support = support_for(spec.name, votes[id(find)])
        score = support.strength
        if spec.place in {Place.RANGE_START, Place.RANGE_END}:
            score += _range_bonus(find, lines[find.segment.line], spec.place)
        score += 0.05 * (find.page == 1) - 0.04 * (find.segment.top / layout.sizes[find.page][1])
        scored.append(Scored(find, score, support.relation, support.phrase))
    return scored


def _behind_number(find: Find, number: Find) -> float:
    """Return what it counts that a date follows the document's own number: "Invoice 471 of 5 June"."""
    tokens = find.segment.tokens
    near = [token.text.strip(" :;,.()#") for token in tokens[max(0, find.span.start - 5) : find.span.start]]
    if str(number.value) in " ".join(near):
        return 0.45
    return 0.15 if find.segment.line == number.segment.line and find.page == number.page else 0.0


def _range_bonus(find: Find, line: list[Find], place: Place | None) -> float:
    """Return what it counts that a date is the first or the last of a range printed as one, on its line of dates."""
    at = line.index(find)
    if place is Place.RANGE_START:
        return 0.3 if at + 1 < len(line) and _joined_by_dash(find, line[at + 1]) else -0.1
    return 0.3 if at > 0 and _joined_by_dash(line[at - 1], find) else -0.1


_DASH = frozenset({"", "-", "–", "—", "to", "thru", "through", "until", "bis", "au", "/"})


def _joined_by_dash(one: Find, other: Find) -> bool:
    """Return whether two dates of a line are the ends of one range."""
    if one.segment is other.segment:
        between = one.segment.tokens[one.span.end : other.span.start]
    else:
        between = [*one.segment.tokens[one.span.end :], *other.segment.tokens[: other.span.start]]
        if other.segment.index != one.segment.index + 1:
            return False
    return " ".join(token.text for token in between).strip().casefold() in _DASH


def _first_date(spec: FieldSpec, finds: list[Find], votes: dict[int, list[Vote]], scored: list[Scored]) -> Answer:
    """Return the first date of the first page that no label claims for something else."""
    likely = [s for s in scored if s.score > 0.2 and s.find.page == finds[0].page]
    if likely:
        answer = Answer(spec, max(likely, key=lambda s: s.score), sorted(scored, key=lambda s: -s.score)[1:5])
        answer.support.add("unlabelled")
        return answer
    free = [f for f in finds if f.page == finds[0].page and not votes[id(f)]]
    if not free:
        return Answer(spec, None, sorted(scored, key=lambda s: -s.score)[:5])
    answer = Answer(spec, Scored(free[0], 0.35, "first", ""), sorted(scored, key=lambda s: -s.score)[:5])
    answer.support.add("unlabelled")
    return answer


def _keep_order(check: OrderCheck, scored: dict[str, list[Scored]], answers: dict[str, Answer]) -> None:
    earlier, later = answers[check.earlier], answers[check.later]
    if earlier.best is None or later.best is None or str(earlier.best.find.value) <= str(later.best.find.value):
        return
    weaker = check.later if later.best.score <= earlier.best.score else check.earlier
    other = earlier.best if weaker == check.later else later.best
    fits = [
        s
        for s in scored[weaker]
        if (str(s.find.value) >= str(other.find.value)) == (weaker == check.later) or s.find.value == other.find.value
    ]
    answer = choose(answers[weaker].spec, fits, LEAST_DATE)
    if answer.best is not None:
        answers[weaker] = answer


def decide_identifier(
    spec: FieldSpec, layout: Layout, index: LabelIndex, taken: set[str], titles: tuple[str, ...] = ()
) -> Answer:
    """Return the identifier that the field's labels point to.

    Args:
        spec: the field.
        layout: the document.
        index: the labels of its type.
        taken: values that other fields have.
        titles: for the document's own number: the words by which such a document names itself.
    """
    scored: list[Scored] = []
    for find in [
        *identifiers_for(spec.name, layout, index),
        *(titled_number(spec.name, titles, layout, index) if titles else []),
    ]:
        value = str(find.value)
        score = find.strength
        top = find.segment.top / layout.sizes[find.page][1]
        first = min(layout.by_page)
        score += (0.06 if top < 0.5 else 0.0) if find.page == first else -0.08
        digits = sum(c.isdigit() for c in value)
        score -= 0.15 if len(value) < 3 else 0.0
        score -= 0.25 if re.fullmatch(r"(?:19|20)\d\d", value) else 0.0
        score -= 0.1 if digits < 2 else 0.0
        score -= 0.3 if value in taken else 0.0
        scored.append(Scored(find, score, find.relation, find.label))
    return choose(spec, scored, LEAST_IDENTIFIER)


def decide_checked(
    spec: FieldSpec, finds: list[Find], votes: dict[int, list[Vote]], layout: Layout, parties: Parties
) -> Answer:
    """Return an IBAN or VAT number: recognised by form, told apart by label, check digits and place."""
    scored: list[Scored] = []
    for find in finds:
        support = support_for(spec.name, votes[id(find)])
        valid = not failed_checks(find.value, spec)
        digits = sum(c.isdigit() for c in str(find.value))
        if not valid and (support.strength <= 0 or digits < 8):
            # Postal code and town can have an IBAN's form: without a label, only check digits make it one.
            continue
        score = 0.45 + 0.35 * max(-1.0, support.strength) + (0.15 if valid else 0.0)
        top = find.segment.top / layout.sizes[find.page][1]
        if spec.place is Place.LETTERHEAD:
            score += 0.08 if top > 0.8 else 0.0
            score += parties.nearness(find)
        scored.append(Scored(find, score, support.relation or "form", support.phrase))
    # A number of the right form that stands beside another party's label is not this one.
    answer = choose(spec, scored, 0.4)
    if answer.best is not None and not failed_checks(answer.best.find.value, spec):
        answer.support.add("check")
    return answer


def decide_currency(spec: FieldSpec, finds: list[Find], votes: dict[int, list[Vote]], locale: DocumentLocale) -> Answer:
    """Return the currency: a labelled code first, else the one that stands at most amounts."""
    counts = Counter(str(f.value) for f in finds if "at_number" in f.flags)
    loose = Counter(str(f.value) for f in finds)
    scored: list[Scored] = []
    for find in finds:
        support = support_for(spec.name, votes[id(find)])
        value = str(find.value)
        score = 0.5 * max(0.0, support.strength)
        score += 0.45 * (counts[value] / max(1, sum(counts.values()))) + 0.15 * (
            loose[value] / max(1, sum(loose.values()))
        )
        scored.append(Scored(find, score, support.relation, support.phrase))
    answer = choose(spec, scored, 0.05)
    if answer.best is not None and len(loose) == 1:
        answer.support.add("only")
    return answer


def decide_name(spec: FieldSpec, parties: Parties) -> Answer:
    """Return the name with the most speaking for it."""
    scored = [Scored(f, f.strength, f.relation, f.label) for f in parties.finds_for(spec)]
    return choose(spec, scored, LEAST_NAME)
