"""Fixtures: the services on a real database with fakes around them, and the standing cast."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from pipeline.delivery.folder import FolderDestination
from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.extraction import Extraction
from pipeline.domain.fields import DocumentType
from pipeline.ports import Engines, Job, ReadLimits
from pipeline.services.accounts import Accounts
from pipeline.services.api_tokens import ApiTokens
from pipeline.services.approving import Approving
from pipeline.services.arrivals import Arrivals
from pipeline.services.auditing import Auditing
from pipeline.services.championing import Championing
from pipeline.services.checkpointing import Checkpointing
from pipeline.services.completeness.certifying import Certifying
from pipeline.services.delivering import Delivering
from pipeline.services.dispatching import Dispatching
from pipeline.services.drafting import Drafting
from pipeline.services.engines import OneEngine
from pipeline.services.erasure.clearing import Clearing
from pipeline.services.erasure.erasing import Erasing
from pipeline.services.erasure.erasures import Erasures
from pipeline.services.erasure.holds import LegalHolds
from pipeline.services.erasure.traces import Traces
from pipeline.services.evidence.packing import Packing
from pipeline.services.files import Files
from pipeline.services.grouping import Grouping
from pipeline.services.intake import Intake
from pipeline.services.learning import Learning
from pipeline.services.marking import Marking
from pipeline.services.pages import Pages
from pipeline.services.policies import Policies
from pipeline.services.presence import Presence
from pipeline.services.processing import Processing
from pipeline.services.relisting import Relisting
from pipeline.services.reporting import Reporting
from pipeline.services.reviewing import Reviewing
from pipeline.services.samples.sampling import Sampling
from pipeline.services.saved_views import SavedViews
from pipeline.services.second_factors import SecondFactors
from pipeline.services.sessions import Sessions
from pipeline.services.sources import Sources
from pipeline.services.sweeping import Sweeping
from pipeline.services.talking import Talking
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import DocumentView, EventView
from pipeline.store.blobs import FolderBlobs
from pipeline.store.engine import Store
from pipeline.store.keyring import FolderKeys
from pipeline.store.models import FolderModels
from pipeline.store.readings import FolderReadings
from pipeline.store.sealing import Sealer
from pipeline.store.studies import FolderStudies
from pipeline.store.tombstones import FolderTombstones
from pipeline.store.vault import Vault
from tests import builders
from tests.builders import MACHINE
from tests.fakes import FakeClock, FakeEngine, FakeQueue, FakeReader

CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Office:
    """The services around one database, and what stands in for the outside."""

    store: Store
    folder: Path
    types: tuple[DocumentType, ...] = field(default_factory=lambda: (builders.invoice_type(),))
    clock: FakeClock = field(default_factory=FakeClock)
    queue: FakeQueue = field(default_factory=FakeQueue)
    reader: FakeReader = field(default_factory=FakeReader)
    engine: FakeEngine = field(default_factory=FakeEngine)
    engines: Callable[["Office"], Engines] = lambda office: OneEngine(office.engine)
    """What reads: made once the office has its folders."""
    signing_idle: timedelta = timedelta(days=3650)
    """Tests of other things sign by the click, however far their clock moves."""
    drawn: float = 1.0
    """What the quality sample's draw comes out as; 1 never samples."""

    def __post_init__(self) -> None:
        if self.store.vault is None:
            keys = f"sqlite:///{self.folder / 'vault' / 'keys.db'}"
            self.store.seal_under(Vault(keys, Sealer(self.folder / "secret.key")))
        shelf = TypeShelf(self.types)
        blobs = FolderBlobs(self.folder / "blobs", self.store.vault)
        readings = FolderReadings(self.folder / "readings")
        limits = ReadLimits()
        self.models = FolderModels(self.folder / "models")
        sources = Sources(blobs, readings, self.reader, limits)
        self.drop, self.out = self.folder / "drop", self.folder / "out"
        self.drop.mkdir(exist_ok=True)
        self.sealer = Sealer(self.folder / "secret.key")
        self.accounts = Accounts(
            self.store, self.clock, CHEAP_HASHER, timedelta(hours=8), timedelta(hours=24), self.sealer
        )
        self.api_tokens = ApiTokens(self.store, self.clock)
        self.sessions = Sessions(self.store, self.clock, timedelta(hours=8), timedelta(hours=24))
        type_names = frozenset(each.name for each in self.types)
        self.intake = Intake(
            Arrivals(self.store, self.clock, type_names, timedelta(hours=24)),
            blobs,
            self.reader,
            self.queue,
            self.clock,
            limits,
            self.drop,
            self.folder / "uploads",
            shelf,
        )
        self.processing = Processing(
            self.store,
            sources,
            self.engines(self),
            shelf,
            self.clock,
            3,
            timedelta(seconds=30),
            lambda: self.drawn,
        )
        self.reviewing = Reviewing(self.store, self.queue, shelf, self.clock, timedelta(minutes=15), timedelta(hours=8))
        self.dispatching = Dispatching(self.store, shelf, self.clock, timedelta(hours=8))
        self.saved_views = SavedViews(self.store, self.clock)
        self.marking = Marking(self.store, sources, shelf)
        self.drafting = Drafting(self.store, shelf, self.clock)
        self.talking = Talking(self.store, shelf, self.clock)
        self.presence = Presence(self.store, self.clock, CHEAP_HASHER, self.sealer, self.signing_idle)
        self.second_factors = SecondFactors(self.store, self.clock, self.sealer, self.presence)
        self.approving = Approving(self.store, self.queue, shelf, self.clock, self.presence)
        self.delivering = Delivering(self.store, (FolderDestination(self.out),), self.clock, timedelta(seconds=30))
        self.learning = Learning(
            self.store,
            sources,
            FolderStudies(self.folder / "studies"),
            self.models,
            self.queue,
            shelf,
            self.clock,
        )
        self.championing = Championing(self.store, self.models, self.queue, shelf, self.clock)
        keys = FolderKeys(self.folder / "keys")
        self.checkpointing = Checkpointing(self.store, self.clock, keys)
        self.certifying = Certifying(self.store, blobs, self.clock, self.checkpointing, shelf)
        traces = Traces(
            blobs=blobs,
            readings=readings,
            studies=self.learning.studies,
            models=self.models,
            destinations=self.delivering.destinations,
            drop=self.drop,
            uploads=self.folder / "uploads",
            pages=self.folder / "pages",
            images=self.folder / "readings" / "images",
            backups=self.folder / "backups",
        )
        self.erasing = Erasing(self.store, self.clock, self.queue, shelf, self.presence, traces)
        self.erasures = Erasures(self.store, self.clock, shelf, self.presence)
        stones = FolderTombstones(self.folder / "erased")
        self.clearing = Clearing(self.store, self.clock, self.queue, traces, stones)
        self.relisting = Relisting(self.store, self.clock, self.queue)
        self.legal_holds = LegalHolds(self.store, self.clock, shelf)
        self.sweeping = Sweeping(
            self.store,
            self.intake,
            self.processing,
            self.delivering,
            self.learning,
            self.checkpointing,
            self.certifying,
            self.clearing,
            self.relisting,
            blobs,
            self.queue,
            shelf,
            self.clock,
        )
        self.pages = Pages(self.store, blobs, readings, self.reader, limits, self.folder / "pages", shelf)
        self.files = Files(self.store, shelf)
        self.grouping = Grouping(self.store, self.clock, shelf)
        self.policies = Policies(self.store, self.clock)
        self.reporting = Reporting(self.store, self.queue, self.clock, shelf)
        self.auditing = Auditing(self.store, self.clock, shelf, keys)
        self.sampling = Sampling(self.store, self.clock, shelf)
        self.packing = Packing(self.store, self.clock, self.auditing, self.checkpointing, self.pages)

    def hire(self, name: str, *roles: Role) -> Actor:
        """Make an account and return the person, logged in, who has shown that it is them who signs."""
        owner = builders.person(0, "owner")
        password = self.accounts.add(name, name.title(), roles or tuple(Role), by=owner)
        actor = self.accounts.login(name, password, address="127.0.0.1").actor
        with self.store.writing() as session:
            self.presence.signed(session, actor, self.clock.now())
        return actor

    def put(self, name: str, content: bytes) -> Path:
        """Lay a file into the drop folder."""
        path = self.drop / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def receive(self, answer: Extraction | None = None, content: bytes | None = None) -> DocumentView:
        """Take in and read one document, of which the engine says `answer`."""
        if answer is not None:
            self.engine.answer = answer
        content = content or f"%PDF {self.reader.reads} {len(list(self.drop.rglob('*')))}".encode()
        self.intake.claim([self.put("invoice.pdf", content)], by=MACHINE)
        document_id = self.work()[-1]
        return self.reviewing.get_document(document_id, by=builders.person(0, "reader"))

    def work(self) -> list[int]:
        """Do every job that was rung for; return the documents."""
        done: list[int] = []
        for job, document_id in self.queue.take():
            if job is Job.LEARN:
                continue  # tests that are about learning train themselves
            if job is Job.PROCESS:
                self.processing.process(document_id, by=MACHINE)
            elif job is Job.ERASE:
                self.clearing.finish(document_id, by=MACHINE)
            elif job is Job.RELIST:
                self.relisting.renew(by=MACHINE)
                continue
            else:
                self.delivering.deliver(document_id, by=MACHINE)
            done.append(document_id)
        return done

    def events(self, document_id: int, tag: AuditTag) -> list[EventView]:
        """Return what is on record of this kind about a document or the file it came in, oldest first."""
        return [event for event in self.auditing.history(document_id, by=MACHINE) if event.tag == tag]

    def state(self, document_id: int) -> DocumentState:
        return self.reviewing.get_document(document_id, by=builders.person(0, "reader")).state


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Office:
    """The services on SQLite and on PostgreSQL, with fakes around them."""
    folder = tmp_path / "office"
    folder.mkdir()
    return Office(store, folder)


@pytest.fixture
def rowe(office: Office) -> Actor:
    """A reviewer."""
    return office.hire("rowe", Role.REVIEWER)


@pytest.fixture
def okafor(office: Office) -> Actor:
    """An approver."""
    return office.hire("okafor", Role.APPROVER)
