"""A field as its card says it: state, value, reasons, rivals, sums."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pipeline.domain.extraction import Provenance
from pipeline.domain.fields import TYPE_FIELD, FieldKind, FieldSpec
from pipeline.domain.review import SETTLED, FieldState
from pipeline.domain.routing import ReasonCode
from pipeline.services.views import DocumentView, FieldView
from review_ui.crops import NUMBER_PAD_PX, NUMBER_ROOM_PX, Crop, crop_of
from review_ui.formatting import NUMERIC, format_number, format_share, format_value, sureness

RIVALS_MAX = 9
"""One digit key each."""

SHORT_REASONS = {
    ReasonCode.LOW_CONFIDENCE: "the machine was unsure",
    ReasonCode.CRITICAL: "always by hand",
    ReasonCode.REQUIRED_MISSING: "required, and none was found",
    ReasonCode.AMBIGUOUS: "can be read in two ways",
    ReasonCode.SAMPLE: "quality sample",
    ReasonCode.TYPE_DOUBTFUL: "type was doubtful",
    ReasonCode.NO_TEXT: "no text to read",
    ReasonCode.SAME_NUMBER: "the number came before",
}
TONE_WORDS = {
    "check": "Check",
    "critical": "Critical",
    "settled": "Settled",
    "corrected": "Corrected",
    "absent": "Absent",
    "wrong": "Wrong",
    "accepted": "Accepted",
}
_FROM_CHECKS = frozenset({ReasonCode.CHECK_FAILED, ReasonCode.NOW_FAILS, ReasonCode.SAME_NUMBER})
_SPEAKS_AGAINST_NOTHING = frozenset({ReasonCode.REQUIRED_MISSING, ReasonCode.NO_TEXT})
_SELF_EVIDENT = frozenset({ReasonCode.LOW_CONFIDENCE, ReasonCode.CRITICAL, ReasonCode.SAMPLE})
"""Reasons that icon and confidence tell already: in a list the value says more."""


@dataclass(frozen=True)
class Rival:
    """Another value that can be taken: its key is the digit beside its box on the page."""

    key: int
    value: Any
    shown: str
    note: str
    confidence: str
    provenance: Provenance | None


@dataclass(frozen=True)
class Sum:
    """A sum set as a sum: the parts, what they make, and what the page says."""

    parts: tuple[tuple[str, str], ...]
    makes: tuple[str, str]
    says: tuple[str, str]


@dataclass(frozen=True)
class Card:
    view: FieldView
    name: str
    title: str
    tone: str
    value: Any
    shown: str
    text: str
    """What editing starts from: the print where the value was read from it, else the canonical form."""
    unit: str
    confidence: str
    reasons: tuple[str, ...]
    sums: tuple[Sum, ...]
    rivals: tuple[Rival, ...]
    crop: Crop | None
    objected: bool
    """A check speaks against the value in force, or a required one is missing."""
    related: tuple[int, ...] = ()

    @property
    def word(self) -> str:
        return TONE_WORDS[self.tone]

    @property
    def is_open(self) -> bool:
        return self.view.record.state is FieldState.OPEN

    @property
    def is_settled(self) -> bool:
        return self.view.record.state in SETTLED

    @property
    def is_exception(self) -> bool:
        """Shown to a person for a reason, settled meanwhile or not."""
        return self.is_open or (self.is_settled and bool(self.view.record.reasons))

    @property
    def is_type(self) -> bool:
        return self.name == TYPE_FIELD

    @property
    def is_table(self) -> bool:
        return self.view.spec.kind is FieldKind.TABLE

    @property
    def is_list(self) -> bool:
        return self.view.spec.kind is FieldKind.LIST

    @property
    def is_numeric(self) -> bool:
        return self.view.spec.kind in NUMERIC

    @property
    def provenance(self) -> Provenance | None:
        record, extraction = self.view.record, self.view.extraction
        return record.provenance or (extraction.provenance if extraction is not None else None)

    @property
    def because(self) -> str:
        """Why it is as it is, briefly: the reviewer's own words, else what it was shown for."""
        record = self.view.record
        if record.comment:
            return record.comment
        if not record.reasons:
            return "opened by a person"
        telling = [one for one in record.reasons if one.code is not ReasonCode.LOW_CONFIDENCE]
        reason = (telling or record.reasons)[0]
        return SHORT_REASONS.get(reason.code, reason.message)

    @property
    def small_crop(self) -> Crop | None:
        """The print for a row of a table, held at its right edge like the values beside it."""
        return crop_of(
            self.provenance, numeric=True, value_px=16, pad_px=10, room_px=148, width_px=480, height_min_px=0
        )

    @property
    def machine_shown(self) -> str:
        return shown_value(self.view.record.machine_value, self.view.spec)

    @property
    def hint(self) -> str:
        """The reason in one line, for a list."""
        codes = {reason.code for reason in self.view.record.reasons}
        if self.is_open and self.reasons and not codes <= _SELF_EVIDENT:
            return self.reasons[0]
        return self.shown or ("nothing found" if self.is_open else "not on the page")


