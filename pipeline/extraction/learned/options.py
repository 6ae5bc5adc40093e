"""Every value on the page that could be a field's answer, by group, before any field is asked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.value import Value
from pipeline.extraction import finds as found
from pipeline.extraction.finds import Find, span_at
from pipeline.extraction.layout import Layout, Segment, Span, Token
from pipeline.extraction.learned.glued import glued_amounts
from pipeline.extraction.learned.groups import Group
from pipeline.normalise.dates import find_dates
from pipeline.normalise.kinds import read_value
from pipeline.normalise.words import fold, letters_and_digits, single_blanks

OPTIONS_MAX = 1500
"""Candidates of one group that are looked at in a document."""
NAME_PRINTS_MAX, IDENTIFIER_PRINTS_MAX = 3, 2
"""Prints of one value that are looked at, the first ones."""
NAME_PAGES = 3
"""Names are looked for on so many first pages, and on the last."""


@dataclass(slots=True, eq=False)
class Option:
    """One way to read one print as a value."""

    span: Span
    text: str
    value: Value
    key: str
    """What two prints of one value have in common."""
    note: str = ""
    """What had to be assumed to read it: "day before month"."""
    flags: tuple[str, ...] = ()
    at: int = -1
    """Where it stands in the running text, for values of sentences; -1 elsewhere."""

    @property
    def segment(self) -> Segment:
        return self.span.segment


def key_of(text: str) -> str:
    """Return the letters and digits of a text, for telling whether two prints say the same."""
    if "(" in text:
        text = _FOOTNOTE.sub("", text)
    return _kept(text)


def _kept(text: str) -> str:
    return letters_and_digits(fold(text.replace("&", " and ")))


_FOOTNOTE = re.compile(r"\s*\(\d+\)?\s*$")


def options_of(group: Group, layout: Layout, locale: DocumentLocale) -> list[Option]:
    """Return the candidates of a group in reading order, at most `OPTIONS_MAX`."""
    match group:
        case Group.DATE:
            options = _dates(layout, locale)
        case Group.MONEY:
            options = _amounts(layout, locale)
        case Group.IBAN:
            options = _plain(found.ibans_in(layout))
        case Group.VAT:
            options = _plain(found.vats_in(layout))
        case Group.CURRENCY:
            options = _plain(found.currencies_in(layout))
        case Group.IDENTIFIER:
            options = list(_not_too_often(_identifiers(layout), IDENTIFIER_PRINTS_MAX))
        case Group.NAME:
            options = list(_not_too_often(_names(layout), NAME_PRINTS_MAX))
        case Group.ADDRESS:
            options = list(_blocks(layout))
        case Group.SENTENCE_DATE | Group.SENTENCE_NAME | Group.DURATION:
            raise ValueError(f"{group} values stand in sentences: ask `sentence_options`")
    return options[:OPTIONS_MAX]


def _not_too_often(options: Iterator[Option], most: int) -> Iterator[Option]:
    """Return the first prints of each value: a station's name in each row of a table says nothing new."""
    seen: dict[str, int] = {}
    for option in options:
        count = seen[option.key] = seen.get(option.key, 0) + 1
        if count <= most:
            yield option


def _amounts(layout: Layout, locale: DocumentLocale) -> list[Option]:
    known = found.amounts_in(layout, locale)
    glued = glued_amounts(layout, locale, known)
    if not glued:
        return _plain(known)
    read = _plain([*known, *glued])
    return sorted(read, key=lambda option: (option.segment.line, option.segment.index, option.span.start))


def _plain(finds: list[Find]) -> list[Option]:
    options: list[Option] = []
    for find in finds:
        for reading in find.readings:
            if isinstance(reading.value, str):
                options.append(
                    Option(find.span, find.text, reading.value, reading.value, reading.note, tuple(sorted(find.flags)))
                )
    return options


_UNDECIDED = DocumentLocale()
_JOIN = re.compile(r"\s*(?:-|–|—|to|thru|through|until|bis|au|/)?\s*", re.IGNORECASE)
_TIME = re.compile(r"\s*,?\s*\d{1,2}[:.]\d{2}")


