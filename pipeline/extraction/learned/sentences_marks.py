"""What a sentence says around a value: words before and behind, and what they are about."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import log2

from pipeline.extraction.agreements_dates import SENTENCE_END, Dates, Printed, Role, Stand, is_alone
from pipeline.extraction.agreements_terms import Life, life_of
from pipeline.extraction.learned.groups import Group
from pipeline.extraction.learned.options import Option
from pipeline.normalise.words import fold

BEFORE, BEHIND = 14, 8
"""Words that are looked at on either side."""
NEAR_BEFORE, NEAR_BEHIND = 12, 8
_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_DIGIT = re.compile(r"\d")
_SENTENCE_MAX = 500
_LETTER = re.compile(r"(?i)\b(?:dear|sehr\s+geehrte\w*|ladies\s+and\s+gentlemen)\b")
_BETWEEN = re.compile(r"(?i)\bby\s+and\s+(?:between|among)\b|\bzwischen\b")
_HEAD = 3000

_TOPICS = {
    "end": "terminate terminates terminated terminating termination expire expires expired expiring expiration lapse "
    "lapses cease ceases end ends ending conclude endet enden erlischt ablauf",
    "run": "remain remains continue continues continuing effect force term duration period commence commencing "
    "commences begin beginning laufzeit dauer",
    "survive": "survive survives survival surviving",
    "agreement": "agreement agreements nda contract letter hereof hereunder hereto undertaking vertrag vereinbarung",
    "duty": "obligation obligations covenant covenants duty duties rights provisions restrictions undertakings "
    "pflichten",
    "secret": "confidential confidentiality secret secrecy proprietary information material materials evaluation "
    "nondisclosure disclosure disclosed disclose disclosing receipt received geheimhaltung",
    "hire": "solicit solicitation hire hiring employ employed recruit nonsolicitation noncompetition compete "
    "competition competing competitive restricted",
    "standstill": "standstill acquire acquisition securities voting proxy proxies stock shares tender stockholders",
    "pay": "salary severance vest vesting bonus option options compensation paid payment payable pay benefits",
    "work": "employment employee executive separation resignation retirement services consultant position",
    "past": "preceding prior previous past last within least before ago",
    "after": "after following thereafter subsequent from since",
    "start": "date effective execution signing signature closing",
    "limit": "earlier later occur first upon until unless earliest",
    "notice": "notice days written prompt",
    "change": "control merger change transaction definitive consummation",
    "made": "made entered dated executed signed",
    "party": "between among party parties company",
    "signing": "witness whereof name title signature",
    "law": "law laws govern governed governing construed interpreted accordance jurisdiction courts court recht",
    "founded": "corporation organized existing incorporated company formed",
    "address": "street avenue suite road floor box city county offices office located principal",
}
_TOPIC = {word: topic for topic, words in _TOPICS.items() for word in words.split()}


def words_of(text: str) -> list[str]:
    """Return words, numbers and strokes of a text, digits hidden."""
    return [_DIGIT.sub("0", fold(word)) for word in _WORD.findall(text)]


class Sentences:
    """A document's running text, asked for what surrounds its values."""

    def __init__(self, text: str, options: Sequence[Option], group: Group | None = None) -> None:
        self.text = text
        self.group = group
        self.dates = Dates(text, [_printed(option) for option in options] if group is Group.SENTENCE_DATE else [])
        head = text[:_HEAD]
        self.form = f"{bool(_LETTER.search(head)):d}{bool(_BETWEEN.search(head)):d}"
        self.prints = Counter(option.key for option in options)
        order = list(dict.fromkeys(option.key for option in options))
        self.order = {key: place for place, key in enumerate(order)}
        self.nth: Counter[str] = Counter()

    def around(self, option: Option) -> tuple[list[str], list[str], list[str]]:
        """Return the words before a value, those behind it, and further marks; values are to be asked in order."""
        text, start, end = self.text, option.at, option.at + len(option.text)
        before, behind = words_of(text[max(0, start - 200) : start]), words_of(text[end : end + 130])
        left, right = before[-BEFORE:], behind[:BEHIND]
        said = [f"lw:{word}" for word in dict.fromkeys(left)] + [f"rw:{word}" for word in dict.fromkeys(right)]
        said += [f"lb:{one} {two}" for one, two in dict.fromkeys(pairwise(left))]
        said += [f"rb:{one} {two}" for one, two in dict.fromkeys(pairwise(right))]
        said += [f"l{count}:{' '.join(left[-count:])}" for count in (3, 4)]
        said += [f"r{count}:{' '.join(right[:count])}" for count in (2, 3)]
        said += self._topics(start, end, before[-NEAR_BEFORE:], behind[:NEAR_BEHIND])
        self.nth[option.key] += 1
        said += [
            f"zone:{min(9, 10 * start // max(1, len(text)))}",
            f"head:{min(6, int(log2(1 + start / 200)))}",
            f"tail:{min(6, int(log2(1 + max(0, len(text) - start) / 200)))}",
            f"prints:{min(4, self.prints[option.key])}",
            f"nth:{min(3, self.nth[option.key])}",
            f"order:{min(5, self.order[option.key])}",
            f"values:{min(5, len(self.order))}",
            f"form:{self.form}",
        ]
        if self.group is Group.SENTENCE_DATE:
            said += _of_date(self.dates, self.dates.stands[start, option.key])
        elif self.group is Group.DURATION:
            said += _of_span(life_of(text, start, end))
        return left, right, said

    def _topics(self, start: int, end: int, before: list[str], behind: list[str]) -> list[str]:
        """Return what the sentence is about, on either side of a value and near it."""
        begin = max(0, start - _SENTENCE_MAX)
        stops = [match.end() for match in SENTENCE_END.finditer(self.text[begin:start])]
        first = begin + stops[-1] if stops else begin
        stop = SENTENCE_END.search(self.text, end, end + _SENTENCE_MAX)
        left = _about(words_of(self.text[first:start]))
        right = _about(words_of(self.text[end : stop.start() if stop else end + _SENTENCE_MAX]))
        near, next_to = _about(before), _about(behind)
        said = [f"t{side}:{topic}" for side, topics in enumerate((left, right, near, next_to)) for topic in set(topics)]
        said = sorted(said) * 2  # topics are surer than words: they count twice
        said += [f"tp:{one} {two}" for one, two in dict.fromkeys(pairwise(left))]
        said += [
            f"tn:{' '.join(near[-2:])}",
            f"tx:{' '.join(next_to[:2])}",
            f"to:{' '.join(near[-1:])}>{' '.join(next_to[:1])}",
            f"ts:{' '.join(left[:2])}",
        ]
        title = _about(words_of(self.text[max(0, first - 60) : first])[-5:])
        return [*said, *(f"tt:{topic}" for topic in sorted(set(title)))]


