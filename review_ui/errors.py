"""One table from error code to HTTP status, and the two ways an error is told: a page, or JSON."""

from typing import Any, ClassVar

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.exceptions import HTTPException

from pipeline.errors import AccessDeniedError, PipelineError
from review_ui.languages import told

log = structlog.get_logger()

STATUS = {
    "pipeline": 500,
    "bad-form": 400,
    "login-refused": 401,
    "access-denied": 403,
    "proof-needed": 403,
    "not-found": 404,
    "erased": 410,
    "review": 409,
    "claim-not-held": 409,
    "claim-taken": 409,
    "stale": 409,
    "invalid-transition": 409,
    "open-exceptions": 409,
    "too-large": 413,
    "document": 422,
    "unreadable": 422,
    "not-a-pdf": 422,
    "empty": 422,
    "encrypted": 422,
    "invalid-correction": 422,
    "configuration": 500,
    "record-broken": 500,
    "transient": 503,
    "blob-store-unavailable": 503,
    "destination-unavailable": 503,
    "reader-unavailable": 503,
    "identity-provider-unavailable": 503,
}

SENTENCES = {
    400: _l("The request could not be understood. Go back, reload the page and try again."),
    403: _l("You may not do this with your roles. Ask an administrator if you should."),
    404: _l("There is nothing at this address. It may have been moved, or the number is mistyped."),
    405: _l("This address cannot be asked in that way. Start again from the queue."),
    413: _l("This is larger than the installation takes in one upload. Split it, or drop it into the watched folder."),
    429: _l("Too many requests. Wait a minute, then try again."),
    500: _l("Something went wrong on our side. Nothing you saved is lost; try again, or tell your administrator."),
    503: _l("A part of the installation does not answer. Nothing you saved is lost; try again in a minute."),
}
TITLES = {
    400: _l("That did not arrive whole"),
    401: _l("Please log in"),
    403: _l("Not for your roles"),
    404: _l("Not found"),
    405: _l("Not this way"),
    409: _l("It changed meanwhile"),
    410: _l("Erased"),
    413: _l("Too large"),
    422: _l("That cannot be read"),
    429: _l("Too fast"),
    500: _l("Our mistake"),
    503: _l("Not reachable now"),
}


class BadFormError(PipelineError):
    """A form came in without what the action needs; `field` names the input at fault, where one is."""

    code: ClassVar[str] = "bad-form"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


def status_of(error: PipelineError) -> int:
    """Return the status for an error, taking its nearest known parent's where its own code is unknown."""
    for kind in type(error).__mro__:
        status = STATUS.get(getattr(kind, "code", ""))
        if status is not None:
            return status
    return 500


def wants_json() -> bool:
    """Say whether the answer goes to a script: those ask for JSON by name."""
    if request.blueprint == "api":
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def answer_error(status: int, code: str, sentence: str, **more: Any) -> Response:
    if wants_json():
        response = jsonify(error={"code": code, "message": sentence}, **more)
    else:
        title = TITLES.get(status) or _("That did not work")
        page = "error.html" if getattr(g, "login", None) else "error_plain.html"
        response = make_response(render_template(page, title=title, sentence=sentence, status=status, code=code))
    response.status_code = status
    return response


def answer_bad_host() -> Response:
    """Answer a request for a host that can be none: in plain words, since a page could not name its own address."""
    return Response(str(SENTENCES[400]), 400, mimetype="text/plain")


def register(app: Flask) -> None:
    @app.errorhandler(PipelineError)
    def pipeline_error(error: PipelineError) -> Response:
        if isinstance(error, AccessDeniedError):
            login = getattr(g, "login", None)
            log.warning("access.denied", account=login and login.actor.id, page=request.endpoint)
        return answer_error(status_of(error), error.code, told(str(error)))

    @app.errorhandler(CSRFError)
    def csrf_error(_error: CSRFError) -> Response:
        sentence = _("Your session is not the one this page was made for. Reload the page and do it again.")
        # Only a page of our own can read this answer: a script may go on with a token of the new session.
        more = {"csrf_token": generate_csrf()} if getattr(g, "login", None) and wants_json() else {}
        return answer_error(400, "csrf", sentence, **more)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            return make_response(error.get_response())
        sentence = SENTENCES.get(status) or _("The request could not be answered.")
        return answer_error(status, f"http-{status}", str(sentence))

    @app.errorhandler(500)
    def bug(_error: Exception) -> Response:
        # Flask has logged the traceback; the page names no internals.
        return answer_error(500, "bug", str(SENTENCES[500]))
