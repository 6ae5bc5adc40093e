"""How a document writes numbers and dates: a vote of all its amounts and dates, never an assumption."""

import re
from collections import Counter, defaultdict

from pipeline.domain.extraction import DocumentLocale
from pipeline.extraction.layout import Layout, Line
from pipeline.normalise.currencies import MARK, find_currency

_POINT = re.compile(r"(?<![\d.,])\d{1,3}(?:(?:[,'’ ]\d{3})*)\.\d{2}(?![\d.,]*\d)")
_COMMA = re.compile(r"(?<![\d.,])\d{1,3}(?:(?:[.'’ ]\d{3})*),\d{2}(?![\d.,]*\d)")
_LONG_POINT = re.compile(r"(?<![\d.,])\d+\.\d{4}(?![\d.,])")
_LONG_COMMA = re.compile(r"(?<![\d.,])\d+,\d{4}(?![\d.,])")
_SLASHED = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(?:(?:19|20)\d{2}|\d{2})(?![\d/-]|\.\d)")
_CURRENCY_AT_NUMBER = re.compile(rf"({MARK})\s?[-–]?\d|\d\s?({MARK})(?![A-Za-z])")
_LANGUAGE_WORDS = {
    "de": "der die das und für von zum zur mit nicht wir sie ist bitte datum seite betrag menge nr rechnung bestellung",
    "en": "the and for of to with not we you is please date page amount quantity no invoice order this agreement",
    "fr": "le la les et pour du des avec nous vous est date page montant quantité facture commande de par",
    "it": "il la di e per con non data pagina importo quantità fattura ordine del della",
    "es": "el la los y para con no fecha página importe cantidad factura pedido del",
    "nl": "de het en voor van met niet wij datum pagina bedrag aantal factuur bestelling een",
}
_LANGUAGES: dict[str, list[str]] = defaultdict(list)
for _language, _words in _LANGUAGE_WORDS.items():
    for _word in frozenset(_words.split()):
        _LANGUAGES[_word].append(_language)
TOKENS_MAX = 8000


def infer_locale(layout: Layout) -> DocumentLocale:
    """Return what the document's own numbers, dates and words say; None where nothing says."""
    lines = _beginning(layout)
    # in one piece each pattern is begun once; no pattern reaches over what stands between the lines
    numbers = _BETWEEN.join(line.text for line in lines if any([segment.has_digits for segment in line.segments]))
    point = len(_POINT.findall(numbers)) + len(_LONG_POINT.findall(numbers))
    comma = len(_COMMA.findall(numbers)) + len(_LONG_COMMA.findall(numbers))
    day_first = month_first = 0
    for match in _SLASHED.finditer(numbers):
        first, second = int(match.group(1)), int(match.group(3))
        day_first += first > 12 >= second
        month_first += second > 12 >= first
    marks = (match.group(1) or match.group(2) for match in _CURRENCY_AT_NUMBER.finditer(numbers))
    currencies = Counter(code for mark in marks if (code := find_currency(mark)))
    languages: Counter[str] = Counter()
    words = Counter(token.text for line in lines for segment in line.segments for token in segment.tokens)
    for text, count in words.items():
        for word in text.casefold().split():
            for language in _LANGUAGES.get(word.strip(".,:;()"), ()):
                languages[language] += count
    language = _winner(languages, 2)
    return DocumentLocale(
        decimal="." if point > comma else "," if comma > point else None,
        day_first=True if day_first > month_first else False if month_first > day_first else _order_of(language),
        currency=_winner(currencies, 1),
        language=language,
    )


_BETWEEN = "\x00"


def _beginning(layout: Layout) -> list[Line]:
    """Return the first lines of a document, as many as say enough."""
    lines: list[Line] = []
    seen = 0
    for line in layout.lines:
        lines.append(line)
        seen += sum([len(segment.tokens) for segment in line.segments])
        if seen > TOKENS_MAX:
            break
    return lines


def _order_of(language: str | None) -> bool | None:
    """Return the order that a language leaves no doubt about: English is written both ways."""
    return None if language in {None, "en"} else True


def _winner(votes: Counter[str], least: int) -> str | None:
    ranked = votes.most_common(2)
    if not ranked or ranked[0][1] < least or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]
