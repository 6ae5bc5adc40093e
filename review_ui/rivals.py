"""What else a field could be: other readings of its print, other candidates, and what the machine had read."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from pipeline.domain.extraction import Provenance
from pipeline.domain.fields import FieldKind, FieldSpec
from pipeline.domain.review import FieldState
from pipeline.domain.routing import ReasonCode
from pipeline.services.views import FieldView
from review_ui.formatting import format_share, format_value

RIVALS_MAX = 9
"""One digit key each."""


@dataclass(frozen=True)
class Rival:
    """Another value that can be taken: its key is the digit beside its box on the page."""

    key: int
    value: Any
    shown: str
    note: str
    confidence: str
    provenance: Provenance | None


def is_undecided(view: FieldView) -> bool:
    """Whether the print can be read in several ways, of which no person has chosen one yet."""
    record, extraction = view.record, view.extraction
    return (
        record.state is FieldState.OPEN
        and record.settled_by is None
        and extraction is not None
        and len(extraction.readings) > 1
        and any(reason.code is ReasonCode.AMBIGUOUS for reason in record.reasons)
    )


def is_persons(view: FieldView) -> bool:
    """Whether a person put the value in force there, or took the machine's away."""
    record = view.record
    if record.state in (FieldState.CORRECTED, FieldState.ABSENT):
        return True
    return record.settled_by is not None and record.value is not None and record.value != record.machine_value


def rivals_of(view: FieldView) -> tuple[Rival, ...]:
    """Return what else the field could be, in the order of its keys: other readings of the print, then candidates.

    While nobody has chosen between the readings all of them are rivals, in an order that favours none; where a person
    put another value in force, the machine's is one.
    """
    extraction, spec, record = view.extraction, view.spec, view.record
    if extraction is None or spec.kind is FieldKind.TABLE:
        return ()
    undecided = is_undecided(view)
    readings = sorted(extraction.readings, key=str) if undecided else extraction.readings
    found: list[tuple[Any, str, str, Provenance | None]] = [
        (reading, _way(extraction.text, reading, spec), "", extraction.provenance) for reading in readings
    ]
    if is_persons(view) and record.machine_value is not None:
        found.append(
            (record.machine_value, _("as the machine read it"), format_share(record.confidence), extraction.provenance)
        )
    found += [
        (one.value, one.label or one.text, format_share(one.confidence), one.provenance)
        for one in extraction.candidates
    ]
    seen = [] if undecided else [record.value if record.value is not None else record.machine_value]
    rivals: list[Rival] = []
    for value, note, confidence, provenance in found:
        if value in seen or len(rivals) == RIVALS_MAX:
            continue
        seen.append(value)
        rivals.append(Rival(len(rivals) + 1, value, shown_value(value, spec), note, confidence, provenance))
    return tuple(rivals)


def _way(text: str | None, reading: Any, spec: FieldSpec) -> str:
    """Return how the print is read to mean this: a date's first figure as its day or its month."""
    figures = re.findall(r"\d+", text or "")
    if spec.kind is FieldKind.DATE and isinstance(reading, str) and len(figures) == 3:
        try:
            day = date.fromisoformat(reading)
        except ValueError:
            return _("one way to read the print")
        first, second = int(figures[0]), int(figures[1])
        if (first, second) == (day.day, day.month):
            return _("read with the day first")
        if (first, second) == (day.month, day.day):
            return _("read with the month first")
    return _("one way to read the print")


def shown_value(value: Any, spec: FieldSpec) -> str:
    """Return the value in the reader's form; account numbers in fours, as they are printed."""
    if isinstance(value, str) and (spec.normaliser == "iban" or "iban" in spec.checks):
        return " ".join(value[place : place + 4] for place in range(0, len(value), 4))
    return format_value(value, spec.kind)
