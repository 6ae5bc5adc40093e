"""Amounts that no rule reads as something sticks to them: a word before, a tax code behind, a letter for a digit."""

import re
from collections.abc import Sequence

from pipeline.domain.extraction import DocumentLocale
from pipeline.extraction.finds import FINDS_MAX, Find, span_at
from pipeline.extraction.layout import Layout
from pipeline.normalise.currencies import CODES, SYMBOLS
from pipeline.normalise.kinds import read_value

_MARKS = "|".join(sorted((mark for mark in (*SYMBOLS, *CODES) if mark.isalpha() and mark.isupper()), key=len)[::-1])
_BODY = r"\d{1,3}(?:,\d{3})+\.\d{2}|\d{1,3}(?:\.\d{3})+,\d{2}|\d+[.,]\d{2}"
_DIGITS = {"I": "1", "l": "1", "|": "1", "i": "1", "O": "0", "o": "0", "S": "5", "B": "8", "Z": "2"}
_LOOKS = "".join(map(re.escape, _DIGITS))
_GLUED = re.compile(
    # "TotalRM15.40"
    rf"(?<=[a-z:])(?:{_MARKS})\s?(?P<head>{_BODY})(?![\w.,])"
    # "38.68SR", and "32.708R", where the code's first letter was read as a digit
    rf"|(?<![\w.,/:%-])(?:(?:{_MARKS})\s?)?(?P<code>{_BODY})(?:\d?[A-Z]{{1,2}}|[a-fh-kn-z])(?![\w.,/-])"
    # "RMI11.90": letters where only digits can stand
    rf"|(?<![A-Z])(?:{_MARKS}|[$€£])\s?(?P<misread>[\d{_LOOKS}]{{1,6}}[.,][\d{_LOOKS}]{{2}})(?![\w.,])"
)

_CENTS = re.compile(rf"[\d{_LOOKS}][.,][\d{_LOOKS}]{{2}}")
"""What every one of them holds: lines without it are passed over."""


def glued_amounts(layout: Layout, locale: DocumentLocale, known: Sequence[Find]) -> list[Find]:
    """Return amounts beside those that are known, in reading order.

    Args:
        layout: the document.
        locale: how it writes numbers.
        known: what was read without any of this: the same words are not read twice.
    """
    taken = {(id(find.segment), index) for find in known for index in range(find.span.start, find.span.end)}
    found: list[Find] = []
    for segment in layout.segments:
        if not _CENTS.search(segment.text):
            continue
        for match in _GLUED.finditer(segment.text):
            kind = match.lastgroup or ""
            printed = match.group(kind)
            body = "".join(_DIGITS.get(c, c) for c in printed) if kind == "misread" else printed
            if kind == "misread" and (body == printed or sum(map(str.isdigit, printed)) < 2):
                continue
            span = span_at(segment, match.start(kind), match.end(kind))
            if span is None or any((id(segment), index) in taken for index in range(span.start, span.end)):
                continue
            readings = read_value(body, "money", locale)
            if readings:
                found.append(Find(span, printed, readings, frozenset((kind, "decimals"))))
        if len(found) >= FINDS_MAX:
            break
    return found
