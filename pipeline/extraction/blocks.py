"""Address blocks: lines that stand under one another, with a postal code among them."""

import re
from dataclasses import dataclass

from pipeline.extraction.layout import Layout, Segment
from pipeline.normalise.dates import find_dates
from pipeline.normalise.words import fold, letters_and_digits

POSTAL = re.compile(
    r"(?:^|[\s,;•●·|–-])(?:"
    r"(?:[A-Z]{1,2}[- ])?\d{4,5}[ ,]*(?:[A-Z]{2} )?[A-ZÄÖÜÉÈÀ][\w'’.äöüß-]+"  # 80333 München, D-80333 München, 1234 Ort
    r"|\d{4} ?[A-Z]{2}\b"  # 1234 AB (NL)
    r"|\d{2}-\d{3} [A-ZŁŚŻ]\w+"  # 00-950 Warszawa
    r"|[A-Za-z.' -]+,? [A-Z]{2},? \d{5}(?:-\d{4})?"  # Springfield, IL 62701
    r"|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"  # SW1A 1AA
    r"|[A-Z]\d[A-Z] ?\d[A-Z]\d\b"  # K1A 0B1
    r")"
)
STREET = re.compile(
    r"(?i)(?:str(?:\.|aße|asse)?|weg|platz|allee|gasse|ring|damm|ufer|promenade|chaussee|straat|laan|plein)\s*\d|"
    r"\b(?:street|st\.|road|rd\.?|avenue|ave\.?|lane|drive|boulevard|blvd|square|court|way|suite|floor|p\.?\s?o\.? box|"
    r"postfach|jalan|jln|lot|no\.)\b|^\d+[a-z]?(?:\s?(?:bis|ter))?,?\s+(?:rue|avenue|av\.|bd|boulevard|place|chemin|"
    r"allée|quai|impasse|route|cours|zone|via|viale|piazza|corso|calle|avenida|plaza)\b|^(?:via|viale|piazza|corso|calle|zone|lieu-dit|z\.?[ai]\.?c?\.?)\s"
)
CONTACT = re.compile(
    r"(?i)\b(?:tel|telefon|telephone|phone|fon|fax|telefax|mobil|e-?mail|web|www|http|iban|bic|swift|ust|vat|tva|steuer|"
    r"siret|siren|hrb|hra|rcs|gln|ean|duns)\b|@|www\.|://"
)
_LEGAL_FORMS = (
    r"gmbh|mbh|ag|kg|kgaa|ohg|ug|e\.?\s?k\.?|e\.?\s?v\.?|e\.?\s?g\.?|gbr|se",
    r"ltd\.?|limited|llc|l\.l\.c\.?|inc\.?|incorporated|corp\.?|corporation|plc|llp|pllc|lp|l\.p\.|co\.|company|n\.a\.",
    r"sarl|s\.à\.?r\.l\.?|s\.?a\.?r\.?l\.?|sas|s\.a\.s\.?|sasu|eurl|s\.a\.?|s\.?r\.?l\.?|s\.?p\.?a\.?|s\.l\.?|s\.?l\.?u\.?",
    r"b\.?v\.?|n\.?v\.?|sdn\.? bhd\.?|bhd|pty|oy|ab|aps|a/s|sp\. z o\.o\.",
)
LEGAL_FORM = re.compile(rf"(?<![\w.])(?:{'|'.join(_LEGAL_FORMS)})(?![\w])", re.IGNORECASE)
SEPARATORS = re.compile(r"\s*[•●·|∙▪]\s*|\s+[-–—*/]\s+|\s*;\s*|,\s+")


@dataclass(slots=True, eq=False)
class Block:
    """Segments of one page under one another, aligned at the left, the right or the middle."""

    segments: list[Segment]

    @property
    def first(self) -> Segment:
        return self.segments[0]

    @property
    def has_postal(self) -> bool:
        return any(POSTAL.search(segment.text) for segment in self.segments[1:])

    @property
    def has_contact(self) -> bool:
        return any(CONTACT.search(segment.text) for segment in self.segments)


