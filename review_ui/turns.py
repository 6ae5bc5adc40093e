"""Why a document comes next, as a clerk would say it."""

from datetime import datetime

from pipeline.services.views import NextView
from review_ui.formatting import format_number, format_share, format_span, format_when
from review_ui.naming import visible


def because(coming: NextView, now: datetime) -> str:
    """Return the rest of the sentence that begins with the document and "because"."""
    match coming.why:
        case "mine":
            return "you hold it already."
        case "urgent":
            said = f" ({visible(coming.priority_why)})" if coming.priority_why else ""
            return f"somebody called it urgent{said}."
        case "overdue":
            return f"it was due {_when(coming.due_at, now)}; of what is overdue longest, {_stake(coming)}."
        case "due":
            return f"it is due first, {_when(coming.due_at, now)}."
        case _:
            waited = format_span((now - coming.received_at).total_seconds())
            return f"{_stake(coming)}, and it has waited {waited}."


def _stake(coming: NextView) -> str:
    amount = f"{format_number(coming.amount)} {coming.currency or ''}".strip() if coming.amount else "no amount"
    chance = format_share(coming.chance or 0.0)
    seconds = format_span(coming.seconds or 0.0)
    return f"most is averted here for the time it takes: {amount}, {chance} likely to be wrong, about {seconds} of work"


def _when(moment: datetime, now: datetime) -> str:
    """Return the time of today, or the day, as it stands within a sentence."""
    words = format_when(moment, now)
    return f"at {words}" if ":" in words else words.replace("Yesterday", "yesterday")
