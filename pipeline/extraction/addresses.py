"""Addresses: the lines between a name and its town, joined as they are read aloud."""

import re

from pipeline.domain.fields import FieldSpec
from pipeline.extraction.answers import Answer, Scored
from pipeline.extraction.blocks import CONTACT, POSTAL, STREET
from pipeline.extraction.finds import Find
from pipeline.extraction.layout import Layout, Segment, Span
from pipeline.normalise.reading import Reading
from pipeline.normalise.words import single_blanks

LINES_MAX = 7
_REGISTRATION = re.compile(
    r"(?i)\b(?:reg|co\.? ?no|company no|gst|roc|sst|tax)\b|^\(?[\dA-Z-]{5,12}\)?$|\(\d{4,}-?[A-Z]?\)"
)


def decide_address(spec: FieldSpec, layout: Layout, name: Find | None) -> Answer:
    """Return the address that follows the issuer's name at the head of the page."""
    lines = layout.by_page.get(min(layout.by_page, default=1), [])
    start = 0
    if name is not None and lines and name.page == lines[0].page:
        start = name.segment.line - lines[0].index + 1
    taken: list[Segment] = []
    for line in lines[start : start + LINES_MAX]:
        segment = line.segments[0]
        text = segment.text
        if taken and line.top - taken[-1].bottom > 2.2 * segment.height:
            break
        if CONTACT.search(text) or _REGISTRATION.search(text):
            if taken:
                break
            continue
        if not taken and not (STREET.search(text) or re.search(r"\d", text) or POSTAL.search(text)):
            continue
        taken.append(segment)
        if POSTAL.search(text) and not (text.rstrip().endswith(",") and len(taken) < 4):
            break
    if not taken or not any(POSTAL.search(s.text) or STREET.search(s.text) for s in taken):
        return Answer(spec, None)
    text = single_blanks(", ".join(s.text.strip(" ,") for s in taken))
    more = tuple(token for s in taken[1:] for token in s.tokens)
    find = Find(Span(taken[0], 0, len(taken[0].tokens), more), text, (Reading(text),), relation="letterhead")
    return Answer(spec, Scored(find, 0.6, "letterhead", ""))
