"""Sentences of the pipeline in the reader's language.

Reasons, findings and errors are composed in English where they arise, and the record keeps them so: it holds what was
said. A page finds the pattern that a sentence was made from in the reader's catalogue, and says it again from there.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple, cast

from babel import Locale
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.numbers import format_decimal

from pipeline.domain.fields import DocumentType
from review_ui.languages.catalog import catalog

_PLACE = re.compile(r"%\((\w+)\)[sd]")
_AMOUNT = re.compile(r"(?<![\w.,])-?(?:\d{1,3}(?:,\d{3})+|\d+)\.\d{2,}(?![\w.,]*\d)")
_DAY = re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])")
_DEPTH_MAX = 3
"""Sentences are made of parts, those of parts: "The machine is" only 72 % sure of it."""
_KEPT_MAX = 4096
_SAID, _ADDED = "said", 1000
"""The place of a whole sentence that another one was added to, and what puts such patterns before all others."""
_COUNTED = "_0123456789"
_BETWEEN = (" and ", " or ")
_LISTED = frozenset({"join", "named", "needed"})
"""Places of a pattern that hold several names or values, with an "and" or an "or" between them."""
_TITLED = frozenset({"field", "join", "lower", "named", "title", "title_in", "what", "words"})
"""Places of a pattern in which fields are named; in others a name of the same letters is somebody's."""


class Pattern(NamedTuple):
    regex: re.Pattern[str]
    said: str
    weight: int
    """Characters that stand fast: the more, the surer it is the right one."""
    is_tail: bool
    """It is the end of a sentence, such as " and 3 more"."""


class Phrasebook:
    """One language's way to say what the pipeline said in English.

    Args:
        locale: the reader's: numbers and days in a sentence are written as it does.
        titles: what fields and types are called, from English to the language.
    """

    def __init__(self, locale: Locale, titles: Mapping[str, str]) -> None:
        self.locale = locale
        self._catalog = catalog(locale.language)
        self._patterns = tuple(sorted(_patterns(self._catalog), key=lambda one: -one.weight))
        self._titles = {english.lower(): said for english, said in titles.items()}
        self._titles.setdefault("document type", self._tell("Document type", _DEPTH_MAX))
        names = sorted((re.escape(name) for name in self._titles), key=len, reverse=True)
        self._named = re.compile(rf"\b(?:{'|'.join(names)})\b", re.IGNORECASE) if names else None
        self._tails = tuple(one for one in self._patterns if one.is_tail)
        self._said: dict[str, str] = {}

    def tell(self, sentence: str) -> str:
        """Return the sentence in the reader's language; one that nobody translated stays as it is."""
        said = self._said.get(sentence)
        if said is None:
            if len(self._said) >= _KEPT_MAX:
                self._said.clear()  # another thread may do so at any moment
            said = self._said[sentence] = self._tell(sentence, 0)
        return said

    def tell_each(self, listed: str) -> str:
        """Return what is with each of several fields, as queues show it: "issue date unsure; IBAN always by hand"."""
        return "; ".join(self._with_title(piece) for piece in listed.split("; "))

    def _with_title(self, piece: str) -> str:
        title = self._named.match(piece) if self._named is not None else None
        if title is None or not piece[title.end() :].startswith(" "):
            return self.tell(piece)
        return f"{self._titles[title.group().lower()]} {self.tell(piece[title.end() + 1 :])}"

    def _tell(self, sentence: str, depth: int) -> str:
        exact = self._catalog.get(sentence.replace("%", "%%")) or self._catalog.get(sentence)
        if exact is not None and isinstance(exact.string, str) and exact.string:
            return exact.string.replace("%%", "%")
        if sentence.lower() in self._titles:
            return self._titles[sentence.lower()]
        if depth < _DEPTH_MAX:
            for pattern in self._patterns:
                match = pattern.regex.fullmatch(sentence)
                if match is not None:
                    parts = {name[2:]: self._piece(name, part, depth) for name, part in match.groupdict().items()}
                    return pattern.said % parts
        return sentence

    def _piece(self, name: str, part: str, depth: int) -> str:
        told = self._tell(part, depth + 1)
        if told != part:
            return told
        for tail in self._tails:
            match = re.fullmatch(f"(?P<rest>.+?){tail.regex.pattern}", part, re.DOTALL)
            if match is not None:
                found = {key[2:]: value for key, value in match.groupdict().items() if key != "rest"}
                return self._piece(name, match["rest"], depth) + tail.said % found
        between = next((word for word in _BETWEEN if word in part), None)
        if between is not None and name[2:].strip(_COUNTED) in _LISTED:
            return f" {self._tell(between.strip(), depth)} ".join(
                self._piece(name, one, depth) for one in part.split(between)
            )
        if self._named is not None and _is_titled(name[2:]):
            part = self._named.sub(lambda found: self._titles[found.group().lower()], part)
        part = _AMOUNT.sub(lambda found: self._amount(found.group()), part)
        return _DAY.sub(lambda found: self._day(found.group()), part)

    def _amount(self, english: str) -> str:
        number = Decimal(english.replace(",", ""))
        pattern = "#,##0." + "0" * max(0, -int(number.as_tuple().exponent))
        return format_decimal(number, pattern, locale=self.locale, decimal_quantization=False)

    def _day(self, written: str) -> str:
        try:
            return format_date(date.fromisoformat(written), "medium", locale=self.locale)
        except ValueError:
            return written


def titles_of(types: Iterable[DocumentType], language: str) -> dict[str, str]:
    """Return what types, fields and columns are called in English, each with its name in the language."""
    titles: dict[str, str] = {}
    for doctype in types:
        named = [doctype.title, *(field.title for field in doctype.fields)]
        named += [column.title for field in doctype.fields for column in field.columns]
        for title in named:
            if title.get("en") and title.get(language):
                titles.setdefault(title["en"], title[language])
    return titles


def _patterns(messages: Catalog) -> Iterator[Pattern]:
    for message in messages:
        # What pages and scripts say themselves, they say through the catalogue: no sentence is made from it.
        if not any(place.startswith("pipeline/") for place, _ in message.locations):
            continue
        for english, said in _forms(message.id, message.string):
            names = _PLACE.findall(english)
            fixed = [part.replace("%%", "%") for part in _PLACE.split(english)[::2]]
            weight = sum(map(len, fixed))
            if not names or not said or weight < 2 or len(set(names)) < len(names):
                continue
            body = re.escape(fixed[0])
            for name, part in zip(names, fixed[1:], strict=True):
                # "Issue date 2024-03-12" is a title of two words and a day
                room = r".*\." if name == _SAID else ".*" if _is_titled(name) else ".*?"
                body += f"(?P<p_{name}>{room}){re.escape(part)}"
            # what was added to a sentence is found first: the sentence itself would take it for its last value
            weight += _ADDED if names[0] == _SAID else 0
            yield Pattern(re.compile(body, re.DOTALL), said, weight, english[0] in " ,;")


def _is_titled(name: str) -> bool:
    return name.strip(_COUNTED) in _TITLED


def _forms(english: object, said: object) -> list[tuple[str, str]]:
    """Return a message's forms, each with the translated one: one, or those for one and for many."""
    if isinstance(english, str) and isinstance(said, str):
        return [(english, said)]
    if isinstance(english, list | tuple) and isinstance(said, list | tuple):
        several, translated = cast(Sequence[str], english), cast(Sequence[str], said)
        return list(zip(several, translated, strict=False))
    return []
