"""Values, times and shares in the reader's form and language; in English outside a request."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple

from babel import Locale
from babel.dates import format_date as babel_date
from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from pipeline.domain.fields import FieldKind
from review_ui.languages import reader_language, reader_locale
from review_ui.naming import visible

DAYS = {"en": ("d MMM y", "d MMM"), "de": ("dd.MM.y", "dd.MM.")}
"""How a language writes a day, with its year and without."""
SURENESS = (
    (0.97, _l("all but certain")),
    (0.9, _l("sure")),
    (0.75, _l("fairly sure")),
    (0.5, _l("unsure")),
    (0.0, _l("doubtful")),
)
"""Words for a confidence from a bound on."""
NUMERIC = frozenset({FieldKind.MONEY, FieldKind.PERCENTAGE, FieldKind.QUANTITY})
MINUS = "\N{MINUS SIGN}"


class Signs(NamedTuple):
    decimal: str
    group: str


def number_signs() -> Signs:
    """Return the signs with which the reader writes numbers: scripts write sums with the same ones."""
    return Signs(get_decimal_symbol(reader_locale()), get_group_symbol(reader_locale()))


def format_number(canonical: str | None, *, decimals: int = 2, decimals_max: int = 6) -> str:
    """Return a canonical decimal with grouping and at least `decimals` places; what is no number stays as it is."""
    return "" if canonical is None else _grouped(canonical, decimals, decimals_max, reader_locale())


@lru_cache(maxsize=4096)
def _grouped(canonical: str, decimals: int, decimals_max: int, locale: Locale) -> str:
    """Return the number as written; lists repeat the same few."""
    try:
        number = Decimal(canonical)
    except InvalidOperation:
        return canonical
    if not number.is_finite():
        return canonical
    pattern = "#,##0" + ("." + "0" * decimals + "#" * (decimals_max - decimals) if decimals_max else "")
    return format_decimal(number, pattern, locale=locale, decimal_quantization=False).replace("-", MINUS)


def format_day(day: date | None, *, year: bool = True) -> str:
    return "" if day is None else _written(day, DAYS[reader_language()][0 if year else 1], reader_locale())


@lru_cache(maxsize=4096)
def _written(day: date, pattern: str, locale: Locale) -> str:
    """Return the day as written; lists repeat the same few."""
    return babel_date(day, pattern, locale=locale)


def format_value(value: Any, kind: FieldKind) -> str:
    """Return a canonical value as a person reads it; lists with semicolons, tables as a count of lines."""
    if value is None:
        return ""
    if kind is FieldKind.TABLE:
        return counted(len(value), "%(count)s line", "%(count)s lines")
    if not isinstance(value, str):
        return "; ".join(visible(str(entry)) for entry in value)
    match kind:
        case FieldKind.MONEY:
            return format_number(value)
        case FieldKind.PERCENTAGE:
            return f"{format_number(value, decimals=0)} %"
        case FieldKind.QUANTITY:
            return format_number(value, decimals=0)
        case FieldKind.DATE:
            try:
                return format_day(date.fromisoformat(value))
            except ValueError:
                return value
        case _:
            return visible(value)


def format_share(share: float) -> str:
    """Return a probability as whole percent; never "100 %" or "0 %" for what is not certain."""
    percent = round(share * 100)
    if percent == 100 and share < 1:
        percent = 99
    if percent == 0 and share > 0:
        return _("under 1 %")
    return f"{percent} %"


def sureness(confidence: float) -> str:
    """Return the word that stands with a confidence."""
    return next((str(word) for bound, word in SURENESS if confidence >= bound), str(SURENESS[-1][1]))


def format_moment(moment: datetime | None) -> str:
    """Return day and time in full, with the zone: what stands in titles and on signatures."""
    if moment is None:
        return ""
    moment = moment.astimezone(UTC)
    return f"{format_day(moment.date())}, {moment:%H:%M} UTC"


def format_when(moment: datetime | None, now: datetime) -> str:
    """Return the time for today, else the day, with the year only where it is another one."""
    if moment is None:
        return ""
    moment, now = moment.astimezone(UTC), now.astimezone(UTC)
    distance = (moment.date() - now.date()).days
    if distance == 0:
        return f"{moment:%H:%M}"
    if distance == -1:
        return _("Yesterday")
    return format_day(moment.date(), year=moment.year != now.year)


def format_due(moment: datetime, now: datetime) -> str:
    """Return when something is due, in words: `due today 17:00`, `overdue since 9 Mar`."""
    moment, now = moment.astimezone(UTC), now.astimezone(UTC)
    distance = (moment.date() - now.date()).days
    if moment < now and distance == -1:
        return _("overdue since yesterday")
    if moment < now:
        return _("overdue since %(when)s", when=format_when(moment, now))
    if distance == 0:
        return _("due today %(time)s", time=f"{moment:%H:%M}")
    if distance == 1:
        return _("due tomorrow %(time)s", time=f"{moment:%H:%M}")
    return _("due %(when)s", when=format_when(moment, now))


def format_span(seconds: float) -> str:
    """Return a duration in its largest sensible unit: `12 s`, `41 min`, `3 h`, `2 days`."""
    seconds = max(0, int(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return counted(seconds // 86400, "%(count)s day", "%(count)s days")


def format_bytes(size: int) -> str:
    if size < 1024:
        return f"{size} B"
    if size < 1024**2:
        return f"{round(size / 1024)} kB"
    return f"{format_number(str(round(size / 1024**2, 1)), decimals=0, decimals_max=1)} MB"


def initials(name: str) -> str:
    """Return one or two capital letters that stand for a person."""
    words = [word for word in name.replace(".", " ").replace("_", " ").split() if word]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1])).upper() or "?"


def counted(count: int, one: str, many: str) -> str:
    """Return a count in words that fit it; both forms hold `%(count)s`, and the catalogues find them by this call."""
    return ngettext(one, many, count, count=format_number(str(count), decimals=0))
