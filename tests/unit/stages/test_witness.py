"""The data inside an e-invoice against its pages: agreement makes certain, a difference is always shown."""

from typing import Any

import pytest

from pipeline.domain.extraction import Candidate, Cell, Extraction, FieldExtraction, LineItem, Provenance, TypeGuess
from pipeline.domain.fields import TYPE_FIELD, Column, DocumentType, FieldKind
from pipeline.domain.pages import AttachedData, Page, PageSource, Reading
from pipeline.domain.routing import Policy, ReasonCode
from pipeline.normalise.words import single_blanks
from pipeline.stages.agreement import same
from pipeline.stages.calibrate import CEILING
from pipeline.stages.route import route
from pipeline.stages.witness import AGREES, DIFFERS, ONLY, UNREAD, Witnessed, belonging, witness
from tests import builders
from tests.fakes import FakeEngine

PAPER = builders.page(
    "Calder & Finch Joinery Ltd",
    "Invoice CF-20814",
    "04.03.2026",
    "Net 1,190.00",
    "VAT 238.00",
    "Total GBP 1,428.00",
    "IBAN GB29 NWBK 6016 1331 9268 19",
)
IBAN = "GB29NWBK60161331926819"


def data(**changes: Any) -> AttachedData:
    fields = {name: value for name, value in builders.GOOD.items() if isinstance(value, str)}
    told = {"syntax": "CII", "file_name": "factur-x.xml", "document_type": "invoice", **changes}
    return AttachedData(**{**told, "fields": fields | changes.get("fields", {})})


def hear(
    attached: AttachedData | None,
    extraction: Extraction | None = None,
    *,
    paper: Page = PAPER,
    types: tuple[DocumentType, ...] = (),
    engine: FakeEngine | None = None,
    fixed_type: str | None = None,
) -> Witnessed:
    reading = Reading(pages=(paper,), reader="fake 1", attached=attached)
    read = extraction if extraction is not None else builders.extraction()
    return witness(read, reading, types or (builders.invoice_type(),), engine or FakeEngine(), fixed_type)


def field(heard: Witnessed, name: str) -> FieldExtraction:
    found = heard.extraction.find_field(name)
    assert found is not None
    return found


def reasons(heard: Witnessed, name: str) -> list[ReasonCode]:
    doctype = builders.invoice_type()
    decision = route(heard.extraction, heard.findings, doctype, Policy(), {})
    return [reason.code for each in decision.fields if each.name == name for reason in each.reasons]


def test_without_data_nothing_changes() -> None:
    extraction = builders.extraction()
    assert hear(None, extraction) == Witnessed(extraction)


def test_agreement_makes_a_doubtful_value_certain() -> None:
    heard = hear(data(), builders.extraction(unsure={"gross_total": 0.4}))
    gross = field(heard, "gross_total")
    assert (gross.value, gross.confidence) == ("1428.00", CEILING)
    assert gross.evidence[-1] == AGREES
    assert heard.findings == ()
    assert reasons(heard, "gross_total") == []


def test_field_that_the_data_says_nothing_of_keeps_its_confidence() -> None:
    attached = data()
    silent = attached.model_copy(update={"fields": {"invoice_number": "CF-20814"}})
    assert field(hear(silent, builders.extraction(unsure={"issue_date": 0.4})), "issue_date").confidence == 0.4


def weighing(name: str, value: str, read: Extraction) -> Extraction:
    """Return the extraction with `value` among what the machine considered for a field."""
    weighed = (Candidate(text=value, value=value, confidence=0.2),)
    fields = (each.model_copy(update={"candidates": weighed}) if each.name == name else each for each in read.fields)
    return read.model_copy(update={"fields": tuple(fields)})


def test_amount_that_happens_to_be_printed_somewhere_does_not_settle_a_doubt() -> None:
    heard = hear(data(), builders.extraction({"gross_total": "14280.00"}, unsure={"gross_total": 0.5}))
    assert [finding.code for finding in heard.findings] == [DIFFERS]
    assert field(heard, "gross_total").confidence <= 0.5


def test_print_that_the_data_names_is_taken_where_the_machine_was_in_doubt() -> None:
    read = builders.extraction({"gross_total": "1190.00"}, unsure={"gross_total": 0.5})
    heard = hear(data(), weighing("gross_total", "1428.00", read))
    gross = field(heard, "gross_total")
    assert (gross.value, gross.text) == ("1428.00", "GBP 1,428.00")
    assert gross.confidence > 0.98
    assert gross.provenance is not None
    assert gross.provenance.boxes[0].top == 150
    assert gross.candidates[0].value == "1190.00"
    assert heard.findings == ()


