"""What people say to each other about a document, and whom they name in it."""

import re
from collections.abc import Mapping

from pipeline.domain.value import Frozen

LONGEST = 4_000
"""Characters of one comment."""

# an "@" within a word belongs to an address, not to a name
_SIGN = re.compile(r"(?<![\w.+-])@")
_NAME = re.compile(r"\w(?:[\w.+-]*\w)?")


class Mention(Frozen):
    """An `@name` in a text."""

    start: int
    """Where its "@" stands."""
    end: int
    name: str
    """As typed."""
    user_id: int | None
    """Whose login name it is; None: nobody's, so that it is text like any other."""


def find_mentions(text: str, known: Mapping[str, int]) -> tuple[Mention, ...]:
    """Return every `@name` of the text in order.

    Login names may hold blanks and signs, so that the longest known one that stands there is meant, however it is
    capitalised; of what is no known name, one word is.

    Args:
        text: what somebody wrote.
        known: login names to the accounts that can be named.
    """
    found: list[Mention] = []
    for sign in _SIGN.finditer(text):
        start, begin = sign.start(), sign.end()
        if found and start < found[-1].end:
            continue  # within a name that is an address
        fitting = [name for name in known if _stands(name, text, begin)]
        if fitting:
            name = max(fitting, key=lambda one: (len(one), text.startswith(one, begin)))
            end = begin + len(name)
            found.append(Mention(start=start, end=end, name=text[begin:end], user_id=known[name]))
        elif word := _NAME.match(text, begin):
            found.append(Mention(start=start, end=word.end(), name=word.group(), user_id=None))
    return tuple(found)


def _stands(name: str, text: str, begin: int) -> bool:
    """Say whether the name stands there as a whole: "@jo" is not the beginning of "@jon"."""
    end = begin + len(name)
    after = text[end : end + 1]
    return text[begin:end].lower() == name.lower() and not (after.isalnum() or after == "_")
