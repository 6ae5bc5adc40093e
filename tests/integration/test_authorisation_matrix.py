"""Every page and every service method, asked by every role, against what `authorisation_matrix.py` says."""

import inspect
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from pipeline.assembly import Services
from pipeline.domain.actors import Act, Actor, Role, Scope
from pipeline.domain.erasure import ErasureBasis
from pipeline.domain.review import Decision, Settlement
from pipeline.domain.routing import Policy
from pipeline.domain.sampling import SampleWanted, Verdict
from pipeline.domain.worth import Priority
from pipeline.errors import AccessDeniedError, ClaimNotHeldError, ClaimTakenError, NotFoundError, PipelineError
from pipeline.services import access
from pipeline.services.auditing import EventFilter
from pipeline.services.exports.filter import ExportFilter, ExportFormat
from pipeline.services.presence import Proof
from pipeline.services.views import QueueFilter, Refusal
from tests import world as worlds
from tests.integration.authorisation_matrix import AT_THE_DOOR, HOLDERS, METHODS, PEOPLE, VISITORS, WEB, Row
from tests.world import MODEL, PASSWORD, World

JSON = {"Accept": "application/json"}
READ = (200, 201, 204, 302, 303, 304, 409, 422)
"""How a request is answered that was let in, whatever became of it; 400 says that the test's own form was not read."""
STRANGER = Actor(id=None, name="stranger")
MACHINE = Actor.machine("worker")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[World]:
    made = worlds.make(tmp_path_factory.mktemp("matrix"), sqlite_template)
    yield made
    made.close()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[World]:
    """A world whose forms need their tokens."""
    made = worlds.make(tmp_path_factory.mktemp("guarded"), sqlite_template, guarded=True)
    yield made
    made.close()


# Web ----------------------------------------------------------------------------------------------------------------


def test_every_route_is_in_the_matrix_and_no_other(world: World) -> None:
    routes = {
        f"{method} {rule.rule}"
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes - set(WEB) == set(), "write down in authorisation_matrix.py who may ask for these"
    assert set(WEB) - routes == set(), "these are gone: take them out of authorisation_matrix.py"


@pytest.mark.parametrize("name", WEB)
def test_page(world: World, name: str) -> None:
    row = WEB[name]
    for visitor, expected in row.by(VISITORS).items():
        found = asked(world, row, None if visitor == "stranger" else visitor, row.on)
        assert found == expected, f"{name} as {visitor}"
    for holder, expected in row.by(HOLDERS).items():
        assert asked(world, row, "reviewer", holder) == expected, f"{name} on a document that is held by {holder}"


@pytest.mark.parametrize("name", [name for name in WEB if name.startswith("POST ")])
def test_form_without_its_token_changes_nothing(guarded: World, name: str) -> None:
    row = WEB[name]
    for visitor in ("maker", None):
        answer = request(guarded, row, visitor, "mine")
        assert answer.status_code in (400, 401), f"{name}: {answer.status_code}"
        assert not guarded.has_changed()


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_other_methods_let_no_stranger_further(world: World, method: str) -> None:
    for name, row in WEB.items():
        if row.by(VISITORS)["stranger"] == "login":
            answer = world.browser(None).open(path_of(world, row, "mine"), method=method, headers=JSON)
            # a rule with another of these methods does not exist: nobody stands behind it
            assert answer.status_code in (401, 404, 405), f"{method} {name}: {answer.status_code}"
    assert not world.has_changed()


def asked(world: World, row: Row, visitor: str | None, document: str) -> str:
    """Ask for real; return what became of it, and check that a refusal has changed nothing."""
    answer = request(world, row, visitor, document)
    found = worlds.answer_of(answer)
    changed = world.has_changed()
    world.restore()
    if found == "yes":
        assert answer.status_code in READ, f"{row.name} as {visitor}: {answer.status_code} {answer.text[:500]}"
    else:
        assert not changed, f"{row.name} as {visitor} was refused, and changed something"
    return found


def request(world: World, row: Row, visitor: str | None, document: str) -> TestResponse:
    method, _, _ = row.name.partition(" ")
    data = form_of(world, row, visitor, document) if method == "POST" else None
    return world.browser(visitor).open(path_of(world, row, document), method=method, data=data, headers=JSON)


def path_of(world: World, row: Row, document: str) -> str:
    parts: dict[str, Any] = {
        "document_id": world.documents.get(document, 1),
        "user_id": world.people["colleague"].id,
        "comment_id": world.numbers["mention" if "/mentions/" in row.name else "comment"],
        "view_id": world.numbers["view"],
        "recheck_id": world.numbers["recheck"],
        "group_id": world.numbers["group"],
        "erasure_id": world.numbers["erasure"],
        "hold_id": world.numbers["hold"],
        "number": 1,
        "field": "seller_name",
        "name": "css/tokens.css",
        "session_id": "0123456789abcdef",
        "token_id": 77,
        "certificate_id": world.numbers["certificate"],
        "sample_id": world.numbers["sample"],
        "position": 1,
        "version": MODEL,
    }
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(parts[found[1]]), row.name.partition(" ")[2])
    return path + {"GET /documents/<int:document_id>/fields/<field>/reading": "?text=Somebody"}.get(row.name, "")


