"""What agreements say in sentences: who agrees, from when, for how long and under whose law."""

import re

from pipeline.domain.fields import FieldSpec, Place
from pipeline.extraction.answers import Answer, Scored, choose
from pipeline.extraction.blocks import LEGAL_FORM, name_key
from pipeline.extraction.finds import Find
from pipeline.extraction.prose import Prose
from pipeline.normalise.dates import find_dates
from pipeline.normalise.durations import find_durations
from pipeline.normalise.kinds import read_value
from pipeline.normalise.reading import Reading
from pipeline.normalise.words import single_blanks

PREAMBLE_CHARACTERS = 2600
PARTIES_MAX = 12
_LAW = re.compile(
    r"\blaws?\s+of\s+(?:the\s+)?"
    r"(?:(?:State|Commonwealth|Province|Republic|state|commonwealth)\s+of\s+)?"
    r"(?P<name>[A-Z][A-Za-z.]+(?:\s+(?:of\s+)?[A-Z][A-Za-z.]+){0,3})"
)
_NO_PLACE = re.compile(r"^(?:the|such|any|this|that|United States of America|State|Commonwealth)$", re.IGNORECASE)
_DATE_LEAD = re.compile(
    r"(?i)(?:effective\s+(?:as\s+of|on|date)|as\s+of|dated(?:\s+as\s+of)?|entered\s+into|made|executed|this|on)\W*(?:the\s+)?$"
)
_TERM_WORDS = re.compile(
    r"(?i)\b(?:term|expire|expires|terminat|remain in (?:full )?(?:force|effect)|continu|in effect|runs? for|"
    r"period of|survive)"
)
_NOT_TERM = re.compile(
    r"(?i)\b(?:notice|employ|solicit|hire|prior to|preceding|interest|after (?:the )?(?:termination|expiration)|"
    r"following (?:the )?termination|compete|stock|option|experience)\b"
)
_PARTY_START = re.compile(r"(?i)\b(?:by\s+and\s+)?(?:between|among)\b(?:\s+(?:and\s+among))?:?\s*")
_PARTY_STOP = re.compile(
    r"(?i)\b(?:whereas|recitals?|witnesseth|background|agree\s+as\s+follows|in\s+consideration|now,?\s+therefore|"
    r"in\s+connection\s+with|for\s+the\s+purpose|concerning|regarding)\b"
)
_ENTITY = re.compile(
    r"(?:^|(?<=[,;:)“”\"\s]))(?P<name>(?:[A-Z0-9][\w&.'’\-]*|[A-Z]\.)(?:,?\s+(?:&|and|of|the|de|van|von|[A-Z0-9][\w&.'’\-]*\.?)){0,9})"
    r"(?=\s*,?\s*(?:\(|a\b|an\b|with\b|having\b|located\b|whose\b|and\b|on\b|for\b|its\b|individually|residing|[;“\"]|$|\d)|\s*,)"
)
_NO_PARTY = re.compile(
    r"(?i)^(?:the|this|that|agreement|company|recipient|effective date|party|parties|disclos\w+|receiv\w+|state|city|"
    r"county|date|employee|executive|consultant|each|both|delaware|california|new york|suite|street|avenue|road|"
    r"inc\.?|llc|"
    r"corp(?:oration)?\.?|ltd\.?|mutual|confidential\w*|non-?disclosure.*|collectively|individually|whereas|subsidiaries|affiliates)$"
)


def decide_list(spec: FieldSpec, prose: Prose) -> Answer:
    """Return the parties that the preamble names, as one answer whose value is a list."""
    found = _parties(prose)
    if not found:
        return Answer(spec, None)
    names = tuple(single_blanks(find.text) for find in found)
    tokens = tuple(token for find in found[1:] for token in find.span.tokens)
    first = found[0].span
    joined = type(first)(first.segment, first.start, first.end, first.more + tokens)
    best = Find(joined, "; ".join(names), (Reading(names),), relation="preamble", strength=0.7)
    score = 0.7 if len(names) == 2 else 0.5
    return Answer(spec, Scored(best, score, "preamble", "between"))


def _parties(prose: Prose) -> list[Find]:
    head = prose.text[: PREAMBLE_CHARACTERS * 2]
    best: list[Find] = []
    for start in list(_PARTY_START.finditer(head))[:4]:
        stop = _PARTY_STOP.search(head, start.end())
        end = min(stop.start() if stop else len(head), start.end() + 900)
        found = _entities(prose, start.end(), end)
        if len(found) >= 2:
            return found[:PARTIES_MAX]
        best = best or found
    return best


