from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from babel.dates import format_date
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import ValidationError

from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from pipeline.errors import ClaimTakenError, InvalidTransitionError
from pipeline.services.text import whole_number
from pipeline.services.views import DocumentView, QueueFilter, QueuePage, QueueRow
from review_ui import forms
from review_ui.context import actor, has_role, services
from review_ui.errors import BadFormError
from review_ui.flashes import say, warn
from review_ui.languages import reader_locale
from review_ui.turns import because
from review_ui.words import PRIORITY_WORDS, STATE_WORDS

PAGE_SIZE = 50
NEXT_TRIES = 8
"""How often "next" goes on when somebody else was quicker."""
SORTS = {
    "due": _l("due, then received"),
    "next": _l("worth most"),
    "received": _l("received"),
    "type": _l("type"),
    "number": _l("number"),
    "party": _l("party"),
    "amount": _l("amount"),
    "open": _l("open exceptions"),
    "changed": _l("last change"),
}
"""What a list is sorted by, as it stands behind "sorted by"."""
DESCENDING_FIRST = frozenset({"next", "received", "amount", "open", "changed"})

queue = Blueprint("queue", __name__)


class Group(NamedTuple):
    """Rows of the list that are due at about the same time."""

    key: str
    title: str
    rows: list[QueueRow]


@queue.get("/")
def index() -> Response:
    if not has_role(Role.REVIEWER) and has_role(Role.APPROVER):
        return redirect(url_for("approvals.index"))
    if not has_role(Role.REVIEWER) and has_role(Role.AUDITOR):
        return redirect(url_for("audit.index"))
    return redirect(url_for("queue.show"))


@queue.get("/queue")
def show() -> Response:
    wanted = filter_from_address()
    found: QueuePage = services().reviewing.list_queue(wanted, by=actor())
    now = datetime.now(UTC)
    coming = services().reviewing.explain_next(by=actor()) if has_role(Role.REVIEWER) and found.total else None
    page = render_template(
        "queue.html",
        queue=found,
        coming=coming,
        because=because(coming, now) if coming is not None else "",
        wanted=wanted,
        groups=groups_of(found.rows, wanted, now),
        now=now,
        state_words=STATE_WORDS,
        priority_words=PRIORITY_WORDS,
        states_shown=", ".join(str(STATE_WORDS[state.value]) for state in wanted.states),
        sorts=SORTS,
        descending_first=DESCENDING_FIRST,
        types=services().reviewing.list_types(by=actor()),
        is_filtered=bool(wanted.type or wanted.search or wanted.holder or wanted.states != (DocumentState.REVIEW,)),
        may_review=has_role(Role.REVIEWER),
        views=services().saved_views.list_views(by=actor()),
        people=services().reviewing.list_people(by=actor()) if has_role(Role.REVIEWER) else (),
    )
    return make_response(page)


@queue.post("/queue/next")
def take_next() -> Response:
    return redirect(next_document(request.form.get("after")))


def next_document(after: str | None = None) -> str:
    """Take the next document for this person and return its address; the queue's where none is left."""
    taken = take_document(after)
    return url_for("queue.show") if taken is None else url_for("tasks.show", document_id=taken.id)


def take_document(after: str | None = None) -> DocumentView | None:
    """Take the next document for this person; None, which is told on the next page, where there is none to take."""
    skip: list[int] = []
    last = whole_number(after or "")
    for _try in range(NEXT_TRIES):
        document_id = services().reviewing.find_next(by=actor(), after=last, skip=tuple(skip))
        if document_id is None:
            break
        try:
            return services().reviewing.claim(document_id, by=actor())
        except (ClaimTakenError, InvalidTransitionError):
            skip.append(document_id)
    if skip:
        warn(_("Others took the next documents at the same moment. Try again, or choose one here."))
    else:
        say(_("Nothing is left to take."))
    return None


def filter_from_address() -> QueueFilter:
    """Return the filter that the address names.

    Raises:
        BadFormError: it names something that is not there.
    """
    args = request.args
    states = tuple(name for name in args.getlist("state") if name) or ("review",)
    try:
        return QueueFilter(
            states=tuple(DocumentState(name) for name in states),
            type=args.get("type") or None,
            search=args.get("search", "").strip().removeprefix("#")[:200],
            holder=args["holder"] if args.get("holder") in {"me", "free"} else None,
            sort=args.get("sort", "due") if args.get("sort", "due") in SORTS else "due",
            descending=args.get("order") == "down",
            page=forms.page(),
            page_size=PAGE_SIZE,
        )
    except (ValueError, ValidationError):
        sentence = _("The address asks for a list that does not exist. Start again from the queue.")
        raise BadFormError(sentence) from None


def groups_of(rows: tuple[QueueRow, ...], wanted: QueueFilter, now: datetime) -> list[Group]:
    """Return the rows under headings of when they are due; sorted by anything else they stand under none."""
    if wanted.sort != "due":
        return [Group("", "", list(rows))] if rows else []
    return [
        Group(key, due_title(key, now), list(members))
        for key, members in groupby(rows, key=lambda row: due_group(row.due_at, now))
    ]


def due_group(due_at: datetime, now: datetime) -> str:
    """Return `overdue`, `today`, `tomorrow` or `later`."""
    if due_at < now:
        return "overdue"
    distance = (due_at.astimezone(UTC).date() - now.astimezone(UTC).date()).days
    if distance == 0:
        return "today"
    if distance == 1:
        return "tomorrow"
    return "later"


def due_title(group: str, now: datetime) -> str:
    match group:
        case "overdue":
            return _("Overdue")
        case "today":
            return _("Due today")
        case "tomorrow":
            return _("Tomorrow")
        case _:
            weekday = format_date(now + timedelta(days=2), "EEEE", locale=reader_locale())
            return _("%(weekday)s and later", weekday=weekday)
