"""What other systems ask, by tokens: JSON, without cookies (docs/api.md)."""

from itertools import chain

from flask import Blueprint, Response, jsonify, make_response, request, url_for
from flask_babel import gettext as _
from pydantic import ValidationError

from pipeline.services.exports.filter import ExportFilter, ExportFormat
from review_ui import forms
from review_ui.audit import MEDIA_TYPES
from review_ui.context import actor, services
from review_ui.errors import BadFormError
from review_ui.narrative import at_day

api = Blueprint("api", __name__, url_prefix="/api/v1")


@api.post("/files")
def hand_in() -> Response:
    """Take one file, as the watched folder does."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise BadFormError(_("Send one file, as the form's part “file”."), "file")
    document_type, folder = forms.text("type") or None, forms.text("folder") or None
    received = services().intake.receive(
        sent.stream, sent.filename, by=actor(), document_type=document_type, group_folder=folder
    )
    body = {
        "file": received.file_id,
        "state": received.state.value,
        "document": received.document_id,
        "duplicate_of": received.duplicate_of,
        "reason": received.reason,
    }
    if received.document_id is not None:
        body["url"] = url_for(".show", document_id=received.document_id)
    return make_response(jsonify(body), 201)


@api.get("/documents/<int:document_id>")
def show(document_id: int) -> Response:
    """Tell how far a document is, and its values once it is signed."""
    document = services().reviewing.get_document(document_id, by=actor())
    signed = document.approvals[0] if document.state == "approved" and document.approvals else None
    values = {view.spec.name: view.record.value for view in document.fields} if signed else None
    return jsonify(
        document=document.id,
        state=document.state.value,
        revision=document.revision,
        type=document.type,
        file=document.file_id,
        sha256=document.sha256,
        received_at=document.received_at.isoformat(),
        open=document.open_count,
        approved_at=signed.at.isoformat() if signed else None,
        approved_by=signed.by_display if signed else None,
        record_sha256=signed.record_sha256 if signed else None,
        values=values,
    )


@api.get("/exports")
def export() -> Response:
    """Stream an export of the record: what is signed, and every event."""
    args = request.args
    try:
        form = ExportFormat(args.get("format", "jsonl"))
        wanted = ExportFilter(since=at_day(args.get("since", "")), until=at_day(args.get("until", ""), end=True))
    except (ValueError, ValidationError):
        raise BadFormError(_("Choose a format, and days as YYYY-MM-DD.")) from None
    pieces = services().auditing.export(form, wanted, by=actor())
    first = next(pieces, b"")
    response = Response(chain((first,), pieces))
    response.headers["Content-Type"] = MEDIA_TYPES[form]
    return response
