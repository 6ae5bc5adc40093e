"""Sentences of the pipeline in the reader's language.

Reasons, findings and errors are composed in English where they arise, and the record keeps them so: it holds what was
said. A page finds the pattern that a sentence was made from in the reader's catalogue, and says it again from there.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from flask_babel import get_locale

from review_ui.languages.catalog import catalog

_PLACE = re.compile(r"%\((\w+)\)[sd]")
_DEPTH_MAX = 3
"""Sentences are made of parts, those of parts: "The machine is" only 72 % sure of it."""


class Pattern(NamedTuple):
    regex: re.Pattern[str]
    said: str
    weight: int
    """Characters that stand fast: the more, the surer it is the right one."""


@cache
def patterns(language: str) -> tuple[Pattern, ...]:
    """Return the patterns of a language, those that say most first."""
    found: list[Pattern] = []
    for message in catalog(language):
        for english, said in _forms(message.id, message.string):
            names = _PLACE.findall(english)
            if not names or not said:
                continue
            fixed = _PLACE.split(english)[::2]
            body = "(.*?)".join(re.escape(part.replace("%%", "%")) for part in fixed)
            groups = iter(names)
            body = re.sub(re.escape("(.*?)"), lambda _, groups=groups: f"(?P<{_group(next(groups))}>.*?)", body)
            if len(set(names)) == len(names):
                found.append(Pattern(re.compile(body, re.DOTALL), said, sum(map(len, fixed))))
    return tuple(sorted(found, key=lambda one: -one.weight))


def told(sentence: str | None) -> str:
    """Return a sentence of the pipeline in the reader's language; one that nobody translated stays as it is."""
    if not sentence:
        return ""
    locale = get_locale()
    return str(sentence) if locale is None or locale.language == "en" else _told(str(sentence), locale.language, 0)


@lru_cache(maxsize=4096)
def _told(sentence: str, language: str, depth: int) -> str:
    exact = catalog(language).get(sentence)
    if exact is not None and exact.string and isinstance(exact.string, str):
        return exact.string.replace("%%", "%")
    if depth < _DEPTH_MAX and len(sentence) > 1:
        for pattern in patterns(language):
            match = pattern.regex.fullmatch(sentence)
            if match is not None and pattern.weight > 1:
                parts = {name[2:]: _told(part, language, depth + 1) for name, part in match.groupdict().items()}
                return pattern.said % parts
    return sentence


def _group(name: str) -> str:
    return f"p_{name}"


def _forms(english: object, said: object) -> list[tuple[str, str]]:
    if isinstance(english, str) and isinstance(said, str):
        return [(english, said)]
    if isinstance(english, list | tuple) and isinstance(said, list | tuple):
        return list(zip(english, said, strict=False))
    return []
