import csv
import io
import json
import subprocess
import sys
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.review import Decision, Settlement
from pipeline.errors import AccessDeniedError
from pipeline.record.canonical import digest
from pipeline.record.verify import check_export, parse_checkpoint
from pipeline.services.auditing import Auditing, EventFilter
from pipeline.services.exports.filter import ExportFilter, ExportFormat, ExportPart
from pipeline.services.exports.rows import ALL_COLUMNS
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import DocumentView
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.stored import BATCH
from tests import builders
from tests.builders import MACHINE
from tests.chains import event
from tests.desk import Office
from tests.fakes import FakeClock
from tests.integration.test_review_document import settle_all

Row = dict[str, Any]
NUMBER = 'CF-1;"quoted"'


@pytest.fixture
def auditing(office: Office) -> Auditing:
    return Auditing(office.store, office.clock, TypeShelf(office.types))


@pytest.fixture
def auditor(office: Office) -> Actor:
    return office.hire("lindqvist", Role.AUDITOR)


@pytest.fixture
def okafor(office: Office) -> Actor:
    return office.hire("okafor")


@pytest.fixture
def first(office: Office, okafor: Actor) -> DocumentView:
    """A signed document: a corrected total, a seller whose name is a formula, a credit."""
    values = {"invoice_number": NUMBER, "seller_name": "=cmd|'/c calc'!A1", "net_total": "-10.00", "tax_total": "-2.00"}
    view = office.receive(builders.extraction({**values, "gross_total": "12.00"}, unsure={"gross_total": 0.4}))
    view = office.reviewing.claim(view.id, by=okafor)
    fix = Settlement(field="gross_total", decision=Decision.CORRECT, value="-12.00", comment="+sign", handling_ms=4200)
    view = office.reviewing.settle(view.id, fix, by=okafor, revision=view.revision)
    return sign(office, view, okafor)


@pytest.fixture
def second(office: Office, okafor: Actor, first: DocumentView) -> DocumentView:
    """Another signed document, a day later, in another state by now: opened again."""
    office.clock.advance(days=1)
    values = {"invoice_number": "ÄÖ-2", "gross_total": "100.10", "net_total": "100.10", "tax_total": "0.00"}
    view = sign(office, office.receive(builders.extraction(values), b"%PDF second"), okafor)
    return office.approving.supersede(view.id, "wrong party", by=okafor, revision=view.revision)


def sign(office: Office, view: DocumentView, by: Actor) -> DocumentView:
    view = settle_all(office, view, by)
    office.reviewing.validate(view.id, by=by, revision=view.revision)
    view = office.reviewing.get_document(view.id, by=by)
    view = office.approving.approve(view.id, by=by, revision=view.revision)
    office.work()
    return view


def as_csv(auditing: Auditing, by: Actor, **wanted: object) -> list[Row]:
    data = b"".join(auditing.export(ExportFormat.CSV, ExportFilter.model_validate(wanted), by=by))
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def as_lines(auditing: Auditing, by: Actor, **wanted: object) -> list[bytes]:
    data = b"".join(auditing.export(ExportFormat.JSONL, ExportFilter.model_validate(wanted), by=by))
    return data.splitlines(keepends=True)


def of_kind(rows: list[Row], kind: str) -> list[Row]:
    return [row for row in rows if row["kind"] == kind]


def field_of(rows: list[Row], document: DocumentView, name: str) -> Row:
    [row] = [row for row in rows if row["field"] == name and row["document"] == str(document.id)]
    return row


def test_csv_holds_every_field_of_every_approval_and_every_event(
    auditing: Auditing, auditor: Actor, first: DocumentView, second: DocumentView
) -> None:
    rows = as_csv(auditing, auditor)
    assert [row["document"] for row in of_kind(rows, "approval")] == [str(first.id), str(second.id)]
    names = ["document_type", *(spec.name for spec in builders.invoice_type().fields)]
    for view in (first, second):
        found = [row["field"] for row in of_kind(rows, "field") if row["document"] == str(view.id)]
        assert sorted(found) == sorted(names)
    numbers = [int(row["seq"]) for row in of_kind(rows, "event")]
    assert numbers == list(range(1, numbers[-1] + 1))
    assert {"accepted", "corrected", "absent"} <= {row["state"] for row in of_kind(rows, "field")}


