"""The electronic invoice inside a PDF: found, taken out within bounds, and read as data.

Never by one file name alone: what the PDF associates with itself (/AF), its tree of embedded files, and what each file
turns out to be. Nothing here stops the reading of the pages: what can't be read is told in a sentence.
"""

import importlib
import itertools
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from pipeline.readers import attachments_cii, attachments_ubl
from pipeline.readers.attachments_xml import BYTES_MAX, UnsafeXmlError, local, namespace, parse
from pipeline.readers.told import Told
from pipeline.sealed_file import Readable, SealedFile, size_of

pikepdf: Any = importlib.import_module("pikepdf")  # types that say too little to help here

FILES_MAX = 60
"""Embedded files that are looked at."""
RECOVERY_BYTES_MAX = 32 * 1024**2
"""Of larger files a broken structure is not searched through a second time: the pages count, not what hangs on them."""
HEAD_BYTES = 4096

KNOWN_NAMES = re.compile(r"(?i)(?:factur-?x|zugferd-?invoice|xrechnung|cii|ubl|e-?rechnung|e-?invoice)[^/]*\.xml$")
_CLAIMS = re.compile(
    rb"CrossIndustry(?:Invoice|Document)|urn:oasis:names:specification:ubl:schema:xsd:(?:Invoice|CreditNote)"
)
_RELATIONS = {"/Alternative": 0, "/Data": 0, "/Source": 0, "/Unspecified": 1, "": 1}
_PROFILES = ("minimum", "basicwl", "basic", "comfort", "en16931", "xrechnung", "extended")
"""From the leanest to the fullest."""

KEY_FIELDS = ("invoice_number", "gross_total", "amount_due", "iban")


@dataclass(frozen=True)
class Embedded:
    """One embedded file: its name, how the PDF says it belongs, and its content, or why that can't be had."""

    name: str
    relation: str
    content: bytes
    refused: str | None = None


@dataclass(frozen=True)
class _Found:
    embedded: Embedded
    syntax: str
    told: Told
    rank: tuple[int, ...]


def find_attached(file: Readable) -> dict[str, Any] | None:
    """Return the electronic invoice in a PDF as the fields of `domain.pages.AttachedData`; None where there is none."""
    with ExitStack() as stack:
        try:
            document = _opened(file, stack)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - what qpdf makes of a broken file is no reason not to read its pages
            return None
        if document is None:
            return None
        try:
            files = list(_embedded(document))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - as above: a damaged tree of files
            return None
    return chosen(files)


def _opened(file: Readable, stack: ExitStack) -> Any | None:
    source = stack.enter_context(file.open("rb")) if isinstance(file, SealedFile) else file
    try:
        return stack.enter_context(pikepdf.open(source, suppress_warnings=True, attempt_recovery=False))
    except pikepdf.PdfError:
        if size_of(file) > RECOVERY_BYTES_MAX:
            return None
        return stack.enter_context(pikepdf.open(source, suppress_warnings=True))


def chosen(files: list[Embedded]) -> dict[str, Any] | None:
    """Return what the best electronic invoice among embedded files says; None where there is none.

    Where there are several, the newer syntax and the fuller profile win, and a second one that says otherwise about
    number, sum or account is told as a problem.
    """
    found: list[_Found] = []
    broken: dict[str, Any] | None = None
    for place, embedded in enumerate(files):
        try:
            read = _read(embedded, place)
        except UnsafeXmlError as error:
            broken = broken or {"syntax": "", "file_name": embedded.name, "problem": _sentence(embedded.name, error)}
        else:
            found += [read] if read is not None else []
    if not found:
        return broken
    found.sort(key=lambda one: one.rank)
    best = found[0]
    answer = {"syntax": best.syntax, "file_name": best.embedded.name, **best.told.as_object()}
    problem = broken["problem"] if broken else _contradiction(best, found[1:])
    return answer | ({"problem": problem} if problem else {})


def _sentence(name: str, error: UnsafeXmlError) -> str:
    return (
        f"The electronic invoice “{name}” in this PDF was not read, because {error}: check the values by eye, and ask "
        "the sender for a sound one."
    )


def _contradiction(best: _Found, others: list[_Found]) -> str | None:
    for other in others:
        for name in KEY_FIELDS:
            one, two = best.told.fields.get(name), other.told.fields.get(name)
            if one and two and one != two and two not in best.told.others.get(name, []):
                return (
                    f"This PDF holds two electronic invoices that differ, “{best.embedded.name}” and "
                    f"“{other.embedded.name}”: one says {one}, the other {two}. Ask the sender which one holds."
                )
    return None