def _entities(prose: Prose, start: int, end: int) -> list[Find]:
    found: list[Find] = []
    text = prose.text[start:end]
    # What stands in brackets is a defined term; what follows a comma up to it is an address or a description.
    depth_free = re.sub(r"\([^)]*\)?|[“\"][^”\"]*[”\"]?", lambda m: " " * (m.end() - m.start()), text)
    position = 0
    for clause in re.finditer(
        r"(?:[^,]|,(?=\s*(?:Inc|LLC|L\.L\.C|Ltd|LP|L\.P|LLP|N\.A|S\.A|Corp|Co|P\.C)\b))+", depth_free
    ):
        if clause.start() < position:
            continue
        piece = clause.group()
        for part in re.finditer(r"(?:(?!\band\s+[A-Z]).)+", piece):
            name = re.match(r"\s*(?:and\s+)?(?:(?:Mr|Ms|Mrs|Dr)\.?\s+)?([A-Z0-9].*)", part.group())
            if name is None:
                continue
            raw = re.split(
                r"\s{2,}|\s(?:a|an|with|having|located|whose|on|for|its|individually|in|who|as)\s|;|\d{5}",
                name.group(1),
            )[0]
            raw = raw.strip(" ,.;:") + ("." if re.search(r"(?:Inc|Corp|Co|Ltd|L\.P|N\.A)$", raw.strip(" ,.;:")) else "")
            if not _is_party(raw):
                continue
            at = start + clause.start() + part.start() + name.start(1)
            span = prose.span(at, at + len(raw))
            if span is not None and all(not _same_party(raw, f.text) for f in found):
                found.append(Find(span, raw, (Reading(raw),)))
        if len(found) >= 2 and not LEGAL_FORM.search(depth_free[clause.end() : clause.end() + 300]):
            break
    return found


def _is_party(text: str) -> bool:
    words = text.split()
    if not words or len(words) > 10 or _NO_PARTY.match(text) or re.search(r"\d{3,}", text):
        return False
    if LEGAL_FORM.search(text):
        return True
    capital = sum(1 for w in words if w[:1].isupper() or w in {"&", "of", "and", "de", "van"})
    return 2 <= len(words) <= 6 and capital == len(words)


def _same_party(one: str, other: str) -> bool:
    a, b = name_key(one), name_key(other)
    return a in b or b in a


def decide_law(spec: FieldSpec, prose: Prose) -> Answer:
    """Return the state or country whose law governs."""
    scored: list[Scored] = []
    for match in _LAW.finditer(prose.text):
        name = re.sub(r"\s+(?:and|without|applicable|as|for)$", "", match.group("name").strip(" .,"))
        name = name.removesuffix(" State")
        if _NO_PLACE.match(name) or len(name) < 4:
            continue
        span = prose.span(match.start("name"), match.start("name") + len(name))
        if span is None:
            continue
        before = prose.text[max(0, match.start("name") - 200) : match.start("name")]
        governed = bool(re.search(r"(?i)govern|constru", before))
        organised = bool(re.search(r"(?i)organi[sz]ed|incorporated|existing under|formed under", before[-90:]))
        score = (0.85 if governed else 0.5) - (0.4 if organised else 0.0)
        find = Find(span, name, (Reading(name),), relation="inline", strength=score, label="laws of")
        scored.append(Scored(find, score, "inline", "laws of"))
        if len(scored) > 200:
            break
    return choose(spec, scored, 0.4)


def decide_term(spec: FieldSpec, prose: Prose) -> Answer:
    """Return how long the agreement lasts: durations in sentences about its term or end."""
    scored: list[Scored] = []
    for start, end, text in find_durations(prose.text)[:200]:
        span, readings = prose.span(start, end), read_value(text, "duration")
        if span is None or not readings:
            continue
        before, after = prose.text[max(0, start - 160) : start], prose.text[end : end + 90]
        score = 0.25
        words = _TERM_WORDS.findall(before[-120:])
        score += 0.25 * min(2, len(words))
        score += (
            0.15
            if re.search(
                r"(?i)from (?:and after )?the (?:effective )?date|after the (?:effective )?date|"
                r"hereof|of this agreement",
                after,
            )
            else 0.0
        )
        score -= 0.3 if _NOT_TERM.search(before[-70:]) or _NOT_TERM.search(after[:50]) else 0.0
        scored.append(Scored(Find(span, text, readings), score, "inline", before.split(".")[-1][-40:].strip()))
    return choose(spec, scored, 0.5)


def preamble_dates(spec: FieldSpec, prose: Prose) -> list[Scored]:
    """Return the dates of an agreement's opening, also where they run over a line's end."""
    scored: list[Scored] = []
    if spec.place is not Place.PREAMBLE:
        return scored
    head = prose.text[: PREAMBLE_CHARACTERS * 3]
    for start, end, text in find_dates(head):
        readings, span = read_value(text, "date"), prose.span(start, end)
        if not readings or span is None:
            continue
        lead = _DATE_LEAD.search(head[max(0, start - 40) : start])
        score = 0.2 + (0.4 if lead else 0.0) + (0.15 if start < PREAMBLE_CHARACTERS / 2 else 0.0)
        score += 0.15 if re.search(r"(?i)effective date", head[end : end + 40]) else 0.0
        score += 0.15 if re.search(r"(?i)effective\W+(?:as of\W+)?$", head[max(0, start - 20) : start]) else 0.0
        scored.append(Scored(Find(span, text, readings), score, "inline", lead.group().strip() if lead else ""))
    return scored
