import re
import unicodedata
from functools import lru_cache

_NUMBER_WORDS = {
    "nummer",
    "number",
    "numero",
    "numéro",
    "num",
    "no",
    "nro",
    "nr",
    "nº",
    "n°",
    "#",
    "№",
}
_WORD = re.compile(r"#|№|[nN][°º]\.?|[^\W_]+(?:[’'´`][^\W_]+)*", re.UNICODE)


def single_blanks(text: str) -> str:
    """Return the text without outer blanks and with one blank wherever white space stood."""
    if not text.isascii():
        text = text.replace("\u200b", "").replace("\ufeff", "")
    return " ".join(text.split())


def strip_accents(text: str) -> str:
    """Return the text with base letters for accented ones; ß becomes ss by case folding, not here."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Return the text for comparing words: no case, no accents, compatibility forms resolved."""
    if text.isascii():
        return text.casefold()
    return strip_accents(unicodedata.normalize("NFKC", text)).casefold()


_NEITHER = re.compile(r"[\W_]+")


def letters_and_digits(text: str) -> str:
    """Return the text without anything that is neither a letter nor a digit."""
    return _NEITHER.sub("", text)


@lru_cache(maxsize=65536)
def label_words(text: str) -> tuple[str, ...]:
    """Return the folded words of a label, with all ways to write "number" as `nr`.

    "Rechnungs-Nr.", "Rechnungsnummer" and "RECHNUNG Nr" join to the same letters, so that one entry of a
    definition stands for all of them.
    """
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = fold(match.group()).replace("'", "").replace("’", "").replace("´", "").replace("`", "").rstrip(".")
        if word in _NUMBER_WORDS or match.group().casefold() in _NUMBER_WORDS or (word in {"n", "n°", "no"}):
            word = "nr"
        elif word.endswith("nummer") and len(word) > 6:
            word = word[:-6] + "nr"
        if word:
            found.append(word)
    return tuple(found)


def squeeze(words: tuple[str, ...]) -> str:
    """Return the words joined: "rechnungs nr" and "rechnungsnr" are one label."""
    return "".join(words)
