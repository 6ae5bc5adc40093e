"""What one reviewed document teaches about a list: its names, and which of them a person kept."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from pipeline.extraction.blocks import LEGAL_FORM
from pipeline.extraction.learned.lists import Name
from pipeline.extraction.learned.lists_marks import NameMarks
from pipeline.extraction.learned.options import key_of
from pipeline.extraction.learned.truth import ALIKE, likeness
from pipeline.normalise.words import fold

CLOSE = 3.0
"""Of several cuts that say an entry, only those this near to the best teach: half a name is not the name."""
SAID_OFTEN = 2
"""From so many reviewed entries on a legal form is written as they write it."""
WRITTEN_OFTEN = 8
"""From so many reviewed entries on, all written one way, every spelling of the form is."""

_FAMILIES = (
    "inc incorporated",
    "corp corporation",
    "co company",
    "ltd limited",
    "llc l.l.c",
    "lp l.p",
    "llp l.l.p",
    "gmbh mbh",
)
_FAMILY = {form: family.split()[0] for family in _FAMILIES for form in family.split()}
_LAST = re.compile(r"[\s,]+([\w.]+?)\.?$")


@dataclass(slots=True, eq=False)
class ListLesson:
    """A document's names as arrays, and which of them are entries of its list."""

    key: str
    texts: tuple[str, ...]
    keys: tuple[str, ...]
    marks: NameMarks
    right: NDArray[np.bool_]
    """Which names teach that they are entries."""
    said: NDArray[np.bool_]
    """Which of them a person would take for an entry: less well cut ones, too."""
    entries: tuple[str, ...]
    """The list as a person settled it; empty: there is none."""
    weight: float = 1.0

    @classmethod
    def of(
        cls, key: str, names: Sequence[Name], marks: NameMarks, entries: tuple[str, ...], weight: float = 1.0
    ) -> "ListLesson":
        """Return what the names of a document teach, where `entries` is its list."""
        right = np.zeros(len(names), dtype=np.bool_)
        said = np.zeros(len(names), dtype=np.bool_)
        for entry in entries:
            plain = key_of(plain_form(entry))
            scores = np.array(
                [fuzz.ratio(key_of(plain_form(n.text)), plain) if is_entry(n.text, entry) else 0.0 for n in names]
            )
            best = scores.max(initial=0.0)
            if best > 0:
                said |= scores > 0
                right |= scores >= best - CLOSE
        return cls(key, tuple(n.text for n in names), tuple(n.key for n in names), marks, right, said, entries, weight)


def is_entry(text: str, entry: str) -> bool:
    """Return whether a printed name says a settled entry, however its legal form is written."""
    return likeness(text, entry) >= ALIKE or likeness(plain_form(text), plain_form(entry)) >= ALIKE


def legal_form(text: str) -> str | None:
    """Return the legal form at a name's end as it is printed, or None."""
    match = _LAST.search(text)
    return text[match.start(1) :] if match is not None and fold(match.group(1)).strip(".") in _FAMILY else None


def plain_form(text: str) -> str:
    """Return a name with its legal form in one spelling."""
    form = legal_form(text)
    return text[: len(text) - len(form)] + _FAMILY[fold(form).strip(".")] if form is not None else text


def spellings_of(lessons: Iterable[ListLesson]) -> dict[str, str]:
    """Return how reviewed entries write the legal forms that documents print otherwise: "incorporated" is "Inc."."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for lesson in lessons:
        for entry in lesson.entries:
            wanted = legal_form(entry)
            if wanted is None:
                continue
            written[_FAMILY[fold(wanted).strip(".")]][wanted] += 1
            plain = key_of(plain_form(entry))
            for index in np.flatnonzero(lesson.right):
                form = legal_form(lesson.texts[index])
                if form is not None and key_of(plain_form(lesson.texts[index])) == plain:
                    seen[fold(form).strip(".")][wanted] += 1
                    break
    found: dict[str, str] = {}
    for form, ways in sorted(seen.items()):
        way, count = max(ways.items(), key=lambda pair: (pair[1], pair[0]))
        if count >= SAID_OFTEN and count > sum(ways.values()) / 2 and key_of(way) != key_of(form):
            found[form] = way
    for family, ways in sorted(written.items()):
        if len(ways) == 1 and ways.total() >= WRITTEN_OFTEN:
            # nobody ever wrote it otherwise, however it was printed
            found |= {form: way for way in ways for form in _spellings(family, way) if form not in found}
    return found


def _spellings(family: str, way: str) -> list[str]:
    """Return the other spellings of a form; "mbH" is half a form, what stands before it is the other."""
    return [form for form, name in _FAMILY.items() if name == family != "gmbh" and key_of(form) != key_of(way)]


def spelled(text: str, spellings: dict[str, str]) -> str:
    """Return a name with its legal form as reviewed entries write it."""
    form = legal_form(text)
    way = spellings.get(fold(form).strip(".")) if form is not None else None
    return text[: len(text) - len(form)] + way if form is not None and way is not None else text


def words_of(text: str) -> frozenset[str]:
    """Return the words that tell a name from others: without legal forms and small words."""
    words = re.findall(r"\w+", LEGAL_FORM.sub(" ", fold(text)))
    return frozenset(word for word in words if len(word) > 1 and word not in {"and", "the", "of", "und"})
