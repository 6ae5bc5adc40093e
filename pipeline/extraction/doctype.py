"""Which type a document has, from its words, and whether it has one of the known types at all."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.domain.extraction import TypeGuess
from pipeline.domain.fields import DocumentType
from pipeline.extraction.layout import Layout, is_spaced
from pipeline.normalise.words import fold

WORDS_MAX = 900
TITLE_LINES = 30
HEADING_WORDS = 6
_NUMBER = frozenset(("no", "nr", "n", "number", "nummer"))
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@lru_cache(maxsize=8192)
def _words_of(phrase: str) -> tuple[str, ...]:
    """Return the folded words of a type's phrase."""
    return tuple(fold(m.group()) for m in _WORD.finditer(phrase))


@dataclass(frozen=True, slots=True)
class _Text:
    """The beginning of a document as folded words, with how prominent each is."""

    words: tuple[str, ...]
    weight: tuple[float, ...]
    at: dict[str, list[int]]
    alone: tuple[tuple[int, tuple[str, ...]], ...]
    """Short lines at the top of the first page that share their height with nothing: place of the first word, words."""


def guess_type(
    layout: Layout, types: tuple[DocumentType, ...], switched_off: tuple[DocumentType, ...] = ()
) -> TypeGuess:
    """Return the type whose words the document has, or none where no type has enough of them.

    Args:
        layout: the document.
        types: the enabled types.
        switched_off: types whose words are known too; a document that fits one of them better is none of `types`.
    """
    text = _text_of(layout)
    scored = sorted(_scores(text, types), key=lambda s: -s[0])
    if not scored:
        return TypeGuess(name=None, confidence=0.5)
    odds = [math.exp(min(score, 12.0)) for score, _, _ in scored]
    total = sum(odds) + math.exp(NONE_SCORE)
    likely = tuple(
        (name, round(odd / total, 4)) for (_, _, name), odd in zip(scored[:4], odds, strict=False) if odd > 0.01 * total
    )
    score, found, name = scored[0]
    against = _against(text, types, switched_off, score, name)
    if against or score <= NONE_SCORE:
        said = against or TOO_FEW_WORDS
        return TypeGuess(name=None, confidence=NONE_CONFIDENCE, candidates=likely[:3], evidence=(said,))
    words = ", ".join(f"“{phrase}”" for phrase in found[:4])
    lead = score - max(NONE_SCORE, scored[1][0] if len(scored) > 1 else 0.0)
    return TypeGuess(
        name=name,
        confidence=_confidence(lead),
        candidates=tuple(candidate for candidate in likely if candidate[0] != name)[:3],
        evidence=(f"The document says {words}.",),
    )


def _against(
    text: _Text, types: tuple[DocumentType, ...], switched_off: tuple[DocumentType, ...], score: float, name: str
) -> str:
    """Return what shows the document to be none of the enabled types; nothing where nothing does."""
    rival = max(((_score(text, doctype)[0], doctype) for doctype in switched_off), key=lambda r: r[0], default=None)
    if rival is not None and rival[0] > max(score, NONE_SCORE):
        return f"It looks like “{rival[1].title_in('en')}”, a type that is not switched on here."
    best = next(doctype for doctype in types if doctype.name == name)
    titles = [p for ps in best.words.values() for p in ps[:2]]
    own = max((_find_phrase(text, p) for p in titles), default=0.0)
    for phrase in OTHER_PAPERS:
        prominence = _find_phrase(text, phrase)
        if prominence >= TITLE and prominence > own:
            return HEADED.format(phrase)
    heading = _heading_of(text, titles, is_titled=own >= TITLE)
    return HEADED.format(heading) if heading else ""


def _heading_of(text: _Text, titles: Sequence[str], *, is_titled: bool) -> str:
    """Return the other paper's title that has a line to itself before anything names the type; "" where none has.

    A heading need not be printed large; a label of an invoice ("Delivery note" above its number) comes after the word
    invoice. Where the type's own title is printed large, only a heading that holds it counts: "proforma invoice".
    """
    own = {_words_of(phrase) for phrase in titles}
    named = min((at for phrase in titles for at in _places_of(text, phrase)), default=len(text.words))
    for first, words in text.alone:
        if first > named:
            return ""
        if words in _HEADINGS and words not in own and (not is_titled or named < first + len(words)):
            return _HEADINGS[words]
    return ""


TITLE = 2.0
"""Prominence of words that are printed large in the upper half of the first page."""

OTHER_PAPERS = tuple(
    phrase.strip()
    for phrase in """
reminder;payment reminder;dunning letter;statement of account;account statement;delivery note;packing slip;
packing list;quotation;order confirmation;sales order;bill of lading;remittance advice;
pro forma;pro forma invoice;proforma;proforma invoice;price list;timesheet;work order;letter of credit;
mahnung;zahlungserinnerung;lieferschein;angebot;kostenvoranschlag;auftragsbestätigung;kontoauszug;preisliste;
lastschriftanzeige;zahlungsavis;packliste;frachtbrief;stundenzettel;
proformarechnung;proforma-rechnung;pro-forma-rechnung;facture proforma;facture pro forma;
rappel;relance;mise en demeure;relevé;relevé de compte;bon de livraison;devis;confirmation de commande;avis de paiement
""".replace("\n", " ").split(";")
)
"""Titles of the papers that arrive among invoices most and share their words."""

_HEADINGS = {_words_of(phrase): phrase for phrase in OTHER_PAPERS}
HEADED = "It is headed “{}”, which is none of the known types."