def test_print_that_the_data_names_is_shown_with_the_other_where_the_machine_was_sure() -> None:
    heard = hear(data(), builders.extraction({"gross_total": "1190.00"}))
    gross = field(heard, "gross_total")
    assert (gross.value, gross.candidates[0].value) == ("1428.00", "1190.00")
    assert [finding.code for finding in heard.findings] == [DIFFERS]
    assert "1,190.00" in heard.findings[0].message
    assert "1,428.00" in heard.findings[0].message
    assert ReasonCode.ATTACHED_DATA in reasons(heard, "gross_total")


def test_changed_page_keeps_its_value_and_shows_both() -> None:
    heard = hear(data(fields={"iban": "DE02120300000000202051"}), builders.extraction({"iban": IBAN}))
    iban = field(heard, "iban")
    assert iban.value == IBAN
    assert iban.confidence <= 0.5
    assert (iban.candidates[0].value, iban.candidates[0].label) == ("DE02120300000000202051", "attached data")
    finding = heard.findings[0]
    assert finding.fields == ("iban",)
    assert IBAN in finding.message
    assert "DE02120300000000202051" in finding.message


def test_value_of_the_data_alone_is_never_accepted_unseen() -> None:
    heard = hear(data(fields={"issue_date": "2026-05-09"}), builders.extraction({"issue_date": None}))
    issued = field(heard, "issue_date")
    assert (issued.value, issued.provenance) == ("2026-05-09", None)
    assert [finding.code for finding in heard.findings] == [ONLY]
    assert ReasonCode.ATTACHED_DATA in reasons(heard, "issue_date")


def test_value_that_the_machine_missed_is_found_on_the_page() -> None:
    heard = hear(data(fields={"iban": IBAN}), builders.extraction({"iban": None}))
    iban = field(heard, "iban")
    assert iban.value == IBAN
    assert iban.confidence > 0.98
    assert iban.provenance is not None
    assert heard.findings == ()


def test_print_so_short_that_it_may_be_anything_is_not_taken_for_certain() -> None:
    paper = builders.page("Position 7", "Invoice")
    heard = hear(data(fields={"invoice_number": "7"}), builders.extraction({"invoice_number": None}), paper=paper)
    assert field(heard, "invoice_number").confidence <= 0.9


def test_second_account_of_the_data_agrees_too() -> None:
    attached = data(fields={"iban": "DE02120300000000202051"}, others={"iban": (IBAN,)})
    heard = hear(attached, builders.extraction({"iban": IBAN}))
    assert field(heard, "iban").confidence == CEILING
    assert heard.findings == ()


def test_data_chooses_between_the_readings_of_one_print() -> None:
    read = builders.extraction({"issue_date": "2026-04-03"})
    fields = tuple(
        each.model_copy(update={"readings": ("2026-04-03", "2026-03-04")}) if each.name == "issue_date" else each
        for each in read.fields
    )
    issued = field(hear(data(), read.model_copy(update={"fields": fields})), "issue_date")
    assert (issued.value, issued.readings, issued.confidence) == ("2026-03-04", (), CEILING)


@pytest.mark.parametrize("kind", ["credit_note", "corrected_invoice"])
def test_credit_notes_agree_with_and_without_a_minus(kind: str) -> None:
    credit = builders.invoice_type().model_copy(update={"name": kind})
    minus = {name: f"-{builders.GOOD[name]}" for name in ("net_total", "tax_total", "gross_total")}
    heard = hear(data(document_type=kind, fields=minus), builders.extraction(type_name=kind), types=(credit,))
    assert heard.findings == ()
    assert field(heard, "gross_total").value == "1428.00"


def test_invoice_with_another_sign_differs() -> None:
    heard = hear(data(fields={"gross_total": "-1428.00"}))
    assert [finding.fields for finding in heard.findings] == [("gross_total",)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Calder & Finch Joinery Ltd", "CALDER AND FINCH JOINERY LIMITED"),
        ("Müller Söhne GmbH & Co. KG", "Mueller Soehne"),
        ("Atelier Bois S.A.R.L.", "Atelier Bois SARL"),
    ],
)
def test_names_agree_as_a_person_reads_them(one: str, other: str) -> None:
    assert same(FieldKind.NAME, one, other)
    assert not same(FieldKind.NAME, one, "Calder & Finch Roofing Ltd")


