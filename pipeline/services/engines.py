"""Which engine reads now: the champion's where there is one, else the rules alone."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy import select

from pipeline.domain.models import ModelState
from pipeline.errors import ConfigurationError
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.learned.engine import LearnedEngine
from pipeline.extraction.learned.model import Model
from pipeline.ports import Extractor, Serving
from pipeline.store.engine import Store
from pipeline.store.models import FolderModels
from pipeline.store.tables import ModelRow

POINTER = "champion"
"""File beside the models that names the champion, for a process that must not open the database before it forks."""

log = structlog.get_logger()


def serving_of(model: Model) -> Serving:
    """Return the engine of a model with the thresholds that it supports."""
    thresholds = {
        name: {field: found.value for field, found in known.thresholds.items() if found.value is not None}
        for name, known in model.types.items()
    }
    return Serving(LearnedEngine(model), thresholds, model.version)


@dataclass
class Shelf:
    """The model that this process holds ready; what a worker has put there before its fork is every horse's."""

    serving: Serving | None = None

    def preload(self, models: FolderModels) -> bool:
        """Load the model that the pointer names, where that is another than the one at hand; return whether it was.

        A pointer that can't be followed is none: whoever reads the database finds out, and says so.
        """
        named = pointed(models.folder)
        if named is None or (self.serving is not None and self.serving.model == named):
            return False
        try:
            self.serving = serving_of(models.read(named))
        except ConfigurationError:
            return False
        return True


SHELF = Shelf()


@dataclass
class ChampionEngines:
    """Implements `pipeline.ports.Engines`: the database says which model is the champion, the folder has its file."""

    store: Store
    models: FolderModels
    rules: Extractor = field(default_factory=BaselineEngine)
    shelf: Shelf = field(default_factory=lambda: SHELF)
    _broken: str | None = field(default=None, init=False)

    def current(self) -> Serving:
        """Return the champion's engine; the rules alone where there is none, or where its file can't be read."""
        version = self._champion()
        if version is None or version == self._broken:
            return Serving(self.rules)
        if self.shelf.serving is None or self.shelf.serving.model != version:
            try:
                self.shelf.serving = serving_of(self.models.read(version))
            except ConfigurationError as error:
                # reading goes on by the rules, which shows people more than need be, and never less
                log.error("model.unreadable", model=version, code=error.code)
                self._broken = version
                return Serving(self.rules)
        return self.shelf.serving

    def _champion(self) -> str | None:
        with self.store.reading() as session:
            return session.scalar(select(ModelRow.version).where(ModelRow.state == ModelState.CHAMPION).limit(1))


@dataclass(frozen=True)
class OneEngine:
    """Implements `pipeline.ports.Engines` with one engine that never changes."""

    extractor: Extractor

    def current(self) -> Serving:
        return Serving(self.extractor)


def point(folder: Path, version: str | None) -> None:
    """Name the champion beside the models, or that there is none; a folder that refuses costs a slower first read."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = folder / f".{secrets.token_hex(8)}"
        temporary.write_text(version or "")
        os.replace(temporary, folder / POINTER)  # noqa: PTH105 - replace is the atomic one
    except OSError as error:
        log.warning("model.not_pointed", error=type(error).__name__)


def pointed(folder: Path) -> str | None:
    """Return the version that is named beside the models; None where none is."""
    try:
        return (folder / POINTER).read_text().strip() or None
    except OSError:
        return None
