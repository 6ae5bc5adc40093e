"""Samples for auditors: drawn, walked through item by item, and closed with what they show."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import Any, NamedTuple

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as pgettext
from pydantic import ValidationError

from pipeline.assurance.sampling import CONFIDENCES
from pipeline.domain.extraction import Provenance
from pipeline.domain.fields import FieldKind
from pipeline.domain.sampling import ExceptionKind, SampleUnit, SampleWanted, Verdict
from pipeline.errors import ErasedError, InvalidCorrectionError
from pipeline.services.exports.filter import ExportFilter
from pipeline.services.samples.views import SamplePlan, SignedFieldView
from pipeline.services.text import whole_number
from review_ui import forms
from review_ui.audit import download, stamp
from review_ui.context import actor, services
from review_ui.crops import Crop, crop_of
from review_ui.desk import SUMMARY, desk_of
from review_ui.errors import BadFormError
from review_ui.flashes import say
from review_ui.formatting import NUMERIC, format_value
from review_ui.languages import reader_language, told
from review_ui.narrative import at_day

UNIT_WORDS = {
    SampleUnit.SIGNATURES: _l("signed records"),
    SampleUnit.ACCEPTED: _l("values that policy accepted unseen"),
}
KIND_WORDS = {
    ExceptionKind.VALUE: _l("The value is not what the document says"),
    ExceptionKind.EVIDENCE: _l("The document does not show it, or is not the right one"),
    ExceptionKind.SIGNATURE: _l("It should not have been signed, or not by this person"),
    ExceptionKind.UNAVAILABLE: _l("It can’t be examined any more"),
    ExceptionKind.OTHER: _l("Something else"),
}
FIELD_WORDS = {
    "accepted": pgettext("signed field", "accepted unseen"),
    "confirmed": pgettext("signed field", "confirmed"),
    "corrected": pgettext("signed field", "corrected"),
    "absent": pgettext("signed field", "not on the page"),
    "open": pgettext("signed field", "open"),
}
TONES = {"accepted": "accepted", "confirmed": "settled", "corrected": "corrected", "absent": "absent"}

samples = Blueprint("samples", __name__, url_prefix="/audit/samples")


class SignedLine(NamedTuple):
    """A signed field as it is shown: in the reader's form, with its print."""

    name: str
    title: str
    shown: str
    tone: str
    word: Any
    settled_by: str | None
    crop: Crop | None
    is_erased: bool


@samples.get("")
def index() -> Response:
    """The list, a form, and, where the form was filled, what would be drawn."""
    refused, plan, wanted = None, None, None
    if request.args.get("unit"):
        wanted = _wanted(request.args)
        try:
            plan = services().sampling.plan(wanted, by=actor())
        except InvalidCorrectionError as error:
            refused = told(str(error))
    return _index(plan, wanted, refused)


@samples.post("")
def draw() -> Response:
    wanted = _wanted(request.form)
    title = forms.text("title", _("Give the sample a title, so that others know what it is for."), longest=200)
    made = services().sampling.draw(wanted, title, forms.text("seed", longest=100), by=actor())
    return redirect(url_for(".show", sample_id=made))


@samples.get("/<int:sample_id>")
def show(sample_id: int) -> Response:
    found = services().sampling.get_sample(sample_id, by=actor())
    return make_response(
        render_template(
            "sample.html",
            sample=found,
            units=UNIT_WORDS,
            kinds=KIND_WORDS,
            titles=_titles(),
            type_titles=_type_titles(),
            now=datetime.now(UTC),
        )
    )


@samples.post("/<int:sample_id>/evidence")
def evidence(sample_id: int) -> Response:
    """Make evidence of the sample's documents, and of how it was drawn and closed."""
    found = services().sampling.get_sample(sample_id, by=actor())
    told_of = services().sampling.list_events(sample_id, by=actor())
    wanted = ExportFilter(documents=found.documents, events=told_of)
    pieces = services().packing.write(wanted, originals=bool(request.form.get("originals")), by=actor())
    first = next(pieces, b"")
    return download(chain((first,), pieces), "application/zip", f"proofdesk-sample-{sample_id}-{stamp()}.zip")


@samples.get("/<int:sample_id>/items/<int:position>")
def item(sample_id: int, position: int) -> Response:
    return make_response(_item(sample_id, position))


@samples.post("/<int:sample_id>/items/<int:position>/findings")
def find(sample_id: int, position: int) -> Response:
    """Record what was found; the next item that nobody has examined comes by itself."""
    said = request.form
    try:
        verdict = Verdict(said.get("verdict", ""))
        kind = ExceptionKind(said["kind"]) if said.get("kind") and verdict is Verdict.EXCEPTION else None
    except ValueError:
        raise BadFormError(_("Say whether the item agrees.")) from None
    try:
        services().sampling.add_finding(
            sample_id,
            position,
            verdict,
            kind=kind,
            field=said.get("field") or None,
            comment=forms.text("comment"),
            by=actor(),
        )
    except InvalidCorrectionError as error:
        return make_response(_item(sample_id, position, refused=told(str(error))), 422)
    found = services().sampling.get_sample(sample_id, by=actor())
    following = [one.position for one in found.items if one.verdict is None]
    ahead = next((number for number in following if number > position), found.next_position)
    if ahead is None:
        say(_("Every item is examined. Read what the sample shows, and close it."))
        return redirect(url_for(".show", sample_id=sample_id))
    return redirect(url_for(".item", sample_id=sample_id, position=ahead))