def _dates(layout: Layout, locale: DocumentLocale) -> list[Option]:
    """Return every date, each way it can be read: which order holds is learned as much as which date."""
    options: list[Option] = []
    for segment in layout.segments:
        places = find_dates(segment.text) if segment.has_digits else ()
        for index, (start, end, text) in enumerate(places):
            span = span_at(segment, start, end)
            if span is None:
                continue
            flags: list[str] = []
            behind = places[index + 1][0] if index + 1 < len(places) else None
            if _joins(segment, end, behind, layout.right_of(segment)):
                flags.append("range_start")
            before = places[index - 1][1] if index else None
            if _joined_to(segment, start, before, layout.left_of(segment)):
                flags.append("range_end")
            if _TIME.match(segment.text, end):
                flags.append("timed")
            options += _readings(span, text, locale, tuple(flags))
    return options


def _joins(segment: Segment, end: int, behind: int | None, right: Segment | None) -> bool:
    """Return whether another date follows with nothing but a dash or "to" between."""
    if behind is not None:
        return bool(_JOIN.fullmatch(segment.text[end:behind]))
    if right is None or not _JOIN.fullmatch(segment.text[end:]):
        return False
    first = find_dates(right.text)
    return bool(first) and bool(_JOIN.fullmatch(right.text[: first[0][0]]))


def _joined_to(segment: Segment, start: int, before: int | None, left: Segment | None) -> bool:
    """Return whether another date stands before with nothing but a dash or "to" between."""
    if before is not None:
        return bool(_JOIN.fullmatch(segment.text[before:start]))
    if left is None or not _JOIN.fullmatch(segment.text[:start]):
        return False
    last = find_dates(left.text)
    return bool(last) and bool(_JOIN.fullmatch(left.text[last[-1][1] :]))


def _readings(span: Span, text: str, locale: DocumentLocale, flags: tuple[str, ...]) -> Iterator[Option]:
    """Yield a date's readings; where the document writes one order, only that."""
    readings = read_value(text, "date", _UNDECIDED)
    for reading in readings:
        if len(readings) > 1 and locale.day_first is not None:
            if (reading.note == "day before month") != locale.day_first:
                continue
            yield Option(span, text, reading.value, str(reading.value), reading.note, flags)
        else:
            either = ("either",) if len(readings) > 1 else ()
            yield Option(span, text, reading.value, str(reading.value), reading.note, (*flags, *either))


# Identifiers ---------------------------------------------------------------------------------------------------

_EDGES = " :;,.#()[]{}|*\"'“”=_"
_MONEY = re.compile(r"[-(]?[€$£]?\d{1,3}(?:[.,]\d{3})*[.,]\d{2}\)?[€$£%]?")
_PIECES = re.compile(r"[:#=]")


def _identifiers(layout: Layout) -> Iterator[Option]:
    for segment in layout.segments:
        tokens = segment.tokens
        for index, token in enumerate(tokens):
            text = token.text
            pieces = _pieces(text)
            if pieces is None:
                continue
            for piece in pieces:
                yield _identifier(Span(segment, index, index + 1), piece)
            core = text.strip(_EDGES)
            if _PART.match(core):
                for count in (2, 3):
                    joined = _joined(tokens, index, count)
                    if joined is not None:
                        yield _identifier(Span(segment, index, index + count), joined)
            if index and core and _LETTERS.fullmatch(tokens[index - 1].text):
                text = f"{tokens[index - 1].text.strip(_EDGES)} {core}"
                yield _identifier(Span(segment, index - 1, index + 1), text, ("prefixed",))


@lru_cache(maxsize=16_384)
def _pieces(text: str) -> tuple[str, ...] | None:
    """Return what of a printed word can be an identifier, the whole of it first; None where nothing of it can."""
    if not any(map(str.isdigit, text)) or len(text) > 60 or "@" in text:
        return None
    core = text.strip(_EDGES)
    pieces = dict.fromkeys([core, *(piece.strip(_EDGES) for piece in _PIECES.split(core))])
    return tuple(p for p in pieces if p and any(map(str.isdigit, p)) and not _MONEY.fullmatch(p))


_LETTERS = re.compile(r"[A-Z]{1,5}[-/:]?")
_PART = re.compile(r"[A-Z0-9][A-Za-z0-9]*[-/]?|[-/–][A-Za-z0-9]*")


