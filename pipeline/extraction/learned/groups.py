"""Which candidates a field chooses from: fields of one kind share them, and what is known about each."""

from enum import StrEnum

from pipeline.domain.fields import FieldKind, FieldSpec, Place


class Group(StrEnum):
    """A set of candidates that several fields may choose from."""

    DATE = "date"
    MONEY = "money"
    IDENTIFIER = "identifier"
    IBAN = "iban"
    VAT = "vat"
    CURRENCY = "currency"
    NAME = "name"
    ADDRESS = "address"
    SENTENCE_DATE = "sentence_date"
    SENTENCE_NAME = "sentence_name"
    DURATION = "duration"


_BY_KIND = {
    FieldKind.DATE: Group.DATE,
    FieldKind.MONEY: Group.MONEY,
    FieldKind.IDENTIFIER: Group.IDENTIFIER,
    FieldKind.CURRENCY: Group.CURRENCY,
    FieldKind.NAME: Group.NAME,
    FieldKind.TEXT: Group.NAME,
    FieldKind.ADDRESS: Group.ADDRESS,
    FieldKind.DURATION: Group.DURATION,
}
_IN_SENTENCES = {FieldKind.DATE: Group.SENTENCE_DATE, FieldKind.NAME: Group.SENTENCE_NAME}


def group_of(spec: FieldSpec) -> Group | None:
    """Return the group that the field's value is chosen from; None for tables, lists and other kinds."""
    if spec.place in {Place.PREAMBLE, Place.GOVERNING_LAW} and spec.kind in _IN_SENTENCES:
        return _IN_SENTENCES[spec.kind]
    if spec.normaliser in {"iban", "vat"}:
        return Group(spec.normaliser)
    return _BY_KIND.get(spec.kind)


IN_SENTENCES = frozenset((Group.SENTENCE_DATE, Group.SENTENCE_NAME, Group.DURATION))
"""Groups whose candidates stand in running text: what tells them apart is the sentence, not the place."""

AS_TEXT = frozenset((Group.NAME, Group.ADDRESS, Group.SENTENCE_NAME))
"""Groups whose values are compared as people compare names: case, accents and punctuation do not count."""
