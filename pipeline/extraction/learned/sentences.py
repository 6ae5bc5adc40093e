"""Values in running text that may be a field's answer: dates, durations, and places whose law may govern."""

import re
from collections.abc import Iterator
from itertools import islice

from pipeline.domain.extraction import DocumentLocale
from pipeline.extraction.agreements import laws_in
from pipeline.extraction.learned.groups import Group
from pipeline.extraction.learned.options import OPTIONS_MAX, Option, key_of
from pipeline.extraction.prose import Prose
from pipeline.normalise.dates import find_dates
from pipeline.normalise.durations import find_durations
from pipeline.normalise.kinds import read_value
from pipeline.normalise.places import find_broken_places, find_places

_LAW_NEAR = re.compile(r"(?i)\b(?:laws?|jurisdiction|courts?|govern\w*|constru\w*|recht|gesetze)\b")
_LAW_REACH = 120


def sentence_options(group: Group, prose: Prose, locale: DocumentLocale) -> list[Option]:
    """Return the candidates of a group in reading order, at most `OPTIONS_MAX`."""
    if group is Group.SENTENCE_DATE:
        found = sentence_dates(prose, locale)
    elif group is Group.DURATION:
        found = durations(prose)
    else:
        found = places(prose)
    return list(islice(found, OPTIONS_MAX))


def sentence_dates(prose: Prose, locale: DocumentLocale) -> Iterator[Option]:
    """Yield every date, each way it can be read."""
    for start, end, text in find_dates(prose.text):
        span = prose.span(start, end)
        if span is not None:
            for reading in read_value(text, "date", locale):
                yield Option(span, text, reading.value, str(reading.value), reading.note, (), start)


def durations(prose: Prose) -> Iterator[Option]:
    """Yield every span of years or months."""
    for start, end, text in find_durations(prose.text):
        span = prose.span(start, end)
        if span is not None:
            for reading in read_value(text, "duration"):
                yield Option(span, text.strip(), reading.value, str(reading.value), reading.note, (), start)


def places(prose: Prose) -> Iterator[Option]:
    """Yield every state, province and country, and what else stands where a text says whose law governs."""
    text = prose.text
    found = {start: (end, name) for start, end, name in find_places(text)}
    taken = [(start, end) for start, (end, _) in found.items()]
    for near in _LAW_NEAR.finditer(text):
        begin, stop = max(0, near.start() - _LAW_REACH // 2), near.end() + _LAW_REACH
        for start, end, name in find_broken_places(text[begin:stop]):
            if not any(one < begin + end and begin + start < other for one, other in taken):
                found[begin + start] = (begin + end, name)
                taken.append((begin + start, begin + end))
    for start, end, name in laws_in(text):
        if not any(one < end and start < other for one, other in taken):
            found[start] = (end, name)
    for start, (end, name) in sorted(found.items()):
        span = prose.span(start, end)
        if span is not None:
            yield Option(span, text[start:end], name, key_of(name), "", (), start)