def _joined(tokens: list[Token], index: int, count: int) -> str | None:
    """Return neighbouring tokens as one identifier where they may be one: "391 1", "270818 / 5"."""
    part = tokens[index : index + count]
    if len(part) < count:
        return None
    texts = [token.text.strip(_EDGES) if i in {0, count - 1} else token.text for i, token in enumerate(part)]
    if not all(_PART.fullmatch(text) for text in texts) or not any(c.isdigit() for c in texts[-1]):
        return None
    glue = "" if any(text[-1:] in "-/–" for text in texts[:-1]) or any(t[:1] in "-/–" for t in texts[1:]) else " "
    return glue.join(texts)


def _identifier(span: Span, text: str, flags: tuple[str, ...] = ()) -> Option:
    return Option(span, text, single_blanks(text), key_of(text), "", flags)


# Names ---------------------------------------------------------------------------------------------------------

_NAME_EDGES = " ,;:|•●·=*_"
_CUT_BEFORE = re.compile(r"^(?:\(|\[|/|\||[-–—]$|[-–—]\s)")
_STARTS_MAX = 4
_HEAD_LINES = 22
_HEAD_RUN = 3
_TOKENS_MAX = 14


def _names(layout: Layout) -> Iterator[Option]:
    numbers = sorted(layout.by_page)
    pages = {*numbers[:NAME_PAGES], *numbers[-1:]}
    for segment in layout.segments:
        # a name has three letters, and at least as many as digits
        if segment.page not in pages or segment.letters <= 2 or segment.letters < segment.digits:
            continue
        yield from _cut_names(segment)
        if ":" in segment.text or "=" in segment.text:
            yield from _behind_colon(segment)
        below = layout.below(segment, 1.2)
        if below is not None and _goes_on(segment, below):
            yield from _stacked(segment, below)
    yield from _at_the_head(layout)


def _cut_names(segment: Segment) -> Iterator[Option]:
    """Return a segment's words as names, cut at every sensible place: what is known of each word is put together."""
    cuts = [_cut_of(token.text) for token in segment.tokens]
    ends = list(accumulate((len(token.text) + 1 for token in segment.tokens), initial=0))
    text = segment.text
    for start, end in _cuts(cuts):
        value = single_blanks(text[ends[start] : ends[end] - 1]).strip(_NAME_EDGES)
        if not 2 <= len(value) <= 160 or sum([cut.letters for cut in cuts[start:end]]) < 2:
            continue
        key = key_of(value) if "(" in value else "".join([cut.key for cut in cuts[start:end]])
        if key:
            yield Option(Span(segment, start, end), value, value, key)


class _Cut(NamedTuple):
    """What a printed word says about where names begin and end."""

    key: str
    """Its letters and digits."""
    letters: int
    ends_before: bool
    """A name may end before it."""
    begins_behind: bool
    """A name begins behind it."""
    ends_behind: bool


@lru_cache(maxsize=65_536)
def _cut_of(text: str) -> _Cut:
    last = text[-1:]
    return _Cut(_kept(text), sum(map(str.isalpha, text)), bool(_CUT_BEFORE.match(text)), last in ":=#)", last in ",;)")


def _goes_on(segment: Segment, below: Segment) -> bool:
    """Return whether a line can be the next one of a name: one that wraps is aligned at the left or in the middle."""
    if not below.has_letters or len(segment.tokens) + len(below.tokens) > _TOKENS_MAX:
        return False
    left, right = below.x0 - segment.x0, below.x1 - segment.x1
    return abs(left) < segment.height or abs(left + right) < 2 * segment.height


def _stacked(segment: Segment, below: Segment) -> Iterator[Option]:
    yield from _name(Span(segment, 0, len(segment.tokens), tuple(below.tokens)), ("stacked",))
    cut = next((i for i, token in enumerate(below.tokens) if i and _CUT_BEFORE.match(token.text)), 0)
    if cut:
        yield from _name(Span(segment, 0, len(segment.tokens), tuple(below.tokens[:cut])), ("stacked",))


