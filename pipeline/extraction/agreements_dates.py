"""Where an agreement's dates stand, and whose they are: its own, or those of other agreements that it names.

What a person looks at before taking a date: is it in the head, the opening, beside a signature? Does "this agreement"
stand before "dated", or another one? Was the place left blank, or does the opening point elsewhere ("the date above",
"the later of the two signatures below")? Every phrase below has its words for each language in one place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.extraction.layout import Span
from pipeline.normalise.words import fold

OPENING = 2600
"""Characters within which an agreement says who agrees and since when."""
_HEAD_MAX = 1500
_BACK = 260
"""Characters before a date that are searched for the document it belongs to."""
_DETERMINED = 22
"""Words between a document's name and what says which one it is: "this Amended and Restated ... Agreement"."""
_AROUND = 140
"""Characters around a date that are searched for signatures."""
_SIGNS = 2


class Role(StrEnum):
    """Which part of an agreement a date stands in."""

    HEAD = "head"
    """Before the text begins: a letterhead, a title."""
    OPENING = "opening"
    """Behind words that open an agreement."""
    RUNNING = "running"
    """In a line that every page repeats."""
    SIGNING = "signing"
    BODY = "body"


class Whose(StrEnum):
    """Which document a date's sentence speaks of."""

    THIS = "this"
    OTHER = "other"
    THE = "the"
    """The text does not say which, but that it is known already."""
    TITLE = "title"
    """A document is named without saying which."""
    NONE = "none"


_DOCUMENT_WORDS = """
agreement agreements nda letter contract plan undertaking covenant lease note deed memorandum amendment
vertrag vertrages vertrags vereinbarung abkommen accord contrat convention acuerdo contrato convenio
accordo contratto overeenkomst
"""
_OWN_WORDS = """
this hereof dieser diese dieses diesem diesen vorliegende vorliegender ce cet cette present presente este esta
questo questa presente deze dit
"""
_OTHER_WORDS = """
a an that certain any prior existing original previous such another its their his her your our my said separate
attached these those other ein eine einen einer einem eines jener ihr ihre frühere un une leur votre una su sus uno
een hun
"""
_KNOWN_WORDS = "the der die das dem den des le la les el los il lo gli het"
_DOCUMENTS, _OWN, _OTHER, _KNOWN = (
    frozenset(fold(word) for word in words.split())
    for words in (_DOCUMENT_WORDS, _OWN_WORDS, _OTHER_WORDS, _KNOWN_WORDS)
)
_POSSESSIVE = re.compile(r"['’]s$")

_ASIDE = re.compile(r"\([^()]*\)")
"""In brackets stands what a document is called from here on: (the “Agreement”)."""
_WORD = re.compile(r"[^\W\d_]+(?:['’]s)?|\d+|[^\w\s]")
SENTENCE_END = re.compile(r"(?<=[a-z)\]”\"’0-9]{2})[.;]\s+(?=[A-Z(“\"0-9])|:\s+(?=[A-Z])")
"""Between two sentences."""
_BODY = re.compile(
    r"(?i)\b(?:this|diese[rs]?)\b[^.]{0,80}\b(?:agreement|vertrag|vereinbarung)\b|\bdear\b|\bsehr\s+geehrte|"
    r"\bgentlemen\b|\bin\s+connection\s+with\b|\bthe\s+parties\b|\bwhereas\b|\brecitals\b|\bzwischen\b|\bentre\b"
)
"""Where the text of an agreement or of a letter begins."""
_LEAD = re.compile(
    r"(?i)\b(?:made|entered|effective|dated?|executed|as\s+of|this|vom|am|geschlossen|wirkung|ab|le|del?|el)\b"
)
"""What stands just before the date that a document gives itself."""
_LEAD_REACH = 40
_SIGN = re.compile(
    r"/s/|-s-|(?i:\b(?:by|name|title|its|per)\s*[:;]|\bsign(?:ature|ed)\b|\bwitness\s+whereof\b|\baccepted\b|"
    r"\backnowledged\b|\bsincerely\b|\bvery\s+truly\b|\bunterschrift|\bgez\.|\bort,\s*datum\b|\bfait\s+[aà]\b|"
    r"\bfirmado\b|\bfirma\b)"
)
_RUNNING = re.compile(r"\s*(?:[A-Z][\w-]*\s){0,4}(?i:page|seite|p[aá]gina)\s*\d")
_BLANK = re.compile(
    r"(?i)\b(?:dated|made|entered\s+into|effective|as\s+of|executed|geschlossen|vom)\b[^.;]{0,25}?"
    r"(?:_{2,}|\[\s*[●•_ ]*\s*\]|\bday\s+of\s*,|\bthis\s+day\s+of\b|\bof\s+the\s+day\b)|"
    r"\b(?:as\s+of|effective|dated|vom)\s+,"
)
"""A date that was never filled in."""
_POINTS_UP = re.compile(r"(?i)\b(?:dates?|day)\b[^.;]{0,40}\babove\b|\babove\s+date\b|\bobigen\s+datum\b")
_POINTS_DOWN = re.compile(
    r"(?i)\b(?:dates?|day)\b[^.;]{0,60}\bbelow\b|\b(?:last|later|latter|latest)\b[^.;]{0,50}\bsignatures?\b|"
    r"\bdate\b[^.;]{0,30}\b(?:last|later|latest)\b[^.;]{0,30}\bsign|\bdatum\s+der\s+(?:letzten\s+)?unterschrift"
)
_EMPTY = re.compile(r"\b(?:D[Aa][Tt][Ee]D?|Dat(?:um|a)|Fecha)\s*(?:[Ss]igned)?\s*:")
_EMPTY_REACH = 3
"""Beside a signature: "Date:"."""
_NAMED = re.compile(r"^\W{0,3}\(\s*[^()“\"]{0,30}[“\"]([^”\"]+)[”\"]")
"""The name that is given to what stands before it: (the “Effective Date”)."""
_NAME_REACH = 80
_LETTER = re.compile(r"(?i)\b(?:dear|gentlemen|sehr\s+geehrte\w*|ladies\s+and\s+gentlemen)\b")


