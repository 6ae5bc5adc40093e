"""The review page and every act on one document, as nouns."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.fields import TYPE_FIELD
from pipeline.domain.review import Decision, FieldState, Settlement
from pipeline.errors import InvalidCorrectionError, NotFoundError, PipelineError, ReviewError, StaleTaskError
from pipeline.services.views import DocumentView, FieldView
from review_ui import acts, forms
from review_ui.cards import Card
from review_ui.context import actor, has_role, services
from review_ui.desk import SUMMARY, Desk, desk_of
from review_ui.errors import BadFormError, status_of, wants_json
from review_ui.fingerprint import fingerprint_of
from review_ui.flashes import say
from review_ui.formatting import format_value
from review_ui.grid import CELL, written
from review_ui.languages import gettext_noop, told
from review_ui.queue import take_document
from review_ui.rivals import shown_value
from review_ui.session import safe_path

REASONS_TO_REJECT = (
    gettext_noop("Not a document for us"),
    gettext_noop("Cannot be read"),
    gettext_noop("Pages are missing"),
    gettext_noop("Already handled elsewhere"),
    gettext_noop("Returned to the sender"),
)

HEADER = "header-"
"""How the fields begin in which a person names what stands above a table's columns."""

tasks = Blueprint("tasks", __name__, url_prefix="/documents/<int:document_id>")


@tasks.get("")
def show(document_id: int) -> Response:
    document = services().reviewing.get_document(document_id, by=actor())
    desk = desk_of(document, focus=request.args.get("field"), after=request.args.get("after"))
    named = {key.removeprefix(HEADER): text[:200] for key, text in request.args.items() if key.startswith(HEADER)}
    if named and desk.may_settle and desk.focused is not None and desk.focused.is_table:
        return under_header(desk.focused, document, named)
    if wants_json():
        return answer(desk)
    return make_response(render_desk(desk))


def under_header(card: Card, document: DocumentView, named: dict[str, str]) -> Response:
    """Show the lines that stand under a header as a person named it, for them to check and save."""
    try:
        rows = services().marking.read_lines(document.id, card.name, named, by=actor())
    except InvalidCorrectionError as error:
        page = render_desk(desk_of(document, focus=card.name), problem=told(str(error)), named=named)
        return make_response(page, status_of(error))
    read = replace(card, value=rows, shown=shown_value(rows, card.view.spec))
    desk = desk_of(document, focus=card.name)
    cards = tuple(read if one.name == card.name else one for one in desk.cards)
    return make_response(render_desk(replace(desk, cards=cards, focused=read), named=named, is_read_anew=True))


@tasks.post("/claim")
def claim(document_id: int) -> Response:
    document = services().reviewing.claim(document_id, by=actor())
    return answer(desk_of(document), request.form.get("field"))


@tasks.post("/claim/renewal")
def renew(document_id: int) -> Response:
    until = services().reviewing.renew(document_id, by=actor())
    if wants_json():
        return jsonify(lease_until=until.isoformat())
    return redirect(url_for(".show", document_id=document_id))


@tasks.post("/claim/release")
def release(document_id: int) -> Response:
    services().reviewing.release(document_id, by=actor())
    say(_("Left as it stands: everything you settled is kept, and anyone may go on with it."))
    return leave(url_for("queue.show"))


@tasks.post("/fields/<field>/settlement")
def settle(document_id: int, field: str) -> Response:
    revision = forms.revision()

    def look() -> tuple[DocumentView, FieldView]:
        document = services().reviewing.get_document(document_id, by=actor())
        if revision != document.revision:
            sentence = _("Document %(id)s was changed meanwhile. Nothing was overwritten: compare, then decide again.")
            raise StaleTaskError(sentence % {"id": document_id})
        return document, field_of(document, field)

    try:
        # a plain decision is read without the document, which the service looks at in any case
        settlement = forms.settlement(field, look)
        document = services().reviewing.settle(document_id, settlement, by=actor(), revision=revision)
    except (StaleTaskError, InvalidCorrectionError, BadFormError) as error:
        return refuse(document_id, field, error)
    return answer(desk_of(document, after=field), foot=False)


@tasks.post("/fields/<field>/reopening")
def reopen(document_id: int, field: str) -> Response:
    document = services().reviewing.reopen(document_id, field, by=actor(), revision=forms.revision())
    return answer(desk_of(document, focus=field), field, foot=False)


@tasks.post("/fields/<field>/draft")
def draft(document_id: int, field: str) -> Response:
    """Keep what is typed and not decided yet; an empty form forgets it."""
    entries = forms.drafted()
    if not any(text.strip() for texts in entries.values() for text in texts):
        services().drafting.drop(document_id, field, by=actor())
        return jsonify(at=None)
    at = services().drafting.keep(document_id, field, entries, by=actor())
    return jsonify(at=at.isoformat())


