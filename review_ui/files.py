from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import FileStorage

from pipeline.domain.actors import Role
from pipeline.domain.fields import DocumentType
from pipeline.domain.files import FileState
from pipeline.errors import DocumentError
from pipeline.services.views import ReceivedFile
from review_ui import forms
from review_ui.context import actor, has_role, services, settings
from review_ui.errors import BadFormError, status_of, wants_json
from review_ui.flashes import say, warn
from review_ui.languages import told
from review_ui.naming import file_name, visible
from review_ui.words import FILE_STATE_WORDS, STATE_WORDS

PAGE_SIZE = 50

files = Blueprint("files", __name__, url_prefix="/files")


@files.get("")
def index() -> Response:
    name = request.args.get("state", "")
    state = FileState(name) if name in set(FileState) else None
    search = request.args.get("search", "").strip()[:200]
    found = services().files.list_files(
        by=actor(),
        state=state,
        search=search,
        page=forms.page(),
        page_size=PAGE_SIZE,
    )
    return make_response(
        render_template(
            "files.html",
            files=found,
            state=state,
            search=search,
            state_words=FILE_STATE_WORDS,
            document_words=STATE_WORDS,
            may_erase=has_role(Role.ADMINISTRATOR),
            may_upload=has_role(Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR),
            types=[one for one in services().reviewing.list_types(by=actor()) if may_name(one)],
            type_found_out=may_name(None),
            folders=group_folders(),
            drop_path=settings().drop_path,
            upload_bytes_max=settings().upload_bytes_max,
            now=datetime.now(UTC),
        )
    )


@files.post("")
def upload() -> Response:
    """Take files through the same door as the watched folder; each has its own answer, in words."""
    sent = [one for one in request.files.getlist("files") if one.filename]
    if not sent:
        raise BadFormError(_("Choose at least one PDF or image."))
    document_type = forms.text("type") or None
    if wants_json():
        if len(sent) != 1:
            raise BadFormError(_("Send one file at a time."))
        try:
            received = _receive(sent[0], document_type)
        except DocumentError as error:
            sentence = told(str(error))
            body = {"name": visible(sent[0].filename), "state": "quarantined", "sentence": sentence, "document": None}
            return make_response(jsonify(body), status_of(error))
        return make_response(jsonify(_as_json(received)), 201)
    for one in sent:
        try:
            received = _receive(one, document_type)
        except DocumentError as error:
            warn(Markup("{}: {}").format(file_name(one.filename), told(str(error))))
            continue
        tell = say if received.state is FileState.STORED else warn
        tell(
            Markup("{}: {}{}").format(file_name(received.name), sentence_of(received), _link_to(document_of(received)))
        )
    return redirect(url_for(".index"))


def sentence_of(received: ReceivedFile) -> str:
    match received.state:
        case FileState.STORED:
            return _("taken; it is read next.")
        case FileState.DUPLICATE:
            if received.duplicate_of is None:
                return _("the same bytes as a file that came before; nothing was done twice.")
            return told(received.reason) or _(
                "the same bytes as file %(number)s; nothing was done twice.", number=received.duplicate_of
            )
        case FileState.QUARANTINED:
            return told(received.reason) or _("could not be taken; see the list below.")
        case FileState.CLAIMED:
            return _("being taken in.")


def document_of(received: ReceivedFile) -> int | None:
    """Return the document that the file became; for a duplicate the one that the first file became."""
    if received.duplicate_of is None:
        return received.document_id  # none for a duplicate whose first file the person may not see
    return services().files.find_document(received.duplicate_of, by=actor())


def _link_to(document_id: int | None) -> Markup:
    if document_id is None:
        return Markup()
    return Markup(' <a href="{}">{}</a>').format(
        url_for("tasks.show", document_id=document_id), _("Open document %(number)s", number=document_id)
    )


def may_name(doctype: DocumentType | None) -> bool:
    """Say whether the person's groups let them hand in files of this type; None: of one that is found out."""
    allowances = actor().sight.allowances
    if allowances is None:
        return True
    named = {doctype.name, doctype.variant_of} if doctype is not None else set[str | None]()
    return any(not one.types or one.types & named for one in allowances)


def group_folders() -> list[str]:
    """Return the folders that the person may file under, "" for none; empty where nobody has to choose."""
    allowances = actor().sight.allowances or ()
    listed = sorted({folder for one in allowances for folder in one.folders})
    return listed and [*([""] if any(not one.folders for one in allowances) else []), *listed]


def _receive(sent: FileStorage, document_type: str | None) -> ReceivedFile:
    folder = forms.text("folder") or None
    return services().intake.receive(
        sent.stream, sent.filename, by=actor(), document_type=document_type, group_folder=folder
    )


def _as_json(received: ReceivedFile) -> dict[str, str | int | None]:
    document_id = document_of(received)
    return {
        "name": visible(received.name),
        "state": received.state.value,
        "sentence": sentence_of(received),
        "document": None if document_id is None else url_for("tasks.show", document_id=document_id),
        "document_id": document_id,
    }