def _at_the_head(layout: Layout) -> Iterator[Option]:
    """Return the first lines of the first page cut at every word, alone and in runs: where receipts name the shop."""
    lines = layout.by_page.get(min(layout.by_page, default=1), [])[:_HEAD_LINES]
    if not lines or sum(len(line.segments) for line in lines) > 2 * len(lines):
        return  # columns, not a receipt
    for at, line in enumerate(lines):
        first = line.segments[0]
        count = len(first.tokens)
        for end in range(1, min(count, _TOKENS_MAX)):
            yield from _name(Span(first, 0, end), ("head",))
        more: tuple[Token, ...] = ()
        for other in lines[at + 1 : at + _HEAD_RUN]:
            tokens = other.segments[0].tokens
            if len(more) + len(tokens) + count > 2 * _TOKENS_MAX:
                break
            for end in range(1, len(tokens) + 1):
                yield from _name(Span(first, 0, count, more + tuple(tokens[:end])), ("run",))
            more += tuple(tokens)


def _cuts(words: list[_Cut]) -> list[tuple[int, int]]:
    """Return where names may begin and end: whole, behind each of the first words, before what names do not hold."""
    count = min(len(words), _TOKENS_MAX)
    if count == 1:
        return [(0, 1)]
    starts = [*range(1, min(_STARTS_MAX, count))]
    starts += [i + 1 for i in range(count - 1) if words[i].begins_behind and i + 1 not in starts]
    ends = [i for i in range(1, count) if words[i].ends_before or words[i - 1].ends_behind]
    ends += [i for i in range(max(1, count - 1), count) if i not in ends]
    marked = [0, *(i for i in starts if words[i - 1].begins_behind)]
    cuts = [(0, count), *((start, count) for start in starts)]
    cuts += [(start, end) for start in marked for end in ends if end > start]
    return list(dict.fromkeys(cuts))


def _name(span: Span, flags: tuple[str, ...] = ()) -> Iterator[Option]:
    text = span.text
    value = single_blanks(text).strip(_NAME_EDGES)
    if len(value) < 2 or len(value) > 160 or sum(map(str.isalpha, value)) < 2:
        return
    key = key_of(value)
    if key:
        yield Option(span, value, value, key, "", flags)


def _behind_colon(segment: Segment) -> Iterator[Option]:
    """Return what follows a colon or an equals sign within a word: "Advertiser:Smith"."""
    for index, token in enumerate(segment.tokens[:_TOKENS_MAX]):
        head, mark, tail = token.text.partition("=" if "=" in token.text else ":")
        if not mark or not tail or not head or tail.startswith("//"):
            continue
        rest = [other.text for other in segment.tokens[index + 1 : index + 10]]
        value = single_blanks(" ".join([tail, *rest])).strip(_NAME_EDGES)
        if sum(c.isalpha() for c in value) >= 2:
            end = min(len(segment.tokens), index + 10)
            yield Option(Span(segment, index, end), value, value, key_of(value), "", ("glued",))


# Addresses: runs of lines --------------------------------------------------------------------------------------

_BLOCK_LINES = 7
_BLOCK_STARTS = 24
_CUT_HEAD = re.compile(r"(?i)^.*?(?:\)|\b(?:address|adresse|anschrift)\b)[\s:.]*")
_CUT_TAIL = re.compile(r"(?i)\s*(?:\(|\b(?:tel|fax|gst|phone|reg|co\.? ?no|roc|h/?p|email|website)\b).*$")


def _blocks(layout: Layout) -> Iterator[Option]:
    """Return runs of one to seven lines among the first of a document, cut before telephone and registration."""
    for number in sorted(layout.by_page)[:1]:
        lines = layout.by_page[number][:_BLOCK_STARTS]
        for at, line in enumerate(lines):
            first = line.segments[0]
            texts = [line.text]
            more: list[Token] = [token for segment in line.segments[1:] for token in segment.tokens]
            for count in range(1, _BLOCK_LINES + 1):
                text = single_blanks(" ".join(texts))
                span = Span(first, 0, len(first.tokens), tuple(more))
                for cut in dict.fromkeys((text, _CUT_TAIL.sub("", text), _CUT_HEAD.sub("", text))):
                    value = cut.strip(_NAME_EDGES)
                    if len(value) > 5:
                        flags = (f"lines{count}", "cut" if cut != text else "whole")
                        yield Option(span, value, value, key_of(value), "", flags)
                if at + count >= len(lines):
                    break
                following = lines[at + count]
                if following.top - lines[at + count - 1].bottom > 3.0 * (following.bottom - following.top):
                    break
                texts.append(following.text)
                more += following.tokens