def test_row_of_a_field_tells_its_whole_story(auditing: Auditing, auditor: Actor, first: DocumentView) -> None:
    row = field_of(of_kind(as_csv(auditing, auditor), "field"), first, "gross_total")
    assert (row["machine_text"], row["machine_value"], row["value"]) == ("12.00", "12.00", "-12.00")
    assert (row["state"], row["settled_by"], row["handling_ms"]) == ("corrected", "okafor", "4200")
    assert (row["confidence"], row["threshold"], row["threshold_kind"]) == ("0.4", "0.9", "starting")
    assert "low_confidence" in row["reasons"]
    assert (row["page"], row["boxes"], row["reader"]) == ("", "", "fake 1"), (
        "it was typed, and nobody pointed at a place"
    )
    assert (row["channel"], row["file_name"], row["file_sha256"]) == ("drop", "invoice.pdf", first.sha256)
    assert (row["engine"], row["policy_version"]) == ("fake engine 1", "1")
    assert (row["approved_by"], row["approved_by_name"]) == ("okafor", "Okafor")
    assert row["approved_at"].endswith("Z")
    assert row["settled_at"].endswith("Z")
    assert "I approve this record" in row["meaning"]
    assert row["record_sha256"] == first.approvals[0].record_sha256
    assert row["delivery_state"] == "sent"


def test_row_of_a_field_tells_where_its_value_was_read(auditing: Auditing, auditor: Actor, first: DocumentView) -> None:
    row = field_of(of_kind(as_csv(auditing, auditor), "field"), first, "net_total")
    assert (row["page"], row["reader"]) == ("1", "fake 1")
    assert json.loads(row["boxes"])[0]["x0"] == 50


def test_superseded_approval_is_exported_as_it_was_signed(
    auditing: Auditing, auditor: Actor, second: DocumentView
) -> None:
    rows = as_csv(auditing, auditor)
    row = field_of(of_kind(rows, "field"), second, "gross_total")
    assert row["superseded_at"] != ""
    assert (row["value"], row["state"], row["document_state"]) == ("100.10", "accepted", "review")


def test_event_rows_tell_before_after_and_why(auditing: Auditing, auditor: Actor, first: DocumentView) -> None:
    rows = of_kind(as_csv(auditing, auditor), "event")
    [settled] = [row for row in rows if row["tag"] == "field:settle" and row["field"] == "gross_total"]
    assert (settled["before"], settled["after"], settled["why"]) == ("12.00", "-12.00", "'+sign")
    assert settled["prev"] == rows[int(settled["seq"]) - 2]["hash"]


def test_formulas_are_disarmed_and_negative_numbers_stay_numbers(
    auditing: Auditing, auditor: Actor, first: DocumentView
) -> None:
    rows = as_csv(auditing, auditor)
    assert field_of(of_kind(rows, "field"), first, "seller_name")["value"] == "'=cmd|'/c calc'!A1"
    assert field_of(of_kind(rows, "field"), first, "net_total")["value"] == "-10.00"
    assert field_of(of_kind(rows, "field"), first, "invoice_number")["value"] == NUMBER
    for row in rows:
        for cell in row.values():
            assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell


def test_column_order_is_the_documented_one(auditing: Auditing, auditor: Actor) -> None:
    data = b"".join(auditing.export(ExportFormat.CSV, by=auditor)).decode()
    assert next(csv.reader(io.StringIO(data))) == list(ALL_COLUMNS)
    page = (Path(__file__).parents[2] / "docs" / "audit-export.md").read_text().split("## Columns")[1].split("\n## ")[0]
    documented = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert documented == list(ALL_COLUMNS)


def test_byte_order_mark_comes_first_where_asked_for(auditing: Auditing, auditor: Actor) -> None:
    with_mark = b"".join(auditing.export(ExportFormat.CSV, by=auditor, bom=True))
    assert with_mark.startswith(b"\xef\xbb\xbfkind,")
    assert with_mark.decode("utf-8-sig").startswith("kind,")


def test_export_states_who_made_it_from_what_and_its_sums(
    auditing: Auditing, auditor: Actor, first: DocumentView, second: DocumentView
) -> None:
    lines = as_lines(auditing, auditor, states=["approved"])
    statement = json.loads(lines[0])
    assert (statement["by"], statement["filters"]["states"]) == ("lindqvist", ["approved"])
    assert statement["rows"]["approval"] == 1
    assert statement["control_totals"] == [{"currency": "GBP", "documents": 1, "amount": "-12.00"}]
    assert statement["versions"]["engines"] == ["fake engine 1"]
    assert statement["events"]["complete"] is False


