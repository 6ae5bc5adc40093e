from datetime import UTC, datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from pipeline.errors import PipelineError, ReviewError
from pipeline.services.views import QueueFilter
from review_ui import acts, forms
from review_ui.context import actor, has_role, services
from review_ui.desk import SUMMARY, desk_of
from review_ui.errors import BadFormError
from review_ui.flashes import say

PAGE_SIZE = 25

approvals = Blueprint("approvals", __name__)


@approvals.get("/approvals")
def index() -> Response:
    return _list(DocumentState.READY, "approvals.html", sort="due", descending=False)


@approvals.get("/approved")
def approved() -> Response:
    return _list(DocumentState.APPROVED, "approved.html", sort="changed", descending=True)


@approvals.get("/documents/<int:document_id>/approval")
def show(document_id: int) -> Response:
    return make_response(_page(document_id))


def _page(document_id: int, refused: acts.Refusal | None = None) -> str:
    document = services().reviewing.get_document(document_id, by=actor())
    desk = desk_of(document, focus=request.args.get("field", SUMMARY))
    policy = services().reviewing.get_policy(by=actor())
    names = {one.name: one.display_name for one in services().reviewing.list_people(by=actor())}
    return render_template(
        "approval.html",
        desk=desk,
        document=document,
        names=names,
        statement=services().approving.get_statement(document_id, by=actor()),
        separate=policy.separate_duties,
        reviewed_myself=actor().name in document.reviewers,
        may_approve=has_role(Role.APPROVER),
        now=datetime.now(UTC),
        refused=refused,
        ticked=request.form.getlist("fields") if refused else (),
    )


@approvals.post("/documents/<int:document_id>/approval")
def approve(document_id: int) -> Response:
    services().approving.approve(
        document_id, by=actor(), revision=forms.revision(), statement=request.form.get("statement")
    )
    say(f"Document {document_id} is approved and on its way.")
    return redirect(next_to_approve(document_id))


@approvals.post("/documents/<int:document_id>/return")
def send_back(document_id: int) -> Response:
    try:
        why = forms.text("why", "Write what should be looked at again.")
        fields = tuple(request.form.getlist("fields"))
        services().approving.send_back(document_id, why, by=actor(), revision=forms.revision(), fields=fields)
    except (BadFormError, ReviewError) as error:
        return _refuse(document_id, "return", error)
    say(f"Document {document_id} is back in review, with your comment.")
    return redirect(url_for(".index"))


@approvals.post("/documents/<int:document_id>/revision")
def supersede(document_id: int) -> Response:
    try:
        why = forms.text("why", "Write why the approved record is opened again.")
        services().approving.supersede(document_id, why, by=actor(), revision=forms.revision())
    except (BadFormError, ReviewError) as error:
        return _refuse(document_id, "revision", error)
    say(f"Document {document_id} is open again as a new revision; the earlier signature stays on record.")
    return redirect(url_for("tasks.show", document_id=document_id))


def _refuse(document_id: int, act: str, error: PipelineError) -> Response:
    return acts.refuse(acts.refusal_of(act, error), error, lambda refusal: _page(document_id, refusal))


def next_to_approve(document_id: int) -> str:
    """Return the address of the next document that waits for a signature, the list's where none does."""
    wanted = QueueFilter(states=(DocumentState.READY,), page_size=2)
    rows = services().reviewing.list_queue(wanted, by=actor()).rows
    following = next((row.id for row in rows if row.id != document_id), None)
    return url_for(".show", document_id=following) if following is not None else url_for(".index")


def _list(state: DocumentState, template: str, *, sort: str, descending: bool) -> Response:
    page = request.args.get("page", "1")
    wanted = QueueFilter(
        states=(state,),
        search=request.args.get("search", "").strip()[:200],
        sort=sort,
        descending=descending,
        page=max(1, int(page)) if page.isdigit() and len(page) < 7 else 1,
        page_size=PAGE_SIZE,
    )
    found = services().reviewing.list_queue(wanted, by=actor())
    return make_response(render_template(template, queue=found, wanted=wanted, now=datetime.now(UTC)))
