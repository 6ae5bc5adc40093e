from datetime import UTC, datetime
from itertools import chain

import structlog
from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext as _
from pydantic import ValidationError

from pipeline.domain.documents import DocumentState
from pipeline.domain.fields import TYPE_FIELD
from pipeline.errors import ConfigurationError
from pipeline.services.auditing import EventFilter
from pipeline.services.checkpointing import KeyView
from pipeline.services.exports.filter import ExportFilter, ExportFormat, ExportPart
from pipeline.services.text import whole_number
from review_ui import forms
from review_ui.context import actor, services
from review_ui.errors import BadFormError
from review_ui.languages import reader_language
from review_ui.narrative import WORDS, at_day, by_day
from review_ui.words import BASIS_WORDS, STATE_NAMES

PAGE_SIZE = 100
CHECKPOINT_BYTES_MAX = 1024 * 1024
MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

log = structlog.get_logger()

audit = Blueprint("audit", __name__, url_prefix="/audit")


@audit.get("")
def index() -> Response:
    return _index()


@audit.get("/documents/<int:document_id>")
def history(document_id: int) -> Response:
    events = services().auditing.history(document_id, by=actor())
    remains = services().erasures.get_remains(document_id, by=actor())
    erased = remains.erased_at is not None
    return make_response(
        render_template(
            "history.html",
            document=None if erased else services().reviewing.get_document(document_id, by=actor()),
            remains=remains,
            bases=BASIS_WORDS,
            now=datetime.now(UTC),
            state_name=STATE_NAMES[remains.state],
            days=by_day(events, _titles()),
            count=len(events),
        )
    )


@audit.post("/verification")
def verify() -> Response:
    """Check the whole record, against a checkpoint from outside where one is given."""
    sent = request.files.get("checkpoint")
    checkpoint = sent.stream.read(CHECKPOINT_BYTES_MAX) if sent is not None and sent.filename else None
    found = services().auditing.verify(checkpoint, by=actor())
    return _index(verified=found, verified_at=datetime.now(UTC))


@audit.post("/checkpoint")
def checkpoint() -> Response:
    content = services().checkpointing.write(by=actor())
    return download(content, "application/json", f"proofdesk-checkpoint-{stamp()}.json")


@audit.post("/export")
def export() -> Response:
    """Stream an export: it starts at once and does not grow in memory."""
    try:
        form = ExportFormat(request.form.get("format", "csv"))
        wanted = ExportFilter(
            since=at_day(forms.text("since")),
            until=at_day(forms.text("until"), end=True),
            document_type=forms.text("type") or None,
            person=forms.text("person") or None,
            states=tuple(DocumentState(name) for name in request.form.getlist("state") if name),
            parts=tuple(ExportPart(name) for name in request.form.getlist("part")) or tuple(ExportPart),
        )
    except (ValueError, ValidationError):
        raise BadFormError(_("Choose a format, and days as YYYY-MM-DD.")) from None
    pieces = services().auditing.export(form, wanted, by=actor(), bom=form is ExportFormat.CSV)
    # The first piece is made before the answer begins, so that a refusal is still a page that says why.
    first = next(pieces, b"")
    return download(chain((first,), pieces), MEDIA_TYPES[form], f"proofdesk-{stamp()}.{form.value}")


@audit.post("/evidence")
def evidence() -> Response:
    """Make evidence for a stranger; it is whole before its first byte leaves."""
    try:
        wanted = ExportFilter(
            since=at_day(forms.text("since")),
            until=at_day(forms.text("until"), end=True),
            document_type=forms.text("type") or None,
            documents=_numbers(forms.text("documents")),
            redact=tuple(name for name in request.form.getlist("redact") if name),
        )
    except (ValueError, ValidationError):
        raise BadFormError(_("Choose days as YYYY-MM-DD, and documents by their numbers, such as 7 12.")) from None
    pieces = services().packing.write(wanted, originals=bool(request.form.get("originals")), by=actor())
    first = next(pieces, b"")
    return download(chain((first,), pieces), "application/zip", f"proofdesk-evidence-{stamp()}.zip")


@audit.get("/verify.py")
def verifier() -> Response:
    return download(services().auditing.get_verifier(by=actor()), "text/x-python", "verify.py")


def _index(**more: object) -> Response:
    args = request.args
    number = args.get("document", "").strip().removeprefix("#")
    document_id = whole_number(number)
    try:
        if number and document_id is None:
            raise ValueError(number)
        wanted = EventFilter(
            since=at_day(args.get("since", "")),
            until=at_day(args.get("until", ""), end=True),
            tag=args.get("tag") or None,
            person=args.get("person") or None,
            document_id=document_id,
            search=args.get("search", "").strip()[:200],
            page=forms.page(),
            page_size=PAGE_SIZE,
        )
    except ValueError:
        raise BadFormError(_("Choose days as YYYY-MM-DD, and a document by its number.")) from None
    found = services().auditing.list_events(wanted, by=actor())
    keys, keys_problem = _keys()
    return make_response(
        render_template(
            "audit.html",
            events=found,
            days=by_day(found.rows, _titles()),
            wanted=wanted,
            words=WORDS,
            types=services().reviewing.list_types(by=actor()),
            states=STATE_NAMES,
            titles={name: title for name, title in _titles().items() if name != TYPE_FIELD},
            keys=keys,
            keys_problem=keys_problem,
            standing=services().checkpointing.standing(by=actor()),
            verified=more.get("verified"),
            verified_at=more.get("verified_at"),
        )
    )


def _keys() -> tuple[tuple[KeyView, ...], str | None]:
    """Return the signing keys, or why there are none to be had: the rest of the page needs none."""
    try:
        return services().checkpointing.list_keys(by=actor()), None
    except ConfigurationError as error:
        log.warning("audit.keys_unusable", error=str(error))
        said = _("The signing keys can't be used. Restore their folder from a backup: without it there is no evidence.")
        return (), said


def _numbers(text: str) -> tuple[int, ...]:
    """Return the documents that somebody named, with blanks or commas between, and `#` before them or not.

    Raises:
        ValueError: one of them is no number of a document.
    """
    found = tuple(whole_number(word.removeprefix("#")) for word in text.replace(",", " ").split())
    numbers = tuple(number for number in found if number is not None)
    if len(numbers) < len(found):
        raise ValueError(text)
    return numbers


def _titles() -> dict[str, str]:
    """Return what the known types call their fields; where they differ, the first type's word."""
    titles: dict[str, str] = {TYPE_FIELD: _("Document type")}
    for doctype in services().reviewing.list_types(by=actor()):
        for spec in doctype.fields:
            titles.setdefault(spec.name, spec.title_in(reader_language()))
    return titles


def download(content: object, media_type: str, name: str) -> Response:
    response = Response(content, mimetype=media_type)  # type: ignore[arg-type]
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