@samples.post("/<int:sample_id>/closing")
def close(sample_id: int) -> Response:
    services().sampling.close(sample_id, by=actor())
    say(_("The sample is closed, and its result is on record."))
    return redirect(url_for(".show", sample_id=sample_id))


def _index(plan: SamplePlan | None, wanted: SampleWanted | None, refused: str | None) -> Response:
    return make_response(
        render_template(
            "samples.html",
            samples=services().sampling.list_samples(by=actor()),
            types=services().reviewing.list_types(by=actor()),
            units=UNIT_WORDS,
            confidences=[(str(one), round(100 * one)) for one in CONFIDENCES],
            plan=plan,
            wanted=wanted,
            refused=refused,
            now=datetime.now(UTC),
        ),
        422 if refused else 200,
    )


def _item(sample_id: int, position: int, refused: str | None = None) -> str:
    found = services().sampling.get_item(sample_id, position, by=actor())
    sample = services().sampling.get_sample(sample_id, by=actor())
    try:
        document = services().reviewing.get_document(found.item.document_id, by=actor())
    except ErasedError:
        document = None
    kinds = _kinds(found.document_type)
    titles = _titles()
    return render_template(
        "sample_item.html",
        sample=sample,
        signed=found,
        item=found.item,
        lines=[_line(one, kinds, titles) for one in found.fields],
        document=document,
        desk=desk_of(document, focus=found.item.field or SUMMARY) if document is not None else None,
        kinds=KIND_WORDS,
        titles=titles,
        type_titles=_type_titles(),
        refused=refused,
        sent=request.form,
        now=datetime.now(UTC),
    )


def _line(field: SignedFieldView, kinds: dict[str, FieldKind], titles: dict[str, str]) -> SignedLine:
    kind = kinds.get(field.name, FieldKind.TEXT)
    provenance: Provenance | None = None
    try:
        provenance = Provenance.model_validate(field.provenance) if field.provenance else None
        shown = format_value(field.value, kind) if field.value is not None else ""
    except (ValidationError, TypeError, ValueError, AttributeError):
        shown = str(field.value or "")
    return SignedLine(
        name=field.name,
        title=titles.get(field.name) or field.name.replace("_", " ").capitalize(),
        shown=shown,
        tone=TONES.get(field.state, "dot"),
        word=FIELD_WORDS.get(field.state, field.state),
        settled_by=field.settled_by,
        crop=crop_of(provenance, numeric=kind in NUMERIC, value_px=15, pad_px=24, room_px=260, height_min_px=32),
        is_erased=field.is_erased,
    )


def _kinds(type_name: str | None) -> dict[str, FieldKind]:
    types = services().reviewing.list_types(by=actor())
    return {spec.name: spec.kind for doctype in types if doctype.name == type_name for spec in doctype.fields}


def _titles() -> dict[str, str]:
    """Return what the known types call their fields; where they differ, the first type's word."""
    found: dict[str, str] = {}
    for doctype in services().reviewing.list_types(by=actor()):
        for spec in doctype.fields:
            found.setdefault(spec.name, spec.title_in(reader_language()))
    return found


def _type_titles() -> dict[str, str]:
    return {one.name: one.title_in(reader_language()) for one in services().reviewing.list_types(by=actor())}


def _wanted(said: Any) -> SampleWanted:
    """Return what an address or a form asks for.

    Raises:
        BadFormError: it is none; the sentence says what to write.
    """
    try:
        is_stated = said.get("by_size") == "yes"
        return SampleWanted(
            unit=SampleUnit(said.get("unit", "")),
            since=at_day(said.get("since", "")),
            until=at_day(said.get("until", ""), end=True),
            document_type=said.get("type") or None,
            approver=said.get("approver", "").strip() or None,
            reviewer=said.get("reviewer", "").strip() or None,
            confidence=Decimal(said.get("confidence", "0.95")),
            tolerable=_share(said.get("tolerable", "")),
            expected=_share(said.get("expected", "")) or Decimal(0),
            size=whole_number(said.get("size", "")) if is_stated else None,
        )
    except (ValueError, ValidationError, InvalidOperation):
        raise BadFormError(_("Choose days as YYYY-MM-DD, and write shares as per cent, such as 5 or 2.5.")) from None


def _share(text: str) -> Decimal | None:
    """Return what was written as per cent; None where nothing was."""
    text = text.strip().removesuffix("%").strip().replace(",", ".")
    if not text:
        return None
    share = Decimal(text) / 100
    if not share.is_finite():
        raise ValueError(text)
    return share
