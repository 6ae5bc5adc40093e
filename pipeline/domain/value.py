from pydantic import BaseModel, ConfigDict

Row = dict[str, str | None]
"""One line of a table field: column name to canonical value."""

Value = str | tuple[str, ...] | tuple[Row, ...]
"""A normalised value in canonical form: one string, a list's strings, or a table's rows.

Dates are ISO 8601, money and quantities plain decimals with ".", identifiers without outer blanks, names and text
with single blanks. The field's kind says how to read it (`pipeline.normalise.typed`). Canonical strings, because the
same bytes are compared, hashed, signed and exported: a Decimal that prints two ways would sign two ways.
"""


class Frozen(BaseModel):
    """Base of every value: immutable, and refusing what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