def test_export_is_on_record_with_what_it_held(auditing: Auditing, auditor: Actor, first: DocumentView) -> None:
    statement = json.loads(as_lines(auditing, auditor)[0])
    [row] = auditing.list_events(EventFilter(tag=AuditTag.EXPORT_WRITE), by=auditor).rows
    assert row.seq == statement["recorded_as"] == statement["head"]["seq"] + 1
    assert (row.by, row.facts["format"]) == ("lindqvist", "jsonl")
    for name in ("rows", "filters", "head", "events"):
        assert row.facts[name] == statement[name]
    # sums are values, and a value can be erased: the record has their hash alone, under the statement's own salt
    assert [total["amount"] for total in row.facts["control_totals"]] == [None]
    said = {name: value for name, value in statement.items() if name not in ("at", "recorded_as")}
    assert row.facts["statement_sha256"] == digest(said)
    assert len(statement["salt"]) == 32


def test_export_that_nobody_reads_to_its_end_is_on_record_all_the_same(
    auditing: Auditing, auditor: Actor, first: DocumentView
) -> None:
    stream = auditing.export(ExportFormat.CSV, by=auditor)
    next(stream)
    del stream
    assert auditing.list_events(EventFilter(tag=AuditTag.EXPORT_WRITE), by=auditor).total == 1


def test_export_is_of_one_moment_whatever_is_written_meanwhile(
    office: Office, auditing: Auditing, auditor: Actor, first: DocumentView
) -> None:
    with office.store.writing() as session:
        events.append(session, *(event(number) for number in range(300)))
    stream = auditing.export(ExportFormat.JSONL, by=auditor)
    data = next(stream)
    assert b'"kind":"end"' not in data
    with office.store.writing() as session:
        events.append(session, event())
    data += b"".join(stream)
    assert check_export(data.splitlines(keepends=True)).chain.all_problems() == []


FILTERS: tuple[dict[str, object], ...] = (
    {},
    {"states": ["approved"]},
    {"states": ["review", "approved"]},
    {"document_type": "invoice"},
    {"document_type": "receipt"},
    {"person": "okafor"},
    {"person": "nobody"},
    {"parts": ["approvals"]},
    {"parts": ["events"]},
    {"since": "2026-03-11T00:00:00Z"},
    {"until": "2026-03-11T00:00:00Z"},
)


def test_every_json_export_passes_its_own_verifier(auditing: Auditing, auditor: Actor, second: DocumentView) -> None:
    for wanted in FILTERS:
        lines = as_lines(auditing, auditor, **wanted)
        check = check_export(lines)
        assert check.chain.all_problems() == [], wanted
        assert check.rows == json.loads(lines[0])["rows"]


def test_filters_choose_by_time_type_person_and_state(
    office: Office, auditing: Auditing, auditor: Actor, first: DocumentView, second: DocumentView
) -> None:
    def approvals(**wanted: object) -> list[int]:
        return [int(row["document"]) for row in of_kind(as_csv(auditing, auditor, **wanted), "approval")]

    midnight = first.approvals[0].at + timedelta(hours=12)
    assert approvals() == [first.id, second.id]
    assert approvals(since=midnight) == [second.id]
    assert approvals(until=midnight) == [first.id]
    assert approvals(document_type="receipt") == []
    assert approvals(person="okafor") == [first.id, second.id]
    assert approvals(person="lindqvist") == []
    assert approvals(states=[DocumentState.APPROVED]) == [first.id]
    under_review = as_csv(auditing, auditor, states=[DocumentState.REVIEW])
    assert [int(row["document"]) for row in of_kind(under_review, "document")] == [second.id]
    people = {row["by"] for row in of_kind(as_csv(auditing, auditor, person="okafor"), "event")}
    assert people == {"okafor"}
    assert of_kind(as_csv(auditing, auditor, parts=[ExportPart.EVENTS]), "field") == []
    assert of_kind(as_csv(auditing, auditor, parts=[ExportPart.APPROVALS]), "event") == []


def test_signed_value_that_was_changed_in_an_export_is_found(
    auditing: Auditing, auditor: Actor, first: DocumentView
) -> None:
    lines = as_lines(auditing, auditor)
    for number, line in enumerate(lines):
        row = json.loads(line)
        if row.get("kind") == "field" and row["field"] == "gross_total":
            row["value"] = "-99.00"
            lines[number] = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    problems = check_export(lines).chain.all_problems()
    assert any("field “gross_total”" in problem and "is not what was signed" in problem for problem in problems)


