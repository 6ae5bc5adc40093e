"""What people say to each other: comments on a document, and the list of those that concern somebody."""

from typing import Any

from flask import Blueprint, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from pipeline.domain.actors import Act
from pipeline.domain.documents import DocumentState
from pipeline.errors import NotFoundError, ReviewError
from pipeline.services.access import is_allowed
from pipeline.services.remarks import Said, Talk
from pipeline.services.views import DocumentView
from review_ui import forms
from review_ui.context import actor, services
from review_ui.errors import BadFormError, wants_json
from review_ui.flashes import say, warn
from review_ui.formatting import counted
from review_ui.session import safe_path
from review_ui.tasks import refuse_act
from review_ui.words import title_in_language

PAGE_SIZE = 50
SIGNED_PAGE = "approval"
"""Says of a form that it stands on the page where a document is signed."""

talk = Blueprint("talk", __name__)


@talk.get("/documents/<int:document_id>/comments")
def comments(document_id: int) -> Response:
    """Tell a script what is new; 304 as long as nothing is, after one look at a row or two."""
    if not wants_json():
        return redirect(_page_of(document_id))
    etag = services().talking.pulse(document_id, by=actor())
    answer = make_response("", 304) if request.if_none_match.contains(etag) else jsonify(_pieces(document_id))
    answer.set_etag(etag)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@talk.post("/documents/<int:document_id>/comments")
def write(document_id: int) -> Response:
    try:
        said = services().talking.write(
            document_id,
            request.form.get("text", ""),
            by=actor(),
            field=request.form.get("field") or None,
            answers=_answered(),
        )
    except (BadFormError, ReviewError, NotFoundError) as error:
        return refuse_act(document_id, "comment", error, "text")
    told = _told_of(said)
    if wants_json():
        return jsonify(_pieces(document_id) | {"said": said.id, "told": told})
    if told:
        warn(told)
    return redirect(f"{_page_of(document_id)}?talk=open#comment-{said.id}")


@talk.post("/documents/<int:document_id>/comments/<int:comment_id>/withdrawal")
def withdraw(document_id: int, comment_id: int) -> Response:
    services().talking.withdraw(document_id, comment_id, by=actor())
    if wants_json():
        return jsonify(_pieces(document_id))
    return redirect(f"{_page_of(document_id)}?talk=open#comment-{comment_id}")


@talk.post("/documents/<int:document_id>/mentions/reading")
def read_on(document_id: int) -> Response:
    """Note that the person has what concerns them on a document before their eyes."""
    services().talking.read_on(document_id, by=actor())
    if wants_json():
        return jsonify(waiting=services().talking.count_unread(by=actor()))
    return redirect(_page_of(document_id))


@talk.get("/mentions")
def mentions() -> Response:
    found = services().talking.list_mentions(by=actor(), page=forms.page(), page_size=PAGE_SIZE)
    return make_response(render_template("mentions.html", found=found))


@talk.post("/mentions/<int:comment_id>/reading")
def open_mention(comment_id: int) -> Response:
    """Go to a comment that concerns the person; it waits for them no more."""
    document_id = services().talking.read_one(comment_id, by=actor())
    state = services().reviewing.get_document(document_id, by=actor()).state
    signed = state in (DocumentState.READY, DocumentState.APPROVED)
    return redirect(f"{_page_of(document_id, signed=signed)}?talk=open#comment-{comment_id}")


@talk.post("/mentions/reading")
def read_all() -> Response:
    services().talking.read_all(by=actor())
    say(_("All mentions are marked as read."))
    return redirect(safe_path(request.form.get("back")) or url_for(".mentions"))


@talk.get("/documents/<int:document_id>/mentionable")
def people(document_id: int) -> Response:
    """Tell a script whom a comment on the document can name."""
    found = services().talking.list_people(document_id, by=actor())
    return jsonify(people=[{"name": one.name, "display": one.display_name} for one in found if one.id != actor().id])


@talk.app_template_global()
def talk_on(document: DocumentView) -> Talk:
    """Return what was said about a document, for the page that shows it: asked for once, shown in two places."""
    if getattr(g, "talk", (0, None))[0] != document.id:
        g.talk = (document.id, services().talking.list_comments(document.id, by=actor()))
    return g.talk[1]


@talk.app_template_global()
def field_title(document: DocumentView, name: str) -> str:
    """Return what people call a field; its name in words where the document's type has it no more."""
    titles = (view.spec.title for view in document.fields if view.spec.name == name)
    return title_in_language(next(titles, {})) or name.replace("_", " ").capitalize()


@talk.app_template_global()
def talk_words(comments: int, mentions: int) -> str:
    """Return in words how many comments a document has, and how many of them wait for the person."""
    words = counted(comments, "%(count)s comment", "%(count)s comments")
    return f"{words}, {counted(mentions, '%(count)s for you', '%(count)s for you')}" if mentions else words


@talk.app_template_global()
def unread_mentions() -> int | None:
    """Return how many comments wait for the person; None for somebody who may see no documents."""
    login = getattr(g, "login", None)
    if login is None or not is_allowed(login.actor, Act.READ):
        return None
    return services().talking.count_unread(by=login.actor)


def _pieces(document_id: int) -> dict[str, Any]:
    """Return what a page replaces in its fold of comments."""
    document = services().reviewing.get_document(document_id, by=actor())
    said = talk_on(document)
    is_signed_page = request.values.get("on") == SIGNED_PAGE
    return {
        "comments": render_template("review/comments.html", document=document, talk=said, signs=is_signed_page),
        "last": render_template("review/last_comment.html", talk=said),
        "head": render_template("review/talk_head.html", document=document, talk=said),
        "count": said.count,
        "newest": max((one.id for one in said.comments if not one.is_mine), default=0),
        "waiting": services().talking.count_unread(by=actor()),
    }


def _told_of(said: Said) -> str | None:
    """Return what to say of names that are nobody's; None where there is none."""
    if not said.unknown:
        return None
    names = ", ".join(f"@{name}" for name in said.unknown)
    return ngettext(
        "%(names)s is no login name of somebody who may see this document, and stays plain text.",
        "%(names)s are no login names of people who may see this document, and stay plain text.",
        len(said.unknown),
        names=names,
    )


def _page_of(document_id: int, *, signed: bool | None = None) -> str:
    """Return the address of the document's page, of the two that show comments the one that was come from."""
    if signed is None:
        signed = request.values.get("on") == SIGNED_PAGE
    return url_for("approvals.show" if signed else "tasks.show", document_id=document_id)


def _answered() -> int | None:
    """Return the number of the comment that the form answers; None where it answers none.

    Raises:
        BadFormError: it is no number.
    """
    if not request.form.get("answers"):
        return None
    return forms.number("answers", _("Reload the page and answer again: the form did not say what it answers."))
