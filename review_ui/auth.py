from flask import Blueprint, Response, g, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from pipeline.errors import LoginRefusedError, PipelineError
from pipeline.services.accounts import HalfLogin, Login
from review_ui import forms
from review_ui import single_sign_on as sso
from review_ui.context import actor, services, settings
from review_ui.errors import status_of
from review_ui.flashes import say
from review_ui.languages import COOKIE, LANGUAGES, told
from review_ui.session import begin as begin_session
from review_ui.session import (
    clear_cookie,
    clear_half_cookie,
    cookie_name,
    device_name,
    half_name,
    safe_path,
    set_device_cookie,
    set_half_cookie,
)

THEMES = ("auto", "light", "dark")
DENSITIES = ("comfortable", "dense")
YEAR_SECONDS = 365 * 24 * 3600

auth = Blueprint("auth", __name__)


@auth.route("/login", methods=["GET", "POST"])
def login() -> Response:
    target = safe_path(request.values.get("next"))
    if request.method != "POST":
        if g.login is not None:
            return redirect(target or url_for("queue.index"))
        page = render_template("login.html", target=target, expired=request.args.get("expired"), name="", problem=None)
        return make_response(page)
    name = request.form.get("name", "").strip()
    try:
        found = services().accounts.login(
            name,
            request.form.get("password", ""),
            address=request.remote_addr or "",
            agent=request.user_agent.string,
            device=request.cookies.get(device_name(name, settings())),
        )
    except LoginRefusedError as error:
        page = render_template("login.html", target=target, expired=None, name=name, problem=told(str(error)))
        return make_response(page, status_of(error))
    if isinstance(found, HalfLogin):
        response = redirect(url_for(".code", next=target))
        set_half_cookie(response, found.token, settings())
        return response
    return _enter(found, target)


@auth.route("/login/code", methods=["GET", "POST"])
def code() -> Response:
    """Ask for the one-time password, once the password was right."""
    target = safe_path(request.values.get("next"))
    half = request.cookies.get(half_name(settings()), "")
    is_recovery = request.values.get("by") == "recovery"
    if not services().accounts.is_half(half):
        response = redirect(url_for(".login", next=target))
        clear_half_cookie(response, settings())
        return response
    if request.method != "POST":
        return make_response(render_template("login_code.html", target=target, is_recovery=is_recovery, problem=None))
    try:
        found = services().accounts.login_with_code(
            half,
            request.form.get("code", ""),
            address=request.remote_addr or "",
            agent=request.user_agent.string,
        )
    except LoginRefusedError as error:
        page = render_template("login_code.html", target=target, is_recovery=is_recovery, problem=told(str(error)))
        return make_response(page, status_of(error))
    return _enter(found, target)


def _enter(found: Login, target: str | None) -> Response:
    # Form tokens of before the login do not outlive it.
    session.clear()
    response = redirect(url_for("auth.password") if found.must_change else target or url_for("queue.index"))
    begin_session(response, found.token, settings())
    if found.device is not None:
        set_device_cookie(response, found.actor.name, found.device, settings())
    if half_name(settings()) in request.cookies:
        clear_half_cookie(response, settings())
    return response


@auth.post("/logout")
def logout() -> Response:
    leaving = sso.leaving(actor())
    services().accounts.logout(request.cookies[cookie_name(settings())])
    session.clear()
    response = leaving or redirect(url_for("auth.login"))
    clear_cookie(response, settings())
    # Page images are kept by the browser for a while; not beyond the session.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@auth.route("/password", methods=["GET", "POST"])
def password() -> Response:
    if request.method != "POST":
        return make_response(render_template("password.html", problem=None))
    new = request.form.get("new", "")
    try:
        if new != request.form.get("again", ""):
            raise forms.BadFormError(_("The two new passwords differ. Type the new one twice."))
        token = g.login.token if g.login is not None else ""
        services().accounts.change_password(request.form.get("old", ""), new, by=actor(), token=token)
    except PipelineError as error:
        return make_response(render_template("password.html", problem=told(str(error))), status_of(error))
    say(_("Your password is changed."))
    return redirect(url_for("queue.index"))


@auth.post("/appearance")
def theme() -> Response:
    """Keep theme, density and language in cookies: the page arrives in them, without a flash of the other."""
    response = redirect(safe_path(request.form.get("back")) or url_for("queue.index"))
    for name, allowed in (("theme", THEMES), ("density", DENSITIES), (COOKIE, LANGUAGES)):
        value = request.form.get(name)
        if value in allowed:
            secure = settings().secure_cookies
            response.set_cookie(name, value, max_age=YEAR_SECONDS, secure=secure, samesite="Lax", path="/")
    return response
