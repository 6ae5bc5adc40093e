"""What reviewed documents of a template teach about its tables: where the columns stand, how far descriptions go."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipeline.domain.fields import DocumentType, FieldSpec
from pipeline.extraction.descriptions import Block, Extent, Policy, joined
from pipeline.extraction.fingerprint import Fingerprint
from pipeline.extraction.labels import LabelIndex
from pipeline.extraction.layout import Layout
from pipeline.extraction.lines_evidence import Record, TableFound
from pipeline.extraction.lines_header import LearnedHeader, MarkedHeader, learn_from_rows, learn_marked
from pipeline.extraction.locale import infer_locale
from pipeline.extraction.tables import TableReader
from pipeline.normalise.kinds import find_decimal
from pipeline.normalise.words import fold

ALIKE = 0.22
"""Similarity of first pages from which two documents are taken to be of one template."""
LESSONS_NEAREST = 12
"""Documents of a template that are asked, the most similar first."""
LINES_MOST = 4

Rows = Sequence[Mapping[str, str | None]]


def _policies() -> tuple[Policy, ...]:
    extents = [(Extent.NATURAL, 0), (Extent.BLOCK, 0), *((Extent.LINES, n + 1) for n in range(LINES_MOST))]
    extents.append((Extent.ALL, 0))
    return tuple(
        Policy(extent, lines, with_code, to_colon)
        for to_colon, with_code, (extent, lines) in itertools.product((False, True), (False, True), extents)
    )


POLICIES = _policies()
"""Every custom that is tried, the usual ones first; of equal ones the first is taken."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A document whose rows a person settled, with the header they marked, if they did."""

    layout: Layout
    rows: Rows
    marked: MarkedHeader | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one reviewed document teaches."""

    fingerprint: Fingerprint
    header: LearnedHeader | None
    rows: int
    """Rows whose description a custom could be tried on."""
    rights: tuple[int, ...]
    """For each of `POLICIES`, the rows whose description it reproduces."""

    @classmethod
    def of(
        cls, reviewed: Reviewed, doctype: DocumentType, spec: FieldSpec, index: LabelIndex | None = None
    ) -> "Lesson":
        """Return the lesson of one document; one without rows and mark teaches nothing but that it was seen.

        Args:
            reviewed: the document.
            doctype: its type.
            spec: the table's field.
            index: the type's labels where they are at hand; making them takes as long as the rest.
        """
        layout = reviewed.layout
        labels = index.fresh() if index is not None else LabelIndex(doctype)
        reader = TableReader(layout, doctype, spec, labels, infer_locale(layout))
        header = learn_marked(layout, reviewed.marked) if reviewed.marked is not None else None
        table = _read(reader, header, reviewed.rows)
        if header is None and reviewed.rows and _agreement(table, reviewed.rows, reader) < 1.0:
            seen = learn_from_rows(
                layout, reviewed.rows, (reader.amount, *reader.factors), reader.text_column, reader.locale
            )
            again = _read(reader, seen, reviewed.rows) if seen is not None else None
            if _agreement(again, reviewed.rows, reader) > _agreement(table, reviewed.rows, reader):
                header, table = seen, again
        pairs = _paired(table, reviewed.rows, reader) if table is not None else []
        return cls(Fingerprint.of(layout), header, len(pairs), _rights(pairs))


@dataclass(frozen=True, slots=True)
class Taught:
    """What the memory says about a document of a known template."""

    policy: Policy
    record: Record
    header: LearnedHeader | None
    documents: int

    @property
    def words(self) -> str:
        if self.documents == 1:
            return "Read as in 1 reviewed document of this layout."
        return f"Read as in {self.documents} reviewed documents of this layout."


class LinesMemory:
    """The lessons of one table of one document type."""

    def __init__(self, lessons: Sequence[Lesson] = ()) -> None:
        self.lessons = tuple(lessons)

    @classmethod
    def learn(cls, examples: Sequence[Reviewed], doctype: DocumentType, spec: FieldSpec) -> "LinesMemory":
        """Return the memory of all examples, which teach one by one: in whatever order they come."""
        index = LabelIndex(doctype)
        return cls([Lesson.of(example, doctype, spec, index) for example in examples])

    def recall(self, layout: Layout) -> Taught | None:
        """Return what reviewed documents of this one's template teach; None where none is like it."""
        mark = Fingerprint.of(layout)
        alike = [
            (similar, lesson) for lesson in self.lessons if (similar := mark.similarity(lesson.fingerprint)) >= ALIKE
        ]
        alike.sort(key=lambda each: -each[0])
        alike = alike[:LESSONS_NEAREST]
        if not alike:
            return None
        spoken = [(similar, lesson) for similar, lesson in alike if lesson.rows]
        shares = [
            sum(similar**2 * lesson.rights[place] / lesson.rows for similar, lesson in spoken)
            for place in range(len(POLICIES))
        ]
        place = max(range(len(POLICIES)), key=lambda p: (round(shares[p], 6), -p))
        confirmed = sum(lesson.rights[place] == lesson.rows for _, lesson in spoken)
        headers = [lesson.header for _, lesson in alike if lesson.header is not None]
        header = next((h for h in headers if h.marked), headers[0] if headers else None)
        return Taught(POLICIES[place], Record(confirmed, len(spoken) - confirmed), header, len(alike))

    def to_json(self) -> list[dict[str, Any]]:
        """Return the lessons as plain values."""
        return [
            {
                "fingerprint": lesson.fingerprint.to_text(),
                "header": lesson.header.to_json() if lesson.header is not None else None,
                "rows": lesson.rows,
                "rights": list(lesson.rights),
            }
            for lesson in self.lessons
        ]

    @classmethod
    def from_json(cls, kept: Sequence[Mapping[str, Any]]) -> "LinesMemory":
        """Return the memory that `to_json` wrote; lessons about other customs than today's keep only their header."""
        lessons: list[Lesson] = []
        for entry in kept:
            header = LearnedHeader.from_json(entry["header"]) if entry["header"] is not None else None
            known = len(entry["rights"]) == len(POLICIES)
            rights = tuple(entry["rights"]) if known else (0,) * len(POLICIES)
            lessons.append(
                Lesson(Fingerprint.from_text(entry["fingerprint"]), header, entry["rows"] if known else 0, rights)
            )
        return cls(lessons)


