"""Every service method and every page, asked by somebody whose groups leave everything out.

A document that is named is answered for as one that does not exist, in the same words; a list holds nothing of it. The
methods and pages are those of `authorisation_matrix.py`, so that a new one is asked too.
"""

import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from pipeline.assembly import Services
from pipeline.domain.actors import Actor, Role
from pipeline.domain.sight import Allowance, Sight
from pipeline.errors import AccessDeniedError, NotFoundError, PipelineError
from tests import world as worlds
from tests.integration.authorisation_matrix import METHODS, WEB, Row
from tests.integration.test_authorisation_matrix import arguments, path_of, request, service_methods
from tests.world import World

ELSEWHERE = Sight(allowances=(Allowance(folders=frozenset({"elsewhere"})),))
NAMES_ONE = {"document_id", "documents", "chosen", "file_id", "comment_id", "recheck_id"}
"""Parameters that name a document, a file, or what belongs to one."""
NO_SUCH = 999_999
SILENT = {"Drafting.drop"}
"""Forgets something of the person's own, and says nothing either way."""
TELLS_NOTHING = {"Learning.teach", "Learning.bury"}
"""Take numbers and paths of another kind, or answer for none."""

METHODS_ON_ONE = [
    name
    for name, function in service_methods().items()
    if name in METHODS and NAMES_ONE & set(inspect.signature(function).parameters)
]
LISTS = [
    name for name in service_methods() if name in METHODS and name not in METHODS_ON_ONE and name not in TELLS_NOTHING
]
# programs have tokens and no browser; what they call are the methods above
PAGES_ON_ONE = [
    name for name in WEB if "/api/" not in name and re.search(r"<int:(document_id|comment_id|recheck_id)>", name)
]
PAGES_OF_MANY = [
    name
    for name in WEB
    if name.startswith("GET ") and name not in PAGES_ON_ONE and not {"static", "api"} & set(name.split("/"))
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[World]:
    """The world of the matrix, whose maker and reviewer are in a group for a folder that nothing came in."""
    made = worlds.make(tmp_path_factory.mktemp("foreign"), sqlite_template)
    grouping, maker = made.services.grouping, made.people["maker"]
    grouping.set_members(made.numbers["group"], [maker.id or 0], by=maker)
    made.keep()
    yield made
    made.close()


def insider(world: World) -> Actor:
    """The reviewer that holds, wrote and is named, with every role."""
    return world.people["reviewer"].model_copy(update={"roles": frozenset(Role)})


def secrets_of(world: World) -> list[str]:
    """What only who sees the documents can know."""
    return ["Calder", "1428.00", "please look", "see this"] + [
        word for name in world.documents for word in (f"{name}-1", f"{name}.pdf")
    ]


def plain(answer: Any) -> str:
    """All that an answer holds, as text."""
    if isinstance(answer, BaseModel):
        return answer.model_dump_json()
    if isinstance(answer, bytes):
        return answer.decode(errors="replace")
    if isinstance(answer, Iterator):
        return "".join(map(plain, answer))
    if isinstance(answer, (tuple, list)):
        return json.dumps([plain(one) for one in answer])
    return repr(answer)


def without(text: str, numbers: Iterable[int]) -> str:
    for number in numbers:
        text = re.sub(rf"(?<![\w.]){number}(?![\w.]*\d)", "N", text)
    return text


def outcome(world: World, row: Row, function: Callable[..., Any], by: Actor, changed: dict[str, Any]) -> str:
    """Call for real; return what came back or was raised, without the number that was asked for."""
    service = next(
        getattr(world.services, member.name)
        for member in fields(Services)
        if getattr(member.type, "__name__", "") == row.name.partition(".")[0]
    )
    bound = getattr(service, row.name.partition(".")[2])
    given = arguments(world, row, bound, by, row.on)
    given |= {name: value for name, value in changed.items() if name in inspect.signature(function).parameters}
    try:
        told = plain(bound(**given, by=by))
    except PipelineError as error:
        told = f"{type(error).__name__}: {error}"
    number = world.documents.get(row.on, 0)
    world.restore()
    return without(told, (number, given.get("file_id", NO_SUCH), NO_SUCH))


def named_otherwise(row: Row, world: World) -> dict[str, Any]:
    """The same arguments, of things that do not exist."""
    revision = world.revision(row.on) if row.on in world.documents else 1
    return {
        "document_id": NO_SUCH,
        "documents": [NO_SUCH],
        "chosen": [(NO_SUCH, revision)],
        "file_id": NO_SUCH,
        "comment_id": NO_SUCH,
        "recheck_id": NO_SUCH,
    }


def test_something_is_asked_for() -> None:
    assert len(METHODS_ON_ONE) > 40
    assert {"Reviewing.list_queue", "Files.list_files", "Auditing.export"} <= set(LISTS)


@pytest.mark.parametrize("name", METHODS_ON_ONE)
def test_method_answers_for_a_foreign_document_as_for_none(world: World, name: str) -> None:
    row, function = METHODS[name], service_methods()[name]
    foreign = outcome(world, row, function, insider(world).model_copy(update={"sight": ELSEWHERE}), {})
    missing = outcome(world, row, function, insider(world), named_otherwise(row, world))
    assert foreign == missing
    # a signature's proof is asked for before its document is looked at, whatever that is
    if foreign.startswith((AccessDeniedError.__name__, "ProofNeededError")) or name in SILENT:
        return
    assert foreign.startswith(NotFoundError.__name__) or "There is no document N" in foreign or foreign == "None"
    assert outcome(world, row, function, insider(world), {}) != foreign, "seen, it has to be answered for otherwise"


@pytest.mark.parametrize("name", LISTS)
def test_method_that_lists_holds_nothing_of_foreign_documents(world: World, name: str) -> None:
    row, function = METHODS[name], service_methods()[name]
    told = outcome(world, row, function, insider(world).model_copy(update={"sight": ELSEWHERE}), {})
    assert [word for word in secrets_of(world) if word in told] == []


def test_lists_hold_them_where_nothing_is_limited(world: World) -> None:
    told = {name: outcome(world, METHODS[name], service_methods()[name], insider(world), {}) for name in LISTS}
    telling = {name for name, answer in told.items() if any(word in answer for word in secrets_of(world))}
    assert telling >= {
        "Reviewing.list_queue",
        "Reviewing.explain_next",
        "Approving.list_ready",
        "Files.list_files",
        "Talking.list_mentions",
        "Championing.overview",
        "Auditing.list_events",
        "Auditing.export",
    }


@pytest.mark.parametrize("name", PAGES_ON_ONE)
def test_page_answers_for_a_foreign_document_as_for_none(world: World, name: str) -> None:
    row = WEB[name]
    foreign = request(world, row, "maker", row.on)
    world.restore()
    assert foreign.status_code == 404, f"{name}: {foreign.status_code}"
    if "<int:document_id>" in name:
        number = world.documents[row.on]
        path = path_of(world, row, row.on).replace(f"/documents/{number}", f"/documents/{NO_SUCH}", 1)
        method = name.partition(" ")[0]
        given = {"revision": str(world.revision(row.on))} if method == "POST" else None
        missing = world.browser("administrator").get(path, headers={"Accept": "application/json"})
        assert missing.status_code in (404, 405)
        if method == "GET":
            assert without(foreign.text, [number]) == without(
                world.browser("maker").get(path, headers={"Accept": "application/json"}).text, [NO_SUCH]
            )
        assert given is None or foreign.get_json()["error"]["code"] == "not-found"
    assert not world.has_changed()


@pytest.mark.parametrize("name", PAGES_OF_MANY)
def test_page_of_many_shows_nothing_of_foreign_documents(world: World, name: str) -> None:
    answer = request(world, WEB[name], "maker", "-")
    world.restore()
    assert answer.status_code in (200, 204, 302, 303, 404), f"{name}: {answer.status_code}"
    html = world.browser("maker").get(path_of(world, WEB[name], "-")).text
    assert [word for word in secrets_of(world) if word in answer.text + html] == []
    world.restore()


def test_person_is_added_into_groups_before_anybody_knows_their_password(world: World) -> None:
    form = {"name": "nina", "display_name": "Nina", "roles": "reviewer", "groups": str(world.numbers["group"])}
    assert world.browser("maker").post("/admin/people", data=form).status_code == 200
    people = world.services.accounts.list_people(by=world.people["maker"])
    assert next(one.groups for one in people if one.name == "nina") == ((world.numbers["group"], "Elsewhere"),)
    world.restore()
