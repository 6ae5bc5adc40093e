"""Whether two witnesses say the same: values of one field compared as a person would, by the field's kind."""

import re
from functools import lru_cache

from rapidfuzz import fuzz

from pipeline.domain.fields import FieldKind
from pipeline.normalise.kinds import find_decimal
from pipeline.normalise.words import fold

NUMBERS = frozenset({FieldKind.MONEY, FieldKind.QUANTITY, FieldKind.PERCENTAGE})
WORDS = frozenset({FieldKind.NAME, FieldKind.TEXT, FieldKind.ADDRESS})
CONNECTIVES = frozenset(("und", "and", "et", "e", "y", "en", "u"))
_LEGAL = """
gmbh mbh ag kg kgaa ohg ug ek ev eg gbr se ltd limited llc inc incorporated corp corporation plc llp co company sarl sas
sasu eurl sa srl spa sl slu bv nv sdn bhd pty oy ab aps as spzoo haftungsbeschrankt cie
"""
LEGAL_FORMS = frozenset(_LEGAL.split())
_WORD = re.compile(r"[^\W_]+")
_DOTTED = re.compile(r"\b(?:[^\W\d_]\s?\.\s?){2,}")
SAME_TEXT = 92
"""Similarity in percent above which a text read off an image is taken for the same."""


def same(kind: FieldKind, one: str, other: str, *, either_sign: bool = False, off_image: bool = False) -> bool:
    """Return whether two canonical values of a kind mean the same.

    Args:
        kind: the field's or column's.
        one: a canonical value.
        other: another one.
        either_sign: a credit note may write its amounts with or without a minus.
        off_image: letters were read off a picture, where one or the other may be wrong.
    """
    if kind in NUMBERS:
        first, second = find_decimal(one), find_decimal(other)
        if first is None or second is None:
            return False
        return first == second or (either_sign and abs(first) == abs(second))
    if kind in WORDS:
        if squeeze_words(one) == squeeze_words(other) or (
            kind is FieldKind.NAME and name_key(one) == name_key(other) != ""
        ):
            return True
        return off_image and fuzz.ratio(squeeze_words(one), squeeze_words(other)) >= SAME_TEXT
    if kind is FieldKind.IDENTIFIER:
        return squeeze(one) == squeeze(other) != ""
    return one == other


@lru_cache(maxsize=8192)
def squeeze(text: str) -> str:
    """Return the letters and digits, without case and accents."""
    return "".join(_WORD.findall(fold(text)))


@lru_cache(maxsize=8192)
def squeeze_words(text: str) -> str:
    """Return the letters and digits of running text: no "und", "and" or "&", umlauts however they are spelled."""
    return "".join(without_digraphs(word) for word in _WORD.findall(fold(text)) if word not in CONNECTIVES)


def without_digraphs(word: str) -> str:
    """Return a folded word with ae, oe and ue as a, o and u: Mueller, Müller."""
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


@lru_cache(maxsize=8192)
def name_key(text: str) -> str:
    """Return what is compared of a name: no legal form, punctuation or connective; all of it where nothing is left."""
    joined = _DOTTED.sub(lambda match: re.sub(r"[\s.]", "", match.group()) + " ", text)
    words = [word for word in _WORD.findall(fold(joined)) if word not in CONNECTIVES]
    kept = [word for word in words if word not in LEGAL_FORMS]
    return "".join(without_digraphs(word) for word in kept or words)


def is_piece(one: str, other: str) -> bool:
    """Return whether all words of one text are among the other's, or nearly all letters are."""
    return bool(squeeze(one)) and fuzz.token_set_ratio(fold(one), fold(other)) >= SAME_TEXT