def blocks_of(layout: Layout, pages: int = 3) -> list[Block]:
    """Return the blocks of the first pages, each at most fourteen lines, in reading order."""
    blocks: list[Block] = []
    for number in sorted(layout.by_page)[:pages]:
        open_blocks: list[Block] = []
        for line in layout.by_page[number]:
            open_blocks = [b for b in open_blocks if line.top - b.segments[-1].bottom < 2.8 * b.segments[-1].height]
            for segment in line.segments:
                home = _home_of(segment, open_blocks)
                if home is None:
                    home = Block([])
                    blocks.append(home)
                    open_blocks.append(home)
                home.segments.append(segment)
    return blocks


def _home_of(segment: Segment, blocks: list[Block]) -> Block | None:
    """Return the first block that a segment goes on: nearly all are not aligned with it, and are asked no more."""
    x0, x1 = segment.x0, segment.x1
    for block in blocks:
        last = block.segments[-1]
        left, right = last.x0 - x0, last.x1 - x1
        if (-5 < left < 5 or -4 < right < 4 or -8 < left + right < 8) and _continues(block, segment):
            return block
    return None


def _continues(block: Block, segment: Segment) -> bool:
    last = block.segments[-1]
    if last.line == segment.line or len(block.segments) >= 14 or segment.top < last.top:
        return False
    left = abs(last.x0 - segment.x0) < 5
    overlap = min(last.x1, segment.x1) - max(last.x0, segment.x0)
    ratio = segment.height / last.height
    gap = (segment.top - last.bottom) / last.height
    if left and gap < 2.8 and POSTAL.search(segment.text) and not any(POSTAL.search(s.text) for s in block.segments):
        # Many letters leave a blank line between street and town.
        return True
    if len(block.segments) > 1:
        # Lines of a block keep their distance: a wider gap than before begins another.
        before = block.segments[-2]
        if gap > (last.top - before.bottom) / before.height + 0.6:
            return False
    close = gap < 1.1 or (left and gap < 2.1)
    return close and overlap > 0 and 0.5 < ratio < 2.0


def is_name(text: str) -> bool:
    """Return whether a line can be the name of a company or a person: letters, no street, no contact, no label."""
    letters = sum(map(str.isalpha, text))
    if letters < 3 or letters < 0.5 * len(text.replace(" ", "")) or len(text) > 90 or ":" in text:
        return False
    if _AMOUNT.search(text) or find_dates(text):
        return False
    if len(text.split()) > 10 or CONTACT.search(text) or (text[:1].islower() and not LEGAL_FORM.search(text)):
        return False
    if re.search(r"\s[·•●|∙]\s", text) and POSTAL.search(text):
        return False
    if STREET.search(text) and not LEGAL_FORM.search(text):
        return False
    if POSTAL.search(text) and not LEGAL_FORM.search(text):
        return False
    return fold(text).strip(" .") not in _NO_NAMES


_AMOUNT = re.compile(
    r"\d[.,]\d{2}(?![\d.,]*\d)(?:\s?(?:[A-Z]{3}|[€$£]))?\s*$|[€$£]\s?\d|(?<!\w)(?:EUR|USD|GBP|CHF)\s?\d"
)

_NO_NAME_WORDS = """
deutschland;germany;france;frankreich;italia;italy;schweiz;switzerland;osterreich;austria;united kingdom;united states;
usa;u.s.a;uk;belgique;belgie;espana;nederland;original;copy;kopie;duplikat;duplicata;herr;frau;herrn;firma;mr;mrs;ms;an;
to;from;datum;date;anschrift;address;adresse;name;nom;logo;your logo;ihr logo
"""
_NO_NAMES = frozenset(_NO_NAME_WORDS.replace("\n", "").split(";"))


def name_key(text: str) -> str:
    """Return the letters and digits of a name, for telling two prints of one name."""
    return letters_and_digits(fold(text))