def _rights(pairs: Sequence[tuple[Block, str]]) -> tuple[int, ...]:
    """Return for each custom how many descriptions have the letters and digits of the reviewed ones."""
    rights = [0] * len(POLICIES)
    for block, text in pairs:
        wanted = _key(text)
        for place, policy in enumerate(POLICIES):
            rights[place] += bool(wanted) and _key(joined(block.described(policy))) == wanted
    return tuple(rights)


def _key(text: str) -> str:
    return "".join(c for c in fold(text) if c.isalnum())


def _read(reader: TableReader, header: LearnedHeader | None, rows: Rows) -> TableFound | None:
    amounts = [value for row in rows if (value := find_decimal(row.get(reader.amount))) is not None]
    return reader.find([sum(amounts, Decimal(0))] if any(amounts) else [], header)


def _agreement(table: TableFound | None, rows: Rows, reader: TableReader) -> float:
    """Return the share of reviewed cells that a reading has, the best custom for descriptions given."""
    if table is None or len(table.rows) != len(rows):
        return 0.0
    right = wanted = 0
    for found, row in zip(table.rows, rows, strict=True):
        for role in (reader.amount, *reader.factors):
            value = find_decimal(row.get(role))
            read = found.amount if role == reader.amount else found.cells[role].value if role in found.cells else None
            wanted += value is not None
            right += value is not None and read == value
    pairs = _paired(table, rows, reader)
    wanted += sum(bool(row.get(reader.text_column)) for row in rows)
    right += max(_rights(pairs))
    return right / wanted if wanted else 0.0


def _paired(table: TableFound, rows: Rows, reader: TableReader) -> list[tuple[Block, str]]:
    """Return each row's cell with its reviewed description, where it's clear which row it is."""
    found = list(zip(table.rows, table.blocks, strict=False))
    pairs: list[tuple[Block, str]] = []
    for position, row in enumerate(rows):
        text, amount = row.get(reader.text_column), find_decimal(row.get(reader.amount))
        if len(found) == len(rows):
            block = found[position][1]
        else:
            fits = [block for each, block in found if amount is not None and each.amount == amount]
            block = fits[0] if len(fits) == 1 else None
        if text and block is not None:
            pairs.append((block, text))
    return pairs
