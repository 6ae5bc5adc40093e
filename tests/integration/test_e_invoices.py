"""E-invoices from the file to the exception: two witnesses, of which the page is the one that is signed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from fixtures.make import make_e_invoice, make_invoice
from fixtures.make.folder import FOLDER
from pipeline import assembly
from pipeline.domain.extraction import Extraction
from pipeline.domain.fields import TYPE_FIELD
from pipeline.domain.pages import AttachedData, Reading
from pipeline.domain.routing import Policy, ReasonCode
from pipeline.services.processing import _Attempt
from pipeline.services.sources import sources_of
from pipeline.settings import Settings
from pipeline.stages.calibrate import CEILING
from pipeline.store import queries
from pipeline.store.readings import FolderReadings
from tests import builders
from tests.desk import Office
from workers.cli import desk

SAMPLES = FOLDER / "documents"
READER = builders.person(0, "reader")
DATA = AttachedData(
    syntax="CII",
    file_name="factur-x.xml",
    document_type="invoice",
    fields={"invoice_number": "CF-20814", "gross_total": "1428.00", "iban": "GB29NWBK60161331926819"},
)


@pytest.fixture(scope="module")
def offline() -> Iterator[assembly.Offline]:
    opened = assembly.offline(Settings())
    yield opened
    opened.close()


def expected(name: str) -> dict[str, object]:
    return json.loads((FOLDER / "expected" / f"{name}.json").read_text())["fields"]


def singles(read: Extraction) -> dict[str, object]:
    return {field.name: field.value for field in read.fields if not field.rows}


@pytest.mark.parametrize("name", ["e-rechnung", "e-invoice-ubl"])
def test_invoice_whose_data_agrees_is_certain_in_every_field(offline: assembly.Offline, name: str) -> None:
    read = offline.extract(SAMPLES / f"{name}.pdf")
    truth = expected(name)

    assert (read.type.name, read.type.confidence) == ("invoice", CEILING)
    told = [field for field in read.fields if truth.get(field.name) is not None]
    assert {field.name: field.value for field in told} == {k: v for k, v in truth.items() if v is not None}
    assert min(field.confidence for field in told) > 0.98
    items = next(field for field in read.fields if field.rows)
    assert items.confidence > 0.9


def test_changed_page_is_doubted_where_it_was_changed_and_nowhere_else(offline: assembly.Offline) -> None:
    read = offline.extract(SAMPLES / "e-rechnung-abweichend.pdf")
    truth = expected("e-rechnung-abweichend")
    doubted = {field.name for field in read.fields if truth.get(field.name) and field.confidence < 0.9}

    assert doubted == {"gross_total", "amount_due", "iban"}
    for name in doubted:
        field = read.find_field(name)
        assert field is not None
        assert field.value == truth[name]
        assert (field.candidates[0].label, field.confidence) == ("attached data", 0.5)


@pytest.mark.parametrize("syntax", ["CII", "UBL", "ZUGFeRD 1"])
def test_data_puts_right_what_the_pages_alone_leave_open(offline: assembly.Offline, tmp_path: Path, syntax) -> None:
    made = make_e_invoice(make_invoice(18, language="fr", kind="credit_note"), syntax=syntax)
    (path := tmp_path / "avoir.pdf").write_bytes(made.bytes)
    read = offline.extract(path)
    assert read.type.name == "credit_note"
    wanted = {name: value for name, value in made.fields.items() if value is not None}
    assert {name: value for name, value in singles(read).items() if name in wanted} == wanted


def test_attachments_are_ignored_where_that_is_asked_for() -> None:
    sample = str(SAMPLES / "e-rechnung-abweichend.pdf")

    def gross(*options: str, **environment: str) -> dict[str, object]:
        env = {name: None for name in os.environ if name.startswith("PROOFDESK_")} | environment
        result = CliRunner().invoke(desk, ["extract", "--jsonl", "--jobs", "1", *options, sample], env=env)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)["fields"]["gross_total"]

    both, alone = gross(), gross("--ignore-attachments")
    assert both["value"] == alone["value"]
    assert both["confidence"] == 0.5
    assert float(str(alone["confidence"])) > 0.9
    assert gross(PROOFDESK_READ_ATTACHMENTS="false") == alone


def test_difference_opens_an_otherwise_ready_document(office: Office) -> None:
    office.reader.attached = DATA.model_copy(update={"fields": {**DATA.fields, "gross_total": "1190.00"}})
    view = office.receive(builders.extraction({"iban": "GB29NWBK60161331926819"}))

    gross = next(field for field in view.fields if field.record.name == "gross_total")
    assert ReasonCode.ATTACHED_DATA in {reason.code for reason in gross.record.reasons}
    assert gross.record.value == "1428.00"
    assert any("1,190.00" in reason.message and "1,428.00" in reason.message for reason in gross.record.reasons)
    iban = next(field for field in view.fields if field.record.name == "iban")
    assert {reason.code for reason in iban.record.reasons} == {ReasonCode.CRITICAL}


def test_unreadable_data_opens_the_document_with_its_sentence(office: Office) -> None:
    problem = "The electronic invoice “factur-x.xml” in this PDF was not read, because it is not well-formed XML."
    office.reader.attached = AttachedData(syntax="", file_name="factur-x.xml", problem=problem)
    view = office.receive(builders.extraction())
    kind = next(field for field in view.fields if field.record.name == TYPE_FIELD)
    assert [(reason.code, reason.message) for reason in kind.record.reasons] == [(ReasonCode.ATTACHED_DATA, problem)]


def test_data_is_heard_again_from_the_cache(office: Office) -> None:
    office.reader.attached = DATA.model_copy(update={"fields": {**DATA.fields, "gross_total": "1190.00"}})
    view = office.receive(builders.extraction())
    reads = office.reader.reads
    with office.store.reading() as session:
        document = queries.get_document(session, view.id)
        attempt = _Attempt(view.id, document.attempt, sources_of(session, document), None, Policy())
    again = office.processing._work(attempt)
    assert office.reader.reads == reads
    assert any(finding.code.startswith("attachment_") for finding in again.decision.findings)


def test_readings_keep_the_data_beside_the_pages(tmp_path: Path) -> None:
    readings = FolderReadings(tmp_path)
    reading = Reading(pages=(builders.page("Invoice"),), reader="fake 1", attached=DATA)
    readings.keep("ab" * 32, reading)
    assert readings.find("ab" * 32, "fake 1") == reading
