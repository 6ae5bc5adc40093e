"""Composition root of the web server: `gunicorn "review_ui.wsgi:create()"`."""

import os

from flask import Flask

from pipeline import assembly
from pipeline.garbage import collect_rarely
from pipeline.settings import Settings
from review_ui import create_app
from workers import log
from workers.rq_queue import RqQueue


def create() -> Flask:
    """Return the application on the services that the environment names.

    Called in each web process: database connections and the reading process must not be shared by a fork.
    """
    log.configure("web")
    settings = Settings.from_env(os.environ)
    app = create_app(assembly.build(settings, RqQueue.from_settings(settings), readers=2), settings)
    collect_rarely()
    return app
