import re
from functools import lru_cache

SYMBOLS: dict[str, str] = {
    "€": "EUR",
    "£": "GBP",
    "US$": "USD",
    "USD$": "USD",
    "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "S$": "SGD",
    "HK$": "HKD",
    "R$": "BRL",
    "¥": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "₽": "RUB",
    "₺": "TRY",
    "₪": "ILS",
    "฿": "THB",
    "₫": "VND",
    "₱": "PHP",
    "zł": "PLN",
    "Kč": "CZK",
    "Ft": "HUF",
    "RM": "MYR",
    "Rs": "INR",
    "Fr": "CHF",
    "SFr": "CHF",
    "$": "USD",
}
"""A bare "$" is read as US dollar with a note; "kr" stands for three currencies and is not listed."""

_CODES = """
AED AFN ALL AMD ARS AUD AZN BAM BDT BGN BHD BOB BRL BWP BYN CAD CHF CLP CNY COP CRC CZK DEM DKK DOP DZD EGP ESP ETB EUR
FRF GBP GEL GHS GTQ HKD HNL HRK HUF IDR ILS INR IQD IRR ISK ITL JMD JOD JPY KES KHR KRW KWD KZT LAK LBP LKR MAD MDL MKD
MMK MNT MOP MUR MXN MYR NAD NGN NIO NLG NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB SAR SEK SGD THB TND
TRY TTD TWD TZS UAH UGX USD UYU UZS VND XAF XOF ZAR ZMW
"""
CODES = frozenset(_CODES.split())

NAMES: dict[str, str] = {
    "euro": "EUR",
    "euros": "EUR",
    "us dollar": "USD",
    "us dollars": "USD",
    "dollar": "USD",
    "dollars": "USD",
    "pound": "GBP",
    "pounds": "GBP",
    "pound sterling": "GBP",
    "schweizer franken": "CHF",
    "franken": "CHF",
    "swiss francs": "CHF",
    "zloty": "PLN",
    "ringgit": "MYR",
}

_MARKS = sorted((*SYMBOLS, *(code for code in CODES)), key=len, reverse=True)


def _by_first_letter(marks: list[str]) -> str:
    """Return a pattern of any of the marks, the longest first: those of a letter together, so that few are tried."""
    heads: dict[str, list[str]] = {}
    for mark in marks:
        tail = re.escape(mark[1:]) + (r"(?![A-Za-z])" if mark[-1].isalpha() else "")
        heads.setdefault(mark[0], []).append(tail)
    return "(?:" + "|".join(re.escape(head) + f"(?:{'|'.join(tails)})" for head, tails in heads.items()) + ")"


MARK = _by_first_letter(_MARKS)
"""Pattern of one printed currency mark."""

_LEADING = re.compile(rf"^({MARK})\.?\s*", re.IGNORECASE)
_TRAILING = re.compile(rf"\s*(?<![A-Za-z])({MARK})\.?$", re.IGNORECASE)


@lru_cache(maxsize=1024)
def find_currency(mark: str) -> str | None:
    """Return the ISO 4217 code of a printed mark, code or name, or None."""
    mark = mark.strip().rstrip(".")
    upper = mark.upper()
    if upper in CODES:
        return upper
    for symbol, code in SYMBOLS.items():
        if symbol.upper() == upper:
            return code
    return NAMES.get(mark.casefold())


def split_currency(text: str) -> tuple[str, str | None]:
    """Return the text without a currency mark at either side, and the mark's ISO code where there was one."""
    code: str | None = None
    text = text.strip()
    sign = ""
    if text[:1] in {"-", "−", "–", "+"} and len(text) > 1 and not text[1].isdigit():
        sign, text = text[0], text[1:].strip()
    for pattern in (_LEADING, _TRAILING, _TRAILING):
        match = pattern.search(text)
        if match and len(match.group()) < len(text):
            code = code or find_currency(match.group(1))
            text = (text[: match.start()] + text[match.end() :]).strip()
    return sign + text, code