_ITS_OWN = frozenset((Whose.THIS, Whose.TITLE, Whose.NONE))
_GIVING = frozenset((Role.HEAD, Role.OPENING))
"""Where an agreement gives itself a date."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A date in the text: where it begins and ends, and its value."""

    start: int
    end: int
    value: str
    is_alone: bool
    """Nothing else stands in its piece of the line."""


@dataclass(frozen=True, slots=True)
class Stand:
    """What a person sees of one date."""

    role: Role
    whose: Whose
    named: str
    """What the agreement calls it or what goes before it: "effective", "agreement", "other", or nothing."""
    is_alone: bool
    has_lead: bool
    is_pointed_at: bool
    """The opening says that the date stands up here, or down there."""
    place: str
    """Among the dates beside signatures, else among all: "only", "first", "between" or "last"."""


def is_alone(span: Span) -> bool:
    """Return whether words are all that stands in their piece of a line."""
    return span.start == 0 and span.end == len(span.segment.tokens) and not span.more


class Dates:
    """All dates of an agreement, told apart."""

    def __init__(self, text: str, printed: Sequence[Printed]) -> None:
        self.text = text
        body = _BODY.search(text)
        self.body = min(body.start() if body else 400, _HEAD_MAX)
        opening = text[:OPENING]
        self.is_letter = _LETTER.search(opening) is not None
        self.points_up = _POINTS_UP.search(opening) is not None
        self.points_down = _POINTS_DOWN.search(opening) is not None
        roles = [self._role(one) for one in printed]
        given = any(
            role in _GIVING and self._whose(one.start) in _ITS_OWN and self._has_lead(one.start)
            for one, role in zip(printed, roles, strict=True)
        )
        self.is_blank = not given and any(self._whose(one.start()) in _ITS_OWN for one in _BLANK.finditer(opening))
        """The agreement's own date was left open: it is a form."""
        starts = {one.start for one in printed}
        labels = [label.end() for label in _EMPTY.finditer(text)]
        filled = sum(not starts.isdisjoint(range(end, end + _EMPTY_REACH + 1)) for end in labels)
        self.is_unsigned = len(labels) > 0 and len(labels) - filled >= filled
        """Of the places for dates beside signatures half or more are empty: not everybody has signed."""
        self.has = frozenset(roles)
        signed = sorted({one.value for one, role in zip(printed, roles, strict=True) if role is Role.SIGNING})
        every = sorted({one.value for one in printed})
        self.stands = {
            (one.start, one.value): self._stand(one, role, signed if role is Role.SIGNING else every)
            for one, role in zip(printed, roles, strict=True)
        }

    def _stand(self, one: Printed, role: Role, values: Sequence[str]) -> Stand:
        text = self.text
        named = _NAMED.match(text[one.end : one.end + _NAME_REACH])
        name = fold(named.group(1)) if named is not None else ""
        place = "only" if len(values) == 1 else _place(one.value, values)
        return Stand(
            role,
            self._whose(one.start),
            "" if not name else "effective" if "effective" in name else _kind_of_name(name),
            one.is_alone,
            self._has_lead(one.start),
            (self.points_up and role is Role.HEAD)
            or (self.points_down and role is Role.SIGNING and place in {"only", "last"}),
            place,
        )

    def _role(self, one: Printed) -> Role:
        text = self.text
        if one.start <= self.body + 2:
            return Role.HEAD
        before, behind = text[max(0, one.start - _AROUND) : one.start], text[one.end : one.end + _AROUND]
        if _RUNNING.match(behind):
            return Role.RUNNING
        if len(_SIGN.findall(before)) + len(_SIGN.findall(behind)) >= _SIGNS:
            return Role.SIGNING
        if one.start < OPENING and self._has_lead(one.start):
            return Role.OPENING
        return Role.BODY

    def _has_lead(self, start: int) -> bool:
        return _LEAD.search(self.text[max(0, start - _LEAD_REACH) : start]) is not None

    def _whose(self, start: int) -> Whose:
        """Return which document the sentence up to `start` speaks of last."""
        begin = max(0, start - _BACK)
        ends = [end.end() for end in SENTENCE_END.finditer(self.text, begin, start)]
        said = _ASIDE.sub(" ", self.text[ends[-1] if ends else begin : start])
        words = [fold(word) for word in _WORD.findall(said)]
        at = next((index for index in range(len(words) - 1, -1, -1) if words[index] in _DOCUMENTS), None)
        if at is None:
            return Whose.NONE
        for word in reversed(words[max(0, at - _DETERMINED) : at + 1]):
            if word in _OWN:
                return Whose.THIS
            if word in _OTHER or _POSSESSIVE.search(word):
                return Whose.OTHER
            if word in _KNOWN:
                return Whose.THE
        return Whose.TITLE


def _place(value: str, values: Sequence[str]) -> str:
    return "first" if value == values[0] else "last" if value == values[-1] else "between"


def _kind_of_name(name: str) -> str:
    """Return "agreement" where a document gives itself a name, "other" where another thing is named."""
    words = name.strip(" ,.").split()
    return "agreement" if words and words[-1] in _DOCUMENTS and len(words) == 1 else "other"
