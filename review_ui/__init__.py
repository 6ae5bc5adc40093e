"""The browser's side of Proofdesk: translates requests into service calls and views into pages."""

from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, request
from flask_wtf.csrf import generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

from pipeline.domain.actors import Role
from pipeline.settings import Settings
from review_ui import errors, formatting, languages, security, session
from review_ui.account import account
from review_ui.admin import admin
from review_ui.api import api
from review_ui.api_tokens import api_tokens
from review_ui.approvals import approvals
from review_ui.assets import MODULES, STYLES, asset_url, assets, content_version
from review_ui.audit import audit
from review_ui.auth import DENSITIES, THEMES, auth
from review_ui.completeness import completeness
from review_ui.context import EXTENSION
from review_ui.dispatch import dispatch
from review_ui.erasure import erasure
from review_ui.files import files
from review_ui.grid import room_of
from review_ui.groups import groups
from review_ui.health import health
from review_ui.learning import learning, missing_words
from review_ui.naming import file_name, visible
from review_ui.operations import operations
from review_ui.pages import pages
from review_ui.queue import queue
from review_ui.samples import samples
from review_ui.single_sign_on import single_sign_on
from review_ui.talk import talk
from review_ui.tasks import tasks
from review_ui.upcoming import upcoming
from review_ui.words import title_in_language

BLUEPRINTS = (
    assets,
    api,
    api_tokens,
    auth,
    single_sign_on,
    account,
    queue,
    upcoming,
    dispatch,
    tasks,
    pages,
    approvals,
    files,
    learning,
    talk,
    audit,
    completeness,
    samples,
    admin,
    erasure,
    groups,
    operations,
    health,
)


def create_app(services: Any, settings: Settings) -> Flask:
    """Return the web application over these services.

    Args:
        services: `pipeline.assembly.Services`, or anything with the same services on it.
        settings: read once by the composition root.
    """
    app = Flask(__name__, static_folder=None)
    app.extensions[EXTENSION] = services
    app.config.update(PROOFDESK_SETTINGS=settings, ASSET_VERSION=content_version())
    # two slashes are a mistyped address, and no reason to answer with one that names the host which was asked for
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    languages.register(app)
    # The guard stands first: a refused form is then told on a page of the person's own.
    session.register(app, settings)
    protect = security.register(app, settings)
    protect.exempt(api)  # tokens alone let in there, which no browser sends by itself
    errors.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _register_template_names(app)
    return app


def _register_template_names(app: Flask) -> None:
    for name in (
        "format_number",
        "format_value",
        "format_share",
        "format_moment",
        "format_when",
        "format_due",
        "format_day",
        "format_span",
        "format_bytes",
        "initials",
        "number_signs",
        "counted",
        "sureness",
    ):
        app.jinja_env.globals[name] = getattr(formatting, name)
    app.jinja_env.globals.update(
        asset_url=asset_url,
        room_of=room_of,
        file_name=file_name,
        visible=visible,
        missing_words=missing_words,
        title_in_language=title_in_language,
    )

    @app.context_processor
    def shared() -> dict[str, Any]:
        login = getattr(g, "login", None)
        theme, density = request.cookies.get("theme"), request.cookies.get("density")
        return {
            "styles": STYLES,
            "modules": MODULES,
            "person": login.actor if login is not None else None,
            "roles_held": login.actor.roles if login is not None else frozenset(),
            "Role": Role,
            "theme": theme if theme in THEMES else "auto",
            "density": density if density in DENSITIES else DENSITIES[0],
            "csrf": generate_csrf,
            "now": datetime.now(UTC),
        }

    @app.after_request
    def vary_on_answer_form(response: Response) -> Response:
        # The same address answers with a page or with JSON.
        response.headers.add("Vary", "Accept")
        return response