def _read(embedded: Embedded, place: int) -> _Found | None:
    """Return what one file says; None where it is no electronic invoice.

    Raises:
        UnsafeXmlError: it is meant to be one, and can't be read.
    """
    claims = bool(KNOWN_NAMES.search(embedded.name)) or bool(
        _CLAIMS.search(embedded.content[:HEAD_BYTES].replace(b"\0", b""))
    )
    if embedded.refused:
        if claims:
            raise UnsafeXmlError(embedded.refused)
        return None
    if not claims and not _looks_like_xml(embedded.content):
        return None
    try:
        root = parse(embedded.content)
    except UnsafeXmlError:
        if claims:
            raise
        return None
    name = local(root)
    if name in attachments_cii.ROOTS:
        syntax, told, newer = attachments_cii.SYNTAX, attachments_cii.read(root), name == attachments_cii.ROOTS[0]
    elif name in attachments_ubl.ROOTS and namespace(root).startswith(attachments_ubl.NAMESPACE):
        syntax, told, newer = attachments_ubl.SYNTAX, attachments_ubl.read(root), True
    else:
        return None
    if not told.fields:
        raise UnsafeXmlError("it says nothing about the invoice")
    relation = _RELATIONS.get(embedded.relation, 2)
    return _Found(embedded, syntax, told, (relation, not newer, -_fullness(root), -len(told.fields), place))


def _looks_like_xml(content: bytes) -> bool:
    return content[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe\t\r\n ").startswith(b"<")


def _fullness(root: Any) -> int:
    """Return how full the profile is that the invoice says to follow."""
    for element in itertools.islice(root.iter(), 40):
        if isinstance(element.tag, str) and local(element) in {"ID", "CustomizationID"} and element.text:
            text = re.sub(r"[^a-z0-9]", "", str(element.text).lower())
            levels = [level for level, profile in enumerate(_PROFILES) if profile in text]
            if levels:
                return max(levels)
    return 0


def _embedded(document: Any) -> Iterator[Embedded]:
    """Yield the embedded files, what the document is associated with first, each once."""
    seen: set[tuple[int, int]] = set()
    for specification in itertools.islice(_specifications(document.Root), FILES_MAX):
        if not isinstance(specification, pikepdf.Dictionary):
            continue
        files = specification.get("/EF")
        stream: Any = files.get("/UF", files.get("/F")) if isinstance(files, pikepdf.Dictionary) else None
        if not isinstance(stream, pikepdf.Stream) or (stream.objgen in seen and stream.objgen != (0, 0)):
            continue
        seen.add(stream.objgen)
        name = _readable(specification.get("/UF", specification.get("/F", "")))
        relation = str(specification.get("/AFRelationship", ""))
        try:
            yield Embedded(name, relation, _content(stream))
        except UnsafeXmlError as error:
            yield Embedded(name, relation, b"", str(error))


def _specifications(root: Any) -> Iterator[Any]:
    associated = root.get("/AF")
    if isinstance(associated, pikepdf.Array):
        yield from (associated[index] for index in range(min(len(associated), FILES_MAX)))
    names = root.get("/Names")
    tree = names.get("/EmbeddedFiles") if isinstance(names, pikepdf.Dictionary) else None
    if isinstance(tree, pikepdf.Dictionary):
        yield from (specification for _, specification in pikepdf.NameTree(tree).items())


def _readable(name: Any) -> str:
    """Return a file name without folders and without what can't be printed, short enough for a sentence."""
    text = re.split(r"[\\/]", str(name))[-1]
    return "".join(c for c in text if c.isprintable())[:80].strip() or "without a name"


def _content(stream: Any) -> bytes:
    """Return a stream's bytes; of what is no XML only the beginning.

    Raises:
        UnsafeXmlError: they are more than an invoice can need, or stored in a way that invoices never are.
    """
    if int(stream.get("/Length", 0)) > BYTES_MAX:
        raise UnsafeXmlError(f"it is larger than {BYTES_MAX // 1024**2} MB")
    filters = stream.get("/Filter", pikepdf.Array())
    names = [str(one) for one in (filters if isinstance(filters, pikepdf.Array) else [filters])]
    raw = bytes(stream.read_raw_bytes())
    if len(raw) > BYTES_MAX:
        raise UnsafeXmlError(f"it is larger than {BYTES_MAX // 1024**2} MB")
    if not names:
        return raw
    if names not in (["/FlateDecode"], ["/Fl"]):
        raise UnsafeXmlError("it is packed in a way that is not unpacked here")
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(raw, HEAD_BYTES)
        if _looks_like_xml(content):
            content += unpacker.decompress(unpacker.unconsumed_tail, BYTES_MAX + 1 - len(content))
    except zlib.error as error:
        raise UnsafeXmlError("its packed bytes are damaged") from error
    if len(content) > BYTES_MAX:
        raise UnsafeXmlError(f"it is larger than {BYTES_MAX // 1024**2} MB unpacked")
    if "/DecodeParms" in stream and "/Predictor" in (stream.get("/DecodeParms") or {}):
        return bytes(stream.read_bytes())[:BYTES_MAX]  # what was unpacked is at most that large
    return content
