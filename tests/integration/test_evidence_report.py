"""The report in an evidence pack reads well, says where it stops, and shows nothing that the pack leaves out."""

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pdfplumber
import pypdfium2
import pytest

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.record.keys import SigningKey, introduce
from pipeline.record.manifest import write_manifest
from pipeline.record.verify import PackCheck, sha256_hex
from pipeline.services.auditing import EventFilter
from pipeline.services.evidence.report import Cover, write_report
from pipeline.services.evidence.reported import Reported
from pipeline.services.evidence.telling import WORDS, tell
from pipeline.services.exports.filter import ExportFilter
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import DocumentView
from tests.builders import invoice_type
from tests.desk import Office
from tests.integration.test_audit_verify import approve_one
from tests.integration.test_evidence import closed, key_of, opened, pack, page_image, problems

COVER = Cover(datetime(2026, 3, 10, tzinfo=UTC), 12, "ab" * 32, True, "5f1c" * 16, "5f1c" * 16)


@pytest.fixture
def auditor(office: Office) -> Actor:
    return office.hire("lindqvist", Role.AUDITOR)


@pytest.fixture
def approved(office: Office) -> DocumentView:
    office.reader.picture = page_image()
    return approve_one(office)


def text_of(content: bytes) -> str:
    with pdfplumber.open(io.BytesIO(content)) as made:
        return "\n".join(page.extract_text() for page in made.pages)


def pictures_in(content: bytes) -> int:
    with pdfplumber.open(io.BytesIO(content)) as made:
        return sum(len(page.images) for page in made.pages)


def report_of(content: bytes) -> bytes:
    return opened(content)["report.pdf"]


def rows(office: Office, by: Actor) -> list[dict[str, Any]]:
    return [json.loads(line) for line in opened(pack(office, by))["export.jsonl"].splitlines()]


def test_it_shows_what_was_signed_with_its_prints_and_its_history(
    office: Office, auditor: Actor, approved: DocumentView
) -> None:
    content = pack(office, auditor)
    files = opened(content)
    found = text_of(files["report.pdf"])
    for said in (
        "for Lindqvist (lindqvist)",
        "1 document, 1428.00 GBP",
        "all of it: 1 document",
        key_of(office, auditor)[:40],
        "I approve this record.",
        "CF-20814",
        "Calder & Finch Joinery",
        "invoice.pdf",
        "policy, unseen",
        "99.0%",
        "not on the page",
        "It was approved and signed",
        "open → absent",
    ):
        assert said in found, said
    assert pictures_in(files["report.pdf"]) == sum(name.startswith("crops/") for name in files)
    assert json.loads(files["manifest.json"])["files"]["report.pdf"] == sha256_hex(files["report.pdf"])


def test_what_is_left_out_of_the_pack_is_not_in_it(office: Office, auditor: Actor, approved: DocumentView) -> None:
    secret = next(field.record.value for field in approved.fields if field.record.name == "gross_total")
    assert isinstance(secret, str)
    whole = report_of(pack(office, auditor))
    copy = report_of(pack(office, auditor, ExportFilter(redact=("gross_total",))))
    assert secret in text_of(whole)
    assert approved.file_name in text_of(whole)
    shown = text_of(copy)
    assert secret not in shown
    assert approved.file_name not in shown
    assert "left out of this copy" in shown
    assert "CF-20814" in shown
    assert pictures_in(copy) < pictures_in(whole)


def test_it_is_bound_to_the_record_by_the_list_of_files(office: Office, auditor: Actor, approved: DocumentView) -> None:
    files = opened(pack(office, auditor))
    written = office.auditing.list_events(EventFilter(tag=AuditTag.EXPORT_WRITE), by=auditor).rows[0]
    assert written.facts == {"format": "pack", "sha256": sha256_hex(files["manifest.json"]), "files": len(files) - 1}


