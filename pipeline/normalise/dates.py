"""Printed dates to ISO 8601: own strict parsers, because a lenient one turns 05/12/20 05/31 into a date."""

import re
from datetime import date
from functools import lru_cache

from pipeline.domain.extraction import DocumentLocale
from pipeline.normalise.reading import Reading, distinct
from pipeline.normalise.words import fold, single_blanks

_MONTH_NAMES = (
    "january januar janvier gennaio enero januari janner jan janv gen ene jaen",
    "february februar fevrier febbraio febrero februari feber feb fevr feb",
    "march marz maerz mars marzo maart mar mrz mrt",
    "april avril aprile abril apr avr abr",
    "may mai maggio mayo mei mag",
    "june juni juin giugno junio jun giu",
    "july juli juillet luglio julio jul juil lug",
    "august aout agosto augustus aug ago",
    "september septembre settembre septiembre setiembre sept sep set",
    "october oktober octobre ottobre octubre oct okt ott",
    "november novembre noviembre nov",
    "december dezember decembre dicembre diciembre dec dez dic",
)
MONTHS: dict[str, int] = {name: i + 1 for i, names in enumerate(_MONTH_NAMES) for name in names.split()}
_WEEKDAY_NAMES = """
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
montag dienstag mittwoch donnerstag freitag samstag sonntag mo di mi do fr sa so
lundi mardi mercredi jeudi vendredi samedi dimanche lunedi martedi mercoledi giovedi venerdi sabato domenica
lunes martes miercoles jueves viernes sabado domingo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
"""
_WEEKDAYS = frozenset(_WEEKDAY_NAMES.split())
_ORDINALS_IN_ORDER = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth
twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first
"""
_ORDINAL_WORDS = {word: i + 1 for i, word in enumerate(_ORDINALS_IN_ORDER.split())}

_MONTH = r"[^\W\d_]{3,10}"
_ORDINAL = "|".join(sorted(_ORDINAL_WORDS, key=len, reverse=True)).replace("-", "[- ]")
_DAY = rf"(?:\d{{1,2}}(?:\s?(?:st|nd|rd|th|er|re|e|º|°|ª))?|(?:{_ORDINAL}))"
_YEAR = r"(?:\d{4}|['’]?\d{2})"
_JOIN = r"(?:\s*,\s*|\.\s*|\s*[-/]\s*|\s+(?:of|de|del|di|day\s+of)\s*,?\s*|\s+)"

_HYPHEN = "[-\u2010\u2011\u2012\u2013\u2212]"
"""Typesetters put other strokes between the parts than keyboards do."""
ISO = rf"\d{{4}}{_HYPHEN}\d{{1,2}}{_HYPHEN}\d{{1,2}}"
YEAR_FIRST = r"\d{4}([/.])\d{1,2}\1\d{1,2}"
NUMERIC = r"\d{1,2}([./-])\s?\d{1,2}\1\s?(?:\d{4}|\d{2})"
DAY_NAMED = rf"{_DAY}(?:{_JOIN}|(?<=\d)){_MONTH}(?:{_JOIN}|['’]){_YEAR}"
MONTH_NAMED = rf"{_MONTH}\.?\s?-?{_DAY}(?:\s*,\s*|\s+|-){_YEAR}"

_CLOCK = r"[T_]?\d{1,2}:\d{2}"
"""Tills print the time right behind the date: "06/04/1711:43am"."""
_FIND = re.compile(
    r"(?<![\w./-])(?:"
    rf"(?P<iso>{ISO})(?={_CLOCK}|T\d|(?!\w))|(?P<ymd>\d{{4}}[/.]\d{{1,2}}[/.]\d{{1,2}})"
    rf"|(?P<numeric>\d{{1,2}}(?P<sep>[./-])\s?\d{{1,2}}(?P=sep)\s?(?:(?:19|2[01])\d{{2}}|\d{{2}}))"
    rf"(?:(?={_CLOCK})|(?![\d/]|[.-]\d))"
    rf"|(?P<day>{DAY_NAMED})|(?P<month>{MONTH_NAMED})"
    rf")(?=$|\W|T\d|{_CLOCK})",
    re.IGNORECASE,
)
_GLUED = re.compile(
    r"(?<=\d\d)(?:[-–—]|to|thru|bis)(?=\d{1,2}([/.])\d{1,2}\1\d{2})|(?<=\d\d)[-–—](?=\s\d{1,2}/\d{1,2}/\d{2})"
)
_PARTS_NAMED = re.compile(
    rf"(?P<day>{_DAY})(?:{_JOIN}|(?<=\d))(?P<month>{_MONTH})(?:{_JOIN}|(?=['’]))(?P<year>{_YEAR})", re.IGNORECASE
)
_COMPACT = re.compile(r"\d{1,2}([/.-])[^\W\d_]{3}\1\d{4}")
_SHORT_MONTHS = {name: number for name, number in MONTHS.items() if len(name) == 3}
_PARTS_MONTH = re.compile(
    rf"(?P<month>{_MONTH})\.?\s?-?(?P<day>{_DAY})(?:\s*,\s*|\s+|-)(?P<year>{_YEAR})", re.IGNORECASE
)


CACHED_MAX = 200
"""Characters of a line that is remembered: rules and scorers ask about the same ones."""


def find_dates(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return start, end and text of everything in a line that has a date's form and names a real month."""
    return _dates_in_line(text) if len(text) <= CACHED_MAX else _dates_in(text)


