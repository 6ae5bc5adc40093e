"""XML of strangers, parsed so that it can do nothing: no entities, no network, bounded in size, elements and depth."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

etree: Any = importlib.import_module("lxml.etree")  # ships no types

BYTES_MAX = 8 * 1024**2
"""Electronic invoices have some 20 KB; papers of their own that they carry inside make them larger."""
ELEMENTS_MAX = 200_000
DEPTH_MAX = 64
"""Invoices nest some ten deep."""

_ROOT_BEGINS = re.compile(rb"<[A-Za-z_]")


class UnsafeXmlError(Exception):
    """The XML is broken, or asks for something it must not have; the message is the end of a sentence."""


def parse(content: bytes) -> Any:
    """Return the root element.

    Raises:
        UnsafeXmlError: it is no well-formed XML, has a document type definition, or is out of bounds.
    """
    if len(content) > BYTES_MAX:
        raise UnsafeXmlError(f"it is larger than {BYTES_MAX // 1024**2} MB")
    # In the two bytes of UTF-16 as well; what hides better is found after parsing, which expands no entity anyway.
    flat = content.replace(b"\0", b"")
    begins = _ROOT_BEGINS.search(flat)
    if b"<!DOCTYPE" in flat[: begins.start() if begins else None]:
        raise UnsafeXmlError("it has a document type definition, which could make it say something else elsewhere")
    if flat.count(b"<") > 2 * ELEMENTS_MAX:
        raise UnsafeXmlError(f"it has more than {ELEMENTS_MAX} elements")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnsafeXmlError("it is not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnsafeXmlError("it has a document type definition, which could make it say something else elsewhere")
    if _is_deeper(root, DEPTH_MAX):
        raise UnsafeXmlError(f"its elements nest more than {DEPTH_MAX} deep")
    return root


def _is_deeper(root: Any, levels: int) -> bool:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > levels:
            return True
    return False


def local(element: Any) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: Any) -> str:
    return str(element.tag).rpartition("}")[0].removeprefix("{")


def every(element: Any, path: str) -> Iterator[Any]:
    """Yield the elements at `path` below one: names without namespaces, "/" between steps, "|" between spellings."""
    step, _, rest = path.partition("/")
    names = step.split("|")
    for child in element:
        if local(child) in names:
            if rest:
                yield from every(child, rest)
            else:
                yield child


def first(element: Any | None, path: str) -> Any | None:
    return next(every(element, path), None) if element is not None else None


def text_at(element: Any | None, path: str) -> str | None:
    """Return the first text at `path` that is not blank."""
    if element is None:
        return None
    return next((text for found in every(element, path) if (text := text_of(found))), None)


TEXT_MAX = 1000


def text_of(element: Any | None) -> str | None:
    """Return an element's text with single blanks; None where it has none worth comparing."""
    if element is None or not element.text:
        return None
    text = " ".join(str(element.text).split())
    return text if text and len(text) <= TEXT_MAX else None
