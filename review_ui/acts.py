"""Acts on a whole document that came in wrong: the sentence goes beside the field, what was typed stays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from flask import Response, jsonify, make_response, request

from pipeline.errors import InvalidCorrectionError, PipelineError
from review_ui.errors import BadFormError, status_of, wants_json
from review_ui.languages import told

KEPT_BACK = frozenset({"csrf_token", "revision"})


@dataclass(frozen=True)
class Refusal:
    """What was wrong with the form of an act, and what it held."""

    act: str
    sentence: str
    field: str | None
    """The input that the sentence is about; None: the act as a whole."""
    typed: Mapping[str, str]


def refusal_of(act: str, error: PipelineError, field: str | None = None) -> Refusal:
    """Return why the form in this request was refused.

    Args:
        act: the form's name in the page.
        error: what was raised.
        field: the input that a refused value stood in, where the services refused it.
    """
    at = (
        error.field if isinstance(error, BadFormError) else field if isinstance(error, InvalidCorrectionError) else None
    )
    typed = {name: value for name, value in request.form.items() if name not in KEPT_BACK}
    return Refusal(act, told(str(error)), at, typed)


def refuse(refusal: Refusal, error: PipelineError, page: Callable[[Refusal], str]) -> Response:
    """Answer a script with the sentence and its field; otherwise with the page, the form open as it was sent."""
    if wants_json():
        body = {"error": {"code": error.code, "message": refusal.sentence}, "field": refusal.field}
        return make_response(jsonify(body), status_of(error))
    return make_response(page(refusal), status_of(error))


def earliest_hold(now: datetime) -> date:
    """Return the first day that something can be held until: it comes back at 06:00 UTC."""
    today = now.astimezone(UTC)
    return today.date() if today.hour < 6 else today.date() + timedelta(days=1)
