"""What a request can reach: the services, the settings, and who asks."""

from typing import Any, cast

from flask import current_app, g

from pipeline.domain.actors import Actor, Role
from pipeline.settings import Settings

EXTENSION = "proofdesk"


def services() -> Any:
    """Return the services that `create_app` was given (`pipeline.assembly.Services`, or a double in tests)."""
    return current_app.extensions[EXTENSION]


def settings() -> Settings:
    return cast(Settings, current_app.config["PROOFDESK_SETTINGS"])


def actor() -> Actor:
    """Return who is logged in; the guard in `session.py` has made sure that somebody is."""
    return cast(Actor, g.login.actor)


def has_role(*roles: Role) -> bool:
    """Say whether the person has one of the roles: for what is shown; services check what may be done."""
    login = getattr(g, "login", None)
    return login is not None and any(role in login.actor.roles for role in roles)
