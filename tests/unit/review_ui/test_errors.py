"""What is told of an error, and what is logged of it."""

from flask.testing import FlaskClient
from structlog.testing import capture_logs

from pipeline.errors import AccessDeniedError
from tests.unit.review_ui.doubles import REVIEWER, FakeServices


def test_refusal_for_want_of_a_role_is_logged_with_who_and_where(reviewer: FlaskClient, services: FakeServices) -> None:
    services.raises["list_events"] = AccessDeniedError("You need the role auditor. It is about Calder & Finch.")
    with capture_logs() as logged:
        assert reviewer.get("/audit?search=Calder").status_code == 403
    denied = {"event": "access.denied", "account": REVIEWER.id, "page": "audit.index", "log_level": "warning"}
    assert logged == [denied]


def test_host_that_can_be_none_is_answered_in_plain_words(reviewer: FlaskClient) -> None:
    answer = reviewer.get("/queue", headers={"Host": "x" * 3000})
    assert answer.status_code == 400
    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_two_slashes_lead_nowhere(reviewer: FlaskClient) -> None:
    answer = reviewer.get("/mentions//reading")
    assert answer.status_code == 404
    assert "Location" not in answer.headers
