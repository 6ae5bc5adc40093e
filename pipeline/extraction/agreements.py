"""What agreements say in sentences: who agrees, from when, for how long and under whose law."""

import re

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.fields import FieldSpec, Place
from pipeline.extraction.agreements_dates import Dates, Printed, Role, Stand, Whose, is_alone
from pipeline.extraction.agreements_terms import life_of
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
DATES_MAX = 400
"""Dates of one agreement that are looked at."""
TERM_MOST = 0.75
"""No sentence is plain enough for more: of three terms that the rules find one is another's."""
ROLE_SCORES = {
    Role.OPENING: 0.35,
    Role.HEAD: 0.45,
    Role.SIGNING: 0.45,
    Role.BODY: 0.1,
    Role.RUNNING: 0.2,
}
"""What it counts for a date that it stands there."""
_PLACE = r"(?P<name>[A-Z][A-Za-z]+(?:\s+(?:of\s+)?[A-Z][A-Za-z]+){0,2})"
_LAW = re.compile(
    r"\b[Ll][Aa][Ww][Ss]?\s+(?i:of|in)\s+(?i:the\s+)?(?:(?i:internal\s+laws\s+of\s+the\s+)?)"
    rf"(?:(?i:state|commonwealth|province|republic)\s+(?i:of)\s+)?{_PLACE}"
)
_LAW_NAMED = re.compile(
    rf"(?i:governed|construed|interpreted)[^.]{{0,80}}?\b(?i:by|with|under)\s+(?:the\s+)?{_PLACE}\s+law\b"
)
_NO_PLACE = re.compile(r"^(?:the|such|any|this|that|United States of America|State|Commonwealth)$", re.IGNORECASE)
_DATE_LEAD = re.compile(
    r"(?i)(?:effective\s+(?:as\s+of|on|date)|as\s+of|dated(?:\s+as\s+of)?|entered\s+into|made|executed|this|on)\W*(?:the\s+)?$"
)
_EFFECTIVE = re.compile(r"(?i)\b(?:effective|wirksam|gültig)\W+(?:as of\W+|ab\W+)?$")
_PARTY_START = re.compile(
    r"(?:(?i:\b(?:by\s+and\s+)?(?:between|among)\b(?:\s*,?\s*(?:and\s+among|on the one hand,?))?)|PARTIES|Parties:)"
    r"[:,]?\s*"
    r"(?:\(?[1i]\)\s*)?(?=[A-Z0-9“(\s])"
)
_PARTY_STOP = re.compile(
    r"(?i)\b(?:whereas|recitals?\b|witnesseth|background|agree\s+as\s+follows|in\s+consideration|now,?\s+therefore)"
)
_NEXT_PARTY = re.compile(r"(?:\band\s+|\bAND\s+|[;,)]\s+|\(?(?:ii|iii|2|3)\)\s*)(?:and\s+|the\s+)?(?=[A-Z0-9])")
_PARTY_CUE = re.compile(
    r"^[,.]?\s*(?:\(|[“\"]|an?\s|having|with\s+(?:its|an?|offices?|principal)|hereinafter|whose|located|residing|"
    r"individually|on\s+behalf|[.;:](?:\s|$)|organi[sz]ed|for\s+itself|and\s+(?:its|their|any))"
)
_AFTER_COMMA = re.compile(
    r"^(?:Inc|Incorporated|L\.?L\.?C|Ltd|Limited|L\.?P|LLP|L\.L\.P|N\.A|S\.A|Corp|Co|P\.C|M\.D|"
    r"Ph\.D|Jr|Sr|II|III|B\.V|N\.V|PLC|plc|GmbH|AG)\b"
)
_CONNECTORS = frozenset(("&", "of", "de", "van", "von", "du", "la", "le", "for"))
_ABBREVIATION = re.compile(r"^(?:[A-Z]\.)+$|^(?:Inc|Co|Corp|Ltd|Jr|Sr|Dr|Mr|Ms|Mrs|St|L\.L\.C|L\.P|N\.A|M\.D|P\.C)\.$")
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
    for start in list(_PARTY_START.finditer(head))[:5]:
        stop = _PARTY_STOP.search(head, start.end())
        end = min(stop.start() if stop else len(head), start.end() + 900)
        found = _entities(prose, start.end(), end)
        if len(found) > len(best):
            best = found
        if len(best) >= 2:
            break
    return best[:PARTIES_MAX]


def _entities(prose: Prose, start: int, end: int) -> list[Find]:
    """Return the names after "between": the first, and every further one that is introduced as a party is."""
    found: list[Find] = []
    text = prose.text
    places = [start, *(m.end() for m in _NEXT_PARTY.finditer(text, start, end))]
    reached = start
    for place in places[:120]:
        if place < reached:
            continue
        name, after = _name_at(text, place)
        first = place == start
        cue = _PARTY_CUE.match(text[after : after + 40])
        if not _is_party(name, bool(cue)) or not (first or cue):
            continue
        reached = after
        span = prose.span(place, after)
        if span is not None and all(not _same_party(name, other.text) for other in found):
            found.append(Find(span, name, (Reading(name),)))
    return found


