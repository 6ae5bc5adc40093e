"""A field as its card says it: state, value, reasons, rivals, sums."""

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from pipeline.domain.extraction import DocumentLocale, Provenance
from pipeline.domain.fields import TYPE_FIELD, FieldKind
from pipeline.domain.review import SETTLED, Draft, FieldState
from pipeline.domain.routing import ReasonCode
from pipeline.services.views import DocumentView, FieldView
from review_ui.crops import NUMBER_PAD_PX, NUMBER_ROOM_PX, Crop, crop_of
from review_ui.formatting import NUMERIC, counted, format_number, format_share, sureness
from review_ui.grid import Line, drafted_rows, lines_of
from review_ui.languages import reader_language, told
from review_ui.rivals import Rival, is_persons, is_undecided, rivals_of, shown_value

SHORT_REASONS = {
    ReasonCode.LOW_CONFIDENCE: _l("the machine was unsure"),
    ReasonCode.CRITICAL: _l("always by hand"),
    ReasonCode.REQUIRED_MISSING: _l("required, and none was found"),
    ReasonCode.AMBIGUOUS: _l("can be read in two ways"),
    ReasonCode.SAMPLE: _l("quality sample"),
    ReasonCode.TYPE_DOUBTFUL: _l("type was doubtful"),
    ReasonCode.NO_TEXT: _l("no text to read"),
    ReasonCode.SAME_NUMBER: _l("the number came before"),
    ReasonCode.ATTACHED_DATA: _l("the attached data differs"),
    ReasonCode.HIDDEN_TEXT: _l("text nobody can see"),
}
TONE_WORDS = {
    "check": _l("Check"),
    "critical": _l("Critical"),
    "settled": _l("Settled"),
    "corrected": _l("Corrected"),
    "absent": _l("Absent"),
    "wrong": _l("Wrong"),
    "accepted": _l("Accepted"),
}
_FROM_CHECKS = frozenset({ReasonCode.CHECK_FAILED, ReasonCode.NOW_FAILS})
_SPEAKS_AGAINST_NOTHING = frozenset({ReasonCode.REQUIRED_MISSING, ReasonCode.NO_TEXT})
_COUNTED = re.compile(r"(.+)( \(\d+\))")
_SELF_EVIDENT = frozenset({ReasonCode.LOW_CONFIDENCE, ReasonCode.CRITICAL, ReasonCode.SAMPLE})
"""Reasons that icon and confidence tell already: in a list the value says more."""


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
    is_undecided: bool = False
    """The print can be read in several ways and nobody has chosen yet: `shown` is the print, each way is a rival."""
    is_textless: bool = False
    """The type of a document of which no page holds text: a person reads it, and types its values in."""
    is_persons: bool = False
    """The value in force was put there by a person: the machine's confidence says nothing about it."""
    draft: Draft | None = None
    """What this person typed here before and has not saved."""
    locale: DocumentLocale = field(default_factory=DocumentLocale)
    """How the document writes numbers: what is typed into a cell is read by it."""

    def drafted(self, entry: str) -> str:
        """Return what stood in one entry of the form when its draft was kept; "" without one."""
        texts = self.draft.entries.get(entry, ()) if self.draft is not None else ()
        return texts[0] if texts else ""

    @property
    def word(self) -> str:
        return _("No text") if self.tone == "wrong" else str(TONE_WORDS[self.tone])

    @property
    def inside(self) -> str:
        """The title inside a sentence: without its capital where a noun has none, unless it is an abbreviation."""
        if reader_language() == "de":
            return self.title
        return self.title if self.title[1:2].isupper() else self.title[:1].lower() + self.title[1:]

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
    def share(self) -> str:
        """The machine's confidence in the value shown, for a list; empty where it speaks of no such value."""
        confidence = self.view.record.confidence
        return "" if self.is_undecided or self.is_persons or not confidence else format_share(confidence)

    @property
    def because(self) -> str:
        """Why it is as it is, briefly: the reviewer's own words, else what it was shown for."""
        record = self.view.record
        if record.comment:
            return record.comment
        if not record.reasons:
            return _("opened by a person")
        telling = [one for one in record.reasons if one.code is not ReasonCode.LOW_CONFIDENCE]
        reason = (telling or record.reasons)[0]
        short = SHORT_REASONS.get(reason.code)
        return str(short) if short is not None else told(reason.message)

    @property
    def settler(self) -> str | None:
        return settler_of(self.view)

    @property
    def small_crop(self) -> Crop | None:
        """The print for a row of a table, held at its right edge like the values beside it."""
        return crop_of(
            self.provenance, numeric=True, value_px=16, pad_px=10, room_px=148, width_px=480, height_min_px=0
        )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        if not self.is_table:
            return ()
        drafted = drafted_rows(self.draft, [column.name for column in self.view.spec.columns])
        return lines_of(self.view, self.value, self.locale, drafted)

    @property
    def marked_lines(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.is_marked)

    @property
    def machine_shown(self) -> str:
        return shown_value(self.view.record.machine_value, self.view.spec)

    @property
    def hint(self) -> str:
        """The reason in one line, for a list."""
        codes = {reason.code for reason in self.view.record.reasons}
        if self.is_open and self.reasons and not codes <= _SELF_EVIDENT:
            return self.reasons[0]
        return self.shown or (_("nothing found") if self.is_open else _("not on the page"))


