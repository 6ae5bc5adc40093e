"""Tokens of other systems: made and taken back by administrators."""

from datetime import UTC, datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from pipeline.domain.actors import Scope
from review_ui import forms
from review_ui.context import actor, services
from review_ui.errors import BadFormError
from review_ui.flashes import say
from review_ui.words import SCOPE_WORDS

api_tokens = Blueprint("api_tokens", __name__, url_prefix="/admin/tokens")


@api_tokens.get("")
def index() -> Response:
    return _page()


@api_tokens.post("")
def create() -> Response:
    """Make a token and show it, this once and on this answer only."""
    name = forms.text("name", _("Write which system will use the token."), longest=100)
    days = forms.number("days", _("Write for how many days the token is good."))
    try:
        scopes = [Scope(scope) for scope in request.form.getlist("scopes")]
    except ValueError:
        raise BadFormError(_("Choose from the list what the token may do.")) from None
    made = services().api_tokens.create(name, scopes, days, by=actor(), groups=forms.numbers("groups"))
    return _page(name, made)


@api_tokens.post("/<int:token_id>/revocation")
def revoke(token_id: int) -> Response:
    services().api_tokens.revoke(token_id, by=actor())
    say(_("The token is taken back."))
    return redirect(url_for(".index"))


def _page(name: str | None = None, made: str | None = None) -> Response:
    page = render_template(
        "tokens.html",
        tokens=services().api_tokens.list_tokens(by=actor()),
        scope_words=SCOPE_WORDS,
        groups=services().grouping.list_groups(by=actor()),
        new_name=name,
        made=made,
        now=datetime.now(UTC),
    )
    return make_response(page)
