"""Values, times and shares in the reader's form. Pure: the same input always reads the same."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.dates import format_date as babel_date
from babel.numbers import format_decimal

from pipeline.domain.fields import FieldKind
from review_ui.naming import visible

LOCALE = "en"
NUMERIC = frozenset({FieldKind.MONEY, FieldKind.PERCENTAGE, FieldKind.QUANTITY})
MINUS = "\N{MINUS SIGN}"


def format_number(canonical: str | None, *, decimals: int = 2, decimals_max: int = 6) -> str:
    """Return a canonical decimal with grouping and at least `decimals` places; what is no number stays as it is."""
    if canonical is None or canonical == "":
        return ""
    try:
        number = Decimal(canonical)
    except InvalidOperation:
        return canonical
    if not number.is_finite():
        return canonical
    pattern = "#,##0" + ("." + "0" * decimals + "#" * (decimals_max - decimals) if decimals_max else "")
    return format_decimal(number, pattern, locale=LOCALE, decimal_quantization=False).replace("-", MINUS)


def format_day(day: date | None) -> str:
    return "" if day is None else babel_date(day, "d MMM y", locale=LOCALE)


def format_value(value: Any, kind: FieldKind) -> str:
    """Return a canonical value as a person reads it; lists with semicolons, tables as a count of lines."""
    if value is None:
        return ""
    if kind is FieldKind.TABLE:
        count = len(value)
        return f"{count} line" if count == 1 else f"{count} lines"
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
        return "under 1 %"
    return f"{percent} %"


def sureness(confidence: float) -> str:
    """Return the word that stands with a confidence."""
    for bound, word in ((0.97, "all but certain"), (0.9, "sure"), (0.75, "fairly sure"), (0.5, "unsure")):
        if confidence >= bound:
            return word
    return "doubtful"


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
        return "Yesterday"
    if moment.year == now.year:
        return babel_date(moment.date(), "d MMM", locale=LOCALE)
    return format_day(moment.date())


def format_due(moment: datetime, now: datetime) -> str:
    """Return when something is due, in words: `due today 17:00`, `overdue since 9 Mar`."""
    moment, now = moment.astimezone(UTC), now.astimezone(UTC)
    distance = (moment.date() - now.date()).days
    if moment < now:
        return f"overdue since {moment:%H:%M}" if distance == 0 else f"overdue since {format_when(moment, now).lower()}"
    if distance == 0:
        return f"due today {moment:%H:%M}"
    if distance == 1:
        return f"due tomorrow {moment:%H:%M}"
    return f"due {format_when(moment, now)}"


def format_span(seconds: float) -> str:
    """Return a duration in its largest sensible unit: `12 s`, `41 min`, `3 h`, `2 days`."""
    seconds = max(0, int(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"


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


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return the count with its noun: `1 document`, `14 documents`."""
    return f"{format_number(str(count), decimals=0)} {one if count == 1 else many or one + 's'}"
