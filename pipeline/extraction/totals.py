"""Amounts that depend on one another are decided together: net + tax = gross outweighs a misleading label."""

from dataclasses import dataclass
from decimal import Decimal

from pipeline.domain.fields import DocumentType, FieldKind, SumCheck, TableSumCheck
from pipeline.extraction.answers import Answer, Scored, choose, ranked
from pipeline.extraction.evidence import Vote, support_for
from pipeline.extraction.finds import Find
from pipeline.extraction.layout import Layout
from pipeline.normalise.kinds import find_decimal

LEAST = 0.42
OPTIONS_MAX = 14
HOLDS = 1.0
HOLDS_WITHOUT_TAX = 0.35
BREAKS = -0.5
MISSING = 0.25
"""What a field without a value counts in the joint score."""
LARGEST = 0.9
RATE_MAX = Decimal("0.35")


@dataclass(slots=True)
class _Option:
    scored: Scored | None
    value: Decimal | None
    score: float


def decide_money(
    doctype: DocumentType, finds: list[Find], votes: dict[int, list[Vote]], layout: Layout
) -> dict[str, Answer]:
    """Return an answer for each money field of the type, those of a sum check decided jointly."""
    specs = {spec.name: spec for spec in doctype.fields if spec.kind is FieldKind.MONEY}
    scored = {name: _scored(name, finds, votes, layout) for name in specs}
    answers = {name: choose(spec, scored[name], LEAST) for name, spec in specs.items()}
    for check in doctype.checks:
        if (
            isinstance(check, SumCheck)
            and len(check.parts) == 2
            and all(n in specs for n in (*check.parts, check.total))
        ):
            _decide_sum(check, scored, answers)
            for name in (*check.parts, check.total):
                answers[name].printed = scored[name]
            _offer_sums(check, answers)
    return answers


def offer_lines_sum(doctype: DocumentType, table: str, total: Decimal, answers: dict[str, Answer]) -> None:
    """Offer what a table's rows add up to as a rival, where no total that they should meet was read as that.

    Args:
        doctype: whose checks say which totals the rows should meet.
        table: the table's field.
        total: the sum of its rows.
        answers: of the money fields; the rivals of one may grow.
    """
    for check in doctype.checks:
        if not isinstance(check, TableSumCheck) or check.table != table:
            continue
        tolerance = Decimal(check.tolerance)
        read = [answers[name] for name in check.totals if name in answers]
        values = [find_decimal(a.best.find.value) for a in read if a.best is not None]
        if read and not any(v is not None and abs(v - total) <= tolerance for v in values):
            _offer(read[0], total, tolerance)


def _offer_sums(check: SumCheck, answers: dict[str, Answer]) -> None:
    """Where the parts contradict the total, offer for each what the other two make, if the page prints it."""
    net, tax, gross = (answers[name] for name in (*check.parts, check.total))
    values = [find_decimal(a.best.find.value) if a.best is not None else None for a in (net, tax, gross)]
    tolerance = Decimal(check.tolerance)
    if values[0] is None or values[1] is None or values[2] is None:
        return
    if abs(values[0] + values[1] - values[2]) <= tolerance:
        return
    for answer, makes in ((gross, values[0] + values[1]), (net, values[2] - values[1]), (tax, values[2] - values[0])):
        _offer(answer, makes, tolerance)


def _offer(answer: Answer, value: Decimal, tolerance: Decimal) -> None:
    """Put the print of a value, the nearest to it and most likely by its labels, first among the rivals."""
    printed = [
        (s, abs(number - value))
        for s in answer.printed
        if value and (number := find_decimal(s.find.value)) is not None and abs(number - value) <= tolerance
    ]
    if answer.best is None or not printed:
        return
    rival, _ = min(printed, key=lambda p: (p[1], -p[0].score))
    if rival.find.value == answer.best.find.value:
        return
    strong = Scored(rival.find, max(rival.score, answer.best.score - LEAD_OF_READ), rival.relation, rival.label)
    answer.rivals = [strong, *(r for r in answer.rivals if r.find.value != rival.find.value)]


