import json

from pipeline.doctypes.loader import load_types
from pipeline.domain.extraction import FieldExtraction
from pipeline.domain.geometry import BoundingBox
from pipeline.domain.pages import Page, Word
from pipeline.extraction.descriptions import Extent
from pipeline.extraction.labels import LabelIndex
from pipeline.extraction.layout import Layout
from pipeline.extraction.lines_header import MarkedColumn, MarkedHeader
from pipeline.extraction.lines_memory import LinesMemory, Reviewed
from pipeline.extraction.locale import infer_locale
from pipeline.extraction.tables import TableReader
from tests.unit.extraction.paper import line, page, right

INVOICE = next(doctype for doctype in load_types() if doctype.name == "invoice")
SPEC = next(spec for spec in INVOICE.fields if spec.name == "line_items")
LABELLED = ((60, "Description"), right(380, "Quantity"), right(460, "Unit price"), right(540, "Amount"))
NONSENSE = ((40, "Rok"), (60, "Vabu"), right(380, "Tesi"), right(460, "Moda"), right(540, "Zuvo"))
Item = tuple[str, str, str, str, str]
"""Description, what stands below it, quantity, price, amount."""


def sheet(
    *items: Item, header: tuple[tuple[float, str], ...] = LABELLED, down: float = 0, seller: str = "Alder"
) -> Page:
    lines: list[list[Word]] = [
        line(30, (60, f"{seller} Timber Yard"), (300, "Riverside wharf, third gate")),
        line(50, (60, f"{seller} delivers every weekday before noon")),
        line(100 + down, *header),
    ]
    y = 120.0 + down
    for text, below, quantity, price, amount in items:
        numbers = (right(380, quantity), right(460, price), right(540, amount))
        lines.append(line(y, *(((40, "7"),) if header is NONSENSE else ()), (60, text), *numbers))
        if below:
            lines.append(line(y + 12, (60, below)))
        y += 40
    total = sum(float(item[4]) for item in items)
    lines.append(line(y + 20, (300, "Net total"), right(540, f"{total:.2f}")))
    return page(*lines)


def rows_of(*items: Item, description: str = "{0} {1}") -> list[dict[str, str | None]]:
    return [
        {"description": description.format(*i).strip(), "quantity": i[2], "unit_price": i[3], "amount": i[4]}
        for i in items
    ]


def read(paper: Page, memory: LinesMemory | None = None) -> FieldExtraction:
    layout = Layout([paper])
    return TableReader(layout, INVOICE, SPEC, LabelIndex(INVOICE), infer_locale(layout), memory).read([])


def texts(table: FieldExtraction) -> list[str | None]:
    return [found.cells["description"].value for found in table.rows]


def numbers(table: FieldExtraction) -> list[tuple[str | None, ...]]:
    return [tuple(found.cells[c].value for c in ("quantity", "unit_price", "amount")) for found in table.rows]


OAK: Item = ("Oak", "kiln-dried", "2", "10.00", "20.00")
ASH: Item = ("Ash", "rough", "3", "5.00", "15.00")
ELM: Item = ("Elm planks of two metres", "", "4", "2.50", "10.00")


def taught(*papers: tuple[Page, list[dict[str, str | None]]]) -> LinesMemory:
    return LinesMemory.learn([Reviewed(Layout([paper]), rows) for paper, rows in papers], INVOICE, SPEC)


def test_one_reviewed_document_teaches_how_far_descriptions_go() -> None:
    new = sheet(ELM, ASH)
    assert texts(read(new)) == ["Elm planks of two metres", "Ash"]
    memory = taught((sheet(OAK, ELM), rows_of(OAK, ELM)))
    table = read(new, memory)
    assert texts(table) == ["Elm planks of two metres", "Ash rough"]
    assert "Read as in 1 reviewed document of this layout." in table.evidence


def test_a_custom_to_stop_at_the_colon_is_learned() -> None:
    glue: Item = ("Glue: clear, waterproof", "", "1", "4.00", "4.00")
    wax: Item = ("Wax: yellow", "", "2", "3.00", "6.00")
    memory = taught((sheet(glue), rows_of(glue, description="Glue")))
    assert texts(read(sheet(wax), memory)) == ["Wax"]