@pytest.mark.parametrize("name", ["report.pdf", "crops/"])
def test_a_replaced_picture_or_report_is_found_whoever_signs_the_list_anew(
    office: Office, auditor: Actor, approved: DocumentView, name: str
) -> None:
    files = opened(pack(office, auditor))
    known = key_of(office, auditor)
    [*chosen] = [each for each in files if each.startswith(name)]
    files[chosen[0]] = page_image()
    assert any(f"{chosen[0]} was changed" in problem for problem in problems(closed(files), known))
    forger = SigningKey.make()
    at = datetime(2026, 3, 10, tzinfo=UTC)
    listed = {each: sha256_hex(content) for each, content in files.items() if each != "manifest.json"}
    files["manifest.json"] = write_manifest(listed, at, {}, forger, [introduce(forger, at, 1, None)])
    with zipfile.ZipFile(io.BytesIO(closed(files))) as archive:
        [problem] = PackCheck(archive, known).export.chain.all_problems()
    assert "does not go back to the key that you named" in problem


HOSTILE = (
    '<b>bold</b> & <img src="file:///etc/passwd"/> <a href="https://evil.example">x</a> </para><para>',
    "&#60;i&gt; ]]> <!-- <font size=90>",
    "Ελληνικά Кириллица łódź ñ ß",
    "line\n" * 500,
    "漢" * 3000,
    "x" * 3000,
    "\x00\x07\ud800 ‮ right to left",
)


def story(count: int, value: str, comment: str = "", most: int = 100) -> Reported:
    """Return what an export of that many documents tells of, each with this value."""
    made = Reported(documents_max=most)
    made.note({"kind": "statement", "by": value, "rows": {}, "filters": {"person": value}, "control_totals": []})
    for number in range(1, count + 1):
        place = {"document": number, "revision": 2, "file": number}
        made.note({"kind": "approval", **place, "document_type": "invoice", "meaning": value, "file_name": value})
        made.note(
            {
                "kind": "field",
                **place,
                "field": "seller_name",
                "state": "corrected",
                "value": value,
                "machine_value": value,
                "machine_text": value,
                "comment": comment,
                "reasons": [{"code": "low", "message": value}],
            }
        )
    for number in range(1, count + 1):
        values = {name: {"value": value} for name in ("before", "after", "why")}
        event = {
            "kind": "event",
            "document": number,
            "file": number,
            "field": "seller_name",
            "seq": number,
            "by": "eve",
        }
        made.note({**event, "tag": "field:settle", "text": "{}", "values": values, "at": "2026-03-10T09:00:00.000000Z"})
    return made


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_text_is_data_whatever_is_in_it(value: str) -> None:
    made = write_report(story(1, value, value), COVER, TypeShelf((invoice_type(),)))
    found = text_of(made)
    shown = value.split("\n")[0][:20].strip()
    if shown.isprintable() and shown.isascii():
        assert shown in found.replace("\n", " ") or shown.replace(" ", "") in found.replace("\n", "").replace(" ", "")
    assert pictures_in(made) == 0
    with pdfplumber.open(io.BytesIO(made)) as opened_pdf:
        assert [link for page in opened_pdf.pages for link in page.hyperlinks] == []


def test_greek_and_cyrillic_are_written() -> None:
    made = write_report(story(1, "Ελληνικά Кириллица łódź"), COVER, TypeShelf((invoice_type(),)))
    assert "Ελληνικά Кириллица łódź" in text_of(made)


def test_it_stops_after_the_first_documents_and_says_so() -> None:
    made = write_report(story(5, "Calder", most=3), COVER, TypeShelf((invoice_type(),)))
    found = text_of(made)
    assert "the first 3 of 5 documents; the others are in export.jsonl" in found
    assert "Document 3, revision 2" in found
    assert "Document 4" not in found
    document = pypdfium2.PdfDocument(made)
    assert [mark.get_title() for mark in document.get_toc()] == ["What this is", *(f"Document {n}" for n in (1, 2, 3))]


def test_every_event_of_a_document_or_file_has_words() -> None:
    subjects = ("file", "document", "signature", "field", "comment", "claim", "delivery", "erasure", "legal_hold")
    assert {tag for tag in AuditTag if tag.partition(":")[0] in subjects} == set(WORDS)
    assert tell({"tag": "file:store", "text": "no json", "values": {}}, None) == "The file was stored"
