"""Where the parts are put together: built once in a composition root, passed as arguments from then on."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher

from pipeline.delivery.checkpoints import CheckpointAddress, CheckpointFolder
from pipeline.delivery.folder import FolderDestination
from pipeline.delivery.posting import Address
from pipeline.doctypes.loader import load_types, shipped_types
from pipeline.domain.extraction import Extraction
from pipeline.domain.fields import DocumentType
from pipeline.domain.pages import Reading
from pipeline.errors import ConfigurationError
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.learned.engine import LearnedEngine
from pipeline.extraction.learned.model import Model
from pipeline.extraction.learned.training import Spread
from pipeline.ports import Clock, Extractor, IdentityProvider, JobQueue, Reader, ReadLimits
from pipeline.readers import sandbox
from pipeline.readers.ocr.choice import choose
from pipeline.readers.ocr.client import OcrClient
from pipeline.readers.sandbox import SandboxReader
from pipeline.services.accounts import Accounts
from pipeline.services.api_tokens import ApiTokens
from pipeline.services.approving import Approving
from pipeline.services.arrivals import Arrivals
from pipeline.services.auditing import Auditing
from pipeline.services.championing import Championing
from pipeline.services.checkpointing import Checkpointing
from pipeline.services.clock import SystemClock
from pipeline.services.completeness.certifying import Certifying
from pipeline.services.delivering import Delivering
from pipeline.services.dispatching import Dispatching
from pipeline.services.drafting import Drafting
from pipeline.services.engines import SHELF, ChampionEngines, OneEngine
from pipeline.services.erasure.clearing import Clearing
from pipeline.services.erasure.erasing import Erasing
from pipeline.services.erasure.erasures import Erasures
from pipeline.services.erasure.holds import LegalHolds
from pipeline.services.erasure.traces import Traces
from pipeline.services.evidence.packing import Packing
from pipeline.services.files import Files
from pipeline.services.grouping import Grouping
from pipeline.services.health import Health
from pipeline.services.intake import Intake
from pipeline.services.learning import Learning
from pipeline.services.marking import Marking
from pipeline.services.outlets import Outlet, StampAuthority
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
from pipeline.services.single_sign_on import SingleSignOn, groups_by_group, roles_by_group
from pipeline.services.sources import Sources
from pipeline.services.sweeping import Sweeping
from pipeline.services.talking import Talking
from pipeline.services.typeshelf import TypeShelf
from pipeline.settings import Settings
from pipeline.stages.calibrate import calibrate
from pipeline.stages.extract import extract
from pipeline.stages.witness import witness
from pipeline.store import migrate
from pipeline.store.blobs import FolderBlobs
from pipeline.store.engine import Store
from pipeline.store.keyring import FolderKeys
from pipeline.store.models import FolderModels
from pipeline.store.readings import FolderImageReadings, FolderReadings
from pipeline.store.sealing import Sealer
from pipeline.store.studies import FolderStudies
from pipeline.store.tombstones import FolderTombstones
from pipeline.store.vault import Vault


@dataclass(frozen=True)
class Services:
    """Every use case of the product, ready to be called."""

    accounts: Accounts
    single_sign_on: SingleSignOn
    sessions: Sessions
    second_factors: SecondFactors
    api_tokens: ApiTokens
    intake: Intake
    processing: Processing
    reviewing: Reviewing
    dispatching: Dispatching
    saved_views: SavedViews
    marking: Marking
    drafting: Drafting
    talking: Talking
    approving: Approving
    delivering: Delivering
    learning: Learning
    championing: Championing
    sweeping: Sweeping
    pages: Pages
    files: Files
    grouping: Grouping
    policies: Policies
    auditing: Auditing
    checkpointing: Checkpointing
    certifying: Certifying
    sampling: Sampling
    packing: Packing
    erasing: Erasing
    erasures: Erasures
    clearing: Clearing
    relisting: Relisting
    legal_holds: LegalHolds
    reporting: Reporting
    health: Health
    types: TypeShelf
    store: Store = field(repr=False)
    reader: Reader = field(repr=False)

    def close(self) -> None:
        """Let go of the database and of the reading process."""
        self.store.close()
        if isinstance(self.reader, SandboxReader):
            self.reader.close()


def build(
    settings: Settings,
    queue: JobQueue,
    *,
    clock: Clock | None = None,
    reader: Reader | None = None,
    readers: int = 1,
    extractor: Extractor | None = None,
    hasher: PasswordHasher | None = None,
    spread: Spread = map,
) -> Services:
    """Return all services on the database, folders and queue that the settings name.

    Args:
        settings: the installation's.
        queue: the doorbell.
        clock: other than the system's, for tests.
        reader: other than the sandboxed one, for tests.
        readers: how many reading processes may run at once, where several threads ask.
        extractor: instead of the champion's and the rules.
        hasher: other than argon2id with its library's defaults, for tests.
        spread: how the fields of a model are learned: one after the other, or side by side.
    """
    clock = clock or SystemClock()
    reader = reader or SandboxReader(
        workers=readers,
        attachments=settings.read_attachments,
        images=settings.read_images,
        eye=_eye(settings),
        kept=FolderImageReadings(_images_path(settings)),
    )
    types = TypeShelf(_types(settings.extra_types, _enabled(settings.enabled_types)))
    data = settings.data_path
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    sealer = Sealer(settings.secret_file or data / "secret.key", is_made=settings.secret_file is None)
    vault = Vault(settings.vault, sealer)
    store = Store(settings.database, vault=vault)
    blobs = FolderBlobs(data / "blobs", vault)
    readings = FolderReadings(data / "readings")
    limits = limits_of(settings)
    intake = Intake(
        arrivals=Arrivals(
            store=store,
            clock=clock,
            type_names=frozenset(doctype.name for doctype in types.enabled),
            due=timedelta(hours=settings.due_hours),
        ),
        blobs=blobs,
        reader=reader,
        queue=queue,
        clock=clock,
        limits=limits,
        drop=settings.drop_path,
        uploads=data / "uploads",
        types=types,
    )
    sources = Sources(blobs, readings, reader, limits)
    models = FolderModels(models_path(settings))
    processing = Processing(
        store=store,
        sources=sources,
        engines=ChampionEngines(store, models) if extractor is None else OneEngine(extractor),
        types=types,
        clock=clock,
        attempts_max=settings.attempts_max,
        retry=timedelta(seconds=settings.retry_seconds),
        draw=random.SystemRandom().random,
    )
    delivering = Delivering(
        store=store,
        destinations=(FolderDestination(settings.out_path),),
        clock=clock,
        retry=timedelta(seconds=settings.retry_seconds),
    )
    learning = Learning(
        store=store,
        sources=sources,
        studies=FolderStudies(data / "studies"),
        models=models,
        jobs=queue,
        types=types,
        clock=clock,
        spread=spread,
        is_on=settings.learn,
    )
    keys = FolderKeys(data / "keys")
    checkpointing = Checkpointing(
        store=store,
        clock=clock,
        keys=keys,
        outlets=tuple(_outlet(place) for place in settings.checkpoint_places) if settings.checkpoint_hours else (),
        every=timedelta(hours=settings.checkpoint_hours),
        authority=_authority(settings),
    )
    certifying = Certifying(store=store, blobs=blobs, clock=clock, checkpointing=checkpointing, types=types)
    presence = Presence(
        store=store,
        clock=clock,
        hasher=hasher or PasswordHasher(),
        sealer=sealer,
        idle=timedelta(seconds=settings.signing_idle_seconds),
    )
    traces = Traces(
        blobs=blobs,
        readings=readings,
        studies=learning.studies,
        models=models,
        destinations=delivering.destinations,
        drop=settings.drop_path,
        uploads=data / "uploads",
        pages=_page_images_path(settings),
        images=_images_path(settings),
        backups=backups_path(settings),
    )
    clearing = Clearing(
        store=store, clock=clock, jobs=queue, traces=traces, tombstones=FolderTombstones(data / "erased")
    )
    relisting = Relisting(store=store, clock=clock, jobs=queue)
    auditing = Auditing(store=store, clock=clock, types=types, keys=keys)
    pages = Pages(
        store=store,
        blobs=blobs,
        readings=readings,
        reader=reader,
        limits=limits,
        cache=_page_images_path(settings),
        types=types,
    )
    return Services(
        accounts=Accounts(
            store=store,
            only_password=settings.oidc_break_glass if settings.oidc_issuer and settings.oidc_only else None,
            clock=clock,
            hasher=hasher or PasswordHasher(),
            idle=timedelta(seconds=settings.session_idle_seconds),
            longest=timedelta(seconds=settings.session_seconds_max),
            sealer=sealer,
        ),
        single_sign_on=SingleSignOn(
            store=store,
            clock=clock,
            hasher=hasher or PasswordHasher(),
            provider=_provider(settings),
            role_claim=settings.oidc_role_claim,
            name_claim=settings.oidc_name_claim,
            roles=roles_by_group(settings.oidc_roles),
            groups=groups_by_group(settings.oidc_groups),
            types=types,
        ),
        sessions=Sessions(
            store=store,
            clock=clock,
            idle=timedelta(seconds=settings.session_idle_seconds),
            longest=timedelta(seconds=settings.session_seconds_max),
        ),
        api_tokens=ApiTokens(store=store, clock=clock),
        second_factors=SecondFactors(store=store, clock=clock, sealer=sealer, presence=presence),
        intake=intake,
        processing=processing,
        reviewing=Reviewing(
            store=store,
            jobs=queue,
            types=types,
            clock=clock,
            lease=timedelta(seconds=settings.lease_seconds),
            handover_lease=timedelta(seconds=settings.handover_seconds),
        ),
        dispatching=Dispatching(
            store=store, types=types, clock=clock, hold=timedelta(seconds=settings.handover_seconds)
        ),
        saved_views=SavedViews(store=store, clock=clock),
        marking=Marking(store=store, sources=sources, types=types),
        drafting=Drafting(store=store, types=types, clock=clock),
        talking=Talking(store=store, types=types, clock=clock),
        approving=Approving(
            store=store,
            jobs=queue,
            types=types,
            clock=clock,
            presence=presence,
        ),
        delivering=delivering,
        learning=learning,
        championing=Championing(store=store, models=models, jobs=queue, types=types, clock=clock),
        sweeping=Sweeping(
            store=store,
            intake=intake,
            processing=processing,
            delivering=delivering,
            learning=learning,
            checkpointing=checkpointing,
            certifying=certifying,
            clearing=clearing,
            relisting=relisting,
            blobs=blobs,
            jobs=queue,
            types=types,
            clock=clock,
        ),
        pages=pages,
        files=Files(store=store, types=types),
        grouping=Grouping(store=store, clock=clock, types=types),
        policies=Policies(store=store, clock=clock),
        auditing=auditing,
        checkpointing=checkpointing,
        certifying=certifying,
        sampling=Sampling(store=store, clock=clock, types=types),
        packing=Packing(store=store, clock=clock, auditing=auditing, checkpointing=checkpointing, pages=pages),
        erasing=Erasing(store=store, clock=clock, jobs=queue, types=types, presence=presence, traces=traces),
        erasures=Erasures(store=store, clock=clock, types=types, presence=presence),
        clearing=clearing,
        relisting=relisting,
        legal_holds=LegalHolds(store=store, clock=clock, types=types),
        reporting=Reporting(store=store, jobs=queue, clock=clock, types=types),
        health=Health(store=store, jobs=queue),
        types=types,
        store=store,
        reader=reader,
    )


def upgrade(settings: Settings) -> Path | None:
    """Bring the database up to the newest schema; return the copy that was made of an SQLite file before, if any.

    Raises:
        ConfigurationError: the database cannot be reached or written, or was made by a newer Proofdesk.
    """
    return migrate.upgrade(settings.database, backups_path(settings))


def check_types(settings: Settings) -> None:
    """Check that the document types can be loaded, before processes are started that would each fail on them.

    Raises:
        ConfigurationError: a type or its folder is not there, or can't be read.
    """
    _types(settings.extra_types, _enabled(settings.enabled_types))


def preload(settings: Settings) -> None:
    """Load the reading libraries, the types and the champion, for a queue worker before it forks; no thread starts."""
    sandbox.preload()
    _types(settings.extra_types, _enabled(settings.enabled_types))
    preload_model(settings)


def preload_model(settings: Settings) -> bool:
    """Load the champion, where another one serves than this process holds ready; return whether that was so."""
    return SHELF.preload(FolderModels(models_path(settings)))


def backups_path(settings: Settings) -> Path:
    """Return the folder of the copies that are made of an SQLite file before an upgrade."""
    return settings.data_path / "backups"


def _page_images_path(settings: Settings) -> Path:
    return settings.data_path / "pages"


def _images_path(settings: Settings) -> Path:
    """Return the folder of what was read on images."""
    return settings.data_path / "readings" / "images"


def models_path(settings: Settings) -> Path:
    """Return the folder of the model files."""
    return settings.data_path / "models"


def _eye(settings: Settings) -> OcrClient | None:
    """Return what reads images; None where that is switched off.

    Raises:
        ConfigurationError: the engine that the settings name is not installed.
    """
    if not settings.read_images:
        return None
    return OcrClient(threads=settings.ocr_threads, engine=choose(settings.ocr_engine, settings.ocr_languages))


def _provider(settings: Settings) -> IdentityProvider | None:
    """Return where people log in who have no password; None where that is not set up.

    Raises:
        ConfigurationError: what it needs is missing, or can't be read.
    """
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_client_id is None or not settings.oidc_roles:
        raise ConfigurationError(
            "PROOFDESK_OIDC_ISSUER needs PROOFDESK_OIDC_CLIENT_ID and PROOFDESK_OIDC_ROLES beside it: set them, too."
        )
    secret = settings.oidc_client_secret
    if settings.oidc_client_secret_file is not None:
        try:
            secret = settings.oidc_client_secret_file.read_text().strip()
        except OSError as error:
            raise ConfigurationError(
                f"PROOFDESK_OIDC_CLIENT_SECRET_FILE cannot be read: {error.strerror}. Mend its path or its rights."
            ) from error
    # imported where there is a provider: no worker without one pays for the client's libraries
    from pipeline.identity.openid import OpenIdProvider

    wanted = tuple(claim.partition(".")[0] for claim in (settings.oidc_role_claim, settings.oidc_name_claim))
    return OpenIdProvider(settings.oidc_issuer, settings.oidc_client_id, secret or None, settings.oidc_scopes, wanted)


def _outlet(place: Path | str) -> Outlet:
    """Return what puts checkpoints into a folder, or sends them to an address."""
    if isinstance(place, Path):
        return CheckpointFolder(place)
    return CheckpointAddress(Address(place, "The server for checkpoints", "PROOFDESK_CHECKPOINTS"))


def _authority(settings: Settings) -> StampAuthority | None:
    """Return who stamps checkpoints; None where that is not set up.

    Raises:
        ConfigurationError: its certificates are missing, or can't be read.
    """
    if settings.timestamps is None:
        return None
    if settings.timestamp_certificates is None:
        raise ConfigurationError(
            "PROOFDESK_TIMESTAMPS needs PROOFDESK_TIMESTAMP_CERTIFICATES beside it: "
            "name a PEM file with the root certificate of that time-stamp authority."
        )
    # imported where there is one: no process without it pays for the client's library
    from pipeline.delivery.authority import TimestampAuthority

    address = Address(settings.timestamps, "The time-stamp authority", "PROOFDESK_TIMESTAMPS")
    return TimestampAuthority.open(address, settings.timestamp_certificates)


def limits_of(settings: Settings) -> ReadLimits:
    """Return the bounds on reading one file."""
    return ReadLimits(
        seconds=settings.read_seconds_max,
        bytes=settings.read_bytes_max,
        pages=settings.pages_max,
        file_bytes=settings.file_bytes_max,
        image_seconds=settings.image_seconds_max,
        images_seconds=settings.images_seconds_max,
    )


@dataclass(frozen=True)
class Offline:
    """Reading and extracting without database or queue."""

    reader: SandboxReader
    extractor: Extractor
    types: tuple[DocumentType, ...]
    limits: ReadLimits

    def extract(
        self,
        path: Path,
        fixed_type: str | None = None,
        told: Callable[[int, int], None] = lambda done, wanted: None,
    ) -> Extraction:
        """Return what one file says; `told` hears of each page read off its image, as in `Reader.read`.

        Raises:
            DocumentError: the file is at fault; the sentence says what to do.
        """
        reading = self.reader.read(path, self.limits, told)
        read = calibrate(extract(reading, self.types, self.extractor, fixed_type))
        return witness(read, reading, self.types, self.extractor, fixed_type).extraction

    def read(self, path: Path) -> Reading:
        """Return the pages of one file.

        Raises:
            DocumentError: the file is at fault; the sentence says what to do.
        """
        return self.reader.read(path, self.limits)

    def close(self) -> None:
        self.reader.close()


def keep_model(model: Model, folder: Path) -> Path:
    """Write a model to a folder, as `offline(model=…)` reads it; return the file's path."""
    return FolderModels(folder).write(model)


