"""Labels that the machine doubts: it was sure on a document that it had not seen, and people said otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.domain.fields import DocumentType
from pipeline.domain.pages import Page
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.model import Held, Model
from pipeline.extraction.learned.sheet import Sheet
from pipeline.extraction.locale import infer_locale
from pipeline.extraction.rules import Rules

SURE = 0.97
LISTED_MOST = 20
"""A short list gets read; the next training lists the next."""


@dataclass(frozen=True)
class Contradiction:
    """One doubted label."""

    key: str
    field: str
    confidence: float
    said: str | None
    """What the machine said; None: that there is none."""


def find(model: Model) -> list[Contradiction]:
    """Return the doubted labels of a model that has just been trained, the surest first.

    Tables and lists are left out: of them a prediction says that it was wrong, and not what it said.
    """
    doubted = sorted(_doubted(model), key=lambda held: (-held.confidence, held.key, held.field))
    return [Contradiction(held.key, held.field, held.confidence, held.answer) for held in doubted[:LISTED_MOST]]


def value_of(one: Contradiction, pages: tuple[Page, ...], doctype: DocumentType) -> str | None:
    """Return the value that the machine said, in its canonical form; its key where it stands nowhere."""
    layout = Layout(pages)
    rules = BaselineEngine()
    sheet = Sheet.of(Rules(layout, doctype, infer_locale(layout), rules.index_of(doctype)))
    view = sheet.views.get(one.field)
    options = sheet.options[view.group] if view is not None else []
    return next((str(option.value) for option in options if option.key == one.said), one.said)


def _doubted(model: Model) -> Iterator[Held]:
    for known in model.types.values():
        for held in known.held:
            if not held.right and held.confidence >= SURE and held.field in known.fields:
                yield held
