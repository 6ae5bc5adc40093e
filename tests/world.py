"""A whole installation in one process: real services and pages, people of each role, documents of each state.

For tests that walk everything there is: what a call has changed is put back before the next one.
"""

import shutil
import sqlite3
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pipeline import assembly
from pipeline.assembly import Services
from pipeline.domain.actors import Actor, Role
from pipeline.domain.erasure import ErasureBasis, ErasureState
from pipeline.domain.fields import TYPE_FIELD
from pipeline.domain.models import ModelState
from pipeline.domain.review import Decision, Settlement
from pipeline.domain.sampling import SampleWanted
from pipeline.errors import UnreadableDocumentError
from pipeline.services.presence import Proof
from pipeline.settings import Settings
from pipeline.store.tables import ErasureRow, LegalHoldRow, ModelRow, RecheckRow
from review_ui import create_app
from tests import builders
from tests.builders import MACHINE
from tests.desk import CHEAP_HASHER
from tests.fakes import FakeClock, FakeEngine, FakeQueue, FakeReader
from tests.templates import COMPILED

PASSWORD = "a long enough password"
ROLES = ("none", *(role.value for role in Role))
"""Each role alone, and an account without any."""
MODEL = "0123456789ab"
REFUSED = {401: "login", 403: "no", 404: "gone"}
UNSURE = {"gross_total": 0.2, "seller_name": 0.3}
"""What every document in review has open."""


@dataclass
class World:
    """Services, pages, people and documents; `restore()` takes the database back to how it was made."""

    folder: Path
    services: Services
    app: Flask
    queue: FakeQueue
    reader: FakeReader
    engine: FakeEngine
    clock: FakeClock
    people: dict[str, Actor] = field(default_factory=dict[str, Actor])
    """By role, and `colleague`, another reviewer."""
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    documents: dict[str, int] = field(default_factory=dict[str, int])
    """By what they are: mine, another, nobody (in review, held by whom), ready, approved, held, failed, queued."""
    numbers: dict[str, int] = field(default_factory=dict[str, int])
    """Of what else there is one of: comment (by the reviewer), mention (of the reviewer), view, recheck, file."""

    def revision(self, document: str) -> int:
        """Return the revision that a document has now."""
        return self.services.reviewing.get_document(self.documents[document], by=MACHINE).revision

    def browser(self, role: str | None) -> FlaskClient:
        """Return a browser that somebody of this role is logged in with; None: nobody is."""
        client = self.app.test_client()
        if role is not None:
            client.set_cookie("proofdesk", self.tokens[role])
        return client

    def keep(self) -> None:
        """Remember the database as it is."""
        self._live = sqlite3.connect(self.folder / "data" / "proofdesk.db", isolation_level=None)
        self._live.execute("PRAGMA synchronous=OFF")
        self._kept = sqlite3.connect(":memory:")
        self._live.backup(self._kept)
        self._version = self._data_version()

    def has_changed(self) -> bool:
        """Return whether anything was committed since the database was kept or restored."""
        return self._data_version() != self._version

    def restore(self) -> None:
        """Put everything back that was committed since."""
        self.queue.take()
        if self.has_changed():
            self._kept.backup(self._live)
            self._version = self._data_version()

    def close(self) -> None:
        self._live.close()
        self._kept.close()
        self.services.close()

    def _data_version(self) -> int:
        return int(self._live.execute("PRAGMA data_version").fetchone()[0])


def make(folder: Path, template: Path, *, guarded: bool = False, **settings: Any) -> World:
    """Return a world in a folder.

    Args:
        folder: to live in.
        template: a migrated SQLite file.
        guarded: whether forms need their tokens.
        settings: other than the usual ones.
    """
    data = folder / "data"
    data.mkdir()
    shutil.copyfile(template, data / "proofdesk.db")
    chosen = Settings(data=data, **settings)
    queue, reader, engine, clock = FakeQueue(), FakeReader(), FakeEngine(), FakeClock()
    services = assembly.build(chosen, queue, clock=clock, reader=reader, extractor=engine, hasher=CHEAP_HASHER)
    app = create_app(services, chosen)
    app.jinja_env.bytecode_cache = COMPILED
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=guarded)
    # a bug is answered as it would be, and not raised into the test: what people would see is what is looked at
    app.config["PROPAGATE_EXCEPTIONS"] = False
    world = World(folder, services, app, queue, reader, engine, clock)
    _hire_everybody(world)
    _fill(world)
    world.keep()
    return world


def answer_of(response: TestResponse) -> str:
    """Return in one word what became of a request: yes, no (for these roles), login, gone, held (by somebody else)."""
    if response.status_code in REFUSED:
        return REFUSED[response.status_code]
    code = (response.get_json(silent=True) or {}).get("error", {}).get("code")
    return "held" if code in ("claim-taken", "claim-not-held") else "yes"