def card_of(document: DocumentView, view: FieldView, language: str = "en") -> Card:
    """Return the card of one field of a document."""
    record, extraction, spec = view.record, view.extraction, view.spec
    codes = {reason.code for reason in record.reasons}
    value = None if record.state is FieldState.ABSENT else record.value
    if record.state is FieldState.OPEN and value is None:
        value = record.machine_value
    is_money = spec.kind is FieldKind.MONEY
    provenance = record.provenance or (extraction.provenance if extraction is not None else None)
    unit = (document.currency or document.locale.currency or "") if is_money else ""
    shown = shown_value(value, spec)
    if spec.name == TYPE_FIELD:
        shown = document.type_title.get(language) or document.type_title.get("en") or (document.type or "")
    return Card(
        view=view,
        name=spec.name,
        title=spec.title_in(language),
        tone=_tone(view, value),
        value=value,
        shown=shown,
        text=_editing_text(view, value),
        unit=unit,
        confidence=_confidence(view),
        reasons=_reasons(view),
        sums=_sums(view),
        rivals=rivals_of(view),
        crop=_crop(view, provenance),
        objected=bool(view.findings) or (value is None and not codes.isdisjoint(_SPEAKS_AGAINST_NOTHING)),
        related=tuple(sorted({one.related_document for one in view.findings if one.related_document is not None})),
    )


def rivals_of(view: FieldView) -> tuple[Rival, ...]:
    """Return what else the field could be, in the order of its keys: other readings of the print, then candidates."""
    extraction, spec = view.extraction, view.spec
    if extraction is None or spec.kind is FieldKind.TABLE:
        return ()
    found: list[tuple[Any, str, str, Provenance | None]] = [
        (reading, "the same print, read the other way", "", extraction.provenance) for reading in extraction.readings
    ]
    found += [
        (one.value, one.label or one.text, format_share(one.confidence), one.provenance)
        for one in extraction.candidates
    ]
    seen = [view.record.value if view.record.value is not None else view.record.machine_value]
    rivals: list[Rival] = []
    for value, note, confidence, provenance in found:
        if value in seen or len(rivals) == RIVALS_MAX:
            continue
        seen.append(value)
        rivals.append(Rival(len(rivals) + 1, value, shown_value(value, spec), note, confidence, provenance))
    return tuple(rivals)


def _crop(view: FieldView, provenance: Provenance | None) -> Crop | None:
    if view.spec.kind not in NUMERIC:
        return crop_of(provenance, numeric=False)
    text = view.extraction.text if view.extraction is not None and view.extraction.provenance == provenance else None
    return crop_of(provenance, numeric=True, pad_px=NUMBER_PAD_PX, room_px=NUMBER_ROOM_PX, text=text or "")


def shown_value(value: Any, spec: FieldSpec) -> str:
    """Return the value in the reader's form; account numbers in fours, as they are printed."""
    if isinstance(value, str) and (spec.normaliser == "iban" or "iban" in spec.checks):
        return " ".join(value[place : place + 4] for place in range(0, len(value), 4))
    return format_value(value, spec.kind)


def _tone(view: FieldView, value: Any) -> str:
    record = view.record
    match record.state:
        case FieldState.CONFIRMED:
            return "settled"
        case FieldState.CORRECTED:
            return "corrected"
        case FieldState.ABSENT:
            return "absent"
        case FieldState.ACCEPTED:
            return "accepted"
        case FieldState.OPEN:
            codes = {reason.code for reason in record.reasons}
            if ReasonCode.CRITICAL in codes:
                return "critical"
            if ReasonCode.NO_TEXT in codes:
                return "wrong"
            return "absent" if value is None and view.spec.name != TYPE_FIELD else "check"


def _editing_text(view: FieldView, value: Any) -> str:
    """Return the print where the value stands as the machine read it.

    In the print's own form digits stay under digits, and it is read by the document's own decimal sign; a text shown
    in the reader's form would be read as something else.
    """
    record, extraction = view.record, view.extraction
    if value is None:
        return ""
    if not isinstance(value, str):
        return "\n".join(str(entry) for entry in value) if view.spec.kind is FieldKind.LIST else ""
    as_read = extraction is not None and value == record.machine_value and not extraction.readings
    prints = view.spec.kind in NUMERIC or view.spec.kind is FieldKind.DATE
    if as_read and prints and extraction is not None and extraction.text:
        return extraction.text
    return value


def _confidence(view: FieldView) -> str:
    confidence = view.record.confidence
    text = f"{sureness(confidence)}, {format_share(confidence)}"
    best = view.extraction.candidates[0] if view.extraction and view.extraction.candidates else None
    if best is not None and best.confidence >= 0.01:
        text += f"; the runner-up has {format_share(best.confidence)}"
    return text


def _reasons(view: FieldView) -> tuple[str, ...]:
    """Return the sentences that hold now: a failed check speaks only for as long as it fails."""
    reasons = [one.message for one in view.record.reasons if one.code not in _FROM_CHECKS]
    checks = [one.message for one in view.findings]
    had_checks = any(one.code in _FROM_CHECKS for one in view.record.reasons)
    if had_checks and not checks and view.record.state is FieldState.OPEN:
        checks = ["The check that failed holds now, with the values in force."]
    return tuple(dict.fromkeys(checks + reasons))


def _sums(view: FieldView) -> tuple[Sum, ...]:
    sums: list[Sum] = []
    for finding in view.findings:
        if len(finding.figures) < 3 or not all(_is_number(number) for _, number in finding.figures):
            continue
        figures = [(label[:1].upper() + label[1:], format_number(number)) for label, number in finding.figures]
        sums.append(Sum(tuple(figures[:-2]), figures[-2], figures[-1]))
    return tuple(sums)


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
