"""What was erased, outside of the database: a backup that is restored doesn't know of it, and has it all again."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.domain.erasure import ErasureBasis
from pipeline.domain.value import Frozen
from pipeline.secret_file import put_once


class Tombstone(Frozen):
    """One erasure, as a folder keeps it."""

    sha256: str
    """Of the file's bytes."""
    received_at: str
    """When the file came, ISO 8601 in UTC: the same bytes may come again, and are then another document."""
    erased_at: str
    basis: ErasureBasis
    reference: str
    requested_by: str
    executed_by: str


@dataclass(frozen=True)
class FolderTombstones:
    """One small file for each erasure, that nothing ever changes."""

    folder: Path

    def add(self, stone: Tombstone) -> None:
        """Keep it; adding it again is harmless.

        Raises:
            OSError: the folder can't be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        put_once(self._place(stone), (json.dumps(stone.model_dump(mode="json"), sort_keys=True) + "\n").encode())

    def list_all(self) -> list[Tombstone]:
        """Return all that can be read; a damaged one is passed over, since the database tells of it too."""
        found: list[Tombstone] = []
        for path in sorted(self.folder.glob("*.json")):
            try:
                content: Any = json.loads(path.read_text())
                found.append(Tombstone.model_validate(content))
            except (OSError, ValueError, ValidationError):
                continue
        return found

    def count(self) -> int:
        """Return how many there are: cheap enough for every sweep."""
        try:
            return sum(entry.name.endswith(".json") for entry in os.scandir(self.folder))
        except FileNotFoundError:
            return 0

    def _place(self, stone: Tombstone) -> Path:
        moment = "".join(sign for sign in stone.received_at if sign.isdigit())
        return self.folder / f"{stone.sha256}-{moment}.json"
