"""Finds the sentences that the pipeline composes, for the catalogues: what it raises, and why it shows something.

`pybabel extract` calls `extract` as the method `sentences`. An f-string becomes a pattern: `f"{name} is held"` is found
as `%(name)s is held`.
"""

import ast
import re
from collections.abc import Iterator
from typing import IO, Any

_WORDS = re.compile(r"(?:^an? |[A-Za-z]{2,}[^A-Za-z_.:/-]+)[A-Za-z]{2,}")
_PLACE = re.compile(r"%\(\w+\)s")
_CODE = re.compile(r"\w\|\w|\w \| \w|\w\[\w|\\[bdswW]|\(\?|\n|^SELECT |^PRAGMA |;\w")
"""Patterns and queries: no sentences."""
_LIST = re.compile(r"[^\W\d_]{2,}(?:[ |]\w+){11,}")
"""Twelve words or more without any sign between them: a list to look words up in."""
_FORMAT = re.compile(r"\{(\w*)\}")


def extract(
    fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Yield line, function, message and comments, as Babel asks, for each text of several words."""
    del keywords, comment_tags
    takes_words = options.get("words") == "true"
    tree = ast.parse(fileobj.read())
    quiet = set(_quiet(tree))
    for node in ast.walk(tree):
        if id(node) in quiet or not isinstance(node, ast.JoinedStr | ast.Constant):
            continue
        message = pattern_of(node)
        is_sentence = bool(message and _WORDS.search(_PLACE.sub(" ", message)))
        if (
            message
            and (is_sentence or (takes_words and message.isalpha()))
            and not _CODE.search(message)
            and not _is_list(message)
        ):
            yield node.lineno, "", message, []


def pattern_of(node: ast.expr) -> str | None:
    """Return the text of a string, with a place for each value put into it; None for what is no string."""
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, str):
            return None
        return _FORMAT.sub(lambda found: f"%({found[1] or 'value'})s", node.value.replace("%", "%%"))
    if not isinstance(node, ast.JoinedStr):
        return None
    text, seen = "", dict[str, int]()
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value).replace("%", "%%")
        elif isinstance(part, ast.FormattedValue):
            name = _name_of(part.value)
            seen[name] = seen.get(name, 0) + 1
            text += f"%({name}{seen[name] if seen[name] > 1 else ''})s"
    return text


def _is_list(message: str) -> bool:
    return bool(_LIST.fullmatch(message.strip())) and message == message.lower()


def _name_of(value: ast.expr) -> str:
    """Return the last name in an expression: it is what a translator sees."""
    names = [
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(value)
        if isinstance(node, ast.Attribute | ast.Name)
    ]
    return names[0] if names else "value"


def _quiet(tree: ast.AST) -> Iterator[int]:
    """Yield what no page shows: docstrings, and the pieces of f-strings that are found whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)
        if isinstance(node, ast.JoinedStr):
            for inner in ast.walk(node):
                if inner is not node:
                    yield id(inner)
