"""What must be kept, what could go, and what went: legal holds, retention and erasure."""

from datetime import UTC, datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from pipeline.domain.actors import Role
from pipeline.domain.erasure import ErasureBasis
from pipeline.errors import LoginRefusedError, NotFoundError, ProofNeededError, ReviewError
from pipeline.services.erasure.views import ErasureOutcome
from pipeline.services.text import whole_number
from review_ui import acts, forms
from review_ui.approvals import proof
from review_ui.context import actor, has_role, services
from review_ui.errors import BadFormError
from review_ui.flashes import say, warn
from review_ui.formatting import counted
from review_ui.languages import told
from review_ui.words import BASIS_WORDS, STATE_NAMES

erasure = Blueprint("erasure", __name__, url_prefix="/audit/erasure")


@erasure.get("")
def index() -> Response:
    return make_response(_page())


@erasure.post("/requests")
def ask() -> Response:
    """Ask for a file in quarantine to be erased, or documents; one that can't be keeps none of the others back."""
    file_id = whole_number(request.form.get("file", ""))
    documents = (
        forms.documents("documents", _("Write which documents: their numbers, such as 7 12."))
        if file_id is None
        else ()
    )
    try:
        basis = ErasureBasis(request.form.get("basis", ""))
    except ValueError:
        raise BadFormError(_("Choose from the list why the documents are erased."), "basis") from None
    reference = forms.text("reference", _("Write a reference, without names: it stays for ever."), longest=40)
    why = forms.text("why", _("Say why, so that others understand."))
    if file_id is not None:
        services().erasing.request_file(file_id, basis, reference, why, by=actor())
        say(_("The file is to be erased."))
        return redirect(url_for(".index"))
    outcomes = services().erasing.request_many(documents, basis, reference, why, by=actor())
    asked = _tell_refused(outcomes)
    if asked:
        say(counted(asked, "%(count)s document is to be erased.", "%(count)s documents are to be erased."))
    return redirect(url_for(".index"))


@erasure.post("/requests/<int:erasure_id>/withdrawal")
def withdraw(erasure_id: int) -> Response:
    services().erasing.withdraw(erasure_id, by=actor())
    say(_("The request is withdrawn; nothing was erased."))
    return redirect(url_for(".index"))


@erasure.post("/execution")
def execute() -> Response:
    """Erase what was chosen: for good."""
    chosen = forms.numbers("erasures")
    if not chosen:
        raise BadFormError(_("Tick the requests to carry out first."))
    if request.form.get("final") != "yes":
        raise BadFormError(_("Tick that you know it can't be undone."), "final")
    try:
        outcomes = services().erasing.execute_many(chosen, by=actor(), proof=proof())
    except (ProofNeededError, LoginRefusedError) as error:
        return acts.refuse(acts.refusal_of("erase", error), error, _page)
    erased = _tell_refused(outcomes)
    if erased:
        say(counted(erased, "%(count)s erasure is carried out.", "%(count)s erasures are carried out."))
    return redirect(url_for(".index"))


@erasure.post("/holds")
def hold() -> Response:
    """Keep documents from being erased while a matter is open."""
    documents = forms.documents("documents", _("Write which documents: their numbers, such as 7 12."))
    matter = forms.text("matter", _("Write which matter needs them, by its number and without names."), longest=120)
    why = forms.text("why", _("Say why, so that others understand."))
    held = 0
    for document_id in documents:
        try:
            services().legal_holds.place(document_id, matter, why, by=actor())
        except (ReviewError, NotFoundError) as error:
            warn(told(str(error)))
        else:
            held += 1
    if held:
        say(counted(held, "%(count)s document is under legal hold.", "%(count)s documents are under legal hold."))
    return redirect(url_for(".index"))


@erasure.post("/holds/<int:hold_id>/release")
def release(hold_id: int) -> Response:
    services().legal_holds.release(hold_id, forms.text("why", _("Say why, so that others understand.")), by=actor())
    say(_("The hold is released."))
    return redirect(url_for(".index"))


def _tell_refused(outcomes: tuple[ErasureOutcome, ...]) -> int:
    """Tell of each document that was refused; return how many were not."""
    for one in outcomes:
        if one.refused is not None:
            warn(told(one.refused))
    return sum(one.refused is None for one in outcomes)


def _page(refused: acts.Refusal | None = None) -> str:
    found = services().erasures.overview(by=actor())
    return render_template(
        "erasure.html",
        found=found,
        bases=BASIS_WORDS,
        states=STATE_NAMES,
        types={each.name: each.title for each in services().reviewing.list_types(by=actor())},
        retention=services().policies.get_current(by=actor()).retention,
        may_erase=has_role(Role.ADMINISTRATOR),
        chosen=whole_number(request.args.get("document", "")),
        chosen_file=whole_number(request.args.get("file", "")),
        proof=found.proof,
        refused=refused,
        now=datetime.now(UTC),
    )