TOO_FEW_WORDS = "The page has too few of the words that speak for any known type."
"""Said of a document that shows nothing of a known type, and nothing of another paper either."""
NONE_CONFIDENCE = 0.75
"""Stated where no type is named: a person chooses then in any case."""
LEADS: tuple[tuple[float, float], ...] = ((1.0, 0.98), (0.5, 0.95))
"""Lead of a guess, and the share of right ones among those that led by as much.

Measured on 665 development documents (invoices, orders, receipts, broadcast orders, agreements, register forms), with
the default types and with all: a lead of 1.0 or more was right in 1077 of 1079 guesses, 0.5 to 1.0 in 34 of 34, below
in 13 of 13; the last are too few, of five templates, to claim more than `LEAST`.
"""
LEAST = 0.85


def _confidence(lead: float) -> float:
    """Return the share of right guesses among those that led the next type, or none, by as much."""
    return next((share for least, share in LEADS if lead >= least), LEAST)


NONE_SCORE = 2.2
"""What a type's score has to exceed; with it, an unknown document is told from a known one."""


def _text_of(layout: Layout) -> _Text:
    words: list[str] = []
    weight: list[float] = []
    alone: list[tuple[int, tuple[str, ...]]] = []
    for number, line in enumerate(layout.lines):
        size = max((t.size or t.height for t in line.tokens), default=0.0)
        large = size > 1.3 * layout.body_size
        height = layout.sizes[line.page][1]
        first_page = line.page == layout.lines[0].page
        prominent = 2.0 if large and line.top < 0.5 * height else 1.4 if number < TITLE_LINES and first_page else 1.0
        if not first_page:
            prominent *= 0.5
        start = len(words)
        for segment in line.segments:
            texts = [m.group() for m in _WORD.finditer(segment.text)]
            if is_spaced(texts):
                # Letters spaced out for show: R E C H N U N G.
                texts = ["".join(texts)]
            for index, word in enumerate(texts):
                words.append(fold(word))
                first = len(texts) <= 4 and index == 0
                # A word in a sentence says less than the same word in a title or a label.
                inside = index > 0 and len(texts) > 4
                weight.append(prominent * (1.25 if first else 0.6 if inside or len(texts) > 9 else 1.0))
        if len(line.segments) == 1 and first_page and number < TITLE_LINES and len(words) - start <= HEADING_WORDS:
            alone.append((start, _without_number(words[start:])))
        if len(words) > WORDS_MAX:
            break
    at: dict[str, list[int]] = {}
    for position, word in enumerate(words):
        at.setdefault(word, []).append(position)
    return _Text(tuple(words), tuple(weight), at, tuple(alone))


def _without_number(words: Sequence[str]) -> tuple[str, ...]:
    """Return a heading's words up to the number that may follow it: "quotation no. 4711" says quotation."""
    end = next((i for i, word in enumerate(words) if any(map(str.isdigit, word))), len(words))
    while 0 < end < len(words) and words[end - 1] in _NUMBER:
        end -= 1
    return tuple(words[:end])


def _scores(text: _Text, types: tuple[DocumentType, ...]) -> list[tuple[float, list[str], str]]:
    """Return score, telling phrases and name of each type; variants stand on their family's words and their own."""
    scored: list[tuple[float, list[str], str]] = []
    own = {doctype.name: _score(text, doctype) for doctype in types}
    for doctype in types:
        score, phrases = own[doctype.name]
        parent = next((t for t in types if t.name == doctype.variant_of), None)
        if parent is None:
            scored.append((score, phrases, doctype.name))
            continue
        family, family_phrases = own[parent.name]
        # Whatever is headed "credit note" also speaks of the invoice it credits: the more prominent word decides.
        lead = max((_find_phrase(text, p) for ps in doctype.words.values() for p in ps), default=0.0)
        rival = max((_find_phrase(text, ps[0]) for ps in parent.words.values() if ps), default=0.0)
        if lead:
            family = max(family, score)
            scored.append((family + VARIANT_WEIGHT * (lead - 0.95 * rival), [*phrases, *family_phrases], doctype.name))
    return scored


VARIANT_WEIGHT = 4.0


def _score(text: _Text, doctype: DocumentType) -> tuple[float, list[str]]:
    """Return how much the words speak for a type, by its best language, and the phrases that did."""
    best: tuple[float, list[str]] = (0.0, [])
    for phrases in doctype.words.values():
        total = 0.0
        found: list[tuple[float, str]] = []
        for rank, phrase in enumerate(phrases):
            value = max(0.7, 2.4 - 0.25 * rank)
            prominence = _find_phrase(text, phrase)
            if prominence:
                gain = value * prominence
                total += gain
                found.append((gain, phrase.strip("*")))
        if total > best[0]:
            found.sort(reverse=True)
            best = (total, [phrase for _, phrase in found])
    return best


def _find_phrase(text: _Text, phrase: str) -> float:
    """Return how prominently a phrase stands in the text; 0 where it does not."""
    return max((text.weight[place] for place in _places_of(text, phrase)), default=0.0)


def _places_of(text: _Text, phrase: str) -> list[int]:
    """Return the places of a phrase's first word in the text."""
    words = _words_of(phrase)
    if not words:
        return []
    if phrase.startswith("*"):
        places = [p for word, at in text.at.items() if word.endswith(words[0]) for p in at]
    else:
        places = text.at.get(words[0], [])
    return [place for place in places[:200] if text.words[place + 1 : place + len(words)] == words[1:]]