@tasks.get("/fields/<field>/reading")
def reading(document_id: int, field: str) -> Response:
    """How typed text would be read, before it is saved."""
    typed, column = request.args.get("text", ""), request.args.get("column") or None
    if not typed.strip():
        return jsonify(readings=[])
    readings = services().reviewing.read_text(document_id, field, typed[:20_000], by=actor(), column=column)
    document = services().reviewing.get_document(document_id, by=actor())
    spec = field_of(document, field).spec
    kind = next((each.kind for each in spec.columns if each.name == column), None)
    return jsonify(
        readings=[
            {
                "shown": format_value(one.value, kind) if kind else shown_value(one.value, spec),
                "note": told(one.note),
                "value": one.value,
                "written": written(one.value, kind, document.locale) if isinstance(one.value, str) else "",
            }
            for one in readings
        ]
    )


@tasks.post("/type")
def retype(document_id: int) -> Response:
    """Set the document's type: kept as read, it is confirmed; changed, the document is read again."""
    document = services().reviewing.get_document(document_id, by=actor())
    chosen, revision = forms.text("type", _("Choose a type.")), forms.revision()
    try:
        if chosen == document.type == field_of(document, TYPE_FIELD).record.machine_value:
            settlement = Settlement(field=TYPE_FIELD, decision=Decision.CONFIRM, handling_ms=forms.handling_ms())
            document = services().reviewing.settle(document_id, settlement, by=actor(), revision=revision)
        else:
            document = services().reviewing.retype(document_id, chosen, by=actor(), revision=revision)
    except StaleTaskError as error:
        return refuse(document_id, TYPE_FIELD, error)
    if document.state is DocumentState.REVIEW:
        return answer(desk_of(document, after=TYPE_FIELD))
    say(
        _(
            "Document %(document_id)s is being read again with its new type; it comes back to the queue by itself.",
            document_id=document_id,
        )
    )
    return leave(url_for("queue.show"))


@tasks.post("/validation")
def validate(document_id: int) -> Response:
    services().reviewing.validate(document_id, by=actor(), revision=forms.revision(), handling_ms=forms.handling_ms())
    say(_("Document %(document_id)s is handed on for approval.", document_id=document_id))
    if request.form.get("then") != "next":
        return leave(url_for("queue.show"))
    taken = take_document(str(document_id))
    return leave(url_for("queue.show")) if taken is None else go_on(taken)


@tasks.post("/rejection")
def reject(document_id: int) -> Response:
    try:
        why = "; ".join(part for part in (forms.text("reason"), forms.text("why")) if part)
        if not why:
            raise BadFormError(_("Choose a reason, or write one: whoever sent this will ask."), "why")
        services().reviewing.reject(document_id, why, by=actor(), revision=forms.revision())
    except (BadFormError, ReviewError) as error:
        return refuse_act(document_id, "reject", error)
    say(_("Document %(document_id)s is rejected.", document_id=document_id))
    return leave(url_for("queue.show"))


@tasks.post("/hold")
def hold(document_id: int) -> Response:
    try:
        why = forms.text("why", _("Write what this waits for."))
        until = forms.day("until", _("Choose the day on which it comes back."))
        services().reviewing.hold(document_id, why, until, by=actor(), revision=forms.revision())
    except (BadFormError, ReviewError) as error:
        # the reason was looked at above: what the services still refuse is the day
        return refuse_act(document_id, "hold", error, "until")
    say(_("Document %(document_id)s is on hold; it comes back by itself.", document_id=document_id))
    return leave(url_for("queue.show"))


@tasks.post("/resumption")
def resume(document_id: int) -> Response:
    services().reviewing.resume(document_id, by=actor(), revision=forms.revision())
    return leave(url_for(".show", document_id=document_id))


@tasks.post("/handover")
def handover(document_id: int) -> Response:
    try:
        person, comment = forms.person_id(), forms.text("comment")
        services().reviewing.handover(document_id, person, comment, by=actor(), revision=forms.revision())
    except (BadFormError, ReviewError, NotFoundError) as error:
        return refuse_act(document_id, "handover", error)
    say(_("Document %(document_id)s is handed over.", document_id=document_id))
    return leave(url_for("queue.show"))


@tasks.post("/retry")
def retry(document_id: int) -> Response:
    services().reviewing.retry(document_id, by=actor(), revision=forms.revision())
    say(_("Document %(document_id)s waits to be read again.", document_id=document_id))
    return leave(safe_path(request.form.get("back")) or url_for(".show", document_id=document_id))


def field_of(document: DocumentView, field: str) -> FieldView:
    found = next((view for view in document.fields if view.spec.name == field), None)
    if found is None:
        sentence = _("This document has no field “%(field)s”. Reload the page: its type may have changed.", field=field)
        raise NotFoundError(sentence)
    return found


def render_desk(desk: Desk, **more: Any) -> str:
    return render_template("review.html", **page_context(desk), **more)


def page_context(desk: Desk) -> dict[str, Any]:
    """Return what the page in whole is made of."""
    return panel_context(desk) | foot_context(desk) | {"steps": steps_of(desk) if desk.may_settle else []}


def panel_context(desk: Desk) -> dict[str, Any]:
    """Return what the part of the page is made of that each decision changes."""
    return {
        "desk": desk,
        "document": desk.document,
        "may_review": has_role(Role.REVIEWER),
        "types": services().reviewing.list_types(by=actor()) if desk.focused and desk.focused.is_type else (),
    }