def test_stranger_verifies_an_export_offline_with_the_one_file(
    office: Office, auditing: Auditing, auditor: Actor, first: DocumentView, tmp_path: Path
) -> None:
    (tmp_path / "verify.py").write_bytes(auditing.get_verifier(by=auditor))
    (tmp_path / "checkpoint.json").write_bytes(office.checkpointing.write(by=auditor))
    export = tmp_path / "export.jsonl"
    export.write_bytes(b"".join(auditing.export(ExportFormat.JSONL, by=auditor)))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", "verify.py", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    good = run("export.jsonl", "--checkpoint", "checkpoint.json")
    assert (good.returncode, good.stdout.splitlines()[-1]) == (0, "The record holds.")
    export.write_bytes(export.read_bytes().replace(b"-12.00", b"-13.00", 1))
    bad = run("export.jsonl")
    assert (bad.returncode, bad.stdout.splitlines()[-1]) == (1, "The record does NOT hold.")
    assert run("nothing.jsonl").returncode == 2
    assert run("export.jsonl", "--checkpoint", "verify.py").returncode == 2
    [key] = (each.key for each in office.checkpointing.list_keys(by=auditor))
    assert "The record holds" not in bad.stdout
    assert run("export.jsonl", "--checkpoint", "checkpoint.json", "--key", key).returncode == 1
    unknown = run("export.jsonl", "--checkpoint", "checkpoint.json", "--key", "0" * 64)
    assert (unknown.returncode, "does not go back to the key" in unknown.stderr) == (2, True)


def test_cut_export_does_not_agree_with_a_checkpoint(
    office: Office, auditing: Auditing, auditor: Actor, first: DocumentView
) -> None:
    before = as_lines(auditing, auditor)
    known = parse_checkpoint(office.checkpointing.write(by=auditor))
    [problem] = check_export(before, known).chain.all_problems()
    assert "its end was cut off since" in problem


def test_workbook_has_a_sheet_for_each_kind_and_amounts_as_numbers(
    auditing: Auditing, auditor: Actor, first: DocumentView, second: DocumentView
) -> None:
    book = load_workbook(io.BytesIO(b"".join(auditing.export(ExportFormat.XLSX, by=auditor))))
    assert book.sheetnames == ["Statement", "Approvals", "Fields", "Events"]
    statement = {row[0]: row[1] for row in book["Statement"].iter_rows(values_only=True)}
    assert (statement["by"], statement["rows.approval"]) == ("lindqvist", 2)
    header, *rows = book["Fields"].iter_rows(values_only=True)
    fields = [dict(zip(header, row, strict=True)) for row in rows]
    assert len(fields) == 2 * (1 + len(builders.invoice_type().fields))
    by_name = {row["field"]: row for row in fields if row["document"] == first.id}
    assert by_name["net_total"]["value"] == -10
    assert by_name["seller_name"]["value"] == "'=cmd|'/c calc'!A1"
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)


def test_text_that_a_workbook_cannot_hold_is_replaced_not_lost_silently(
    office: Office, auditing: Auditing, auditor: Actor
) -> None:
    with office.store.writing() as session:
        events.append(session, event(values={"before": "a\x00b\x0b", "after": "x" * 40_000}))
    parts = ExportFilter(parts=(ExportPart.EVENTS,))
    book = load_workbook(io.BytesIO(b"".join(auditing.export(ExportFormat.XLSX, parts, by=auditor))))
    header, *rows = book["Events"].iter_rows(values_only=True)
    row = dict(zip(header, rows[-1], strict=True))
    assert row["before"] == "a\ufffdb\ufffd"
    assert row["after"].endswith("the whole text is in the JSONL export)")


def test_memory_does_not_grow_with_the_number_of_events(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    auditing = Auditing(store, FakeClock())

    def peak(form: ExportFormat) -> int:
        tracemalloc.start()
        size = sum(len(chunk) for chunk in auditing.export(form, by=MACHINE))
        assert size > 0
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    with store.writing() as session:
        events.append(session, *(event(number) for number in range(BATCH)))
    few = {form: peak(form) for form in (ExportFormat.CSV, ExportFormat.JSONL)}
    for _ in range(3):
        with store.writing() as session:
            events.append(session, *(event(number) for number in range(BATCH)))
    for form, before in few.items():
        assert peak(form) < before * 1.5
    store.close()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.APPROVER])
def test_nobody_else_can_export(office: Office, auditing: Auditing, role: Role) -> None:
    somebody = office.hire("somebody", role)
    with pytest.raises(AccessDeniedError, match="auditor"):
        auditing.export(ExportFormat.CSV, by=somebody)
