"""Why a document comes next, as a clerk would say it."""

from datetime import UTC, datetime

from flask_babel import gettext as _
from flask_babel import pgettext

from pipeline.services.views import NextView
from review_ui.formatting import format_number, format_share, format_span, format_when
from review_ui.naming import visible


def because(coming: NextView, now: datetime) -> str:
    """Return the rest of the sentence that begins with the document and "because"."""
    match coming.why:
        case "mine":
            return _("you hold it already.")
        case "urgent":
            if coming.priority_why:
                return _("somebody called it urgent (%(why)s).", why=visible(coming.priority_why))
            return _("somebody called it urgent.")
        case "overdue":
            return _(
                "it was due %(when)s; of what is overdue longest, %(stake)s.",
                when=_when(coming.due_at, now),
                stake=_stake(coming),
            )
        case "due":
            return _("it is due first, %(when)s.", when=_when(coming.due_at, now))
        case _:
            waited = format_span((now - coming.received_at).total_seconds())
            return _("%(stake)s, and it has waited %(waited)s.", stake=_stake(coming), waited=waited)


def _stake(coming: NextView) -> str:
    amount = f"{format_number(coming.amount)} {coming.currency or ''}".strip() if coming.amount else _("no amount")
    chance = format_share(coming.chance or 0.0)
    seconds = format_span(coming.seconds or 0.0)
    return _(
        "most is averted here for the time it takes: "
        "%(amount)s, %(chance)s likely to be wrong, about %(seconds)s of work",
        amount=amount,
        chance=chance,
        seconds=seconds,
    )


def _when(moment: datetime, now: datetime) -> str:
    """Return the time of today, or the day, as it stands within a sentence."""
    moment, now = moment.astimezone(UTC), now.astimezone(UTC)
    days = (moment.date() - now.date()).days
    if days == 0:
        return _("at %(time)s", time=f"{moment:%H:%M}")
    if days == -1:
        return _("yesterday")
    return pgettext("within a sentence", "%(day)s", day=format_when(moment, now))
