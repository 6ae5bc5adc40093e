"""A person's own account: where they are logged in, and how they are known."""

from datetime import UTC, datetime

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from flask_babel import gettext as _

from review_ui.browsers import browser_in_words
from review_ui.context import actor, services
from review_ui.flashes import say
from review_ui.formatting import counted

account = Blueprint("account", __name__, url_prefix="/account")


@account.get("")
def show() -> Response:
    page = render_template(
        "account.html",
        sessions=services().sessions.list_own(by=actor()),
        browser_in_words=browser_in_words,
        now=datetime.now(UTC),
    )
    return make_response(page)


@account.post("/sessions/<session_id>/end")
def end_session(session_id: str) -> Response:
    services().sessions.end(session_id, by=actor())
    say(_("That session has ended: its browser is logged out."))
    return redirect(url_for(".show"))


@account.post("/sessions/end-others")
def end_others() -> Response:
    ended = services().sessions.end_others(by=actor())
    say(counted(ended, "%(count)s other session has ended.", "%(count)s other sessions have ended."))
    return redirect(url_for(".show"))
