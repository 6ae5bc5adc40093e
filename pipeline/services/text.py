"""Text as people type it or paste it, made fit for a database, an event and a page."""

DIGITS_MAX = 15
"""More than any row, page or revision will have, and far from what a database's integers can hold."""


def printable(text: str) -> str:
    """Return the text without control characters and halves of surrogate pairs, which PostgreSQL refuses.

    Line breaks of any kind become line feeds, tabs stay, and every other blank becomes a plain one.
    """
    return "\n".join("".join(_shown(character) for character in line) for line in text.splitlines())


def whole_number(text: str) -> int | None:
    """Return the number that a text of ASCII digits stands for; None for any other, and for what no row can have."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None


def _shown(character: str) -> str:
    if character.isprintable() or character == "\t":
        return character
    return " " if character.isspace() else ""
