"""What is done with several documents of the queue at once, and how a page learns that the queue has changed."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, make_response, redirect, request, url_for

from pipeline.domain.worth import Priority
from pipeline.services.views import Refusal
from review_ui import forms
from review_ui.context import actor, services
from review_ui.errors import BadFormError
from review_ui.flashes import say, warn
from review_ui.formatting import plural
from review_ui.session import safe_path

IN_A_VIEW = frozenset({"state", "type", "holder", "search", "sort", "order"})
TOLD_MOST = 5
"""Refusals that are told one by one."""

dispatch = Blueprint("dispatch", __name__)


@dispatch.post("/queue/assignment")
def assign() -> Response:
    """Give the chosen documents to somebody."""
    chosen, to = _chosen(), request.form.get("to", "")
    if not (to.isascii() and to.isdigit()):
        raise BadFormError("Choose who gets the documents.")
    refused = services().dispatching.assign(chosen, int(to[:15]), by=actor())
    names = {person.id: person.display_name for person in services().reviewing.list_people(by=actor())}
    return _told(chosen, refused, f"with {names.get(int(to[:15]), 'them')} now")


@dispatch.post("/queue/return")
def give_back() -> Response:
    """Put the chosen documents, which this person holds, back into the queue."""
    chosen = _chosen()
    return _told(chosen, services().dispatching.give_back(chosen, by=actor()), "back in the queue")


@dispatch.post("/queue/priority")
def prioritise() -> Response:
    """Say that the chosen documents are urgent or can wait."""
    chosen = _chosen()
    try:
        priority = Priority(request.form.get("priority", ""))
    except ValueError:
        raise BadFormError("Choose urgent, normal or low.") from None
    why = forms.text("why", "Write why the priority changes: whoever takes them reads it.", longest=200)
    return _told(chosen, services().dispatching.prioritise(chosen, priority, why, by=actor()), f"{priority.value} now")


@dispatch.get("/queue/pulse")
def pulse() -> Response:
    """Answer 304 as long as no list can look different: one look at one row, and no thread waits in between."""
    answer = make_response("", 204)
    answer.set_etag(services().dispatching.pulse(by=actor()))
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)


@dispatch.post("/queue/views")
def save_view() -> Response:
    """Keep the filter and order of the list that the form was sent from, under a name."""
    name = forms.text("name", "Give the view a name.", longest=60)
    kept = [(key, value) for key, value in parse_qsl(request.form.get("address", "")) if key in IN_A_VIEW]
    address = urlencode(kept)
    services().saved_views.save(name, address, shared=request.form.get("shared") == "yes", by=actor())
    say(f"The view “{name}” is saved.")
    return redirect(f"{url_for('queue.show')}?{address}")


@dispatch.post("/queue/views/<int:view_id>/removal")
def remove_view(view_id: int) -> Response:
    services().saved_views.remove(view_id, by=actor())
    say("The view is removed.")
    return redirect(url_for("queue.show"))


def _chosen() -> list[int]:
    """Return the documents that were ticked.

    Raises:
        BadFormError: none was, or the form names something else.
    """
    found = request.form.getlist("document")
    if not found or not all(one.isascii() and one.isdigit() for one in found):
        raise BadFormError("Choose documents first: tick them, or press x on their rows.")
    return [int(one[:15]) for one in found]


def _told(chosen: Sequence[int], refused: Sequence[Refusal], what: str) -> Response:
    done = len(set(chosen)) - len(refused)
    if done:
        say(f"{plural(done, 'document')} {'is' if done == 1 else 'are'} {what}.")
    for one in refused[:TOLD_MOST]:
        warn(f"Document {one.document_id} stays as it is. {one.why}")
    if len(refused) > TOLD_MOST:
        warn(f"So do {len(refused) - TOLD_MOST} more.")
    return redirect(safe_path(request.form.get("back")) or url_for("queue.show"))
