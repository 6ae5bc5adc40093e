"""What amounts are to one another on a page: a total has its parts, its rounding and its payment there."""

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.options import Option
from pipeline.normalise.words import fold

SUM_WORDS = ("sum", "part", "after", "before", "paid", "taxed")
"""How an amount can stand to others: their sum; a part of one; after or before rounding; what was handed over less the
change; with the tax that is printed."""
AMOUNTS_MAX = 400
DISTINCT_MAX = 60
ROUNDING_MOST = 5
"""Cents: tills round to five, or ten."""

_ROUNDING = re.compile(r"round|\brnd|rundung|arrond")
_CHANGE = re.compile(r"change|ruckgeld|wechselgeld|rendu")
_CASH = re.compile(r"cash|tender|bar|gegeben|paid|recu|especes|amt pd|visa|master")
_TAX = re.compile(r"gst|tax|vat|mwst|ust|tva|sst")


def sums_of(options: Sequence[Option], layout: Layout) -> dict[str, str]:
    """Return for each value what it is to the others, as words of `SUM_WORDS` joined by "+"; others are left out."""
    cents: dict[str, int] = {}
    labels: dict[int, set[str]] = defaultdict(set)
    for option in options[:AMOUNTS_MAX]:
        value = cents_of(str(option.value))
        if value is None:
            continue
        cents[option.key] = value
        labels[value].update(_kinds_of(_label(option, layout)))
    found: dict[int, set[str]] = defaultdict(set)
    positive = sorted({cent for cent in cents.values() if cent > 0}, reverse=True)[:DISTINCT_MAX]
    present = set(positive)
    for at, one in enumerate(positive):
        for other in positive[at:]:
            if one + other in present:
                found[one + other].add("sum")
                found[one].add("part")
                found[other].add("part")
                if "tax" in labels[other]:
                    found[one + other].add("taxed")
    _rounded(present, labels, found)
    for cash in (cent for cent in positive if "cash" in labels[cent]):
        for change in (cent for cent in cents.values() if cent >= 0 and "change" in labels[cent]):
            if cash - change in present:
                found[cash - change].add("paid")
    return {key: "+".join(sorted(found[cent])) for key, cent in cents.items() if found.get(cent)}


@lru_cache(maxsize=16_384)
def _kinds_of(label: str) -> tuple[str, ...]:
    """Return what the words before an amount say that it is."""
    patterns = (("rounding", _ROUNDING), ("change", _CHANGE), ("cash", _CASH), ("tax", _TAX))
    return tuple(name for name, pattern in patterns if pattern.search(label))


def _rounded(present: set[int], labels: dict[int, set[str]], found: dict[int, set[str]]) -> None:
    """Mark what stands before and after the rounding that is printed."""
    steps = {abs(cent) for cent, names in labels.items() if "rounding" in names and 0 < abs(cent) <= ROUNDING_MOST}
    for one in present:
        for step in steps:
            for other in (one + step, one - step):
                if one % 5 == 0 and other % 5 and other in present:
                    found[one].add("after")
                    found[other].add("before")


def cents_of(value: str) -> int | None:
    """Return an amount in cents; None where it is none, or beyond all measure."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return round(number * 100) if number.is_finite() and abs(number) < 10**9 else None


def _label(option: Option, layout: Layout) -> str:
    """Return what stands before an amount on its line, folded."""
    line = layout.lines[option.segment.line]
    texts = [segment.text for segment in line.segments[: option.segment.index]]
    texts.append(" ".join(token.text for token in option.segment.tokens[: option.span.start]))
    return fold(" ".join(texts))
