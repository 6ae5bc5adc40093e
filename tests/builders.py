"""Valid objects with sensible defaults: a test states only what matters to it."""

from pipeline.domain.actors import Actor, Role
from pipeline.domain.extraction import DocumentLocale, Extraction, FieldExtraction, Provenance, TypeGuess
from pipeline.domain.fields import DocumentType, FieldKind, FieldSpec, SumCheck, Summary
from pipeline.domain.geometry import BoundingBox, PageSize
from pipeline.domain.pages import Page, Reading, Word
from pipeline.domain.value import Value

MACHINE = Actor.machine("test")


def person(id: int, name: str, *roles: Role) -> Actor:
    return Actor(id=id, name=name, display_name=name.title(), roles=frozenset(roles or Role))


def box(x0: float = 50, top: float = 50, width: float = 60, height: float = 12) -> BoundingBox:
    return BoundingBox(x0=x0, top=top, x1=x0 + width, bottom=top + height)


def page(*lines: str, number: int = 1) -> Page:
    """A page with these lines, 20 points apart, six points a letter."""
    words: list[Word] = []
    for row, line in enumerate(lines):
        left = 50.0
        for text in line.split():
            words.append(Word(text=text, box=box(left, 50 + 20 * row, 6.0 * len(text)), size=10))
            left += 6.0 * (len(text) + 1)
    return Page(number=number, size=PageSize(width=595, height=842), words=tuple(words))


def reading(*texts: str) -> Reading:
    return Reading(pages=(page(*texts),), reader="fake 1")


def spec(name: str, kind: FieldKind = FieldKind.TEXT, **changes: object) -> FieldSpec:
    title = {"en": name.replace("_", " ").capitalize()}
    return FieldSpec.model_validate({"name": name, "kind": kind, "title": title, "threshold": 0.9, **changes})


def invoice_type() -> DocumentType:
    """A small invoice type: number and party, three amounts that must agree, and a critical account."""
    return DocumentType(
        name="invoice",
        title={"en": "Invoice"},
        fields=(
            spec("invoice_number", FieldKind.IDENTIFIER, required=True),
            spec("seller_name", FieldKind.NAME, required=True),
            spec("issue_date", FieldKind.DATE),
            spec("currency", FieldKind.CURRENCY),
            spec("net_total", FieldKind.MONEY),
            spec("tax_total", FieldKind.MONEY),
            spec("gross_total", FieldKind.MONEY, required=True),
            spec("iban", FieldKind.IDENTIFIER, critical=True),
        ),
        checks=(SumCheck(parts=("net_total", "tax_total"), total="gross_total"),),
        summary=Summary(
            number="invoice_number", party="seller_name", amount="gross_total", currency="currency", date="issue_date"
        ),
    )


GOOD: dict[str, Value | None] = {
    "invoice_number": "CF-20814",
    "seller_name": "Calder & Finch Joinery Ltd",
    "issue_date": "2026-03-04",
    "currency": "GBP",
    "net_total": "1190.00",
    "tax_total": "238.00",
    "gross_total": "1428.00",
    "iban": None,
}


def extraction(
    values: dict[str, Value | None] | None = None,
    *,
    sure: float = 0.99,
    unsure: dict[str, float] | None = None,
    type_name: str | None = "invoice",
    type_confidence: float = 0.99,
) -> Extraction:
    """What an engine would say: every field at `sure`, but for those in `unsure`."""
    values = GOOD | (values or {})
    unsure = unsure or {}
    place = Provenance(page=1, boxes=(box(),), reader="fake 1")
    return Extraction(
        type=TypeGuess(name=type_name, confidence=type_confidence),
        fields=tuple(
            FieldExtraction(
                name=name,
                text=value if isinstance(value, str) else None,
                value=value,
                confidence=unsure.get(name, sure),
                provenance=place if value is not None else None,
            )
            for name, value in values.items()
        )
        if type_name
        else (),
        locale=DocumentLocale(decimal=".", day_first=True, currency="GBP", language="en"),
        engine="fake engine 1",
        page_count=1,
    )