def known_types(settings: Settings) -> tuple[DocumentType, ...]:
    """Return every type that is known here, those that are switched off too."""
    shipped = frozenset(doctype.name for doctype in shipped_types() if doctype.variant_of is None)
    return _types(settings.extra_types, shipped | _enabled(settings.enabled_types))


def offline(
    settings: Settings, *, types: Iterable[str] | None = None, attachments: bool = True, model: Path | None = None
) -> Offline:
    """Return the reading and extracting half alone, for `types` or the enabled ones.

    Args:
        settings: the installation's.
        types: names of the types to look for; None takes the enabled ones.
        attachments: whether electronic invoices inside PDFs are read as a second witness.
        model: folder of a trained model, whose types are looked for too; None reads by the rules alone.

    Raises:
        ConfigurationError: the folder has no model that can be read.
    """
    enabled = frozenset(types) if types is not None else _enabled(settings.enabled_types)
    learned = FolderModels(model).read() if model is not None else None
    if learned is not None:
        enabled |= frozenset(learned.families.get(name, name) for name in learned.counts)
    known = _types(settings.extra_types, enabled)
    return Offline(
        reader=SandboxReader(
            attachments=attachments and settings.read_attachments, images=settings.read_images, eye=_eye(settings)
        ),
        extractor=LearnedEngine(learned) if learned is not None else BaselineEngine(),
        types=tuple(doctype for doctype in known if doctype.enabled),
        limits=limits_of(settings),
    )


@cache
def _types(extra: Path | None, enabled: frozenset[str]) -> tuple[DocumentType, ...]:
    """Return every known type; reading them takes a third of a second, which no job should pay after its fork."""
    return load_types(extra, set(enabled))


def _enabled(listed: str) -> frozenset[str]:
    def names() -> Iterator[str]:
        for name in listed.split(","):
            if name.strip():
                yield name.strip()

    return frozenset(names())
