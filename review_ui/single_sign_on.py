"""The way to the identity provider and back: a browser brings back what it set out with, or starts again."""

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, session, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import ValidationError

from pipeline.domain.actors import Actor
from pipeline.errors import IdentityProviderUnavailableError, LoginRefusedError, PipelineError
from pipeline.ports import Attempt
from review_ui.context import services, settings
from review_ui.errors import status_of
from review_ui.languages import told
from review_ui.session import begin as begin_session
from review_ui.session import safe_path

ATTEMPT_SECONDS = 600
"""How long somebody may take at the provider: to find a telephone, and to type what it says."""

single_sign_on = Blueprint("single_sign_on", __name__, url_prefix="/login/single-sign-on")


@single_sign_on.get("")
def begin() -> Response:
    """Send the browser to the provider. By a link and not by a form, so that forms go nowhere but to ourselves."""
    target = safe_path(request.args.get("next"))
    try:
        address, attempt = services().single_sign_on.begin(url_for(".answer", _external=True))
    except IdentityProviderUnavailableError as error:
        return _refuse(error, target)
    response = redirect(address)
    kept = _signer().dumps({"attempt": attempt.model_dump(), "target": target})
    response.set_cookie(
        cookie_name(),
        kept,
        max_age=ATTEMPT_SECONDS,
        httponly=True,
        secure=settings().secure_cookies,
        # the provider is another site, and it is from there that the browser comes back
        samesite="Lax",
        path="/",
    )
    return response


@single_sign_on.get("/answer")
def answer() -> Response:
    """Take back a browser that was at the provider; what it set out with is good for one answer."""
    attempt, target = _kept()
    brought = {name: text[:4096] for name, text in request.args.items() if name in ("state", "code", "iss")}
    try:
        found = services().single_sign_on.finish(
            brought, attempt, address=request.remote_addr or "", agent=request.user_agent.string
        )
    except (LoginRefusedError, IdentityProviderUnavailableError) as error:
        response = _refuse(error, target)
    else:
        # Form tokens of before the login do not outlive it.
        session.clear()
        response = redirect(target or url_for("queue.index"))
        begin_session(response, found.token, settings())
    secure = settings().secure_cookies
    response.delete_cookie(cookie_name(), httponly=True, secure=secure, samesite="Lax", path="/")
    return response


@single_sign_on.app_template_global()
def has_single_sign_on() -> bool:
    return settings().oidc_issuer is not None


@single_sign_on.app_template_global()
def has_passwords() -> bool:
    """Say whether people log in with passwords, and not only the one account for emergencies."""
    return settings().oidc_issuer is None or not settings().oidc_only


def leaving(who: Actor) -> Response | None:
    """Return the page that leads to the provider's own log-out; None where there is none, or it does not answer.

    A page and no redirect: a browser counts where a form leads to as the form's, and forms go nowhere else.
    """
    if not has_single_sign_on():
        return None
    try:
        address = services().single_sign_on.leaving(who, url_for("auth.login", _external=True))
    except IdentityProviderUnavailableError:
        return None
    if address is None:
        return None
    response = make_response(render_template("leaving.html", address=address))
    response.headers["Refresh"] = f"0; url={address}"
    return response


def cookie_name() -> str:
    return "__Host-proofdesk-sso" if settings().secure_cookies else "proofdesk-sso"


def _kept() -> tuple[Attempt | None, str | None]:
    """Return what this browser set out with; nothing where it did not, where that is too long ago, or not ours."""
    try:
        kept = _signer().loads(request.cookies.get(cookie_name(), ""), max_age=ATTEMPT_SECONDS)
        return Attempt.model_validate(kept["attempt"]), safe_path(kept["target"])
    except (BadData, ValidationError, KeyError, TypeError):
        return None, None


def _signer() -> URLSafeTimedSerializer:
    key = current_app.secret_key
    if key is None:
        raise RuntimeError("the application has no key to sign with")
    return URLSafeTimedSerializer(key, salt="single sign-on")


def _refuse(error: PipelineError, target: str | None) -> Response:
    page = render_template("login.html", target=target, expired=None, name="", problem=told(str(error)))
    return make_response(page, status_of(error))