def _about(words: Sequence[str]) -> list[str]:
    return [_TOPIC[word] for word in words if word in _TOPIC]


def _printed(option: Option) -> Printed:
    return Printed(option.at, option.at + len(option.text), option.key, is_alone(option.span))


def _of_date(dates: Dates, stand: Stand) -> list[str]:
    """Return what a person sees of a date."""
    role, whose = stand.role, stand.whose
    said = [f"dr:{role}", f"dw:{whose}"] * 2
    has = "".join(f"{each in dates.has:d}" for each in (Role.HEAD, Role.OPENING, Role.SIGNING))
    said += [
        f"dn:{stand.named}",
        f"dwn:{whose} {stand.named}",
        f"drf:{role} {dates.is_letter:d}",
        f"drl:{role} {stand.has_lead:d}",
        f"dra:{role} {stand.is_alone:d}",
        f"drw:{role} {whose}",
        f"drp:{role} {stand.place}",
        f"drh:{role} {has}",
        f"drb:{role} {dates.points_up:d}{dates.points_down:d}",
    ]
    if stand.is_pointed_at:
        said += ["dp"] * 3
    if dates.is_unsigned:
        said += [f"du:{role}"] * 2
    if dates.is_blank:
        said += ["db"] * 3
    return said


def _of_span(life: Life) -> list[str]:
    """Return what a person sees of a span of time."""
    verb, core, since, other = life.verb, life.core, life.since, f"{life.is_other:d}"
    title = "+".join(life.title)
    said = [f"lv:{verb}", f"ls:{core}", f"lf:{since}"] * 2
    return [
        *said,
        f"lb:{'+'.join(life.subjects)}",
        f"lt:{title}",
        f"lvs:{verb} {core}",
        f"lvf:{verb} {core} {since}",
        f"lvo:{verb} {core} {other}",
        f"lov:{other} {verb}",
        f"los:{other} {core}",
        f"ll:{life.is_limit:d} {verb} {core}",
        f"lvt:{verb} {title}",
        f"ln:{life.named}",
        f"ln:{life.named}",
        f"lnv:{life.named} {verb} {core}",
        f"lr:{life.is_restraint:d} {verb} {core}",
        f"lrf:{life.is_restraint:d} {since}",
    ]
