"""Values on the page by kind, with their words: what could be an answer, before any field is asked."""

import re
from dataclasses import dataclass, field

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.value import Value
from pipeline.extraction.layout import Layout, Segment, Span
from pipeline.normalise.currencies import CODES, MARK, SYMBOLS, find_currency
from pipeline.normalise.dates import find_dates
from pipeline.normalise.kinds import read_value
from pipeline.normalise.reading import Reading

FINDS_MAX = 4000
"""Values of one kind that are looked at in a document."""


@dataclass(slots=True, eq=False)
class Find:
    """Something printed that can be read as a value."""

    span: Span
    text: str
    readings: tuple[Reading, ...]
    flags: frozenset[str] = frozenset()
    """`marked`: a currency stands beside it; `bare`: a whole number without one; `decimals`: two decimals."""
    relation: str = ""
    """For values found by their label: where they stand to it."""
    strength: float = 0.0
    label: str = ""
    extra: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def value(self) -> Value:
        return self.readings[0].value

    @property
    def segment(self) -> Segment:
        return self.span.segment

    @property
    def page(self) -> int:
        return self.span.segment.page


def span_at(segment: Segment, start: int, end: int) -> Span | None:
    """Return the words that the characters `start` to `end` of a segment's text belong to."""
    position = 0
    first: int | None = None
    last = 0
    for index, token in enumerate(segment.tokens):
        if position < end and position + len(token.text) > start:
            first = index if first is None else first
            last = index + 1
        position += len(token.text) + 1
    return None if first is None else Span(segment, first, last)


def dates_in(layout: Layout, locale: DocumentLocale) -> list[Find]:
    """Return every date, in reading order; a "." in a document that writes the month first is read as it writes."""
    found: list[Find] = []
    for segment in layout.segments:
        if not segment.has_digits:
            continue
        for start, end, text in find_dates(segment.text):
            span = span_at(segment, start, end)
            readings = read_value(text, "date", locale)
            if span is not None and readings:
                found.append(Find(span, text, readings))
        if len(found) >= FINDS_MAX:
            break
    return found


_AMOUNT = re.compile(
    rf"(?<![\w.,/:%-])(?P<open>\()?(?P<minus>[-−–]\s?)?(?:(?P<before>{MARK})\s?)?(?P<minus2>[-−–]\s?)?"
    r"(?P<body>\d{1,3}(?:[.,'’]\d{3})+(?:[.,]\d{1,4})?|\d{1,3}(?: \d{3})+,\d{2}|\d+[.,]\d{1,4}|"
    r"\d+[.,]\s?[-–—]{1,2}|\d+)"
    rf"(?P<after>\s?{MARK})?(?P<trail>\s?-(?![\w])|\s?CR\b)?(?P<close>\))?(?![\w/:]|[.,]\d|-\d|\s?%)"
)
_DECIMALS = re.compile(r"[.,]\d{2}$|[.,]\s?[-–—]+$")
_FINE = re.compile(r"[.,]\d{3,4}$")
_SPACED_POINT = re.compile(r"\d{1,3}(?: \d{3})+\.\d{2}$")


def amounts_in(layout: Layout, locale: DocumentLocale) -> list[Find]:
    """Return every amount: numbers with a currency, with two decimals, or alone in their segment."""
    kept = ("amounts", locale)
    if kept in layout.kept:
        return list(layout.kept[kept])
    found = layout.kept[kept] = _amounts_in(layout, locale)
    return list(found)


def _amounts_in(layout: Layout, locale: DocumentLocale) -> list[Find]:
    found: list[Find] = []
    for segment in layout.segments:
        text = segment.text
        if not segment.has_digits:
            continue
        for match in _AMOUNT.finditer(text):
            body = match.group("body")
            marked = bool(match.group("before") or match.group("after"))
            decimals = bool(_DECIMALS.search(body))
            alone = match.end() - match.start() >= len(text) - 1
            fine = bool(_FINE.search(body))
            if not (marked or decimals or alone or fine) or (not decimals and len(re.sub(r"\D", "", body)) > 12):
                continue
            readings = read_value(match.group(), "money", locale)
            span = span_at(segment, match.start(), match.end())
            if readings and span is not None:
                flags = {"marked"} if marked else set[str]()
                flags |= {"decimals"} if decimals else {"bare"}
                found.append(Find(span, match.group().strip(), readings, frozenset(flags)))
        if len(found) >= FINDS_MAX:
            break
    return found


_IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2}\s?\d{2}(?:[ ]?[A-Z0-9]){11,30})(?![A-Za-z0-9])")
_IBAN_LENGTHS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 ES24 FI18 FO18 FR27 "
    "GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IS26 IT27 JO30 KW30 KZ20 LB28 LI21 LT20 LU20 LV21 MC27 MD24 "
    "ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SE24 SI19 SK24 SM27 TN24 TR26 VG24"
)
_LENGTH = {entry[:2]: int(entry[2:]) for entry in _IBAN_LENGTHS.split(" ")}


def ibans_in(layout: Layout) -> list[Find]:
    """Return every IBAN, cut to its country's length, also where it goes on in the line below."""
    found: list[Find] = []
    for segment in layout.segments:
        if segment.digits < 4:
            continue
        for match in _IBAN_START.finditer(segment.text):
            find = _iban_at(layout, segment, match.start())
            if find is not None:
                found.append(find)
    return found


_IBAN_START = re.compile(r"(?<![A-Za-z0-9])(?:IBAN:?)?[A-Z]{2}\s?\d{2}(?=[\sA-Z0-9])")


def _iban_at(layout: Layout, segment: Segment, start: int) -> Find | None:
    text = segment.text[start:].removeprefix("IBAN").lstrip(": ")
    start = len(segment.text) - len(text)
    country = text[:2]
    wanted = _LENGTH.get(country)
    compact, used = "", 0
    for character in text:
        if len(compact) == (wanted or 34) or not (character.isascii() and (character.isalnum() or character in " .")):
            break
        if character.isalnum():
            if character.islower():
                break
            compact += character
        used += 1
    span = span_at(segment, start, start + used)
    if span is None or (wanted is None and len(compact) < 15):
        return None
    if wanted is not None and len(compact) < wanted:
        below = layout.below(segment)
        rest = re.sub(r"\s", "", below.text) if below is not None else ""
        if below is not None and len(compact) + len(rest) == wanted and re.fullmatch(r"[A-Z0-9]+", rest):
            span = Span(span.segment, span.start, span.end, tuple(below.tokens))
            return Find(span, span.text, (Reading(compact + rest),), frozenset({"wrapped"}))
        if len(compact) < wanted - 4 or used < len(text.rstrip()):
            return None
    readings = read_value(compact, "iban")
    return Find(span, text[:used].strip(), readings) if readings else None


_VAT = re.compile(
    r"(?<![A-Za-z0-9])(?:AT\s?U|BE|BG|CHE-?|CY|CZ|DE|DK|EE|EL|GR|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK|XI)"
    r"(?:[ .\-]?[A-Z0-9]){5,14}(?![A-Za-z0-9])"
)


def vats_in(layout: Layout) -> list[Find]:
    """Return everything that has the form of a country's VAT number."""
    found: list[Find] = []
    for segment in layout.segments:
        if segment.digits < 5:
            continue
        for match in _VAT.finditer(segment.text):
            text = match.group()
            while text:
                readings = read_value(text, "vat")
                span = span_at(segment, match.start(), match.start() + len(text))
                if readings and span is not None:
                    found.append(Find(span, text, readings))
                    break
                # "DE136695976 HRB 12": the number ends where its country's form is complete.
                text = text.rpartition(" ")[0]
    return found


_CODE = re.compile(r"(?<![A-Za-z0-9])(?:" + "|".join(sorted(CODES)) + r")(?![A-Za-z0-9])")
_SYMBOL = re.compile("|".join(re.escape(s) for s in sorted(SYMBOLS, key=len, reverse=True) if not s[0].isalpha()))


def currencies_in(layout: Layout) -> list[Find]:
    """Return every currency code or sign."""
    found: list[Find] = []
    for segment in layout.segments:
        for pattern in (_CODE, _SYMBOL):
            for match in pattern.finditer(segment.text):
                code = find_currency(match.group())
                span = span_at(segment, match.start(), match.end())
                if code and span is not None:
                    near = segment.text[max(0, match.start() - 2) : match.end() + 2]
                    flags = frozenset({"at_number"}) if any(c.isdigit() for c in near) else frozenset[str]()
                    found.append(Find(span, match.group(), (Reading(code),), flags))
        if len(found) >= FINDS_MAX:
            break
    return found
