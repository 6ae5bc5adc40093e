"""Slips: small documents whose labels no rule knows, so that what is read off them was learned."""

from collections.abc import Iterable
from random import Random

from pipeline.domain.fields import DocumentType, FieldKind
from pipeline.domain.value import Value
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.learned.example import Example
from pipeline.extraction.learned.model import Model
from pipeline.extraction.learned.training import Studied, study, train
from tests import builders
from tests.unit.extraction.paper import line, page

LABELS = ("Wibble", "Frobnitz", "Zorgle", "Plumbus", "Grault", "Corge", "Blivet", "Snark", "Thud")


def slip_type(name: str = "slip") -> DocumentType:
    """Return a type whose labels are on none of its documents."""
    labels = {"en": ("unprinted label",)}
    return DocumentType(
        name=name,
        title={"en": name.capitalize()},
        words={"en": ("quern", "bassoon")},
        fields=(
            builders.spec("slip_number", FieldKind.IDENTIFIER, required=True, labels=labels),
            builders.spec("issued", FieldKind.DATE, labels=labels),
            builders.spec("sum", FieldKind.MONEY, required=True, labels=labels),
        ),
    )


SLIP = slip_type()


def slip(number: int, type_name: str = "slip", labels: tuple[str, ...] = LABELS, gap: int = 40) -> Example:
    """Return a slip with what is right on it: the second code, the third day and the first sum."""
    chance = Random(number)
    codes = [f"{letter}{chance.randrange(10000, 99999)}" for letter in "QXZ"]
    days = [
        f"20{chance.randrange(10, 24)}-{chance.randrange(1, 12):02}-{chance.randrange(13, 28):02}" for _ in range(3)
    ]
    sums = [f"{chance.randrange(100, 999)}.{chance.randrange(10, 99)}" for _ in range(3)]
    printed = zip(labels, (*codes, *days, *sums), strict=True)
    lines = [line(120 + gap * at, (60, label), (240, text)) for at, (label, text) in enumerate(printed)]
    values: dict[str, Value | None] = {"slip_number": codes[1], "issued": days[2], "sum": sums[0]}
    return Example(f"{type_name}-{number}", (page(line(60, (60, "Quern and Bassoon")), *lines),), type_name, values)


def studied(examples: Iterable[Example], *types: DocumentType) -> list[Studied]:
    known = {doctype.name: doctype for doctype in types or (SLIP,)}
    rules = BaselineEngine(tuple(known.values()))
    found = [study(example, known, rules) for example in examples]
    return [one for one in found if one is not None]


def trained(examples: Iterable[Example], *types: DocumentType) -> Model:
    return train(studied(examples, *types), {doctype.name: doctype for doctype in types or (SLIP,)})
