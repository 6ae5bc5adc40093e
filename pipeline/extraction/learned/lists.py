"""Names in running text that may be entries of a list: who agrees, with every place where each is printed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.extraction.blocks import LEGAL_FORM
from pipeline.extraction.learned.options import key_of
from pipeline.extraction.prose import Prose
from pipeline.normalise.words import single_blanks

HEAD, TAIL = 6000, 5000
"""Characters from the opening and the end within which every name is a candidate; between them, those of companies."""
AROUND_SIGNING = 3500
VALUES_MAX = 400
"""Names of one document that are looked at."""
WORDS_MAX = 9
SPANS_MAX = 18
"""Ways to cut one run of capitalised words."""


@dataclass(frozen=True, slots=True)
class Print:
    """One place where a name is printed, as characters of the running text."""

    start: int
    end: int


@dataclass(slots=True, eq=False)
class Name:
    """One name with all the places where it is printed."""

    text: str
    key: str
    prints: list[Print] = field(default_factory=list[Print])


_WORD = re.compile(r"[^\s(),;:“”\"\[\]{}]+|[(),;:“”\"\[\]{}]")
_INSIDE = frozenset(
    ("&", "of", "de", "van", "von", "du", "la", "le", "for", "und", "et", "y", "da", "di", "der", "den")
)
_JOINING = frozenset(("and", "&", "und", "et", "y"))
_ABBREVIATED = re.compile(
    r"^(?:(?:[A-Za-z]\.)+|(?:Inc|Co|Corp|Ltd|Jr|Sr|Dr|Mr|Ms|Mrs|St|Bros|Cos|Intl|No|Dept|Esq|Ph\.D|M\.D)\.)$"
)
_LEADING = """
by and the this that between among with to from name title date dated dear re attn attention mr mrs ms messrs dr
its signed signature print printed accepted agreed if for of in on as witness employee executive consultant company
recipient a an herr frau firma zwischen und der die das
"""
_LEADS = frozenset(_LEADING.split())
_FORM = re.compile(rf"(?:{LEGAL_FORM.pattern})[.,]?", re.IGNORECASE)
_SIGNING = re.compile(
    r"(?i)\bin\s+witness\s+whereof\b|\bvery\s+truly\s+yours\b|\bsincerely\b|/s/|\bsignature\b|\bunterschrift"
)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int

    @property
    def core(self) -> str:
        return self.text.strip(".,'’*_-")


def names_of(prose: Prose) -> list[Name]:
    """Return the distinct names of a document in reading order, at most `VALUES_MAX`."""
    found: dict[str, Name] = {}
    text = prose.text
    zones = _zones(text)
    breaks = frozenset(prose.breaks)
    for run in _runs(text):
        open_here = any(start <= run[0].start < end for start, end in zones)
        if not open_here and not any(_FORM.fullmatch(word.text) for word in run):
            continue
        for first, last in _cuts(run, breaks):
            start, end = run[first].start, run[last].end
            value = _tidy(text[start:end])
            key = key_of(value)
            if len(key) < 3 or not any(c.isalpha() for c in key):
                continue
            if key not in found:
                if len(found) >= VALUES_MAX:
                    continue
                found[key] = Name(value, key)
            found[key].prints.append(Print(start, end))
            if found[key].text.isupper() and not value.isupper():
                # a name set in capitals says less about how it is written
                found[key].text = value
    return list(found.values())


def _zones(text: str) -> list[tuple[int, int]]:
    zones = [(0, HEAD), (max(0, len(text) - TAIL), len(text))]
    for match in _SIGNING.finditer(text):
        zones.append((match.start() - AROUND_SIGNING // 10, match.end() + AROUND_SIGNING // 2))
        if len(zones) > 40:
            break
    return zones


def _runs(text: str) -> Iterator[list[_Word]]:
    """Yield runs of capitalised words, with the small words and commas that names hold between them."""
    run: list[_Word] = []
    for match in _WORD.finditer(text):
        word = _Word(match.group(), match.start(), match.end())
        core = word.core
        if core[:1].isupper() or (core[:1].isdigit() and len(core) <= 4) or _FORM.fullmatch(word.text):
            run.append(word)
            if word.text.endswith(".") and not _ABBREVIATED.match(word.text) and not _FORM.fullmatch(word.text):
                yield from _ended(run)
                run = []
        elif run and (core.casefold() in _INSIDE or core == "and" or word.text in {",", "&"}):
            run.append(word)
        else:
            yield from _ended(run)
            run = []
    yield from _ended(run)


def _ended(run: list[_Word]) -> Iterator[list[_Word]]:
    while run and not (run[-1].core[:1].isupper() or run[-1].core[:1].isdigit() or _FORM.fullmatch(run[-1].text)):
        run = run[:-1]
    if run and any(c.isalpha() for word in run for c in word.core):
        yield run


def _cuts(run: list[_Word], breaks: frozenset[int]) -> list[tuple[int, int]]:
    """Return first and last word of the names that a run may hold, the likelier cuts first."""
    count = len(run)
    starts: list[int] = []
    ends: list[int] = []
    for index, word in enumerate(run):
        if _is_small(word):
            continue
        before = run[index - 1] if index else None
        if (
            before is None
            or _is_small(before)
            or word.start in breaks
            or before.core.casefold() in _LEADS
            or _FORM.fullmatch(before.text)
        ):
            starts.append(index)
        after = run[index + 1] if index + 1 < count else None
        if after is None or _is_small(after) or after.start in breaks or _FORM.fullmatch(word.text):
            ends.append(index)
    for index in (1, 2):
        if index < count and not _is_small(run[index]) and index not in starts:
            starts.append(index)
    if count > 2 and not _is_small(run[count - 2]) and count - 2 not in ends:
        ends.append(count - 2)
    cuts: list[tuple[int, int]] = []
    for first in starts:
        if run[first].core.casefold() in _LEADS and run[first].core.casefold() not in {"the"}:
            continue
        for last in ends:
            if first <= last < first + WORDS_MAX and _holds(run, first, last):
                cuts.append((first, last))
    cuts.sort(key=lambda cut: (cut[0], cut[1]))
    return cuts[: SPANS_MAX * max(1, count // 12)]


def _is_small(word: _Word) -> bool:
    return word.text == "," or word.core.casefold() in _INSIDE or word.core == "and" or not word.core


def _holds(run: list[_Word], first: int, last: int) -> bool:
    """Return whether commas inside a name are where names have them: before a legal form, or one before "and"."""
    for index in range(first, last):
        if run[index].text != ",":
            continue
        follows = run[index + 1]
        if (
            _FORM.fullmatch(follows.text)
            or _ABBREVIATED.match(follows.text)
            or follows.core in {"Jr", "Sr", "III", "II"}
        ):
            continue
        later = [word.core for word in run[index + 1 : last]]
        if not any(word in _JOINING for word in later) or not any(
            _FORM.fullmatch(word.text) for word in run[index : last + 1]
        ):
            return False
    return True


def _tidy(text: str) -> str:
    kept = single_blanks(text).strip(" ,;:_-*")
    if (
        kept.endswith(".")
        and not _ABBREVIATED.match(kept.rsplit(" ", 1)[-1])
        and not _FORM.fullmatch(kept.rsplit(" ", 1)[-1])
    ):
        kept = kept.rstrip(".")
    return kept