def card_of(document: DocumentView, view: FieldView) -> Card:
    """Return the card of one field of a document, in the reader's language."""
    language = reader_language()
    record, extraction, spec = view.record, view.extraction, view.spec
    codes = {reason.code for reason in record.reasons}
    value = None if record.state is FieldState.ABSENT else record.value
    if record.state is FieldState.OPEN and value is None:
        value = record.machine_value
    is_money = spec.kind is FieldKind.MONEY
    provenance = record.provenance or (extraction.provenance if extraction is not None else None)
    unit = (document.currency or document.locale.currency or "") if is_money else ""
    shown = shown_value(value, spec)
    textless = ReasonCode.NO_TEXT in codes and not any(page.has_text for page in document.pages)
    undecided = is_undecided(view)
    if undecided:
        shown = view.extraction.text or "" if view.extraction is not None else ""
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
        confidence="" if textless else _confidence(view),
        reasons=(_no_text(document.page_count), *_lasting(view), *_from_checks(view))
        if textless
        else _reasons(view, document.duplicates),
        sums=_sums(view),
        rivals=rivals_of(view),
        crop=_crop(view, provenance),
        objected=bool(view.findings)
        or _is_seen_before(view, document.duplicates)
        # What is settled has been weighed against the data already.
        or (record.state is FieldState.OPEN and ReasonCode.ATTACHED_DATA in codes)
        or (value is None and not codes.isdisjoint(_SPEAKS_AGAINST_NOTHING)),
        related=document.duplicates if _is_seen_before(view, document.duplicates) else (),
        is_undecided=undecided,
        is_textless=textless,
        is_persons=is_persons(view),
        draft=next((draft for draft in document.drafts if draft.field == spec.name), None),
        locale=document.locale,
    )


def _crop(view: FieldView, provenance: Provenance | None) -> Crop | None:
    if view.spec.kind not in NUMERIC:
        return crop_of(provenance, numeric=False)
    text = view.extraction.text if view.extraction is not None and view.extraction.provenance == provenance else None
    return crop_of(provenance, numeric=True, pad_px=NUMBER_PAD_PX, room_px=NUMBER_ROOM_PX, text=text or "")


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
    if is_undecided(view) and extraction is not None and extraction.text:
        return extraction.text
    if not isinstance(value, str):
        return "\n".join(str(entry) for entry in value) if view.spec.kind is FieldKind.LIST else ""
    as_read = extraction is not None and value == record.machine_value and not extraction.readings
    prints = view.spec.kind in NUMERIC or view.spec.kind is FieldKind.DATE
    if as_read and prints and extraction is not None and extraction.text:
        return extraction.text
    return value


def settler_of(view: FieldView) -> str | None:
    """Return the name of the person who settled it; the login name where the account is gone."""
    return view.settled_by_display or view.record.settled_by


