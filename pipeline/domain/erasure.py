"""How long documents are kept, and how they are erased."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from pydantic import Field

from pipeline.domain.value import Frozen

MONTHS_MOST = 1200


class Retention(Frozen):
    """How long documents of one type have to be kept, and what asks for it; erasing one sooner is refused."""

    months: int = Field(ge=1, le=MONTHS_MOST)
    basis: str = Field(min_length=1, max_length=120)
    """What asks for it, as auditors know it: a paragraph of a law, a contract."""
    from_year_end: bool = True
    """Whether the time runs from the end of the year that the document came in, as German tax law counts it."""

    def until(self, received: datetime) -> date:
        """Return the last day on which a document that came at that time has to be kept (UTC)."""
        first = received.astimezone(UTC).date()
        if self.from_year_end:
            first = date(first.year, 12, 31)
        years, month = divmod(first.month - 1 + self.months, 12)
        year = first.year + years
        return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))

    def ended_before(self, today: date) -> date:
        """Return the day before which all documents came whose time is over today."""
        # a day too late and back: the lengths of months make the way back ambiguous, so it is walked
        year, month = divmod(today.year * 12 + today.month - 1 - self.months, 12)
        if self.from_year_end:
            first = date(year + 1, 1, 1)
            step = _year_before
        else:
            first = date(year, month + 1, min(today.day, monthrange(year, month + 1)[1])) + timedelta(days=4)
            step = _day_before
        while self.until(_midnight(step(first))) >= today:
            first = step(first)
        return first


def _year_before(day: date) -> date:
    return date(day.year - 1, 1, 1)


def _day_before(day: date) -> date:
    return day - timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=UTC)


class ErasureBasis(StrEnum):
    """Why a document is erased."""

    ASKED = "asked"
    """The person whom it is about asked for it (GDPR, article 17)."""
    ENDED = "ended"
    """The time that it had to be kept is over."""
    UNLAWFUL = "unlawful"
    """It should never have been kept."""


class ErasureState(StrEnum):
    REQUESTED = "requested"
    WITHDRAWN = "withdrawn"
    RUNNING = "running"
    """The values are gone from the database; files and models are being cleared."""
    DONE = "done"