@lru_cache(maxsize=4096)
def _dates_in_line(text: str) -> tuple[tuple[int, int, str], ...]:
    return _dates_in(text)


def _dates_in(text: str) -> tuple[tuple[int, int, str], ...]:
    found: list[tuple[int, int, str]] = []
    position = 0
    if "/" in text or "." in text:
        # the ends of a range are often printed without blanks: "05/04/20to05/10/20"
        text = _GLUED.sub(lambda join: " " * len(join.group()), text)
    while match := _FIND.search(text, position):
        printed = match.group().rstrip()
        if read_date(printed, DocumentLocale()):
            found.append((match.start(), match.start() + len(printed), printed))
            position = match.end()
        else:
            # A word that is no month may hide a date that starts inside the match.
            position = match.start() + 1
    return tuple(found)


def read_date(text: str, locale: DocumentLocale) -> tuple[Reading, ...]:
    """Return the ways to read a printed date as ISO 8601; () where it is none.

    A date that can be read day first or month first gives both readings unless the locale knows the order.
    """
    text = _without_frame(single_blanks(text))
    if re.fullmatch(ISO, text):
        year, month, day = (int(p) for p in re.split(_HYPHEN, text))
        return _one(year, month, day)
    match = re.fullmatch(YEAR_FIRST, text)
    if match:
        year, month, day = (int(p) for p in text.split(match.group(1)))
        return _one(year, month, day)
    if re.fullmatch(r"(?:19|20)\d{6}", text):
        return _one(int(text[:4]), int(text[4:6]), int(text[6:]))
    if re.fullmatch(NUMERIC, text):
        return _numeric(text, locale)
    return _named(text)


def _without_frame(text: str) -> str:
    text = re.sub(
        r"[T\s,]+\d{1,2}[:.]\d{2}(?::\d{2})?(?:\.\d+)?\s*(?:Z|[+-]\d{2}:?\d{2}|[AaPp]\.?[Mm]\.?|Uhr|h)?$", "", text
    )
    first, _, rest = text.partition(" ")
    if rest and fold(first).strip(".,") in _WEEKDAYS:
        text = rest
    text = re.sub(r"(?i)^(?:the|this|den|der|le|il|el|am|vom)\s+(?=\d|[a-z])", "", text)
    return text.strip(" .,;")


def _year(text: str) -> int:
    digits = text.strip("'’")
    number = int(digits)
    if len(digits) == 4:
        return number
    return number + (2000 if number < 70 else 1900)


def _one(year: int, month: int, day: int, note: str = "") -> tuple[Reading, ...]:
    if not 1900 <= year <= 2199:
        return ()
    try:
        return (Reading(date(year, month, day).isoformat(), note),)
    except ValueError:
        return ()


def _numeric(text: str, locale: DocumentLocale) -> tuple[Reading, ...]:
    first, second, last = (part.strip() for part in re.split(r"[./-]", text))
    separator = "." if "." in text else "/" if "/" in text else "-"
    year = _year(last)
    day_first = _one(year, int(second), int(first), "day before month")
    month_first = _one(year, int(first), int(second), "month before day")
    if separator == "-" and len(last) == 2 and int(first) > 31:
        return ()
    if not (day_first and month_first):
        return tuple(Reading(r.value) for r in day_first or month_first)
    if first == second:
        return tuple(Reading(r.value) for r in day_first)
    order = locale.day_first
    if order is None and separator == "." and (locale.language, locale.currency) != ("en", "USD"):
        # dots are for day first everywhere but in the United States
        order = True
    if order is not None:
        return tuple(Reading(r.value) for r in (day_first if order else month_first))
    if locale.language == "en" and locale.currency in {None, "USD"}:
        return distinct([*month_first, *day_first])
    return distinct([*day_first, *month_first])


def _named(text: str) -> tuple[Reading, ...]:
    for pattern in (_PARTS_NAMED, _PARTS_MONTH):
        match = pattern.fullmatch(text)
        if match:
            name = match.group("month")
            month, note = MONTHS.get(fold(name)), ""
            if month is None and _COMPACT.fullmatch(text):
                month, note = _misread_month(fold(name)), f"“{name}” is taken for a month with one letter misread"
            day = _day(match.group("day"))
            if month is not None and day is not None:
                return _one(_year(match.group("year")), month, day, note)
    return ()


def _misread_month(word: str) -> int | None:
    """Return the only month whose short name differs from a word by one letter: tills print "14/Jun/2017"."""
    if len(word) != 3:
        return None
    near = {
        number
        for name, number in _SHORT_MONTHS.items()
        if sum(one != other for one, other in zip(name, word, strict=True)) == 1
    }
    return near.pop() if len(near) == 1 else None


def _day(text: str) -> int | None:
    digits = re.match(r"\d{1,2}", text)
    if digits:
        return int(digits.group())
    return _ORDINAL_WORDS.get(fold(text).replace(" ", "-"))
