from flask import Blueprint, Response, jsonify, make_response

from review_ui.context import services

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@health.get("/readyz")
def readyz() -> Response:
    """Its parts answer too: send people here only then."""
    ready, parts = services().health.ready()
    return make_response(jsonify(status="ready" if ready else "not ready", parts=parts), 200 if ready else 503)
