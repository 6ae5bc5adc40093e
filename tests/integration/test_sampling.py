"""Auditors draw samples that a stranger can repeat, walk through them, and close them with what they show."""

import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.sampling import ExceptionKind, SampleUnit, SampleWanted, Verdict
from pipeline.domain.sight import Allowance, Sight
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, InvalidTransitionError, NotFoundError
from pipeline.record.verify import mapping
from pipeline.services.auditing import EventFilter
from pipeline.services.exports.filter import ExportFilter, ExportFormat
from pipeline.services.views import EventView
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_audit_verify import approve_one
from tests.integration.test_erasure import erase
from tests.integration.test_evidence import key_of, opened, page_image, problems

GUIDE = Path(__file__).parents[2] / "docs" / "audit-export.md"
WANTED = SampleWanted(tolerable=Decimal("0.4"))


@pytest.fixture
def auditor(office: Office) -> Actor:
    return office.hire("lindqvist", Role.AUDITOR)


@pytest.fixture
def signed(office: Office) -> Office:
    """An office with five signed documents; the first one is signed twice."""
    for _ in range(5):
        approve_one(office)
    return office


def on_record(office: Office, auditor: Actor, tag: AuditTag) -> list[EventView]:
    return list(reversed(office.auditing.list_events(EventFilter(tag=tag), by=auditor).rows))


def agree(office: Office, sample: int, auditor: Actor, *positions: int) -> None:
    for position in positions:
        office.sampling.add_finding(sample, position, Verdict.AGREES, by=auditor)


def test_a_draw_is_on_record_with_its_population_and_seed(signed: Office, auditor: Actor) -> None:
    number = signed.sampling.draw(WANTED, "Invoices of March", "2026-03", by=auditor)
    view = signed.sampling.get_sample(number, by=auditor)
    assert view.worked_out is not None
    assert (view.population, view.size, view.worked_out.too_many) == (5, len(view.items), 3)
    [event] = on_record(signed, auditor, AuditTag.SAMPLE_DRAW)
    facts = event.facts
    assert (facts["seed"], facts["population"], facts["drawn"]) == ("2026-03", 5, view.size)
    assert facts["population_sha256"] == view.population_sha256
    assert event.values == {"name": "Invoices of March"}, "what a person wrote can be erased"


@pytest.mark.parametrize("unit", list(SampleUnit))
def test_a_stranger_draws_the_same_from_the_export(
    signed: Office, auditor: Actor, tmp_path: Path, unit: SampleUnit
) -> None:
    number = signed.sampling.draw(SampleWanted(unit=unit, size=3), "All", by=auditor)
    view = signed.sampling.get_sample(number, by=auditor)
    export = tmp_path / "export.jsonl"
    export.write_bytes(b"".join(signed.auditing.export(ExportFormat.JSONL, by=auditor)))
    [program] = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", program, str(export), view.seed, str(view.size), unit.value],
        capture_output=True,
        text=True,
        check=True,
    )
    population, drawn = done.stdout.splitlines()
    assert population == f"{view.population_sha256} {view.population}"
    assert drawn.split() == [f"{one.approval}/{one.field}" if one.field else f"{one.approval}" for one in view.items]


def test_the_population_is_what_was_asked_for(signed: Office, auditor: Actor) -> None:
    def population(**wanted: Any) -> int:
        return signed.sampling.plan(SampleWanted(size=1, **wanted), by=auditor).population

    approvals = [
        json.loads(line) for line in signed.auditing.export(ExportFormat.JSONL, by=auditor).__next__().splitlines()
    ]
    approvals = [row for row in approvals if row["kind"] == "approval"]
    second = approvals[1]
    assert population() == 5
    assert population(document_type="invoice") == 5
    assert population(approver=second["approved_by"]) == 1
    assert population(reviewer=second["validated_by"]) == 1
    accepted = sum(
        mapping(field).get("state") == "accepted" for row in approvals for field in row["record"]["fields"].values()
    )
    assert population(unit=SampleUnit.ACCEPTED) == accepted > 5
    signed.clock.advance(seconds=1)
    now = signed.clock.now()
    with pytest.raises(InvalidCorrectionError, match="Nothing was signed"):
        population(since=now)
    with pytest.raises(InvalidCorrectionError, match="Nothing was signed"):
        population(document_type="receipt")
    assert population(until=now) == 5