def test_other_templates_are_not_touched() -> None:
    memory = taught((sheet(OAK, ASH), rows_of(OAK, ASH)))
    stranger = page(
        line(40, (60, "Invoice of the copper works")),
        line(100, *LABELLED),
        line(120, (60, "Copper"), right(380, "2"), right(460, "10.00"), right(540, "20.00")),
        line(132, (60, "soft")),
        line(160, (60, "Copper pipe, bent twice"), right(380, "3"), right(460, "5.00"), right(540, "15.00")),
        line(200, (300, "Net total"), right(540, "35.00")),
    )
    assert memory.recall(Layout([stranger])) is None
    assert texts(read(stranger, memory))[0] == "Copper"


def test_only_the_second_confirmation_lifts_the_confidence() -> None:
    first, second = (sheet(OAK, ASH), rows_of(OAK, ASH)), (sheet(ELM, ASH), rows_of(ELM, ASH))
    new = sheet(OAK, ELM)
    once, twice = read(new, taught(first)), read(new, taught(first, second))
    assert once.confidence == read(new).confidence
    assert twice.confidence > SPEC.threshold > once.confidence


def test_a_custom_that_was_contradicted_is_doubted() -> None:
    agreed = [(sheet(i, j), rows_of(i, j)) for i, j in ((OAK, ELM), (ELM, ASH))]
    against = (sheet(OAK, ELM), rows_of(OAK, ELM, description="{0}"))
    new = sheet(ASH, OAK, ELM)
    assert read(new, taught(*agreed, against)).confidence < read(new, taught(*agreed)).confidence


def test_reviewed_rows_teach_a_header_that_no_label_names() -> None:
    new = sheet(ELM, ASH, header=NONSENSE, down=60)
    # Arithmetic finds the numbers, but nothing says what the column beside them is.
    assert texts(read(new)) == ["7 Elm planks of two metres", "7 Ash"]
    memory = taught((sheet(OAK, ASH, header=NONSENSE), rows_of(OAK, ASH, description="{0}")))
    table = read(new, memory)
    assert numbers(table) == [("4", "2.50", "10.00"), ("3", "5.00", "15.00")]
    assert texts(table) == ["Elm planks of two metres", "Ash"]


def test_a_marked_header_alone_reads_the_next_document() -> None:
    boxes = {"description": (58, 84), "quantity": (356, 384), "unit_price": (436, 464), "amount": (516, 544)}
    columns = tuple(
        MarkedColumn(role, BoundingBox(x0=x0, top=98, x1=x1, bottom=112)) for role, (x0, x1) in boxes.items()
    )
    paper = Reviewed(Layout([sheet(OAK, ASH, header=NONSENSE)]), (), MarkedHeader(1, columns))
    memory = LinesMemory.learn([paper], INVOICE, SPEC)
    table = read(sheet(ELM, ASH, header=NONSENSE, down=60), memory)
    assert numbers(table) == [("4", "2.50", "10.00"), ("3", "5.00", "15.00")]
    assert texts(table) == ["Elm planks of two metres", "Ash"]


def test_a_table_without_any_header_is_found_where_it_stood() -> None:
    bare = ((60, ""),)
    memory = taught((sheet(OAK, ASH, header=bare), rows_of(OAK, ASH, description="{0}")))
    assert read(sheet(ELM, ASH, header=bare)).rows == ()
    assert numbers(read(sheet(ELM, ASH, header=bare), memory)) == [("4", "2.50", "10.00"), ("3", "5.00", "15.00")]


def test_what_was_learned_survives_being_kept() -> None:
    memory = taught((sheet(OAK, ASH, header=NONSENSE), rows_of(OAK, ASH)))
    kept = LinesMemory.from_json(json.loads(json.dumps(memory.to_json())))
    new = sheet(ELM, ASH, header=NONSENSE)
    assert kept.to_json() == memory.to_json()
    assert read(new, kept) == read(new, memory)


def test_lessons_of_other_customs_keep_their_header() -> None:
    kept = taught((sheet(OAK, ASH, header=NONSENSE), rows_of(OAK, ASH))).to_json()
    kept[0]["rights"] = [2]
    memory = LinesMemory.from_json(kept)
    recalled = memory.recall(Layout([sheet(ELM, ASH, header=NONSENSE)]))
    assert recalled is not None
    assert recalled.header is not None
    assert recalled.policy.extent is Extent.NATURAL


def test_a_document_without_rows_teaches_nothing_and_breaks_nothing() -> None:
    memory = taught((sheet(OAK, ASH), []))
    new = sheet(ELM, ASH)
    assert numbers(read(new, memory)) == numbers(read(new))
