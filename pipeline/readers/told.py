from dataclasses import dataclass, field
from typing import Any


@dataclass
class Told:
    """What an electronic invoice says, collected: for each field its first value, and others it gives for it."""

    document_type: str | None = None
    fields: dict[str, str] = field(default_factory=dict[str, str])
    others: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    rows: list[dict[str, str | None]] = field(default_factory=list[dict[str, str | None]])
    row_others: list[dict[str, list[str]]] = field(default_factory=list[dict[str, list[str]]])

    def add(self, name: str, value: str | None) -> None:
        """Keep a value; the first one for a field is the field's, the rest are its others."""
        if value is None:
            return
        if name not in self.fields:
            self.fields[name] = value
        elif value != self.fields[name] and value not in self.others.get(name, []):
            self.others.setdefault(name, []).append(value)

    def add_row(self, **columns: list[str | None]) -> None:
        """Keep a line: for each column its value first, and others that the line gives for it."""
        row: dict[str, str | None] = {}
        others: dict[str, list[str]] = {}
        for name, values in columns.items():
            known = list(dict.fromkeys(value for value in values if value is not None))
            if known:
                row[name] = known[0]
            if len(known) > 1:
                others[name] = known[1:]
        self.rows.append(row)
        self.row_others.append(others)

    def as_object(self) -> dict[str, Any]:
        """Return the fields of `pipeline.domain.pages.AttachedData` that this fills."""
        return {
            "document_type": self.document_type,
            "fields": self.fields,
            "rows": self.rows,
            "others": self.others,
            "row_others": self.row_others,
        }
