"""The web server: gunicorn in a process of its own, so that no part of the pipeline shares its threads."""

from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.util import import_app

from pipeline.settings import Settings

APPLICATION = "review_ui.wsgi:create()"
"""By name: who runs the pages knows nothing of them."""

_THREADS = 8
_REQUEST_SECONDS = 120
"""A worker that answers nobody for this long is replaced; uploads and exports are read and written in pieces."""
_STOP_SECONDS = 5


class WebServer(BaseApplication):
    """Gunicorn with our options and none from files or its own environment variables."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        for name, value in options(self.settings).items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        """Return the application; called in each web process."""
        return import_app(APPLICATION)


def run(settings: Settings) -> None:
    """Serve the pages until SIGTERM or SIGINT; requests at hand are answered first."""
    WebServer(settings).run()


def options(settings: Settings) -> dict[str, object]:
    """Return gunicorn's options by its names; the application reads the other settings from its environment."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "bind": f"{host}:{settings.port}",
        "workers": 1,
        "worker_class": "gthread",
        "threads": _THREADS,
        "timeout": _REQUEST_SECONDS,
        "graceful_timeout": _STOP_SECONDS,
        "loglevel": "warning",
        "logger_class": "workers.weblog.WebLog",
        "control_socket_disable": True,
        "proc_name": "proofdesk web",
        "forwarded_allow_ips": "*" if settings.trusted_proxies else "127.0.0.1",
    }


def reachable_url(settings: Settings) -> str:
    """Return the address under which this machine reaches its own web server."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "", "::") else settings.host  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
