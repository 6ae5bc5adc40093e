"""Durations as agreements print them: "two (2) years" becomes "2 years"; months are not turned into years."""

import re

from pipeline.normalise.reading import Reading
from pipeline.normalise.words import fold, single_blanks

_TO_TWENTY = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty
"""
_WORDS = {
    **{word: i + 1 for i, word in enumerate(_TO_TWENTY.split())},
    "a": 1,
    "an": 1,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "ninety": 90,
    "twenty-four": 24,
    "thirty-six": 36,
    "forty-eight": 48,
    "ein": 1,
    "eine": 1,
    "einem": 1,
    "zwei": 2,
    "drei": 3,
    "vier": 4,
    "funf": 5,
    "zehn": 10,
    "un": 1,
    "deux": 2,
    "trois": 3,
    "quatre": 4,
    "cinq": 5,
    "dix": 10,
}
_FIRST_TO_TENTH = "first second third fourth fifth sixth seventh eighth ninth tenth"
_ORDINALS = {word: i + 1 for i, word in enumerate(_FIRST_TO_TENTH.split())}
_UNIT = {
    "year": "year",
    "years": "year",
    "jahr": "year",
    "jahre": "year",
    "jahren": "year",
    "an": "year",
    "ans": "year",
    "annees": "year",
    "month": "month",
    "months": "month",
    "monat": "month",
    "monate": "month",
    "monaten": "month",
    "mois": "month",
}
_NUMBER = "|".join(sorted(_WORDS, key=len, reverse=True)).replace("-", "[- ]")
_UNIT_WORDS = "|".join(sorted(_UNIT, key=len, reverse=True))
FIND_DURATION = re.compile(
    rf"(?<![\w-])(?:(?P<word>{_NUMBER})\s*)?(?:[\(\[]\s*(?P<bracket>\d{{1,3}})\s*[\)\]]\s*)?(?:(?P<digits>\d{{1,3}})\s*-?\s*)?"
    rf"(?:full|calendar|consecutive|volle|vollen)?[\s-]*(?P<unit>{_UNIT_WORDS})['’]?s?(?!\w)"
    rf"|(?P<ordinal>{'|'.join(_ORDINALS)})\s+(?:\(\d{{1,2}}(?:st|nd|rd|th)?\)\s+)?anniversary",
    re.IGNORECASE,
)


def find_durations(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and text of every duration in years or months."""
    return [
        (m.start(), m.end(), m.group())
        for m in FIND_DURATION.finditer(text)
        if (m.group("word") or m.group("bracket") or m.group("digits") or m.group("ordinal"))
        # "(1) An employee" is no year: the French word is not set with a capital
        and m.group("unit") != "An"
    ]


def read_duration(text: str) -> tuple[Reading, ...]:
    """Return the duration as "1 year" or "18 months"; () where the text holds none. The number in brackets wins."""
    match = FIND_DURATION.search(fold(single_blanks(text)))
    if match is None:
        return ()
    if match.group("ordinal"):
        number, unit = _ORDINALS[match.group("ordinal").lower()], "year"
    else:
        printed = match.group("bracket") or match.group("digits")
        word = (match.group("word") or "").lower().replace(" ", "-")
        if printed is None and word not in _WORDS:
            return ()
        number, unit = int(printed) if printed else _WORDS[word], _UNIT[match.group("unit").lower()]
    if number == 0:
        return ()
    return (Reading(f"{number} {unit}{'' if number == 1 else 's'}"),)
