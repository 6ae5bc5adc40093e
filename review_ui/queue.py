from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from pydantic import ValidationError

from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from pipeline.errors import ClaimTakenError, InvalidTransitionError
from pipeline.services.views import QueueFilter, QueuePage, QueueRow
from review_ui.context import actor, has_role, services
from review_ui.errors import BadFormError
from review_ui.flashes import say, warn

PAGE_SIZE = 50
NEXT_TRIES = 8
"""How often "next" goes on when somebody else was quicker."""
STATE_WORDS = {
    "review": "to review",
    "held": "on hold",
    "ready": "to approve",
    "approved": "approved",
    "rejected": "rejected",
    "failed": "failed",
    "queued": "waiting to be read",
    "reading": "being read",
    "replaced": "replaced",
}
SORTS = {
    "due": "due, then received",
    "received": "received",
    "type": "type",
    "number": "number",
    "party": "party",
    "amount": "amount",
    "open": "open exceptions",
    "changed": "last change",
}
DESCENDING_FIRST = frozenset({"received", "amount", "open", "changed"})

queue = Blueprint("queue", __name__)


class Group(NamedTuple):
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
    page = render_template(
        "queue.html",
        queue=found,
        wanted=wanted,
        groups=groups_of(found.rows, wanted, now),
        now=now,
        state_words=STATE_WORDS,
        states_shown=", ".join(STATE_WORDS[state.value] for state in wanted.states),
        sorts=SORTS,
        descending_first=DESCENDING_FIRST,
        types=services().reviewing.list_types(by=actor()),
        is_filtered=bool(wanted.type or wanted.search or wanted.holder or wanted.states != (DocumentState.REVIEW,)),
        may_review=has_role(Role.REVIEWER),
    )
    return make_response(page)


@queue.post("/queue/next")
def take_next() -> Response:
    return redirect(next_document(request.form.get("after")))


def next_document(after: str | None = None) -> str:
    """Take the next document for this person and return its address; the queue's where none is left."""
    skip: list[int] = []
    last = int(after) if after and after.isdigit() else None
    for _ in range(NEXT_TRIES):
        document_id = services().reviewing.find_next(by=actor(), after=last, skip=tuple(skip))
        if document_id is None:
            break
        try:
            services().reviewing.claim(document_id, by=actor())
        except (ClaimTakenError, InvalidTransitionError):
            skip.append(document_id)
            continue
        return url_for("tasks.show", document_id=document_id)
    if skip:
        warn("Others took the next documents at the same moment. Try again, or choose one here.")
    else:
        say("Nothing is left to take.")
    return url_for("queue.show")


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
            page=max(1, int(args.get("page", "1"))),
            page_size=PAGE_SIZE,
        )
    except (ValueError, ValidationError):
        raise BadFormError("The address asks for a list that does not exist. Start again from the queue.") from None


def groups_of(rows: tuple[QueueRow, ...], wanted: QueueFilter, now: datetime) -> list[Group]:
    """Return the rows under headings of when they are due; sorted by anything else they stand under none."""
    if wanted.sort != "due":
        return [Group("", list(rows))] if rows else []
    return [Group(title, list(members)) for title, members in groupby(rows, key=lambda row: due_group(row.due_at, now))]


def due_group(due_at: datetime, now: datetime) -> str:
    if due_at < now:
        return "Overdue"
    distance = (due_at.astimezone(UTC).date() - now.astimezone(UTC).date()).days
    if distance == 0:
        return "Due today"
    if distance == 1:
        return "Tomorrow"
    return f"{(now + timedelta(days=2)):%A} and later"
