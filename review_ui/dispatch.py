"""What is done with several documents of the queue at once, and how a page learns that the queue has changed."""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from pipeline.domain.worth import Priority
from pipeline.services.text import whole_number
from pipeline.services.views import Refusal
from review_ui import forms
from review_ui.context import actor, services
from review_ui.errors import BadFormError
from review_ui.flashes import say, warn
from review_ui.formatting import counted
from review_ui.languages import told
from review_ui.session import safe_path
from review_ui.words import PRIORITY_WORDS

IN_A_VIEW = frozenset({"state", "type", "holder", "search", "sort", "order"})
TOLD_MOST = 5
"""Refusals that are told one by one."""

dispatch = Blueprint("dispatch", __name__)


@dispatch.post("/queue/assignment")
def assign() -> Response:
    """Give the chosen documents to somebody."""
    chosen, to = _chosen(), forms.number("to", _("Choose who gets the documents."))
    refused = services().dispatching.assign(chosen, to, by=actor())
    names = {person.id: person.display_name for person in services().reviewing.list_people(by=actor())}
    who = names.get(to, _("them"))

    def given(done: int) -> str:
        return ngettext(
            "%(num)s document is with %(who)s now.", "%(num)s documents are with %(who)s now.", done, who=who
        )

    return _answer(chosen, refused, given)


@dispatch.post("/queue/return")
def give_back() -> Response:
    """Put the chosen documents, which this person holds, back into the queue."""
    chosen = _chosen()
    refused = services().dispatching.give_back(chosen, by=actor())

    def given_back(done: int) -> str:
        return counted(done, "%(count)s document is back in the queue.", "%(count)s documents are back in the queue.")

    return _answer(chosen, refused, given_back)


@dispatch.post("/queue/priority")
def prioritise() -> Response:
    """Say that the chosen documents are urgent or can wait."""
    chosen = _chosen()
    try:
        priority = Priority(request.form.get("priority", ""))
    except ValueError:
        raise BadFormError(_("Choose urgent, normal or low.")) from None
    why = forms.text("why", _("Write why the priority changes: whoever takes them reads it."), longest=200)
    refused = services().dispatching.prioritise(chosen, priority, why, by=actor())

    def prioritised(done: int) -> str:
        return ngettext(
            "%(num)s document is %(priority)s now.",
            "%(num)s documents are %(priority)s now.",
            done,
            priority=PRIORITY_WORDS[priority],
        )

    return _answer(chosen, refused, prioritised)


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
    name = forms.text("name", _("Give the view a name."), longest=60)
    kept = [(key, value) for key, value in parse_qsl(request.form.get("address", "")) if key in IN_A_VIEW]
    address = urlencode(kept)
    services().saved_views.save(name, address, shared=request.form.get("shared") == "yes", by=actor())
    say(_("The view “%(name)s” is saved.", name=name))
    return redirect(f"{url_for('queue.show')}?{address}")


@dispatch.post("/queue/views/<int:view_id>/removal")
def remove_view(view_id: int) -> Response:
    services().saved_views.remove(view_id, by=actor())
    say(_("The view is removed."))
    return redirect(url_for("queue.show"))


def _chosen() -> list[int]:
    """Return the documents that were ticked.

    Raises:
        BadFormError: none was, or the form names something else.
    """
    found = [whole_number(one) for one in request.form.getlist("document")]
    chosen = [one for one in found if one is not None]
    if not chosen or len(chosen) < len(found):
        raise BadFormError(_("Choose documents first: tick them, or press x on their rows."))
    return chosen


def _answer(chosen: Sequence[int], refused: Sequence[Refusal], said: Callable[[int], str]) -> Response:
    """Go back to the list; `said` tells how many documents it was done with."""
    done = len(set(chosen)) - len(refused)
    if done:
        say(said(done))
    for one in refused[:TOLD_MOST]:
        warn(_("Document %(number)s stays as it is. %(why)s", number=one.document_id, why=told(one.why)))
    if len(refused) > TOLD_MOST:
        warn(counted(len(refused) - TOLD_MOST, "So do %(count)s more.", "So do %(count)s more."))
    return redirect(safe_path(request.form.get("back")) or url_for("queue.show"))
