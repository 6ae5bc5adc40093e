"""Whether everything that came in is accounted for: a day each, for auditors."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from pipeline.domain.files import FileState
from pipeline.services.completeness.certifying import CertificateView
from review_ui import forms
from review_ui.context import actor, services
from review_ui.errors import BadFormError
from review_ui.flashes import say, warn
from review_ui.words import FILE_STATE_NAMES, STATE_WORDS

PAGE_SIZE = 31
STAND_WORDS = {"waiting": _l("waiting to be read"), **{name: word for name, word in STATE_WORDS.items()}}
STANDS = ("waiting", "review", "held", "ready", "approved", "rejected", "failed", "replaced")
FILE_TAGS = {"stored": "store", "duplicate": "duplicate", "quarantined": "quarantine", "claimed": "claim"}
DOCUMENT_TAGS = {"held": "hold", "approved": "approve", "rejected": "reject", "failed": "fail"}
"""The events that bring documents there, where it is one kind of them alone."""

completeness = Blueprint("completeness", __name__, url_prefix="/audit/completeness")


class Line(NamedTuple):
    """One state of a balance, and where its figures lead."""

    name: Any
    opening: int
    came: int
    left: int
    closing: int
    events: str | None
    """The address of the events that brought them there that day."""
    now: str | None
    """The address of the list of what stands there now."""


@completeness.get("")
def index() -> Response:
    found = services().certifying.list_days(by=actor(), page=forms.page(), page_size=PAGE_SIZE)
    today = datetime.now(UTC).date()
    return make_response(
        render_template(
            "completeness.html", certificates=found, rows=_with_gaps(found.rows), today=today, now=datetime.now(UTC)
        )
    )


@completeness.post("")
def write() -> Response:
    try:
        day = date.fromisoformat(forms.text("day", _("Choose a day.")))
    except ValueError:
        raise BadFormError(_("Choose a day as YYYY-MM-DD."), "day") from None
    made = services().certifying.write(day, by=actor())
    if made.is_complete:
        say(_("The certificate is made: everything is accounted for."))
    else:
        warn(_("The certificate is made, and it says NOT COMPLETE. See what differs."))
    return redirect(url_for(".show", certificate_id=made.id))


@completeness.get("/<int:certificate_id>")
def show(certificate_id: int) -> Response:
    found = services().certifying.get(certificate_id, by=actor())
    return make_response(
        render_template(
            "certificate.html",
            certificate=found,
            files=_lines(found, "files", FILE_TAGS, FILE_STATE_NAMES),
            documents=_lines(found, "documents", STANDS, STAND_WORDS),
            now=datetime.now(UTC),
        )
    )


@completeness.get("/<int:certificate_id>/file")
def download(certificate_id: int) -> Response:
    found = services().certifying.get(certificate_id, by=actor())
    response = make_response(services().certifying.get_content(certificate_id, by=actor()))
    response.headers["Content-Type"] = "application/json"
    name = f"proofdesk-certificate-{found.day.isoformat()}-at-{found.head}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _with_gaps(rows: tuple[CertificateView, ...]) -> list[CertificateView | date]:
    """Return the certificates, and between them each day that has none."""
    found: list[CertificateView | date] = []
    for row in rows:
        gap = (found[-1].day - row.day).days if found and isinstance(found[-1], CertificateView) else 0
        found += [row.day + timedelta(days=ahead) for ahead in range(min(gap, 100) - 1, 0, -1)]
        found.append(row)
    return found


def _lines(certificate: CertificateView, ledger: str, names: Iterable[str], words: Mapping[Any, Any]) -> list[Line]:
    balance: Mapping[str, Any] = certificate.balance.get(ledger) or {}
    opening, closing = balance.get("opening") or {}, balance.get("closing") or {}
    came, left = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for step, count in (balance.get("moved") or {}).items():
        was, _separator, to = step.partition(" to ")
        came[to] = came.get(to, 0) + count
        left[was] = left.get(was, 0) + count
    first = "claimed" if ledger == "files" else "waiting"
    came[first] += balance.get("came_in") or 0
    return [
        Line(
            words.get(FileState(name) if ledger == "files" else name, name),
            opening.get(name, 0),
            came[name],
            left[name],
            closing.get(name, 0),
            _events_of(certificate.day, ledger, name) if came[name] else None,
            _list_of(ledger, name),
        )
        for name in names
    ]


def _events_of(day: date, ledger: str, name: str) -> str | None:
    act = (FILE_TAGS if ledger == "files" else DOCUMENT_TAGS).get(name)
    if act is None:
        return None
    subject = "file" if ledger == "files" else "document"
    return url_for("audit.index", tag=f"{subject}:{act}", since=day.isoformat(), until=day.isoformat())


def _list_of(ledger: str, name: str) -> str:
    """Return the address of the list of what stands there now."""
    if ledger == "files":
        return url_for("files.index", state=name)
    match name:
        case "ready":
            return url_for("approvals.index")
        case "approved":
            return url_for("approvals.approved")
        case "waiting":
            return url_for("queue.show", state=["queued", "reading"])
        case _:
            return url_for("queue.show", state=name)
