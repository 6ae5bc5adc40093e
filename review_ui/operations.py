from datetime import UTC, datetime

from flask import Blueprint, Response, make_response, render_template

from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from pipeline.services.views import QueueFilter
from review_ui.context import actor, has_role, services, settings
from review_ui.words import FILE_STATE_NAMES, STATE_WORDS

operations = Blueprint("operations", __name__)

FAILED_MAX = 100


@operations.get("/status")
def show() -> Response:
    status = services().reporting.status(by=actor())
    failed = services().reviewing.list_queue(
        QueueFilter(states=(DocumentState.FAILED,), sort="changed", descending=True, page_size=FAILED_MAX), by=actor()
    )
    return make_response(
        render_template(
            "status.html",
            status=status,
            failed=failed,
            state_words=STATE_WORDS,
            file_state_names=FILE_STATE_NAMES,
            may_retry=has_role(Role.REVIEWER, Role.ADMINISTRATOR),
            drop_path=settings().drop_path,
            out_path=settings().out_path,
            now=datetime.now(UTC),
        )
    )