def _confidence(view: FieldView) -> str:
    if is_undecided(view):
        ways = view.extraction.readings if view.extraction else ()
        return _("%(count)s ways to read it", count=len(ways))
    if is_persons(view):
        who = settler_of(view) or _("a person")
        if view.record.value is None:
            return _("taken away by %(who)s", who=who)
        return _("put here by %(who)s", who=who)
    confidence = view.record.confidence
    text = f"{sureness(confidence)}, {format_share(confidence)}"
    best = view.extraction.candidates[0] if view.extraction and view.extraction.candidates else None
    if best is not None and best.confidence >= 0.01:
        text += "; " + _("the runner-up has %(share)s", share=format_share(best.confidence))
    return text


def _reasons(view: FieldView, duplicates: tuple[int, ...]) -> tuple[str, ...]:
    """Return the sentences that hold now: a failed check speaks only for as long as it fails.

    The machine's doubt is about its own value: it says nothing of a person's, nor of a print that nobody has read yet.
    """
    said = [one for one in view.record.reasons if one.code not in _FROM_CHECKS]
    if not _is_seen_before(view, duplicates):
        said = [one for one in said if one.code is not ReasonCode.SAME_NUMBER]
    if is_undecided(view):
        said.sort(key=lambda one: one.code is not ReasonCode.AMBIGUOUS)
    if is_undecided(view) or is_persons(view):
        said = [one for one in said if one.code is not ReasonCode.LOW_CONFIDENCE]
    reasons = [_both_ways(view) if one.code is ReasonCode.AMBIGUOUS else told(one.message) for one in said]
    return tuple(dict.fromkeys((*_from_checks(view), *reasons)))


def _is_seen_before(view: FieldView, duplicates: tuple[int, ...]) -> bool:
    """Whether this field asks about a number that another document still has: no check of values can tell."""
    return bool(duplicates) and any(one.code is ReasonCode.SAME_NUMBER for one in view.record.reasons)


def _from_checks(view: FieldView) -> tuple[str, ...]:
    checks = tuple(told(one.message) for one in view.findings)
    had_checks = any(one.code in _FROM_CHECKS for one in view.record.reasons)
    if had_checks and not checks and view.record.state is FieldState.OPEN:
        return (_("The check that failed holds now, with the values in force."),)
    return checks


def _lasting(view: FieldView) -> tuple[str, ...]:
    """Return what stays true of the file whatever anybody types in."""
    return tuple(told(one.message) for one in view.record.reasons if one.code is ReasonCode.HIDDEN_TEXT)


def _no_text(pages: int) -> str:
    return counted(
        pages,
        "The page holds no text that a machine can read here, so nothing was read. It is for you to read.",
        "None of the %(count)s pages holds text that a machine can read here, so nothing was read. "
        "It is for you to read.",
    )


def _both_ways(view: FieldView) -> str:
    """Return which ways there are to read the print, in the reader's own form."""
    if view.extraction is None or len(view.extraction.readings) < 2:
        return told(next(one.message for one in view.record.reasons if one.code is ReasonCode.AMBIGUOUS))
    ways = sorted((one for one in view.extraction.readings), key=str)
    listed = f" {_('or')} ".join(shown_value(one, view.spec) for one in ways[:3])
    if is_undecided(view):
        return _("“%(text)s” is %(ways)s: choose the right one.", text=view.extraction.text, ways=listed)
    return _("“%(text)s” is %(ways)s.", text=view.extraction.text, ways=listed)


def _sums(view: FieldView) -> tuple[Sum, ...]:
    sums: list[Sum] = []
    for finding in view.findings:
        if len(finding.figures) < 3 or not all(_is_number(number) for _, number in finding.figures):
            continue
        figures = [(_label(label), format_number(number)) for label, number in finding.figures]
        sums.append(Sum(tuple(figures[:-2]), figures[-2], figures[-1]))
    return tuple(sums)


def _label(english: str) -> str:
    """Return what a figure is called, and how many make it where that is said: `Positionen (4)`."""
    counted_name = _COUNTED.fullmatch(english)
    words = told(english) if counted_name is None else told(counted_name[1]) + counted_name[2]
    return words[:1].upper() + words[1:]


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