def test_letters_read_off_a_picture_may_differ_a_little() -> None:
    scanned = PAPER.model_copy(update={"source": PageSource.OCR})
    read = builders.extraction({"seller_name": "Calder & Finch Joinerv Ltd"})
    assert hear(data(), read, paper=scanned).findings == ()
    assert field(hear(data(), read), "seller_name").value == "Calder & Finch Joinery Ltd"


def test_type_agrees_differs_and_may_be_an_invoice_below_zero() -> None:
    types = tuple(
        builders.invoice_type().model_copy(update={"name": name, "title": {"en": name.replace("_", " ")}})
        for name in ("invoice", "credit_note")
    )
    agreed = hear(data(), builders.extraction(type_confidence=0.6), types=types)
    assert agreed.extraction.type.confidence == CEILING

    note = builders.extraction(type_name="credit_note")
    differs = hear(data(), note, types=types)
    assert [finding.fields for finding in differs.findings] == [(TYPE_FIELD,)]
    assert "credit note" in differs.findings[0].message
    assert not hear(data(fields={"gross_total": "-1428.00"}), note, types=types).findings
    assert not hear(data(), note, types=types, fixed_type="credit_note").findings


def test_type_that_only_the_data_knows_is_tried_and_asked_about() -> None:
    unknown = builders.extraction(type_name=None, type_confidence=0.3)
    heard = hear(data(), unknown)
    assert heard.extraction.type.name == "invoice"
    assert heard.extraction.type.confidence <= 0.5
    assert field(heard, "gross_total").confidence == CEILING


def test_data_that_cannot_be_read_is_told_and_the_page_counts() -> None:
    extraction = builders.extraction()
    broken = AttachedData(syntax="", file_name="factur-x.xml", problem="The electronic invoice was not read.")
    heard = hear(broken, extraction)
    assert heard.extraction == extraction
    assert [(finding.code, finding.fields) for finding in heard.findings] == [(UNREAD, ())]
    assert ReasonCode.ATTACHED_DATA in reasons(heard, TYPE_FIELD)


def test_data_about_another_kind_of_document_is_not_heard() -> None:
    receipt = DocumentType(name="receipt", title={"en": "Receipt"}, fields=(builders.spec("total", FieldKind.MONEY),))
    read = Extraction(type=TypeGuess(name="receipt", confidence=0.99), engine="fake", fields=())
    assert hear(data(), read, types=(receipt,)) == Witnessed(read)


def test_data_goes_with_the_part_of_a_split_file_that_prints_its_number() -> None:
    mine, others = data(), data(fields={"invoice_number": "CF-1"})
    assert belonging((mine,), (PAPER,)) == mine
    assert belonging((others,), (PAPER,)) is None
    assert belonging((mine, others), (PAPER,)) == mine
    assert belonging((mine, mine), (PAPER,)) is None


# Line items ---------------------------------------------------------------------------------------------------------

COLUMNS = (
    Column(name="description", title={"en": "Description"}, kind=FieldKind.TEXT),
    Column(name="quantity", title={"en": "Quantity"}, kind=FieldKind.QUANTITY),
    Column(name="unit_price", title={"en": "Unit price"}, kind=FieldKind.MONEY),
    Column(name="amount", title={"en": "Amount"}, kind=FieldKind.MONEY),
)
NAMES = tuple(column.name for column in COLUMNS)
TABLED = builders.invoice_type().model_copy(
    update={
        "fields": (
            *builders.invoice_type().fields,
            builders.spec("line_items", FieldKind.TABLE, columns=COLUMNS),
        )
    }
)
ROWS = (("Oak board", "3", "10.00", "30.00"), ("Pine shelf", "2", "20.00", "40.00"), ("Wax", "1", "5.00", "5.00"))
LINES = builders.page(*(" ".join(row) for row in ROWS))


def row_at(place: int, *values: str | None, sure: float = 0.97) -> LineItem:
    """A row as the engine would read it from line `place` of `LINES`, with the words of that line for its places."""
    words = [word for word in LINES.words if word.box.top == 50 + 20 * place]
    cells: dict[str, Cell] = {}
    for name, value in zip(NAMES, values, strict=True):
        boxes = tuple(word.box for word in words if value and word.text in value.split())
        if value is not None:
            provenance = Provenance(page=1, boxes=boxes) if boxes else None
            cells[name] = Cell(text=value, value=value, confidence=sure, provenance=provenance)
    return LineItem(cells=cells)


