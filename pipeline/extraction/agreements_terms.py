"""What a span of time in an agreement is the life of: the agreement, what it binds to, or something else.

"This Agreement shall terminate two years after the date hereof" says it; "for two years neither party will hire"
does not. A person looks for the verb before the span, for what that verb says runs or ends, and for what it is counted
from. Every phrase below has its words for each language in one place.
"""

import re
from dataclasses import dataclass

from pipeline.extraction.agreements_dates import SENTENCE_END
from pipeline.normalise.words import fold

_SENTENCE_MAX = 500
_SUBJECT_WORDS = 26
"""Words before the verb among which its subject is looked for."""
_TITLE_REACH = 60
_TITLE_WORDS = 5
_BEHIND = 110

_VERBS = {
    "end": "terminate terminates terminated terminating expire expires expired expiring lapse lapses cease ceases end "
    "ends ending conclude concludes endet enden erlischt expire termine termina caduca eindigt",
    "run": "remain remains continue continues continuing commencing commence beginning effective valid gilt lauft "
    "reste permanece rimane blijft",
    "survive": "survive survives surviving",
}
_SUBJECTS = {
    "agreement": "agreement agreements nda letter contract hereunder hereof vertrag vereinbarung contrat accord "
    "contrato acuerdo contratto accordo overeenkomst",
    "duty": "obligation obligations covenant covenants duty duties rights provisions restrictions undertakings terms "
    "pflichten obligations obligaciones obblighi verplichtingen",
    "term": "term duration laufzeit dauer duree plazo duracion durata looptijd",
    "period": "period time zeitraum",
    "secret": "information material materials confidentiality nondisclosure",
    "work": "employment employee executive services consulting director officer",
    "stock": "shares stock securities options vest standstill",
}
_NOT_LIFE = re.compile(
    r"(?i)\b(?:notice|hire|hir(?:ing|ed)|solicit\w*|recruit\w*|compet\w+|acquire|standstill|vest\w*|interest|experience|"
    r"preceding|prior\s+to|einstell\w*|abwerb\w*|wettbewerb\w*|kundigungsfrist)\b"
)
_RESTRAINT = re.compile(r"(?i)\b(?:not|neither|nor|refrain|refrains|nicht|weder|unterlassen)\b")
_DEFINED = re.compile(r"[“\"]([^”\"]{2,60})[”\"]\s+(?:\w+\s+)?(?:means?|bedeutet|signifie|significa)\b")
"""What a sentence defines: “Restriction Period” means."""
_CALLED = re.compile(r"^[^.;“\"]{0,60}\(\s*[^()“\"]{0,30}[“\"]([^”\"]{2,60})[”\"]")
"""What the span of time is called from here on: (the “Term”)."""
_CALLED_REACH = 140
_LASTS_WORDS = 14
_CLAUSE_END = re.compile(r"(?i)[.;]|\b(?:unless|provided|except|or\s+(?:up)?on|es\s+sei\s+denn|sofern)\b")
_VERB = {word: kind for kind, words in _VERBS.items() for word in words.split()}
_SUBJECT = {word: kind for kind, words in _SUBJECTS.items() for word in words.split()}
_WORD = re.compile(r"[^\W\d_]+|\d+")
_FROM_OWN = re.compile(
    r"(?i)^\W*(?:period\s+)?(?:commencing\s+)?(?:from|after|following|of|on|ab|nach|seit|beginning\s+on|starting\s+on)\s+"
    r"(?:and\s+after\s+)?(?:the|its|dem|der|this)?\s*"
    r"(?:date\s+(?:hereof|of\s+(?:this|execution|signing)|first|this)|effective\s+date|execution|signing|"
    r"signature|(?:date\s+of\s+)?(?:its|the)\s+(?:execution|signature)|day\s+and\s+year|datum|unterzeichnung|inkrafttreten)"
)
_FROM_OTHER = re.compile(
    r"(?i)^\W*(?:period\s+)?(?:from|after|following|ab|nach|seit)\s+(?:the\s+|any\s+|such\s+|its\s+|dem\s+|der\s+)*"
    r"(?:date\s+(?:of|on|that|the)\s+)?(?:\w+\s+){0,3}?"
    r"(?:disclosure|receipt|termination|expiration|return|completion|consummation|closing|resignation|offenlegung|ende)"
)
_FROM_WORDS = re.compile(r"(?i)^\W*(?:thereafter|there\s?after|danach)\b")


