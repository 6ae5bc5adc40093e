"""What every answer carries so that a browser keeps strangers out, and the key that signs form tokens."""

import secrets
from pathlib import Path

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect

from pipeline.secret_file import put_once
from pipeline.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
KEY_FILE = "web.key"


def register(app: Flask, settings: Settings) -> CSRFProtect:
    """Set up the form tokens, the cookie that binds them to a browser, and the headers."""
    app.config.update(
        SECRET_KEY=key_in(settings.data_path),
        SESSION_COOKIE_NAME="__Host-proofdesk-form" if settings.secure_cookies else "proofdesk-form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_PATH="/",
        # A page stays open all day; its token lives as long as the browser's session does.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_HEADERS=["X-CSRFToken"],
        MAX_CONTENT_LENGTH=settings.upload_bytes_max,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_FORM_PARTS=5000,
    )
    protect = CSRFProtect(app)

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint != "assets.static_file":
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return protect


def key_in(folder: Path) -> bytes:
    """Return the installation's key, made on first use and readable by its owner only.

    Several web processes may start at once: one of them makes it, the others read that one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / KEY_FILE
    if not path.exists():
        put_once(path, secrets.token_bytes(32))
    return path.read_bytes()
