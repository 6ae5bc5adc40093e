"""What a value can be found by: words without case, numbers and dates in one form, identifiers without their signs."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal

from pipeline.domain.value import Value

LONGEST = 64
MOST = 300
"""Of one document: a table of hundreds of lines must not crowd out the index."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WORD = re.compile(r"[^\W_]+")


def terms_of(values: Mapping[str, Value | None], name: str = "") -> set[str]:
    """Return the terms of a document's values in force and of its file's name, at most `MOST`."""
    found: set[str] = set()
    for text in [name, *(text for value in values.values() for text in _texts(value))]:
        found.update(text_terms(text))
        if len(found) > MOST:
            return set(sorted(found, key=lambda term: (len(term) > 20, term))[:MOST])
    return found


def text_terms(text: str) -> set[str]:
    """Return what one text is found by; a number also by its amount, an identifier also without its signs."""
    plain = folded(text)
    if _DATE.fullmatch(plain):
        return {plain}
    if _NUMBER.fullmatch(plain):
        return {plain[:LONGEST], number_term(plain)}
    found = {word[:LONGEST] for word in words_of(plain)}
    return found | {joined for piece in {plain, *plain.split(), *plain.split("/")} if (joined := joined_of(piece))}


def joined_of(piece: str) -> str | None:
    """Return an identifier without its signs, CF-20814 as cf20814; None for what is one word or none."""
    words = words_of(piece)
    joined = "".join(words)
    is_one = len(words) > 1 and len(joined) <= 40 and any(sign.isdigit() for sign in joined)
    return joined if is_one else None


def number_term(canonical: str) -> str:
    """Return the term of an amount, the same for 1482, 1482.0 and 1482.00."""
    number = Decimal(canonical).normalize()
    return f"#{number:f}"[:LONGEST]


def words_of(text: str) -> list[str]:
    return _WORD.findall(folded(text))


def folded(text: str) -> str:
    """Return the text without case and with one form for each letter, accents kept."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _texts(value: Value | None) -> Iterator[str]:
    if value is None:
        return
    if isinstance(value, str):
        yield value
        return
    for entry in value:
        if isinstance(entry, str):
            yield entry
        else:
            yield from (cell for cell in entry.values() if cell)
