"""Static files under an address that changes with their content, so that browsers may keep them for good.

Modules import each other by relative paths, so the version is a folder of the address and not a query.
"""

import hashlib
from pathlib import Path

from flask import Blueprint, Response, current_app, send_from_directory, url_for

FOLDER = Path(__file__).parent / "static"
STYLES = (
    "tokens",
    "base",
    "bar",
    "button",
    "table",
    "state",
    "form",
    "chips",
    "desk",
    "viewer",
    "words",
    "exception",
    "lines",
    "splitter",
    "approval",
    "talk",
    "audit",
    "learning",
    "upload",
    "login",
    "account",
    "utilities",
)
"""The style sheets in the order of their links; the cascade's own order is set by @layer in tokens.css."""

MODULES = tuple(sorted(path.name for path in (FOLDER / "js").glob("*.js") if path.stem not in ("first", "main")))
"""What main.js imports, told to browsers at once: one round trip instead of one for each level of imports."""

assets = Blueprint("assets", __name__)


def content_version(folder: Path = FOLDER) -> str:
    """Return twelve hex digits that change whenever a static file does."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@assets.get("/static/<version>/<path:name>")
def static_file(version: str, name: str) -> Response:
    response = send_from_directory(FOLDER, name)
    is_current = version == current_app.config["ASSET_VERSION"]
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_current else "no-cache"
    return response


def asset_url(name: str) -> str:
    return url_for("assets.static_file", version=current_app.config["ASSET_VERSION"], name=name)
