"""A reviewed document: its pages, its type, and the values that people settled."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.domain.extraction import Provenance
from pipeline.domain.pages import Page
from pipeline.domain.value import Value


@dataclass(frozen=True, slots=True)
class Example:
    """What one reviewed document teaches. Fields that nobody settled are not in `values`, and teach nothing."""

    key: str
    """Tells documents apart, and orders them: training is the same for the same keys."""
    pages: tuple[Page, ...]
    type: str
    values: Mapping[str, Value | None]
    """Canonical, by field; None: a person found that the document has none."""
    places: Mapping[str, Provenance] = field(default_factory=dict[str, Provenance])
    """Where a person pointed, for fields where one did."""
    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    """For fields drawn as samples: how many fields each stands for."""
    group: str | None = None
    """Documents of one issuer or template, to be kept in one fold; None: kept apart from no other."""