@pytest.mark.parametrize(
    "wanted",
    [
        SampleWanted(),
        SampleWanted(size=0),
        SampleWanted(size=100_000),
        SampleWanted(tolerable=Decimal(2)),
        SampleWanted(tolerable=Decimal("0.05"), expected=Decimal("0.05")),
        SampleWanted(tolerable=Decimal("0.05"), confidence=Decimal("0.5")),
    ],
)
def test_no_size_follows_from_that(signed: Office, auditor: Actor, wanted: SampleWanted) -> None:
    with pytest.raises(InvalidCorrectionError):
        signed.sampling.draw(wanted, "x", by=auditor)


def test_findings_are_added_and_never_changed(signed: Office, auditor: Actor) -> None:
    number = signed.sampling.draw(SampleWanted(size=2), "Two", by=auditor)
    signed.sampling.add_finding(
        number,
        1,
        Verdict.EXCEPTION,
        kind=ExceptionKind.VALUE,
        field="gross_total",
        comment="the page says 1,482.00",
        by=auditor,
    )
    agree(signed, number, auditor, 1)
    item = signed.sampling.get_item(number, 1, by=auditor).item
    assert [one.verdict for one in item.findings] == [Verdict.EXCEPTION, Verdict.AGREES]
    assert signed.sampling.get_sample(number, by=auditor).exceptions == 0, "the newest counts"
    first, second = on_record(signed, auditor, AuditTag.SAMPLE_FINDING)
    assert (first.facts["verdict"], first.facts["kind"], first.field) == ("exception", "value", "gross_total")
    assert first.values == {"comment": "the page says 1,482.00"}
    assert "1,482" not in json.dumps(first.facts)
    assert (first.document_id, second.facts["verdict"]) == (item.document_id, "agrees")


def test_an_exception_says_what_and_why(signed: Office, auditor: Actor) -> None:
    number = signed.sampling.draw(SampleWanted(size=1), "One", by=auditor)
    for kind, field, comment in (
        (None, None, "why"),
        (ExceptionKind.VALUE, None, " "),
        (ExceptionKind.VALUE, "no", "x"),
    ):
        with pytest.raises(InvalidCorrectionError):
            signed.sampling.add_finding(
                number, 1, Verdict.EXCEPTION, kind=kind, field=field, comment=comment, by=auditor
            )
    with pytest.raises(NotFoundError):
        agree(signed, number, auditor, 2)
    assert on_record(signed, auditor, AuditTag.SAMPLE_FINDING) == []


def test_closing_says_what_it_shows_and_freezes_it(signed: Office, auditor: Actor) -> None:
    number = signed.sampling.draw(WANTED, "All", by=auditor)
    size = signed.sampling.get_sample(number, by=auditor).size
    agree(signed, number, auditor, *range(1, size))
    with pytest.raises(InvalidCorrectionError, match="1 items are not examined yet"):
        signed.sampling.close(number, by=auditor)
    agree(signed, number, auditor, size)
    view = signed.sampling.close(number, by=auditor)
    assert view.limit is not None
    assert (view.exceptions, view.is_supported) == (0, True)
    assert view.limit <= 2, "40 % of 5"
    [event] = on_record(signed, auditor, AuditTag.SAMPLE_CLOSE)
    assert (event.facts["at_most"], event.facts["supported"]) == (view.limit, True)
    for again in (lambda: signed.sampling.close(number, by=auditor), lambda: agree(signed, number, auditor, 1)):
        with pytest.raises(InvalidTransitionError):
            again()


def test_exceptions_raise_the_limit_until_it_is_not_tolerable(signed: Office, auditor: Actor) -> None:
    number = signed.sampling.draw(WANTED, "All", by=auditor)
    size = signed.sampling.get_sample(number, by=auditor).size
    agree(signed, number, auditor, *range(2, size + 1))
    signed.sampling.add_finding(
        number, 1, Verdict.EXCEPTION, kind=ExceptionKind.UNAVAILABLE, comment="the file is gone", by=auditor
    )
    view = signed.sampling.get_sample(number, by=auditor)
    assert view.limit is not None
    assert view.limit > 2
    assert view.is_supported is False


def test_only_people_draw_and_judge(signed: Office, auditor: Actor) -> None:
    number = signed.sampling.draw(SampleWanted(size=1), "One", by=auditor)
    for ask in (
        lambda: signed.sampling.draw(SampleWanted(size=1), "One", by=MACHINE),
        lambda: agree(signed, number, MACHINE, 1),
        lambda: signed.sampling.close(number, by=MACHINE),
    ):
        with pytest.raises(AccessDeniedError, match="by people"):
            ask()


