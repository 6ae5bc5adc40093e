"""Text as people type it or paste it, made fit for a database, an event and a page."""


def printable(text: str) -> str:
    """Return the text without control characters and halves of surrogate pairs, which PostgreSQL refuses.

    Line breaks of any kind become line feeds, tabs stay, and every other blank becomes a plain one.
    """
    return "\n".join("".join(_shown(character) for character in line) for line in text.splitlines())


def _shown(character: str) -> str:
    if character.isprintable() or character == "\t":
        return character
    return " " if character.isspace() else ""
