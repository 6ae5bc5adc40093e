"""What is drawn on a page: the focused evidence, its rivals with their keys, every other field."""

from dataclasses import dataclass

from pipeline.domain.geometry import BoundingBox
from review_ui.cards import Card
from review_ui.crops import lines_of

MARGIN = 2.0
"""Points between print and box."""


@dataclass(frozen=True)
class Mark:
    """One mark in points: kind is focus, rival or other."""

    kind: str
    tone: str
    box: BoundingBox
    field: str
    title: str
    key: int | None = None


def marks_on(cards: tuple[Card, ...], focused: Card | None, page: int) -> tuple[Mark, ...]:
    """Return the marks of one page, the focused one last so that it lies on top."""
    marks: list[Mark] = []
    for card in cards:
        if card is focused or card.provenance is None or card.provenance.page != page:
            continue
        marks += [Mark("other", card.tone, box, card.name, card.title) for box in lines_of(card.provenance.boxes)]
    if focused is None:
        return tuple(marks)
    # a settled field takes no rival: no key may stand on the page that does nothing
    for rival in () if focused.is_settled else focused.rivals:
        if rival.provenance is None or rival.provenance.page != page or rival.provenance == focused.provenance:
            continue
        boxes = lines_of(rival.provenance.boxes)
        marks += [
            Mark("rival", "ink", _grown(box), focused.name, rival.shown, rival.key if index == 0 else None)
            for index, box in enumerate(boxes)
        ]
    if focused.provenance is not None and focused.provenance.page == page:
        boxes = lines_of(focused.provenance.boxes)
        marks += [Mark("focus", focused.tone, _grown(box), focused.name, focused.title) for box in boxes]
    return tuple(marks)


def _grown(box: BoundingBox) -> BoundingBox:
    return BoundingBox(
        x0=box.x0 - MARGIN * 1.6, top=box.top - MARGIN, x1=box.x1 + MARGIN * 1.6, bottom=box.bottom + MARGIN
    )
