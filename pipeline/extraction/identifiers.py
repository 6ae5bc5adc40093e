"""Identifiers are found by their labels: what stands behind, right of or below "Invoice No."."""

import re

from pipeline.extraction.blocks import POSTAL
from pipeline.extraction.finds import Find
from pipeline.extraction.labels import LabelIndex
from pipeline.extraction.layout import Layout, Segment, Span
from pipeline.normalise.dates import find_dates
from pipeline.normalise.kinds import read_value
from pipeline.normalise.words import label_words

POSTAL_CODE = re.compile(r"\d{4,5}")
_STRIP = " :;,.#()[]|"
_CODE = re.compile(r"[A-Z]{1,6}[-/]?")
_MONEY = re.compile(r"[-(]?\d{1,3}(?:[.,]\d{3})*[.,]\d{2}\)?|.*[€$£%]")
_FILLER = frozenset({"nr", "id", "is", "ist", "lautet", "est", "code", "ref", "kunde"})
_DIGIT_GROUP = re.compile(r"\d{1,8}")


def titled_number(name: str, titles: tuple[str, ...], layout: Layout, index: LabelIndex) -> list[Find]:
    """Return the number behind "No." in a line near the top that names the document: "Invoice (copy) No. 471"."""
    found: list[Find] = []
    phrases = [label_words(title) for title in titles]
    first = min(layout.by_page, default=0)
    for line in layout.by_page.get(first, [])[:25]:
        for segment in line.segments:
            words = tuple(word for word, _ in segment.words)
            if "nr" not in words or len(words) > 14:
                continue
            place = words.index("nr")
            if any(h.start <= place < h.end and not h.weight_for(name) for h in index.hits(segment)):
                continue
            if not any(words[i : i + len(p)] == p for p in phrases if p for i in range(place)):
                continue
            span = Span(segment, segment.words[place][1] + 1, len(segment.tokens))
            find = _find(span) if span.start < span.end else None
            if find is not None:
                find.relation, find.strength = "inline", 0.7
                find.label = " ".join(token.text for token in segment.tokens[: span.start])
                found.append(find)
    return found


def identifiers_for(name: str, layout: Layout, index: LabelIndex) -> list[Find]:
    """Return what the labels of field `name` point to, each with relation and strength."""
    found: list[Find] = []
    for segment, hits in index.labelled(layout):
        for position, hit in enumerate(hits):
            weight = hit.weight_for(name)
            if not weight:
                continue
            limit = hits[position + 1].start if position + 1 < len(hits) else len(segment.words)
            for span, relation, factor in _places(segment, hit.end, limit, layout, index):
                find = _find(span)
                if find is not None:
                    first, last = segment.words[hit.start][1], segment.words[hit.end - 1][1]
                    find.label = " ".join(t.text for t in segment.tokens[first : last + 1]).strip(" :")
                    find.relation, find.strength = relation, min(1.0, weight * factor)
                    if hit.start > 0 and relation != "inline":
                        find.strength *= 0.9
                    if hit.start > 3:
                        # A label inside a sentence speaks of other documents as often as of this one.
                        find.strength *= 0.8
                    found.append(find)
                    break
    return found


def _places(segment: Segment, end: int, limit: int, layout: Layout, index: LabelIndex) -> list[tuple[Span, str, float]]:
    """Return the places a label may point to, in the order of custom."""
    places: list[tuple[Span, str, float]] = []
    last = segment.words[end - 1][1] + 1
    stop = segment.words[limit][1] if limit < len(segment.words) else len(segment.tokens)
    behind = last
    last = _skip_filler(segment, last, stop)
    if last < stop:
        numbered = any(word == "nr" for token in segment.tokens[behind:last] for word in label_words(token.text))
        places.append((Span(segment, last, stop), "inline", 1.3 if numbered else 1.0))
        return places
    right = layout.right_of(segment)
    if limit == len(segment.words) and right is not None:
        hits = index.hits(right)
        start = _skip_filler(right, 0, len(right.tokens))
        if start < len(right.tokens) and not (hits and hits[0].start <= 1):
            near = right.x0 - segment.x1 < 0.45 * layout.sizes[segment.page][0]
            places.append((Span(right, start, len(right.tokens)), "left", 0.95 if near else 0.75))
    below = layout.below(segment)
    if below is not None:
        start = _skip_filler(below, 0, len(below.tokens))
        if start < len(below.tokens) and not index.hits(below):
            places.append((Span(below, start, len(below.tokens)), "above", 0.88))
    return places


def _skip_filler(segment: Segment, start: int, stop: int) -> int:
    """Return the first token that can begin the value: "(380)", "Nr." and a lone colon are passed over."""
    while start < stop:
        text = segment.tokens[start].text
        words = label_words(text)
        filler = all(word in _FILLER for word in words) if words else re.fullmatch(r"[:.#|–—-]+", text)
        if not filler and not re.fullmatch(r"\(.*\)[:.]?", text):
            break
        start += 1
    return start


def _find(span: Span) -> Find | None:
    tokens = span.segment.tokens[span.start : span.end]
    if POSTAL_CODE.fullmatch(tokens[0].text) and span.start == 0 and POSTAL.match(span.text):
        # Postal code and town of an address beside the label.
        return None
    count = _value_length([token.text for token in tokens])
    if not count:
        return None
    taken = Span(span.segment, span.start, span.start + count)
    text = taken.text.strip(_STRIP)
    if text.count("(") != text.count(")"):
        text = re.sub(r"[()].*$", "", text).strip(_STRIP)
    readings = read_value(text, "identifier")
    return Find(taken, text, readings) if readings else None


def _value_length(texts: list[str]) -> int:
    """Return how many words from the first on make up an identifier; 0 where the first cannot begin one."""
    first = texts[0].strip(_STRIP)
    if not any(c.isdigit() for c in first):
        # A prefix in capitals belongs to the digits behind it: "RE 2024-001".
        if len(texts) > 1 and _CODE.fullmatch(first) and _is_code(texts[1].strip(_STRIP)):
            return 2
        return 0
    if not _is_code(first):
        return 0
    if len(texts) > 1 and all(_DIGIT_GROUP.fullmatch(text.strip(_STRIP)) for text in texts[:6]) and len(texts) <= 6:
        return len(texts)
    if len(texts) > 2 and texts[1] in {"/", "-", "–"} and _is_code(texts[2].strip(_STRIP)):
        return 3
    if len(texts) > 1 and first[-1:] in {"-", "/"} and _is_code(texts[1].strip(_STRIP)):
        return 2
    return 1


def _is_code(text: str) -> bool:
    if not any(c.isdigit() for c in text) or len(text) > 40:
        return False
    if _MONEY.fullmatch(text) or "@" in text or "://" in text:
        return False
    dates = find_dates(text)
    return not (dates and dates[0][1] - dates[0][0] >= len(text) - 1)
