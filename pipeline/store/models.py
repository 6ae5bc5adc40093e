"""Trained models in a folder: one file each, written whole or not at all."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.extraction.learned.model import Model

SUFFIX = ".npz"
CURRENT = "model"
"""Name of the model that a folder without a database keeps."""


@dataclass(frozen=True)
class FolderModels:
    """Model files by name."""

    folder: Path

    def write(self, model: Model, name: str = CURRENT) -> Path:
        """Write a model so that a crash leaves the old file or the new one; return its path."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        place = self.path(name)
        temporary = place.with_name(f".{secrets.token_hex(8)}")
        with temporary.open("wb") as file:
            file.write(model.to_bytes())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, place)  # noqa: PTH105 - replace is the atomic one
        return place

    def read(self, name: str = CURRENT) -> Model:
        """Return a model.

        Raises:
            ConfigurationError: there is none, or it can't be read.
        """
        try:
            data = self.path(name).read_bytes()
        except OSError as error:
            raise ConfigurationError(
                f"There is no model in {self.folder}. Make one: `proofdesk learn --truth FILE --model {self.folder}`."
            ) from error
        return Model.from_bytes(data)

    def path(self, name: str = CURRENT) -> Path:
        return self.folder / f"{name}{SUFFIX}"
