"""Requests into commands: what is missing or misshapen is told in one sentence."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from flask import request
from flask_babel import gettext as _
from pydantic import ValidationError

from pipeline.domain.actors import Role
from pipeline.domain.extraction import Provenance
from pipeline.domain.fields import FieldKind, FieldSpec
from pipeline.domain.review import Decision, Settlement
from pipeline.domain.value import Row
from pipeline.services.text import printable, whole_number
from pipeline.services.views import DocumentView, FieldView
from review_ui.errors import BadFormError
from review_ui.grid import CELL
from review_ui.rivals import rivals_of

HANDLING_MS_MAX = 60 * 60 * 1000
"""A client's clock is not trusted beyond an hour a field."""

DRAFTED = frozenset({"value", "comment", "provenance"})
"""What else a field's form holds that somebody typed or pointed at."""


def revision() -> int:
    return number("revision", _("Reload the page and do it again: the form did not say which revision it was made on."))


def handling_ms() -> int:
    return min(whole_number(request.form.get("handling_ms", "")) or 0, HANDLING_MS_MAX)


def page() -> int:
    """Return the page of a list that the address asks for; the first where it asks for none that there can be."""
    return max(1, whole_number(request.args.get("page", "")) or 1)


def text(name: str, missing: str | None = None, *, longest: int = 2000) -> str:
    """Return a form's text without outer blanks.

    Raises:
        BadFormError: it is empty and `missing` says what to do about it, or it is longer than `longest` characters.
    """
    found = printable(request.form.get(name, "")).strip()
    if missing is not None and not found:
        raise BadFormError(missing, name)
    if len(found) > longest:
        raise BadFormError(_("Shorten the text to %(longest)s characters.", longest=longest), name)
    return found


def documents(name: str, missing: str) -> tuple[int, ...]:
    """Return the documents that somebody named, in one field or in several, with blanks or commas between them.

    Raises:
        BadFormError: there is none, or one of them is no number of a document; `missing` says what to do.
    """
    words = " ".join(request.form.getlist(name)).replace(",", " ").split()
    found = tuple(whole_number(word.removeprefix("#")) for word in words)
    known = tuple(number for number in found if number is not None)
    if not known or len(known) < len(found):
        raise BadFormError(missing, name)
    return known


def numbers(name: str) -> list[int]:
    """Return every number that a form gives under a name."""
    return [number for text in request.form.getlist(name) if (number := whole_number(text)) is not None]


def person_id(name: str = "person") -> int:
    return number(name, _("Choose a person."))


def day(name: str, missing: str) -> datetime:
    """Return the morning (06:00 UTC) of the day that was chosen."""
    found = text(name, missing)
    try:
        return datetime.combine(date.fromisoformat(found), time(6), tzinfo=UTC)
    except ValueError:
        raise BadFormError(_("Write the day as YYYY-MM-DD."), name) from None


def roles() -> frozenset[Role]:
    try:
        return frozenset(Role(name) for name in request.form.getlist("roles"))
    except ValueError:
        raise BadFormError(_("Choose roles from the list.")) from None


def settlement(field: str, look: Callable[[], tuple[DocumentView, FieldView]]) -> Settlement:
    """Return the decision that a review form carries.

    `decision` is confirm, correct, absent, or take with `choice`, the digit of a rival.

    Args:
        field: the field's name.
        look: gives the document and the field as they stand; asked only where the form can't be read without.
    """
    asked = request.form.get("decision", "")
    common: dict[str, Any] = {
        "field": field,
        "comment": text("comment"),
        "handling_ms": handling_ms(),
    }
    if asked == "take":
        key = number("choice", _("Choose one of the numbered values."))
        rival = next((one for one in rivals_of(look()[1]) if one.key == key), None)
        if rival is None:
            raise BadFormError(_("This value is no longer among the numbered ones. Reload the page and choose again."))
        return Settlement(decision=Decision.CORRECT, value=rival.value, provenance=rival.provenance, **common)
    try:
        decision = Decision(asked)
    except ValueError:
        raise BadFormError(_("Confirm the value, correct it, or say that it is not on the page.")) from None
    if decision is not Decision.CORRECT:
        return Settlement(decision=decision, **common)
    document, view = look()
    return Settlement(decision=decision, value=typed_value(view.spec), provenance=provenance(document), **common)


def drafted() -> dict[str, list[str]]:
    """Return what stands in a field's form: what is sent beside it, such as the token, is left out."""
    names = (name for name in request.form if name in DRAFTED or name.startswith(CELL))
    return {name: request.form.getlist(name) for name in names}


def typed_value(spec: FieldSpec) -> Any:
    """Return what was typed: one string, a list's lines, or a table's rows, blank ones left out."""
    if spec.kind is FieldKind.TABLE:
        return table_rows(spec)
    typed = text("value", _("Type the value, or say that it is not on the page."), longest=20_000)
    if spec.kind is FieldKind.LIST:
        return tuple(line.strip() for line in typed.splitlines() if line.strip())
    return typed


def table_rows(spec: FieldSpec) -> tuple[Row, ...]:
    """Return the rows of a grid: one list of cells for each column, all equally long."""
    columns = {column.name: request.form.getlist(f"{CELL}{column.name}") for column in spec.columns}
    counts = {len(cells) for cells in columns.values()}
    if len(counts) > 1:
        raise BadFormError(_("The lines did not arrive whole. Reload the page and do it again."))
    rows: list[Row] = []
    for cells in zip(*columns.values(), strict=True):
        row: Row = {name: cell.strip() or None for name, cell in zip(columns, cells, strict=True)}
        if any(cell is not None for cell in row.values()):
            rows.append(row)
    return tuple(rows)


def provenance(document: DocumentView) -> Provenance | None:
    """Return where the reviewer pointed, None where they did not; pages that the document lacks are refused."""
    found = request.form.get("provenance", "")
    if not found:
        return None
    try:
        pointed = Provenance.model_validate(json.loads(found))
    except (ValidationError, ValueError):
        raise BadFormError(_("Point at the page again: the place did not arrive whole.")) from None
    if not 1 <= pointed.page <= max(1, document.page_count):
        raise BadFormError(_("Point at the page again: this document has no such page."))
    return pointed


def number(name: str, missing: str) -> int:
    found = whole_number(request.form.get(name, "").strip())
    if found is None:
        raise BadFormError(missing, name)
    return found