def test_who_sees_a_part_draws_from_it_and_nobody_else_s(signed: Office, auditor: Actor) -> None:
    theirs = signed.sampling.draw(SampleWanted(size=1), "All", by=auditor)
    signed.engine.answer = signed.engine.answer.model_copy()
    signed.put("customers/acme/one.pdf", b"%PDF acme")
    limited = signed.hire("acme").model_copy(
        update={"sight": Sight(allowances=(Allowance(folders=frozenset({"customers/acme"})),))}
    )
    with pytest.raises(InvalidCorrectionError, match="Nothing was signed"):
        signed.sampling.plan(SampleWanted(size=1), by=limited)
    for ask in (
        lambda: signed.sampling.get_sample(theirs, by=limited),
        lambda: signed.sampling.get_item(theirs, 1, by=limited),
        lambda: agree(signed, theirs, limited, 1),
        lambda: signed.sampling.list_events(theirs, by=limited),
    ):
        with pytest.raises(NotFoundError):
            ask()
    assert signed.sampling.list_samples(by=limited) == ()
    seeing = limited.model_copy(update={"sight": Sight(allowances=(Allowance(types=frozenset({"invoice"})),))})
    own = signed.sampling.draw(SampleWanted(size=1), "Invoices", by=seeing)
    assert signed.sampling.get_sample(own, by=seeing).is_limited
    assert on_record(signed, auditor, AuditTag.SAMPLE_DRAW)[-1].facts["limited"] is True
    # their groups were changed since: what they drew then they don't see now
    with pytest.raises(NotFoundError):
        signed.sampling.get_item(own, 1, by=limited)


def test_a_superseded_signature_is_examined_as_it_was_signed(signed: Office, auditor: Actor) -> None:
    everyone = signed.hire("everyone")
    document = signed.reviewing.get_document(1, by=everyone)
    signed.approving.supersede(1, "wrong total", by=everyone, revision=document.revision)
    number = signed.sampling.draw(SampleWanted(size=5), "All", by=auditor)
    [position] = [one.position for one in signed.sampling.get_sample(number, by=auditor).items if one.document_id == 1]
    item = signed.sampling.get_item(number, position, by=auditor)
    assert item.is_superseded
    assert {field.name: field.value for field in item.fields}["gross_total"] == "1428.00"


def test_evidence_of_a_sample_holds_its_draw_and_its_documents(signed: Office, auditor: Actor) -> None:
    signed.reader.picture = page_image()
    number = signed.sampling.draw(SampleWanted(size=2), "Two", by=auditor)
    agree(signed, number, auditor, 1, 2)
    signed.sampling.close(number, by=auditor)
    view = signed.sampling.get_sample(number, by=auditor)
    told = signed.sampling.list_events(number, by=auditor)
    assert len(told) == 2
    documents = tuple(one.document_id for one in view.items)
    pack = b"".join(signed.packing.write(ExportFilter(documents=documents, events=told), by=auditor))
    assert problems(pack, key_of(signed, auditor)) == []
    rows = [json.loads(line) for line in opened(pack)["export.jsonl"].splitlines()]
    tags = [row["tag"] for row in rows if row["kind"] == "event"]
    assert {row["document"] for row in rows if row["kind"] == "approval"} == set(documents)
    assert [tags.count(tag) for tag in ("sample:draw", "sample:finding", "sample:close")] == [1, 2, 1]


def test_of_an_erased_document_the_findings_stay_and_their_words_go(signed: Office, auditor: Actor) -> None:
    number = signed.sampling.draw(SampleWanted(size=5), "All", by=auditor)
    items = signed.sampling.get_sample(number, by=auditor).items
    for item in items:
        signed.sampling.add_finding(
            number, item.position, Verdict.EXCEPTION, kind=ExceptionKind.OTHER, comment="of Quillfeather", by=auditor
        )
    gone = items[0].document_id
    erase(signed, gone, signed.hire("boss"))
    item = signed.sampling.get_item(number, 1, by=auditor)
    assert item.is_erased
    assert [(one.verdict, one.comment) for one in item.item.findings] == [(Verdict.EXCEPTION, "")]
    assert signed.sampling.get_item(number, 2, by=auditor).item.findings[0].comment == "of Quillfeather"
    assert signed.sampling.get_sample(number, by=auditor).exceptions == 5
    assert signed.sampling.plan(SampleWanted(size=1), by=auditor).population == 5
