"""The record's events in words: whatever the services put on record has a name that people know."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import pipeline.services
from pipeline.domain.audit import AuditTag
from pipeline.domain.review import FieldState
from pipeline.services.views import EventView
from review_ui.narrative import KEPT_BACK, WORDS, tell
from review_ui.words import FACT_WORDS, VALUE_WORDS

SERVICES = Path(pipeline.services.__file__).parent
MADE_ELSEWHERE = {"_outcome", "follow_checks", "state"}
"""Functions that make facts for somebody else's event."""
ADDED = {"facts or {}", "facts", "followed"}
"""Facts that are added whole to others: what they hold is found where they are made."""
STATES = "{state.value: states.count(state) for state in FieldState if state is not FieldState.OPEN}"
IN_SENTENCES = frozenset(
    {
        # of a decision on a field
        *("decision", "shown_for", "sample_probability", "confidence", "pointed"),
        # of a reading
        *("engine", "reader", "type", "type_version", "pages", "shown"),
        # of a verification, an export, a signature
        *("events", "problems", "filters", "rows", "control_totals", "versions", "kind", "by", "by_name"),
        *("first_signature", "separate_duties"),
        # a size, which says itself what it is
        "size",
    }
)
"""Facts that a sentence of their event tells, or that stand behind it for machines."""


def recorded() -> Iterator[str]:
    """Yield the name of each fact that the services put on record."""
    for path in sorted(SERVICES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "facts":
                yield from names(node.value)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if node.value is not None and any(isinstance(one, ast.Name) and one.id == "facts" for one in targets):
                    yield from names(node.value)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in {"_changed", "_write"}:
                    yield from (name for one in node.args for name in names(one))
            elif isinstance(node, ast.FunctionDef) and node.name in MADE_ELSEWHERE:
                for one in ast.walk(node):
                    if isinstance(one, ast.Return) and one.value is not None:
                        made = one.value.elts if isinstance(one.value, ast.Tuple) else [one.value]
                        yield from (name for each in made for name in names(each))


def names(value: ast.expr) -> Iterator[str]:
    """Yield the keys of a dictionary that is written out, or of several; nothing of anything else."""
    if isinstance(value, ast.IfExp):
        yield from (*names(value.body), *names(value.orelse))
    if isinstance(value, ast.BinOp):
        yield from (*names(value.left), *names(value.right))
    for key, held in zip(value.keys, value.values, strict=True) if isinstance(value, ast.Dict) else ():
        if isinstance(key, ast.Constant):
            yield str(key.value)
        elif key is None and ast.unparse(held) == STATES:
            yield from (state.value for state in FieldState if state is not FieldState.OPEN)
        elif key is None:
            assert ast.unparse(held) in ADDED, f"say where the facts of {ast.unparse(held)} are made"


def event(tag: AuditTag, facts: dict[str, Any], **values: Any) -> EventView:
    return EventView(
        seq=1,
        at=datetime(2026, 3, 10, 9, tzinfo=UTC),
        tag=tag.value,
        by="mara",
        document_id=7,
        file_id=None,
        field=values.pop("field", None),
        revision=None,
        facts=facts,
        values=values,
        hash="ab" * 32,
    )


def test_every_fact_on_record_has_a_name_that_people_know() -> None:
    found = set(recorded())
    assert {"from", "attempts", "meaning", "of", "roles", "opened"} <= found, "the services were read"
    assert found - KEPT_BACK - IN_SENTENCES - set(FACT_WORDS) == set()


def test_no_name_is_kept_for_a_fact_that_nobody_records() -> None:
    assert set(FACT_WORDS) - set(recorded()) == set()


def test_every_event_has_words() -> None:
    assert {tag.value for tag in AuditTag} == set(WORDS)


def test_every_state_of_a_field_is_a_word() -> None:
    assert {state.value for state in FieldState} <= set(VALUE_WORDS)


@pytest.fixture
def german(app: Flask) -> Iterator[None]:
    with app.test_request_context("/audit", headers={"Accept-Language": "de"}):
        app.preprocess_request()
        yield


@pytest.mark.usefixtures("german")
def test_fields_are_named_by_their_titles() -> None:
    titles = {"net_total": "Nettobetrag", "gross_total": "Bruttobetrag"}
    facts = {"from": "confirmed", "to": "open", "opened": ["net_total"], "closed": []}
    told = tell(event(AuditTag.FIELD_REOPEN, facts, field="gross_total"), titles)
    assert told.title == "Bruttobetrag wieder geöffnet"
    assert told.what == "bestätigt → offen, geöffnet Nettobetrag"


@pytest.mark.usefixtures("german")
def test_a_first_signature_says_what_was_signed() -> None:
    meaning = "I approve this record. 7 values were checked by Mara; 9 values were accepted under policy 2."
    facts = {"signature": 3, "was_reviewer": True, "separate_duties": False, "meaning": meaning}
    assert tell(event(AuditTag.SIGNATURE_GIVE, facts), {}).what == (
        "Ich gebe diesen Stand frei. 7 Werte wurden geprüft von Mara; 9 Werte wurden angenommen nach Regelwerk 2."
    )


@pytest.mark.usefixtures("german")
def test_an_export_says_how_much_it_holds() -> None:
    facts = {
        "format": "csv",
        "rows": {"approval": 2, "document": 0, "field": 31, "event": 40},
        "control_totals": [{"currency": "EUR", "count": 2, "sum": "12.00"}],
        "versions": {"proofdesk": "1"},
    }
    assert tell(event(AuditTag.EXPORT_WRITE, facts), {}).what == "CSV, 2 Freigaben, 31 Felder, 40 Ereignisse"


@pytest.mark.usefixtures("german")
def test_a_time_stamp_says_whose_it_is_and_when() -> None:
    facts = {"head": 12, "authority": "tsa.example", "stamped_at": "2026-03-10T09:00:00.000000Z", "sha256": "ab"}
    said = tell(event(AuditTag.CHECKPOINT_STAMP, facts), {}).what
    assert "Zeitstempeldienst tsa.example" in said
    assert "10. März 2026, 09:00 UTC" in said or "10.03.2026, 09:00 UTC" in said
    assert "gestern" in tell(event(AuditTag.CHECKPOINT_STAMP, {**facts, "stamped_at": "gestern"}), {}).what
