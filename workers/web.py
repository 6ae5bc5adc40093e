"""The web server: gunicorn as a process of its own, so that no part of the pipeline shares its threads."""

import sys

from pipeline.settings import Settings

_THREADS = 8
_REQUEST_SECONDS = 120
"""A worker that answers nobody for this long is replaced; uploads and exports are read and written in pieces."""
_STOP_SECONDS = 5


def web_command(settings: Settings) -> list[str]:
    """Return program and arguments of the web server; it reads the other settings from its environment."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return [
        sys.executable,
        "-m",
        "gunicorn",
        f"--bind={host}:{settings.port}",
        "--workers=1",
        "--worker-class=gthread",
        f"--threads={_THREADS}",
        f"--timeout={_REQUEST_SECONDS}",
        f"--graceful-timeout={_STOP_SECONDS}",
        "--log-level=warning",
        "--logger-class=workers.weblog.WebLog",
        "--no-control-socket",
        f"--forwarded-allow-ips={'*' if settings.trusted_proxies else '127.0.0.1'}",
        "review_ui.wsgi:create()",
    ]


def reachable_url(settings: Settings) -> str:
    """Return the address under which this machine reaches its own web server."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "", "::") else settings.host  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