def _name_at(text: str, place: int) -> tuple[str, int]:
    """Return the capitalised name that begins at `place`, and where it ends."""
    words: list[str] = []
    end = place
    for match in re.finditer(r"[^\s(“\"]+|[(“\"]", text[place : place + 140]):
        word = match.group()
        core = word.rstrip(",;:.")
        follows = text[place + match.end() :].lstrip()
        if word in '(“"' or not core:
            break
        if core == "and":
            joined = LEGAL_FORM.match(follows.split(" ")[0]) if follows else None
            if joined is None:
                break
        elif not (core[:1].isupper() or (core[:1].isdigit() and not words) or (words and core in _CONNECTORS)):
            break
        words.append(word)
        end = place + match.end()
        if word.endswith((";", ":")) or (word.endswith(",") and not _AFTER_COMMA.match(follows)):
            break
        if word.endswith(".") and not _ABBREVIATION.match(word):
            break
    while words and words[-1] in _CONNECTORS:
        end -= len(words.pop()) + 1
    printed = text[place:end]
    kept = printed.rstrip(" ,;:")
    if kept.endswith(".") and not (_ABBREVIATION.match(kept.split(" ")[-1]) or LEGAL_FORM.search(kept.split(" ")[-1])):
        kept = kept.rstrip(".")
    return single_blanks(kept), place + len(kept)


def _is_party(text: str, introduced: bool) -> bool:
    words = text.split()
    if not words or len(words) > 10 or _NO_PARTY.match(text) or re.search(r"\d{3,}", text):
        return False
    if LEGAL_FORM.search(text):
        return True
    if len(words) == 1:
        return introduced and len(text) > 3 and text.isupper()
    capital = sum(1 for w in words if w[:1].isupper() or w in _CONNECTORS)
    return 2 <= len(words) <= 6 and capital == len(words)


def _same_party(one: str, other: str) -> bool:
    a, b = name_key(one), name_key(other)
    return a in b or b in a


def decide_law(spec: FieldSpec, prose: Prose) -> Answer:
    """Return the state or country whose law governs."""
    scored: list[Scored] = []
    for match in [*_LAW.finditer(prose.text), *_LAW_NAMED.finditer(prose.text)]:
        name = _law_name(match.group("name"))
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


def laws_in(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and text of what stands where a text says whose law governs."""
    found: list[tuple[int, int, str]] = []
    for match in (*_LAW.finditer(text), *_LAW_NAMED.finditer(text)):
        name = _law_name(match.group("name"))
        if not _NO_PLACE.match(name) and len(name) >= 4:
            found.append((match.start("name"), match.start("name") + len(name), name))
    return found


def _law_name(printed: str) -> str:
    """Return a captured name without the words that the sentence goes on with."""
    name = re.sub(r"\s+(?:and|without|applicable|as|for)$", "", printed.strip(" .,"))
    return re.split(
        r"\s+(?=(?:this|any|the|each|all|employee|executive|if|in|applicable|information|without)\b)",
        name,
        flags=re.IGNORECASE,
    )[0]


def decide_term(spec: FieldSpec, prose: Prose) -> Answer:
    """Return how long the agreement lasts: durations in sentences about its term or end."""
    scored: list[Scored] = []
    for start, end, text in find_durations(prose.text)[:200]:
        span, readings = prose.span(start, end), read_value(text, "duration")
        if span is None or not readings:
            continue
        life = life_of(prose.text, start, end)
        score = 0.2
        if life.core in {"agreement", "duty", "term"}:
            score += 0.35 if life.verb in {"end", "run", "lasts"} else 0.0
        score += {"own": 0.2, "other": -0.3}.get(life.since, 0.0)
        score += {"term": 0.3, "other": -0.4}.get(life.named, 0.0)
        score += 0.15 if "term" in life.title or "end" in life.title else 0.0
        score -= 0.3 if life.is_other or life.is_restraint else 0.0
        before = prose.text[max(0, start - 160) : start]
        scored.append(
            Scored(Find(span, text, readings), min(TERM_MOST, score), "inline", before.split(".")[-1][-40:].strip())
        )
    return choose(spec, scored, 0.55)


def preamble_dates(spec: FieldSpec, prose: Prose, locale: DocumentLocale | None = None) -> list[Scored]:
    """Return the dates that an agreement may give itself, also where they run over a line's end."""
    scored: list[Scored] = []
    if spec.place is not Place.PREAMBLE:
        return scored
    text = prose.text
    found: list[tuple[Find, Printed]] = []
    for start, end, printed in find_dates(text):
        readings, span = read_value(printed, "date", locale), prose.span(start, end)
        if readings and span is not None:
            at = Printed(start, end, str(readings[0].value), is_alone(span))
            found.append((Find(span, printed, readings), at))
        if len(found) == DATES_MAX:
            break
    dates = Dates(text, [at for _, at in found])
    for find, at in found:
        before = text[max(0, at.start - 40) : at.start]
        lead = _DATE_LEAD.search(before)
        score = _score_of_date(dates, dates.stands[at.start, at.value], before)
        scored.append(Scored(find, score, "inline", lead.group().strip() if lead else ""))
    return scored


def _score_of_date(dates: Dates, stand: Stand, before: str) -> float:
    """Return how much speaks for it that a date is the agreement's own."""
    score = ROLE_SCORES[stand.role]
    if stand.role is Role.SIGNING:
        score += {"only": 0.1, "first": -0.2, "between": -0.2}.get(stand.place, 0.0)
        score -= 0.2 if dates.is_unsigned else 0.0
    elif stand.role is not Role.HEAD or stand.has_lead:
        score += 0.4 if stand.has_lead else 0.0
        score += 0.15 if stand.named == "effective" else 0.0
        score += 0.15 if _EFFECTIVE.search(before) else 0.0
    score += 0.4 if stand.is_pointed_at else 0.0
    score -= 0.4 if stand.whose is Whose.OTHER else 0.0
    return score - (0.3 if dates.is_blank else 0.0)