def form_of(world: World, row: Row, visitor: str | None, document: str) -> dict[str, Any]:
    """Return one form that all take, with what each asks for; a few ask for something else."""
    other = str(world.people["maker"].id)
    number = str(world.documents.get(document, 1))
    revision = str(world.revision(document)) if document in world.documents else "1"
    form: dict[str, Any] = {
        "revision": revision,
        "document": number,
        "decision": "confirm",
        "type": "invoice",
        "reason": "Cannot be read",
        "why": "because",
        "until": "2099-01-01",
        "person": other,
        "to": other,
        "priority": "urgent",
        "text": "Please look",
        "value": "Somebody else Ltd",
        "name": "somebody",
        "display_name": "Somebody",
        "roles": "reviewer",
        "active": "yes",
        "version": "1",
        "sample_rate": "2",
        "address": "state=review",
        "proof": PASSWORD,
        "scopes": "read",
        "days": "30",
        "folders": "elsewhere",
        "groups": str(world.numbers["group"]),
        "day": "2026-01-01",
        "documents": number,
        "basis": "asked",
        "reference": "DSR-1",
        "matter": "Case 8",
        "erasures": str(world.numbers["erasure"]),
        "final": "yes",
        "title": "What was signed",
        "unit": "signatures",
        "tolerable": "5",
        "verdict": "agrees",
    }
    form |= {
        "POST /login": {"name": visitor or "reviewer", "password": PASSWORD},
        "POST /password": {"old": PASSWORD, "new": PASSWORD + " again", "again": PASSWORD + " again"},
        "POST /approvals/signatures": {"document": f"{number}:{revision}"},
        "POST /files": {"files": (BytesIO(b"%PDF new"), "new.pdf")},
        "POST /audit/export": {"format": "csv"},
    }.get(row.name, {})
    return form


# Services -----------------------------------------------------------------------------------------------------------


def service_methods() -> dict[str, Callable[..., Any]]:
    """Return every public method of every service, by `Class.method`."""
    found: dict[str, Callable[..., Any]] = {}
    for member in fields(Services):
        kind: Any = member.type
        if kind.__module__.startswith("pipeline.services."):
            for name, function in inspect.getmembers(kind, inspect.isfunction):
                if not name.startswith("_"):
                    found[f"{kind.__name__}.{name}"] = function
    return found


def test_every_service_method_is_in_the_matrix_and_no_other() -> None:
    asks_who = {name for name, function in service_methods().items() if "by" in inspect.signature(function).parameters}
    assert asks_who - set(METHODS) == set(), "write down in authorisation_matrix.py who may call these"
    assert set(METHODS) - asks_who == set(), "these are gone: take them out of authorisation_matrix.py"
    assert set(service_methods()) - asks_who == set(AT_THE_DOOR), "what nobody is asked for needs its reason"


@pytest.mark.parametrize("name", METHODS)
def test_service(world: World, name: str) -> None:
    row = METHODS[name]
    for person, expected in row.by(PEOPLE).items():
        found = called(world, row, actor_named(world, person), row.on)
        assert found == expected, f"{name} by {person}"
    for holder, expected in row.by(HOLDERS).items():
        found = called(world, row, world.people["reviewer"], holder)
        assert found == expected, f"{name} on a document that is held by {holder}"


def test_every_act_is_asked_for_by_some_method() -> None:
    sources = "\n".join(inspect.getsource(function) for function in service_methods().values())
    assert {act for act in Act if f"check_may(by, Act.{act.name})" not in sources} == set()
    assert set(access.ALLOWED) == set(Act)