@dataclass(frozen=True, slots=True)
class Life:
    """What a person sees of one span of time."""

    verb: str
    """What the sentence says before it: "end", "run", "survive", "lasts", or nothing."""
    subjects: tuple[str, ...]
    """What runs or ends."""
    title: tuple[str, ...]
    """What the paragraph's title is about."""
    since: str
    """What it is counted from: "own" date, "other", "then", or nothing."""
    named: str
    """What it is called: "term", "other", or nothing."""
    is_other: bool
    """Words of notices, hiring and the like stand between the verb and the span, or just behind it."""
    is_restraint: bool
    """The same for what somebody must not do."""
    is_limit: bool
    """It is one of several ends: "the earlier of"."""

    @property
    def core(self) -> str:
        """The most telling of the subjects."""
        return next((kind for kind in ("agreement", "duty", "term", *self.subjects) if kind in self.subjects), "")


_LIMIT = re.compile(r"(?i)\b(?:earlie[rs]t?|later|latest)\b|\bfruher|\bspater")


def life_of(text: str, start: int, end: int) -> Life:
    """Return what the span of time at `start` to `end` is the life of, by its sentence."""
    begin = max(0, start - _SENTENCE_MAX)
    stops = [stop.end() for stop in SENTENCE_END.finditer(text, begin, start)]
    first = stops[-1] if stops else begin
    words = [fold(word) for word in _WORD.findall(text[first:start])]
    at = next((place for place in range(len(words) - 1, -1, -1) if words[place] in _VERB), None)
    defined = _DEFINED.search(text, first, start) or _CALLED.match(text[end : end + _CALLED_REACH])
    behind = text[end : end + _BEHIND]
    between = " ".join(words[at + 1 :]) if at is not None else " ".join(words[-12:])
    title = [fold(word) for word in _WORD.findall(text[max(0, first - _TITLE_REACH) : first])[-_TITLE_WORDS:]]
    since = (
        "own"
        if _FROM_OWN.match(behind)
        else "other"
        if _FROM_OTHER.match(behind)
        else "then"
        if _FROM_WORDS.match(behind)
        else ""
    )
    verb = _VERB[words[at]] if at is not None else ""
    if not verb and any(_SUBJECT.get(word) == "term" for word in words[-_LASTS_WORDS:]):
        verb = "lasts"  # "the term of this agreement shall be"
    clause = _CLAUSE_END.split(behind, maxsplit=1)[0]
    return Life(
        verb,
        _about(words[max(0, at - _SUBJECT_WORDS) : at]) if at is not None else _about(words[-_SUBJECT_WORDS:]),
        tuple(sorted({kind for word in title if (kind := _SUBJECT.get(word) or _VERB.get(word))})),
        since,
        "" if defined is None else "term" if _is_term(defined.group(1)) else "other",
        _NOT_LIFE.search(between) is not None or _NOT_LIFE.search(clause) is not None,
        _RESTRAINT.search(between) is not None or _RESTRAINT.search(behind) is not None,
        _LIMIT.search(between) is not None,
    )


def _is_term(name: str) -> bool:
    return any(_SUBJECT.get(fold(word)) == "term" for word in _WORD.findall(name))


def _about(words: list[str]) -> tuple[str, ...]:
    return tuple(sorted({kind for word in words if (kind := _SUBJECT.get(word))}))