LEAD_OF_READ = 0.1
"""What the value that labels point to keeps ahead of the one that only arithmetic asks for."""


def _scored(name: str, finds: list[Find], votes: dict[int, list[Vote]], layout: Layout) -> list[Scored]:
    scored: list[Scored] = []
    pages = max(layout.by_page, default=1)
    for find in finds:
        support = support_for(name, votes[id(find)])
        if support.strength <= -0.5 and not find.flags & {"decimals", "marked"}:
            continue
        score = support.strength
        if "bare" in find.flags and "marked" not in find.flags:
            score -= 0.12
        # Totals stand at the end of a document; the same labels in a table's head say less.
        position = (find.page - 1 + find.segment.top / layout.sizes[find.page][1]) / pages
        score += 0.06 * position
        scored.append(Scored(find, score, support.relation, support.phrase))
    return scored


def _decide_sum(check: SumCheck, scored: dict[str, list[Scored]], answers: dict[str, Answer]) -> None:
    net_name, tax_name = check.parts
    options = {name: _options(scored[name]) for name in (net_name, tax_name, check.total)}
    tolerance = Decimal(check.tolerance)
    largest = max((abs(o.value) for o in options[check.total] if o.value is not None), default=Decimal(0))
    best: tuple[float, _Option, _Option, _Option, bool] | None = None
    for net in options[net_name]:
        for gross in options[check.total]:
            for tax in options[tax_name]:
                score, holds = _joint(net, tax, gross, tolerance)
                if holds and tax.value and gross.value is not None and largest:
                    # Of several rows that add up, one for each tax rate and their sum, the largest is the total.
                    # It counts against the others, not for it: arithmetic alone must not outweigh every label.
                    score -= LARGEST * float(1 - abs(gross.value) / largest)
                if best is None or score > best[0]:
                    best = (score, net, tax, gross, holds)
    if best is None:
        return
    _, net, tax, gross, holds = best
    for name, option in ((net_name, net), (tax_name, tax), (check.total, gross)):
        answer = answers[name]
        if option.scored is None or (option.scored.score < LEAST and not holds):
            continue
        order = [s for s in ranked(scored[name]) if s.find.value != option.scored.find.value]
        answers[name] = Answer(answer.spec, option.scored, order[:5])
        if holds:
            answers[name].support.add("sum" if tax.value else "sum_zero")
            answers[name].notes.append(
                f"{_words(net.value)} and {_words(tax.value)} make {_words(gross.value)}, as the page says."
            )


def _words(value: Decimal | None) -> str:
    return f"{value:,.2f}" if value is not None else "nothing"


def _options(scored: list[Scored]) -> list[_Option]:
    order = ranked(scored)
    top = [_Option(s, find_decimal(s.find.value), s.score) for s in order[:OPTIONS_MAX]]
    return [*[o for o in top if o.value is not None], _Option(None, None, MISSING)]


def _joint(net: _Option, tax: _Option, gross: _Option, tolerance: Decimal) -> tuple[float, bool]:
    score = net.score + tax.score + gross.score
    if net.value is None or tax.value is None or gross.value is None:
        if net.value is not None and gross.value is not None and abs(net.value) > abs(gross.value) + tolerance:
            score += BREAKS
        return score, False
    if abs(net.value + tax.value - gross.value) > tolerance:
        return score + BREAKS, False
    if not tax.value:
        # Any amount equals itself plus nothing: only a labelled zero says that there is no tax.
        holds = tax.score >= LEAST
        return score + (HOLDS_WITHOUT_TAX if holds else 0.0), holds
    same_sign = (net.value >= 0) == (tax.value >= 0)
    if not same_sign or abs(tax.value) > RATE_MAX * abs(net.value):
        return score + BREAKS, False
    return score + HOLDS, True
