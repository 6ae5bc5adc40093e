"""Who asks: the login cookie, and the guard in front of every page."""

import hashlib

from flask import Flask, Response, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadHost

from pipeline.services.accounts import Login
from pipeline.settings import Settings
from review_ui.context import services
from review_ui.errors import answer_bad_host, answer_error, wants_json

OPEN_ENDPOINTS = frozenset(
    {
        "assets.static_file",
        "auth.code",
        "auth.login",
        "auth.theme",
        "health.healthz",
        "health.readyz",
        "single_sign_on.answer",
        "single_sign_on.begin",
    }
)
"""What answers without a login."""
UNTIL_CHANGED = frozenset({"auth.password", "auth.logout"})
"""What answers while a one-time password waits to be changed."""
UNTIL_ENROLLED = UNTIL_CHANGED | {
    "account.second_factor",
    "account.begin_second_factor",
    "account.confirm_second_factor",
}
"""What answers while the policy asks for a second factor that is not set up."""
DEVICE_SECONDS = 400 * 24 * 3600
"""Browsers keep no cookie longer."""
HALF_SECONDS = 600
"""How long the browser keeps the token of a half log-in; the server ends it in any case."""


def cookie_name(settings: Settings) -> str:
    return "__Host-proofdesk" if settings.secure_cookies else "proofdesk"


def half_name(settings: Settings) -> str:
    return f"{cookie_name(settings)}-half"


def set_half_cookie(response: Response, token: str, settings: Settings) -> None:
    """Keep the token of a log-in whose code is awaited."""
    _keep(response, half_name(settings), token, settings, HALF_SECONDS)


def clear_half_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(half_name(settings), httponly=True, secure=settings.secure_cookies, samesite="Lax", path="/")


def device_name(name: str, settings: Settings) -> str:
    """Return the name of the cookie by which a browser is known for a login name, which it does not tell."""
    return f"{cookie_name(settings)}-device-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def set_device_cookie(response: Response, name: str, token: str, settings: Settings) -> None:
    """Let the browser be known for this name: it opens nothing, and keeps others from locking it out."""
    _keep(response, device_name(name, settings), token, settings, DEVICE_SECONDS)


def begin(response: Response, token: str, settings: Settings) -> None:
    """Let the browser keep the token of a log-in, out of scripts' reach; the one that it had before is ended.

    Its life is limited on the server, where it can be ended.
    """
    if before := request.cookies.get(cookie_name(settings)):
        services().accounts.logout(before)
    _keep(response, cookie_name(settings), token, settings)


def _keep(response: Response, name: str, token: str, settings: Settings, seconds: int | None = None) -> None:
    """Keep a secret out of reach of scripts and other sites; without `seconds` until the browser is closed."""
    response.set_cookie(
        name, token, max_age=seconds, httponly=True, secure=settings.secure_cookies, samesite="Lax", path="/"
    )


def clear_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(
        cookie_name(settings), httponly=True, secure=settings.secure_cookies, samesite="Lax", path="/"
    )


def safe_path(path: str | None) -> str | None:
    """Return `path` where it leads to a page of ours; anything that a browser could read as another host is None."""
    if not path or not path.startswith("/") or path.startswith("//"):
        return None
    if "\\" in path or any(ord(sign) < 0x20 for sign in path):
        return None
    return path


def register(app: Flask, settings: Settings) -> None:
    @app.before_request
    def guard() -> Response | None:
        g.login = None
        if isinstance(request.routing_exception, BadHost):
            return answer_bad_host()
        if request.endpoint in {"assets.static_file", "health.healthz", "health.readyz"}:
            return None
        if request.blueprint == "api":
            return _let_system_in()
        token = request.cookies.get(cookie_name(settings))
        g.token = token
        g.login = services().accounts.find_actor(token) if token else None
        if request.endpoint in OPEN_ENDPOINTS:
            return None
        if g.login is None:
            return _ask_to_log_in(expired=bool(token))
        if g.login.must_change and request.endpoint not in UNTIL_CHANGED:
            if wants_json():
                return answer_error(403, "must-change", _("Choose a password of your own first."))
            return redirect(url_for("auth.password"))
        if g.login.must_enrol and not g.login.must_change and request.endpoint not in UNTIL_ENROLLED:
            if wants_json():
                return answer_error(403, "must-enrol", _("Set up your second factor first."))
            return redirect(url_for("account.second_factor"))
        return None


def _let_system_in() -> Response | None:
    """Let another system in by its token; no cookie counts there, so that no form of another site can ask."""
    kind, _blank, token = request.headers.get("Authorization", "").partition(" ")
    found = services().api_tokens.find_actor(token.strip()) if kind.lower() == "bearer" and token else None
    if found is None:
        sentence = _("Send a token that is good as “Authorization: Bearer …”. Administrators make them.")
        response = answer_error(401, "no-token", sentence)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    g.login = Login(token="", actor=found, must_change=False)
    return None


def _ask_to_log_in(*, expired: bool) -> Response:
    if wants_json():
        return answer_error(401, "logged-out", _("You were logged out. Log in again; what you typed is still here."))
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.login", next=back if back != "/" else None, expired="1" if expired else None))