def foot_context(desk: Desk) -> dict[str, Any]:
    """Return what the acts on the whole document are offered with."""
    others = services().reviewing.list_people_for(desk.document.id, by=actor()) if desk.may_settle else ()
    return {
        "desk": desk,
        "document": desk.document,
        "people": [one for one in others if one.id != g.login.actor.id],
        "reasons_to_reject": REASONS_TO_REJECT,
        "earliest_hold": acts.earliest_hold(datetime.now(UTC)),
    }


def steps_of(desk: Desk) -> list[dict[str, str | None]]:
    """Return what this person settled in the document, oldest first, each with what settles it the same way again."""
    decisions = {FieldState.CONFIRMED: Decision.CONFIRM, FieldState.ABSENT: Decision.ABSENT}
    return [
        {
            "field": card.name,
            "address": url_for("tasks.settle", document_id=desk.document.id, field=card.name),
            "decision": decisions.get(card.view.record.state, Decision.CORRECT),
            # a table is no single text: it can be undone, and is then edited again
            "value": None if card.is_table else card.text,
        }
        for card in desk.steps_of(actor().name)
    ]


def answer(desk: Desk, focus: str | None = None, *, foot: bool = True) -> Response:
    """Answer with the desk as it is now: in pieces for a script, as the page's new address without one."""
    if not wants_json():
        name = focus or (desk.focused.name if desk.focused else SUMMARY)
        return redirect(url_for(".show", document_id=desk.document.id, field=name))
    return jsonify(pieces(desk, foot=foot))


def pieces(desk: Desk, *, foot: bool = True) -> dict[str, Any]:
    """Return what the review page replaces in itself, and what it must remember.

    Args:
        desk: as it is now.
        foot: with the acts on the whole document, which no decision on a field changes.
    """
    document = desk.document
    return {
        **({"foot": render_template("review/foot.html", **foot_context(desk))} if foot else {}),
        "revision": document.revision,
        "state": document.state.value,
        "open": len(desk.open),
        "field": desk.focused.name if desk.focused else SUMMARY,
        "lease_until": document.claim.lease_until.isoformat() if document.claim else None,
        "marked_pages": [page.number for page in document.pages if desk.is_marked(page)],
        "panel": render_template("review/panel.html", **panel_context(desk)),
        "marks": {
            str(page.number): render_template("review/marks.html", marks=marks) if marks else ""
            for page in document.pages
            for marks in (desk.marks(page),)
        },
    }


def refuse(document_id: int, field: str, error: PipelineError) -> Response:
    """Answer a decision that could not be saved: what was typed is kept and shown beside the newer work."""
    is_stale = isinstance(error, StaleTaskError)
    document = services().reviewing.get_document(document_id, by=actor())
    entries = forms.drafted()
    if document.state is DocumentState.REVIEW and any(name.startswith(CELL) for name in entries):
        # one value is shown beside the newer work; lines stand in their grid again, as a draft
        services().drafting.keep(document_id, field, entries, by=actor())
        document = services().reviewing.get_document(document_id, by=actor())
    desk = desk_of(document, focus=field)
    typed = request.form.get("value", "")
    if wants_json():
        body: dict[str, Any] = {"error": {"code": error.code, "message": told(str(error))}, "typed": typed}
        if is_stale:
            body |= pieces(desk)
            body["conflict"] = render_template(
                "review/conflict.html", desk=desk, typed=typed, sentence=told(str(error))
            )
        return make_response(jsonify(body), status_of(error))
    page = render_desk(desk, problem=told(str(error)), typed=typed, is_stale=is_stale)
    return make_response(page, status_of(error))


def refuse_act(document_id: int, act: str, error: PipelineError, field: str | None = None) -> Response:
    """Answer an act on the whole document that was refused with the document, and the act's form as it was sent."""

    def page(refusal: acts.Refusal) -> str:
        document = services().reviewing.get_document(document_id, by=actor())
        desk = desk_of(document, focus=request.form.get("at"))
        # the form is there only for who holds the document; anybody else is told above it
        return render_desk(desk, refused=refusal, problem=None if desk.may_settle else refusal.sentence)

    return acts.refuse(acts.refusal_of(act, error, field), error, page)


def go_on(document: DocumentView) -> Response:
    """Go to another document: by redirect, or in one answer with all that the review page shows of it.

    A script that has the page already, as it would be now, is told to show it.
    """
    address = url_for(".show", document_id=document.id)
    if not wants_json():
        return redirect(address)
    if "ready" in request.form and request.form["ready"] == fingerprint_of(document):
        lease_until = document.claim.lease_until.isoformat() if document.claim else None
        return jsonify(location=address, ready=True, lease_until=lease_until, told=render_template("told.html"))
    desk = desk_of(document)
    return jsonify(
        location=address,
        title=desk.title,
        page=render_template("review/page.html", **page_context(desk)),
        told=render_template("told.html"),
    )


def leave(address: str) -> Response:
    """Go to another page: by redirect, or by telling the script where."""
    if wants_json():
        return jsonify(location=address)
    return redirect(address)