def actor_named(world: World, person: str) -> Actor:
    return {"stranger": STRANGER, "machine": MACHINE}.get(person) or world.people[person]


def called(world: World, row: Row, by: Actor, document: str) -> str:
    """Call for real; return what became of it, and check that a refusal has changed nothing."""
    kind, _, method = row.name.partition(".")
    service = next(
        getattr(world.services, member.name)
        for member in fields(Services)
        if getattr(member.type, "__name__", "") == kind
    )
    function = getattr(service, method)
    try:
        answer = function(**arguments(world, row, function, by, document), by=by)
        if isinstance(answer, Iterator):
            list(answer)
        # several documents at once: each that stays as it is is told by itself
        found = "held" if isinstance(answer, tuple) and any(isinstance(one, Refusal) for one in answer) else "yes"
    except AccessDeniedError:
        found = "no"
    except (ClaimTakenError, ClaimNotHeldError):
        found = "held"
    except NotFoundError:
        found = "gone"
    except PipelineError:
        found = "yes"  # who is told what is wrong with what they asked for was let in
    changed = world.has_changed()
    world.restore()
    if found != "yes":
        assert not changed, f"{row.name} by {by.name} was refused, and changed something"
    return found


SAMPLED = SampleWanted(tolerable=Decimal("0.05"))
FILTERS = {
    "Auditing.list_events": EventFilter(),
    "Packing.write": ExportFilter(),
    "Sampling.plan": SAMPLED,
    "Sampling.draw": SAMPLED,
}
"""What is looked for where that is no list of documents."""


def arguments(world: World, row: Row, function: Callable[..., Any], by: Actor, document: str) -> dict[str, Any]:
    """Return what the method asks for, by the names of its parameters."""
    number = world.documents.get(document, 1)
    known: dict[str, Any] = {
        "document_id": number,
        "documents": [number],
        "revision": world.revision(document) if document in world.documents else 1,
        "chosen": [(number, world.revision(document))] if document in world.documents else [],
        "wanted": FILTERS.get(row.name, QueueFilter(states=())),
        "why": "because",
        "comment": "because",
        "text": "Please look",
        "name": "somebody",
        "display_name": "Somebody",
        "roles": [Role.REVIEWER],
        "user_id": world.people["colleague"].id,
        "to_user_id": world.people["maker"].id,
        "active": True,
        "token_id": 77,
        "scopes": [Scope.READ],
        "days": 30,
        "code": "123456",
        "checkpoint": b"{}",
        "session_id": "0123456789abcdef",
        "old": PASSWORD,
        "new": PASSWORD + " again",
        "field": "line_items" if row.name == "Marking.read_lines" else "seller_name",
        "settlement": Settlement(field="seller_name", decision=Decision.CONFIRM),
        "type_name": "invoice",
        "until": world.clock.now() + timedelta(days=1),
        "entries": {"value": ["Calder"]},
        "words": {"description": "Item"},
        "priority": Priority.URGENT,
        "version": MODEL,
        "automatic": False,
        "recheck_id": world.numbers["recheck"],
        "view_id": world.numbers["view"],
        "comment_id": world.numbers["mention" if row.name == "Talking.read_one" else "comment"],
        "file_id": world.numbers["file"],
        "group_id": world.numbers["group"],
        "certificate_id": world.numbers["certificate"],
        "erasure_id": world.numbers["erasure"],
        "erasures": [world.numbers["erasure"]],
        "hold_id": world.numbers["hold"],
        "basis": ErasureBasis.ASKED,
        "reference": "DSR-1",
        "matter": "Case 8",
        "sample_id": world.numbers["sample"],
        "position": 1,
        "title": "What was signed",
        "verdict": Verdict.AGREES,
        "group_ids": [world.numbers["group"]],
        "user_ids": [world.people["colleague"].id],
        "types": [],
        "folders": ["elsewhere"],
        "address": "state=review",
        "shared": False,
        "page": 1,
        "form": ExportFormat.JSONL,
        "policy": Policy(version=1),
        "stream": BytesIO(f"%PDF {time.monotonic_ns()}".encode()),
        "filename": "new.pdf",
        "paths": [],
        "attempt": 1,
        "known": [],
    }
    asked = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.name != "by"
    ]
    given = {name: known[name] for name in asked}
    if "proof" in inspect.signature(function).parameters:
        given["proof"] = Proof(said=PASSWORD)  # who signs is there: what a role may do is asked, not whether they are
    return given
