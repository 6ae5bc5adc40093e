from datetime import UTC, datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from pipeline.errors import LoginRefusedError, PipelineError, ProofNeededError, ReviewError
from pipeline.services.presence import Proof
from pipeline.services.text import whole_number
from pipeline.services.views import QueueFilter
from review_ui import acts, forms
from review_ui.context import actor, has_role, services
from review_ui.desk import SUMMARY, desk_of
from review_ui.errors import BadFormError
from review_ui.flashes import say, warn
from review_ui.formatting import counted
from review_ui.languages import told
from review_ui.words import DELIVERY_WORDS, SIGNED_WITH_WORDS, STATE_NAMES

PAGE_SIZE = 25

approvals = Blueprint("approvals", __name__)


@approvals.get("/approvals")
def index() -> Response:
    return make_response(_ready())


def _ready(refused: acts.Refusal | None = None) -> str:
    wanted = _wanted(DocumentState.READY, sort="due", descending=False)
    found = services().approving.list_ready(wanted, by=actor())
    return render_template(
        "approvals.html",
        queue=found.page,
        rows=found.rows,
        wanted=wanted,
        may_approve=has_role(Role.APPROVER),
        policy=services().reviewing.get_policy(by=actor()),
        now=datetime.now(UTC),
        proof=found.proof,
        refused=refused,
        ticked=request.form.getlist("document") if refused else (),
    )


@approvals.get("/approved")
def approved() -> Response:
    return _list(DocumentState.APPROVED, "approved.html", sort="changed", descending=True)


@approvals.get("/documents/<int:document_id>/approval")
def show(document_id: int) -> Response:
    return make_response(_page(document_id))


def proof() -> Proof | None:
    """Return what the form carries to show that it is the person who signs."""
    said = request.form.get("proof", "")
    return Proof(said=said, address=request.remote_addr or "") if said else None


def _page(document_id: int, refused: acts.Refusal | None = None) -> str:
    document = services().reviewing.get_document(document_id, by=actor())
    desk = desk_of(document, focus=request.args.get("field", SUMMARY))
    signing = services().approving.get_signing(document_id, by=actor())
    return render_template(
        "approval.html",
        desk=desk,
        document=document,
        signing=signing,
        reviewed_myself=actor().name in document.reviewers,
        may_approve=has_role(Role.APPROVER),
        now=datetime.now(UTC),
        refused=refused,
        state_names=STATE_NAMES,
        delivery_words=DELIVERY_WORDS,
        signed_with_words=SIGNED_WITH_WORDS,
        proof=signing.proof,
        ticked=request.form.getlist("fields") if refused else (),
    )


@approvals.post("/documents/<int:document_id>/approval")
def approve(document_id: int) -> Response:
    statement = request.form.get("statement")
    try:
        signed = services().approving.approve(
            document_id, by=actor(), revision=forms.revision(), statement=statement, proof=proof()
        )
    except (ProofNeededError, LoginRefusedError) as error:
        return _refuse(document_id, "sign", error)
    if signed.state is DocumentState.APPROVED:
        say(_("Document %(number)s is approved and on its way.", number=document_id))
    else:
        say(_("Your signature under document %(number)s is recorded. Somebody else signs second.", number=document_id))
    return redirect(next_to_approve(document_id))


@approvals.post("/approvals/signatures")
def approve_many() -> Response:
    """Sign the documents that were chosen in the list; what could not be signed is told one by one."""
    chosen = [_chosen(text) for text in request.form.getlist("document")]
    if not chosen:
        raise BadFormError(_("Choose the documents to sign first: tick them, or press x on their rows."))
    try:
        outcomes = services().approving.approve_many(chosen, by=actor(), proof=proof())
    except (ProofNeededError, LoginRefusedError) as error:
        return acts.refuse(acts.refusal_of("sign", error), error, _ready)
    approved = sum(one.state is DocumentState.APPROVED for one in outcomes)
    first = sum(one.state is DocumentState.READY for one in outcomes)
    if approved:
        say(
            counted(
                approved, "%(count)s document approved and on the way.", "%(count)s documents approved and on the way."
            )
        )
    if first:
        say(
            counted(
                first,
                "Your signature is recorded under %(count)s document. Somebody else signs second.",
                "Your signature is recorded under %(count)s documents. Somebody else signs second.",
            )
        )
    for one in outcomes:
        if one.refused is not None:
            warn(_("Document %(number)s was not signed. %(why)s", number=one.document_id, why=told(one.refused)))
    return redirect(url_for(".index"))


@approvals.post("/documents/<int:document_id>/signature")
def revoke(document_id: int) -> Response:
    try:
        services().approving.revoke(document_id, by=actor(), revision=forms.revision(), proof=proof())
    except (ProofNeededError, LoginRefusedError) as error:
        return _refuse(document_id, "revoke", error)
    say(_("Your signature under document %(number)s is taken back.", number=document_id))
    return redirect(url_for(".show", document_id=document_id))


@approvals.post("/documents/<int:document_id>/return")
def send_back(document_id: int) -> Response:
    try:
        why = forms.text("why", _("Write what should be looked at again."))
        fields = tuple(request.form.getlist("fields"))
        services().approving.send_back(document_id, why, by=actor(), revision=forms.revision(), fields=fields)
    except (BadFormError, ReviewError) as error:
        return _refuse(document_id, "return", error)
    say(_("Document %(number)s is back in review, with your comment.", number=document_id))
    return redirect(url_for(".index"))


@approvals.post("/documents/<int:document_id>/revision")
def supersede(document_id: int) -> Response:
    try:
        why = forms.text("why", _("Write why the approved record is opened again."))
        services().approving.supersede(document_id, why, by=actor(), revision=forms.revision())
    except (BadFormError, ReviewError) as error:
        return _refuse(document_id, "revision", error)
    say(
        _(
            "Document %(number)s is open again as a new revision; the earlier signature stays on record.",
            number=document_id,
        )
    )
    return redirect(url_for("tasks.show", document_id=document_id))


def _refuse(document_id: int, act: str, error: PipelineError) -> Response:
    return acts.refuse(acts.refusal_of(act, error), error, lambda refusal: _page(document_id, refusal))


def next_to_approve(document_id: int) -> str:
    """Return the address of the next document that waits for this person's signature, the list's where none does."""
    wanted = QueueFilter(states=(DocumentState.READY,), page_size=PAGE_SIZE)
    rows = services().approving.list_ready(wanted, by=actor()).rows
    following = next((one.row.id for one in rows if one.row.id != document_id and one.refused is None), None)
    return url_for(".show", document_id=following) if following is not None else url_for(".index")


def _chosen(text: str) -> tuple[int, int]:
    """Return document and revision of one tick: "12:3".

    Raises:
        BadFormError: it is neither.
    """
    first, _colon, second = text.partition(":")
    document, revision = whole_number(first), whole_number(second)
    if document is None or revision is None:
        raise BadFormError(_("The form named no document. Reload the list and choose again."))
    return document, revision


def _list(state: DocumentState, template: str, *, sort: str, descending: bool) -> Response:
    wanted = _wanted(state, sort=sort, descending=descending)
    found = services().reviewing.list_queue(wanted, by=actor())
    return make_response(render_template(template, queue=found, wanted=wanted, now=datetime.now(UTC)))


def _wanted(state: DocumentState, *, sort: str, descending: bool) -> QueueFilter:
    return QueueFilter(
        states=(state,),
        search=request.args.get("search", "").strip()[:200],
        sort=sort,
        descending=descending,
        page=forms.page(),
        page_size=PAGE_SIZE,
    )
