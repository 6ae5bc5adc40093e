"""A document as the review page lays it out: what is open, what comes, what is done."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from pipeline.domain.documents import DocumentState
from pipeline.domain.review import FieldState
from pipeline.services.views import DocumentView, PageView
from review_ui.alterations import Alteration, alterations_of
from review_ui.cards import Card, card_of
from review_ui.difference import Piece, compare
from review_ui.formatting import counted
from review_ui.marks import Mark, marks_on
from review_ui.words import title_in_language

SUMMARY = "summary"
"""In place of a field's name: the page to hand on."""


@dataclass(frozen=True)
class Change:
    """A correction for comparing: the machine's reading and the person's, in pieces."""

    card: Card
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    confidence: float
    altered: tuple[Alteration, ...] = ()
    """Of a table: what differs, where."""


@dataclass(frozen=True)
class Desk:
    document: DocumentView
    cards: tuple[Card, ...]
    focused: Card | None
    """None: the summary is shown."""
    may_settle: bool
    """The person holds the document, and it is in review."""

    @property
    def exceptions(self) -> tuple[Card, ...]:
        return tuple(card for card in self.cards if card.is_exception)

    @property
    def open(self) -> tuple[Card, ...]:
        return tuple(card for card in self.cards if card.is_open)

    @property
    def upcoming(self) -> tuple[Card, ...]:
        return tuple(card for card in self.open if card is not self.focused)

    @property
    def settled(self) -> tuple[Card, ...]:
        return tuple(card for card in self.cards if card.is_settled)

    @property
    def accepted(self) -> tuple[Card, ...]:
        return tuple(card for card in self.cards if card.view.record.state is FieldState.ACCEPTED)

    @property
    def changes(self) -> tuple[Change, ...]:
        changed = (FieldState.CORRECTED, FieldState.ABSENT)
        cards = (card for card in self.cards if card.view.record.state in changed)
        return tuple(change_of(card) for card in cards if card.view.record.machine_value is not None or card.value)

    def steps_of(self, person: str) -> tuple[Card, ...]:
        """Return what one person settled, in the order in which they did: undo goes back through it."""
        theirs = (card for card in self.settled if card.view.record.settled_by == person)
        return tuple(sorted(theirs, key=lambda card: card.view.record.settled_at or self.document.received_at))

    @property
    def confirmed(self) -> tuple[Card, ...]:
        changed = {change.card.name for change in self.changes}
        return tuple(card for card in self.settled if card.name not in changed)

    @property
    def title(self) -> str:
        kind = title_in_language(self.document.type_title) or self.document.type or _("Document")
        return f"{kind} {self.document.number or f'#{self.document.id}'}"

    @property
    def progress(self) -> str:
        left, whole = len(self.open), len(self.exceptions)
        if whole == 0:
            return _("No exceptions")
        if left == 0:
            return counted(
                whole, "Nothing left: %(count)s exception settled", "Nothing left: %(count)s exceptions settled"
            )
        return ngettext("%(left)s of %(num)s exception left", "%(left)s of %(num)s exceptions left", whole, left=left)

    @property
    def threshold_note(self) -> str:
        """Which thresholds are the types' own, not yet derived from reviewed documents; empty where none is."""
        asked = [card for card in self.cards if card.view.record.threshold > 0]
        chosen = [card for card in asked if card.view.record.threshold_kind == "policy"]
        starting = [card for card in asked if card.view.record.threshold_kind == "starting"]
        if not starting:
            return ""
        missing = sorted(card.view.missing for card in starting if card.view.missing)
        why = _("too few documents are reviewed yet to derive better ones")
        if missing:
            more = (
                f"{missing[0]}"
                if missing[0] == missing[-1]
                else _("%(few)s to %(many)s", few=missing[0], many=missing[-1])
            )
            why += ": " + _("about %(more)s more of this type are needed, field by field", more=more)
        if len(starting) == len(asked):
            return _("Starting thresholds are in force: %(why)s.", why=why)
        words = [
            ngettext(
                "%(few)s of %(num)s threshold are starting ones: %(why)s.",
                "%(few)s of %(num)s thresholds are starting ones: %(why)s.",
                len(asked),
                few=len(starting),
                why=why,
            )
        ]
        derived = len(asked) - len(starting) - len(chosen)
        if derived:
            words.append(
                counted(
                    derived,
                    "%(count)s is derived from reviewed documents.",
                    "%(count)s are derived from reviewed documents.",
                )
            )
        if chosen:
            words.append(_("The policy sets that of %(fields)s.", fields=", ".join(card.title for card in chosen)))
        return " ".join(words)

    @property
    def following(self) -> Card | None:
        """The next open exception after the focused one, round the end."""
        return _after(self.cards, self.focused, self.upcoming)

    @property
    def preceding(self) -> Card | None:
        """The exception before the focused one, settled or not: the way back."""
        names = [card.name for card in self.exceptions]
        if self.focused is None or self.focused.name not in names:
            return self.exceptions[-1] if self.exceptions else None
        place = names.index(self.focused.name)
        return self.exceptions[place - 1] if place > 0 else None

    def marks(self, page: PageView) -> tuple[Mark, ...]:
        return marks_on(self.cards, self.focused, page.number)

    def is_marked(self, page: PageView) -> bool:
        """Whether an open exception was read on this page."""
        return any(card.provenance is not None and card.provenance.page == page.number for card in self.open)


def desk_of(document: DocumentView, *, focus: str | None = None, after: str | None = None) -> Desk:
    """Return the desk for a document.

    Args:
        document: as the service gives it.
        focus: the field to open, or `summary`; None opens the next open exception.
        after: the field that was settled just now: the one to go on from.
    """
    cards = tuple(card_of(document, view) for view in document.fields)
    still_open = tuple(card for card in cards if card.is_open)
    named = next((card for card in cards if card.name == focus), None)
    if named is None and focus != SUMMARY:
        last = next((card for card in cards if card.name == after), None)
        named = _after(cards, last, still_open) if last is not None else next(iter(still_open), None)
    is_mine = document.claim is not None and document.claim.is_mine
    return Desk(document, cards, named, is_mine and document.state is DocumentState.REVIEW)


def change_of(card: Card) -> Change:
    before, after = compare(card.machine_shown, card.shown)
    altered = alterations_of(card.view.spec, card.view.record.machine_value, card.value) if card.is_table else ()
    return Change(card, before, after, card.view.record.confidence, altered)


def _after(cards: tuple[Card, ...], last: Card | None, candidates: tuple[Card, ...]) -> Card | None:
    if last is None or last.name not in [card.name for card in cards]:
        return next(iter(candidates), None)
    order = [card.name for card in cards]
    place = order.index(last.name)
    later = [card for card in candidates if order.index(card.name) > place]
    return next(iter(later), next(iter(candidates), None))
