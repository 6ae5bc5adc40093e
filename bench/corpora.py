"""Documents with known values, read and studied for measuring: a truth file's, or what our generator makes."""

import hashlib
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fixtures.make.document import MadeDocument
from fixtures.make.invoices import make_invoice
from fixtures.make.orders import make_order
from fixtures.make.receipts import make_receipt
from fixtures.make.sellers import SELLERS
from pipeline import assembly
from pipeline.assembly import Offline
from pipeline.domain.extraction import TypeGuess
from pipeline.domain.fields import DocumentType, FieldSpec
from pipeline.domain.pages import Page, Reading
from pipeline.errors import PipelineError
from pipeline.extraction.doctype import guess_type
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.lists_lesson import is_entry
from pipeline.extraction.learned.training import Studied, study
from pipeline.extraction.locale import infer_locale
from pipeline.normalise.words import fold
from pipeline.services.history import Known, load_known
from pipeline.settings import Settings
from pipeline.stages.prints import Prints
from pipeline.store.readings import FolderReadings

UNSEEN_SEED = 770_000
"""No test and no sample uses seeds from here on."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Measured:
    """One document, ready to be learned from and to be measured on."""

    corpus: str
    studied: Studied
    ruled: TypeGuess
    """What the rules alone say of its type."""
    unseen: Mapping[str, int] = field(default_factory=dict[str, int])
    """For each field: how many of its values the words of the pages do not have."""
    truth: Mapping[str, str] = field(default_factory=dict[str, str])
    """Values as the truth file has them, for listing errors."""


@dataclass(slots=True)
class Corpus:
    """What a run measures on."""

    types: dict[str, DocumentType]
    documents: list[Measured] = field(default_factory=list[Measured])
    refused: list[str] = field(default_factory=list[str])


def load(folders: Sequence[Path], readings: Path | None = None, most: int | None = None) -> Corpus:
    """Return the documents of folders with a `truth.jsonl`, read and studied one after the other.

    Args:
        folders: each with `truth.jsonl`; file names are relative to the folder.
        readings: where what was read is kept, so that images are read once; outside the repository.
        most: so many documents of each folder at most, drawn with a fixed seed.
    """
    settings = Settings()
    corpus = Corpus({doctype.name: doctype for doctype in assembly.known_types(settings)})
    reader = assembly.offline(settings)
    kept = FolderReadings(readings) if readings is not None else None
    rules = BaselineEngine()
    try:
        for folder in folders:
            known = [one for one in load_known(folder / "truth.jsonl") if one.type in corpus.types]
            if most is not None and len(known) > most:
                known = sorted(random.Random(0).sample(known, most), key=lambda one: one.name)
            for entry in known:
                try:
                    pages = _read(entry.path, reader, kept).pages
                except (PipelineError, OSError) as error:
                    corpus.refused.append(f"{entry.name}: {error}")
                    continue
                corpus.documents.append(_measured(folder.name, entry, pages, corpus.types, rules))
                print(f"\r{len(corpus.documents)} documents studied", end="", file=sys.stderr, flush=True)
    finally:
        reader.close()
        print(file=sys.stderr)
    return corpus


def _read(path: Path, reader: Offline, kept: FolderReadings | None) -> Reading:
    if kept is None:
        return reader.read(path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    found = kept.find(sha256, reader.reader.version)
    if found is None:
        found = reader.read(path)
        kept.keep(sha256, found)
    return found


def _measured(
    corpus: str, entry: Known, pages: tuple[Page, ...], types: dict[str, DocumentType], rules: BaselineEngine
) -> Measured:
    doctype = types[entry.type]
    example = entry.example(pages, doctype)
    studied = study(example, types, rules)
    if studied is None:
        raise ValueError(f"{entry.name} has an unknown type")
    # the same file name may be in two corpora
    studied.key = f"{corpus}/{entry.name}"
    for lesson in (*studied.lessons.values(), *studied.lists.values()):
        lesson.key = studied.key
    layout = Layout(pages)
    ruled = guess_type(layout, tuple(types.values())) if layout.lines else TypeGuess(name=None, confidence=0.5)
    text = " ".join(word.text for page in pages for word in page.words)
    prints = Prints(pages, infer_locale(layout))
    unseen = {spec.name: count for spec in doctype.fields if (count := _unseen(spec, studied, prints, text))}
    return Measured(corpus, studied, ruled, unseen, {name: str(value) for name, value in entry.values.items()})


def _unseen(spec: FieldSpec, studied: Studied, prints: Prints, text: str) -> int:
    """Return how many of a field's values are nowhere in the words of the pages."""
    if spec.name in studied.lists:
        lesson = studied.lists[spec.name]
        missing = (entry for entry in lesson.entries if not any(is_entry(said, entry) for said in lesson.texts))
        return sum(not _is_in(entry, text) for entry in missing)
    if spec.name not in studied.lessons:
        return 0
    value = studied.values[spec.name]
    if value is None or studied.lessons[spec.name].said.any():
        return 0
    return int(not prints.of(spec, value, either_sign=True) and not _is_in(value, text))


def _is_in(value: str, text: str) -> bool:
    """Return whether the letters and digits of a value are among those of the pages, in one run or word by word."""
    squeezed = "".join(_WORD.findall(fold(text)))
    words = _WORD.findall(fold(value))
    has_digits = any(character.isdigit() for character in value)
    return "".join(words) in squeezed or (not has_digits and not Counter(words) - Counter(_WORD.findall(fold(text))))


def write_generated(folder: Path, count: int) -> Path:
    """Write documents of our own generator with their truth; return the corpus folder.

    Three in five are invoices of suppliers in turn, the rest till receipts and purchase orders.
    """
    (folder / "files").mkdir(parents=True)
    with (folder / "truth.jsonl").open("w", encoding="utf-8") as lines:
        for made, template in _generated(count):
            (folder / "files" / made.name).write_bytes(made.bytes)
            entry = {"file": f"files/{made.name}", "document_type": made.document_type, "fields": made.fields}
            lines.write(json.dumps(entry | {"line_items": made.line_items, "template": template}) + "\n")
    return folder


def _generated(count: int) -> Iterator[tuple[MadeDocument, str]]:
    for place in range(count):
        seed = UNSEEN_SEED + place
        if place % 5 < 3:
            seller = SELLERS[place % len(SELLERS)]
            yield make_invoice(seed, seller=seller), seller.name
        elif place % 5 < 4:
            yield make_receipt(seed, name=f"receipt-{seed}.pdf"), "receipt"
        else:
            yield make_order(seed, name=f"order-{seed}.pdf"), "order"