def hear_table(rows: list[LineItem], told: tuple[tuple[str, ...], ...], paper: Page = LINES) -> Witnessed:
    values = tuple({name: cell.value for name, cell in row.cells.items()} for row in rows)
    table = FieldExtraction(name="line_items", value=values, rows=tuple(rows), confidence=0.82)
    read = builders.extraction()
    read = read.model_copy(update={"fields": (*read.fields, table)})
    attached = data(rows=tuple(dict(zip(NAMES, row, strict=True)) for row in told))
    joined = PAPER.model_copy(update={"words": (*paper.words, *_below(PAPER))})
    return hear(attached, read, paper=joined, types=(TABLED,))


def _below(paper: Page) -> list[Any]:
    return [
        word.model_copy(
            update={"box": word.box.model_copy(update={"top": word.box.top + 400, "bottom": word.box.bottom + 400})}
        )
        for word in paper.words
    ]


def shown(heard: Witnessed) -> list[tuple[str | None, ...]]:
    return [
        tuple(single_blanks(row.cells[name].value or "") if name in row.cells else None for name in NAMES)
        for row in field(heard, "line_items").rows
    ]


def test_rows_that_agree_make_the_table_certain() -> None:
    heard = hear_table([row_at(place, *row) for place, row in enumerate(ROWS)], ROWS)
    table = field(heard, "line_items")
    assert (table.confidence, heard.findings) == (CEILING, ())
    assert "the same about every row" in table.evidence[-1]


def test_number_that_the_data_names_is_taken_where_its_row_prints_it() -> None:
    rows = [row_at(0, "Oak board", "10.00", None, "30.00", sure=0.7), *(row_at(i, *ROWS[i]) for i in (1, 2))]
    heard = hear_table(rows, ROWS)
    assert shown(heard) == list(ROWS)
    assert heard.findings == ()
    assert field(heard, "line_items").confidence > 0.9


def test_row_that_the_machine_missed_is_found_on_the_page() -> None:
    heard = hear_table([row_at(0, *ROWS[0]), row_at(2, *ROWS[2])], ROWS)
    assert shown(heard) == list(ROWS)
    assert heard.findings == ()


def test_changed_amount_in_a_row_is_shown_with_both() -> None:
    told = (ROWS[0], ("Pine shelf", "2", "20.00", "44.00"), ROWS[2])
    heard = hear_table([row_at(place, *row) for place, row in enumerate(ROWS)], told)
    (finding,) = heard.findings
    assert (finding.code, finding.fields, finding.rows) == (DIFFERS, ("line_items",), (2,))
    assert "row 2: amount 40.00 on the page, 44.00 in the data" in finding.message
    assert field(heard, "line_items").confidence <= 0.5


def test_row_that_only_one_witness_has_is_told() -> None:
    read = [row_at(place, *row) for place, row in enumerate(ROWS)]
    fewer = hear_table(read, ROWS[:2])
    assert fewer.findings[0].rows == (3,)
    more = hear_table(read, (*ROWS, ("Bronze hinge", "4", "2.50", "10.00")))
    assert "“Bronze hinge”, 4, 2.50, 10.00" in more.findings[0].message
    assert shown(more) == list(ROWS)


def test_price_that_the_page_rounds_is_taken_as_the_data_reckons_with_it() -> None:
    told = (("Oak board", "3", "10.004", "30.00"), *ROWS[1:])
    heard = hear_table([row_at(place, *row) for place, row in enumerate(ROWS)], told)
    assert heard.findings == ()
    assert shown(heard)[0][2] == "10.004"
    assert field(heard, "line_items").rows[0].cells["unit_price"].text == "10.00"


def test_data_without_rows_says_nothing_about_them() -> None:
    heard = hear_table([row_at(place, *row) for place, row in enumerate(ROWS)], ())
    assert field(heard, "line_items").confidence == 0.82


def test_long_tables_are_heard_in_their_order() -> None:
    rows = [row_at(0, "Oak board", "3", "10.00", "30.00")] * 400
    told = (ROWS[0],) * 399 + (("Wax", "9", "9.00", "81.00"),)
    heard = hear_table(rows, told)
    assert heard.findings[0].rows == (400,)
