"""A person's own account: where they are logged in, and how they are known."""

from datetime import UTC, datetime

import segno
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from pipeline.errors import LoginRefusedError, PipelineError, ProofNeededError
from review_ui.acts import refusal_of
from review_ui.approvals import proof
from review_ui.browsers import browser_in_words
from review_ui.context import actor, services
from review_ui.errors import status_of
from review_ui.flashes import say
from review_ui.formatting import counted
from review_ui.languages import told

account = Blueprint("account", __name__, url_prefix="/account")


@account.get("")
def show() -> Response:
    page = render_template(
        "account.html",
        sessions=services().sessions.list_own(by=actor()),
        factor=services().second_factors.get_own(by=actor()),
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


@account.get("/second-factor")
def second_factor() -> Response:
    return _second_factor()


@account.post("/second-factor/setup")
def begin_second_factor() -> Response:
    try:
        services().second_factors.begin(by=actor(), proof=proof())
    except (ProofNeededError, LoginRefusedError) as error:
        return _second_factor("begin", error)
    return redirect(url_for(".second_factor"))


@account.post("/second-factor/confirmation")
def confirm_second_factor() -> Response:
    """Put it in force, and show the recovery codes, this once and on this answer only."""
    try:
        made = services().second_factors.confirm(request.form.get("code", ""), by=actor())
    except PipelineError as error:
        return _second_factor("confirm", error)
    return _codes(made)


@account.post("/second-factor/recovery-codes")
def renew_recovery() -> Response:
    try:
        made = services().second_factors.renew_recovery(
            request.form.get("code", ""), by=actor(), address=request.remote_addr or ""
        )
    except PipelineError as error:
        return _second_factor("renew", error)
    return _codes(made)


@account.post("/second-factor/removal")
def remove_second_factor() -> Response:
    try:
        services().second_factors.remove_own(
            request.form.get("code", ""), by=actor(), address=request.remote_addr or ""
        )
    except PipelineError as error:
        return _second_factor("remove", error)
    say(_("Your second factor is taken away; log-ins ask for the password alone."))
    return redirect(url_for(".show"))


def _second_factor(act: str | None = None, error: PipelineError | None = None) -> Response:
    factor = services().second_factors.get_own(by=actor())
    page = render_template(
        "second_factor.html",
        factor=factor,
        qr=qr_code(factor.enrolment.uri) if factor.enrolment else None,
        act=act,
        problem=told(str(error)) if error is not None else None,
        refused=refusal_of(act or "", error) if error is not None else None,
        proof=factor.proof,
    )
    return make_response(page, status_of(error) if error is not None else 200)


def _codes(made: tuple[str, ...]) -> Response:
    return make_response(render_template("recovery_codes.html", codes=made))


def qr_code(text: str) -> Markup:
    """Return a QR code as an SVG element; black on white in every theme, as cameras want it."""
    drawn = segno.make(text, error="m", micro=False)
    return Markup(drawn.svg_inline(omitsize=True, dark="#000", light="#fff", svgclass=None, lineclass=None))  # noqa: S704 (segno's own drawing: the text is in its squares)
