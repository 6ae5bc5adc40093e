from typing import Literal

from pydantic import Field

from pipeline.domain.geometry import BoundingBox
from pipeline.domain.value import Frozen, Value

Confidence = Field(ge=0, le=1)


class Provenance(Frozen):
    """Where a value was read: one page, one box for each printed piece."""

    page: int
    boxes: tuple[BoundingBox, ...]
    reader: str = ""


class Candidate(Frozen):
    """A value that was considered: the winner's rivals are shown to the reviewer."""

    text: str
    value: Value
    confidence: float = Confidence
    provenance: Provenance | None = None
    label: str = ""
    """What stands beside it on the page, in the page's words: net total, remittance slip."""


class Cell(Frozen):
    """One cell of a line item."""

    text: str
    value: str | None
    confidence: float = Confidence
    provenance: Provenance | None = None


class LineItem(Frozen):
    """One row of a table field: column name to cell; a missing cell was not found."""

    cells: dict[str, Cell]


class FieldExtraction(Frozen):
    """What the machine read for one field: `value` None means that it found none."""

    name: str
    text: str | None = None
    value: Value | None = None
    score: float = 0.0
    """The extractor's raw output, any scale."""
    confidence: float = Field(default=0.0, ge=0, le=1)
    """The probability that this answer, "none" included, is right."""
    provenance: Provenance | None = None
    candidates: tuple[Candidate, ...] = ()
    """Runners-up, most likely first."""
    readings: tuple[Value, ...] = ()
    """All ways the printed text can be read, where more than one: 12/03/2024."""
    evidence: tuple[str, ...] = ()
    """Why this value, in words."""
    entries: tuple[Candidate, ...] = ()
    """For lists: each entry as `value` has it, where it stands, and how sure it is; `confidence` is of the whole."""
    rows: tuple[LineItem, ...] = ()
    """For tables; `value` then holds the rows' canonical values."""


class DocumentLocale(Frozen):
    """How this document writes numbers and dates, inferred from all of them; None where nothing says."""

    decimal: Literal[".", ","] | None = None
    day_first: bool | None = None
    currency: str | None = None
    language: str | None = None


class TypeGuess(Frozen):
    """Which type a document seems to have; `name` None means none of the known ones."""

    name: str | None
    confidence: float = Confidence
    candidates: tuple[tuple[str, float], ...] = ()
    """Other types with their confidence, most likely first."""
    evidence: tuple[str, ...] = ()


class Extraction(Frozen):
    """One versioned run of the engine over a document."""

    type: TypeGuess
    fields: tuple[FieldExtraction, ...] = ()
    locale: DocumentLocale = DocumentLocale()
    engine: str
    """Name and version of the engine and of what it knows."""
    reader: str = ""
    page_count: int = 0
    pages_without_text: tuple[int, ...] = ()

    def find_field(self, name: str) -> FieldExtraction | None:
        return next((field for field in self.fields if field.name == name), None)