def _hire_everybody(world: World) -> None:
    owner = builders.person(0, "owner")
    cast: dict[str, tuple[Role, ...]] = {"maker": tuple(Role), "colleague": (Role.REVIEWER,)}
    cast |= {role.value: (role,) for role in Role} | {"none": ()}
    # they were there before passwords were switched off, where they are
    accounts = replace(world.services.accounts, only_password=None)
    for name, roles in cast.items():
        once = accounts.add(name, name.title(), roles or (Role.REVIEWER,), by=owner)
        first = accounts.login(name, once, address="127.0.0.1")
        accounts.change_password(once, PASSWORD, by=first.actor, token=first.token)
        if not roles:
            accounts.set_roles(first.actor.id or 0, (), by=owner)
        found = accounts.find_actor(first.token)
        assert found is not None
        world.people[name], world.tokens[name] = found.actor, first.token


def _fill(world: World) -> None:
    services, people = world.services, world.people
    reviewer, maker = people["reviewer"], people["maker"]
    for name in ("mine", "another", "nobody", "held"):
        world.documents[name] = _receive(world, name, unsure=UNSURE)
    for name in ("ready", "approved"):
        world.documents[name] = _receive(world, name)
        _hand_on(world, world.documents[name], people["colleague"])
    world.reader.error = UnreadableDocumentError("The file is damaged. Scan it again.")
    world.documents["failed"] = _receive(world, "failed")
    world.reader.error = None
    world.documents["queued"] = _receive(world, "queued", read=False)
    services.reviewing.claim(world.documents["mine"], by=reviewer)
    services.reviewing.claim(world.documents["another"], by=people["colleague"])
    held = services.reviewing.claim(world.documents["held"], by=reviewer)
    until = world.clock.now().replace(year=2099)
    services.reviewing.hold(held.id, "waits", until, by=reviewer, revision=held.revision)
    approved = world.documents["approved"]
    services.approving.approve(approved, by=maker, revision=world.revision("approved"), proof=Proof(said=PASSWORD))
    said = services.talking.write(world.documents["mine"], "@colleague please look", by=reviewer)
    asked = services.talking.write(world.documents["nobody"], "@reviewer see this", by=people["colleague"])
    services.saved_views.save("Mine", "state=review", shared=False, by=reviewer)
    [view] = services.saved_views.list_views(by=reviewer)
    with services.store.writing() as session:
        session.add(
            ModelRow(
                version=MODEL,
                state=ModelState.CHALLENGER,
                created_at=world.clock.now(),
                by="machine:learner",
                documents=12,
                seconds=1.0,
                why="as good",
                figures=(),
                curves=(),
            )
        )
        recheck = RecheckRow(
            key="0" * 64, field="seller_name", document_id=approved, confidence=0.99, said="X", at=world.clock.now()
        )
        session.add(recheck)
        erasure = ErasureRow(
            file_id=approved,
            document_id=approved,
            state=ErasureState.REQUESTED,
            basis=ErasureBasis.ASKED,
            reference="DSR-1",
            requested_by="administrator",
            requested_at=world.clock.now(),
        )
        hold = LegalHoldRow(
            document_id=world.documents["mine"], matter="Case 7", placed_by="auditor", placed_at=world.clock.now()
        )
        session.add_all((erasure, hold))
        session.flush()
        world.numbers |= {"recheck": recheck.id, "erasure": erasure.id, "hold": hold.id}
    group = services.grouping.add("Elsewhere", (), ("elsewhere",), by=maker)
    world.numbers |= {"group": group}
    world.numbers |= {"comment": said.id, "mention": asked.id, "view": view.id, "file": 1}
    drawn = SampleWanted(tolerable=Decimal("0.05"))
    world.numbers |= {"sample": services.sampling.draw(drawn, "What was signed", by=people["administrator"])}
    world.numbers |= {"certificate": services.certifying.write(by=maker).id}
    world.queue.take()


def _receive(world: World, name: str, *, unsure: dict[str, float] | None = None, read: bool = True) -> int:
    world.engine.answer = builders.extraction({"invoice_number": f"NR-{name}-1"}, unsure=unsure)
    drop = world.folder / "data" / "drop"
    drop.mkdir(exist_ok=True)
    path = drop / f"{name}.pdf"
    path.write_bytes(f"%PDF {name}\nInvoice NR-{name}-1".encode())
    world.services.intake.claim([path], by=MACHINE)
    [(_, document_id)] = world.queue.take()
    if read:
        world.services.processing.process(document_id, by=MACHINE)
    world.queue.take()
    return document_id


def _hand_on(world: World, document_id: int, by: Actor) -> None:
    """Settle what is open, as whoever has it before them would."""
    reviewing = world.services.reviewing
    document = reviewing.get_document(document_id, by=MACHINE)
    if document.state == "ready":
        return
    document = reviewing.claim(document_id, by=by)
    for view in document.fields:
        if view.record.state == "open" and view.record.name != TYPE_FIELD:
            decision = Decision.CONFIRM if view.record.machine_value is not None else Decision.ABSENT
            decided = Settlement(field=view.record.name, decision=decision)
            document = reviewing.settle(document_id, decided, by=by, revision=document.revision)
    reviewing.validate(document_id, by=by, revision=document.revision)
