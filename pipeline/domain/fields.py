from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from pipeline.domain.value import Frozen


class FieldKind(StrEnum):
    IDENTIFIER = "identifier"
    DATE = "date"
    MONEY = "money"
    CURRENCY = "currency"
    NAME = "name"
    ADDRESS = "address"
    TEXT = "text"
    PERCENTAGE = "percentage"
    QUANTITY = "quantity"
    DURATION = "duration"
    LIST = "list"
    TABLE = "table"


class Place(StrEnum):
    """Where on a document a value stands by custom, also where no label says so."""

    LETTERHEAD = "letterhead"
    """The issuer: head and foot of the page, the sender's line."""
    ADDRESSEE = "addressee"
    """Whom the document is addressed to."""
    RANGE_START = "range_start"
    RANGE_END = "range_end"
    PREAMBLE = "preamble"
    """The opening of an agreement."""
    GOVERNING_LAW = "governing_law"
    STAMP = "stamp"
    SIGNATURE = "signature"


Words = dict[str, str]
"""Language code ("en") to words in that language."""

Labels = dict[str, tuple[str, ...]]
"""Language code to the phrases that stand beside or above the value."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_ \-]{0,63}$")]


class Column(Frozen):
    """One column of a table field."""

    name: Name
    title: Words
    kind: FieldKind
    labels: Labels = {}


class FieldSpec(Frozen):
    """A named datum of a document type, and the rules for it."""

    name: Name
    title: Words
    kind: FieldKind
    labels: Labels = {}
    not_labels: tuple[str, ...] = ()
    """Phrases that look like a label of this field and are not."""
    place: Place | None = None
    falls_back_to: str | None = None
    """The field whose value holds where this one prints nothing of its own: the amount due is the gross total."""
    required: bool = False
    critical: bool = False
    """Always shown to a person, however sure the machine is."""
    error_target: float = Field(default=0.01, gt=0, lt=1)
    """The share of wrong values among accepted ones that is tolerated; later thresholds are derived from it."""
    threshold: float = Field(default=0.97, ge=0, le=1)
    """Starting threshold: a confidence below it is an exception until reviewed documents support a derived one."""
    normaliser: str | None = None
    """Name in `pipeline.normalise`; None takes the kind's own."""
    checks: tuple[str, ...] = ()
    """Checks within the value, by name: iban, vat, and so on."""
    columns: tuple[Column, ...] = ()
    """For tables only."""
    item_kind: FieldKind | None = None
    """For lists only: the kind of each entry."""

    def title_in(self, language: str) -> str:
        return self.title.get(language) or self.title.get("en") or self.name


class SumCheck(Frozen):
    """The parts add up to the total, within the tolerance (in the document's currency)."""

    kind: Literal["sum"] = "sum"
    parts: tuple[str, ...]
    total: str
    tolerance: str = "0.01"


class OrderCheck(Frozen):
    """One date is not before the other."""

    kind: Literal["order"] = "order"
    earlier: str
    later: str


class TableSumCheck(Frozen):
    """A table's column adds up to one of the totals."""

    kind: Literal["table_sum"] = "table_sum"
    table: str
    column: str
    totals: tuple[str, ...]
    tolerance: str = "0.02"


class RowProductCheck(Frozen):
    """In each row, factor times factor, less the row's discount, is the product."""

    kind: Literal["row_product"] = "row_product"
    table: str
    factors: tuple[str, str]
    product: str
    discount: str | None = None
    """The column with a row's discount or charge: "10 %", or an amount; None where rows have none."""
    tolerance: str = "0.01"


Check = Annotated[SumCheck | OrderCheck | TableSumCheck | RowProductCheck, Field(discriminator="kind")]


class Summary(Frozen):
    """Which fields stand for the document in lists: all optional."""

    number: str | None = None
    party: str | None = None
    amount: str | None = None
    currency: str | None = None
    date: str | None = None


class DocumentType(Frozen):
    """The schema a document is read against: data, not code."""

    name: Name
    version: int = 1
    title: Words
    enabled: bool = True
    variant_of: str | None = None
    """For variants: the type whose definition they share."""
    words: Labels = {}
    """Words that speak for this type, most telling first: how a document's type is found out."""
    fields: tuple[FieldSpec, ...]
    checks: tuple[Check, ...] = ()
    summary: Summary = Summary()

    def field(self, name: str) -> FieldSpec:
        """Return the field spec called `name`.

        Raises:
            KeyError: this type has no such field.
        """
        for spec in self.fields:
            if spec.name == name:
                return spec
        raise KeyError(name)

    def has_field(self, name: str) -> bool:
        return any(spec.name == name for spec in self.fields)

    def title_in(self, language: str) -> str:
        return self.title.get(language) or self.title.get("en") or self.name


TYPE_FIELD = "document_type"
"""The pseudo field under which a document's type is settled."""
