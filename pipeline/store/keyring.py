"""The installation's signing keys: a folder of its own, readable by its owner only."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.record.canonical import canonical_json
from pipeline.record.keys import SigningKey, introduce
from pipeline.record.verify import follow_keys
from pipeline.secret_file import put_once


@dataclass(frozen=True)
class FolderKeys:
    """Keys by number: `0001.key` is the private half, `0001.json` the statement that introduces it."""

    folder: Path

    def statements(self) -> list[dict[str, Any]]:
        """Return the statements of all keys, oldest first.

        Raises:
            ConfigurationError: one can't be read, or a key was put between that its predecessor did not introduce.
        """
        try:
            found = [json.loads(path.read_text()) for path in sorted(self.folder.glob("[0-9]*.json"))]
            if found:
                follow_keys(found, None)
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"The signing keys in {self.folder} can't be used ({error}). Restore that folder from a backup."
            ) from error
        return found

    def current(self) -> SigningKey | None:
        """Return the key that signs now; None where there is none yet.

        Raises:
            ConfigurationError: its private half is missing or can't be read.
        """
        statements = self.statements()
        if not statements:
            return None
        number = int(statements[-1]["number"])
        path = self._path(number, "key")
        try:
            key = SigningKey.parse(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"The signing key {path} can't be read ({error}). Restore that folder from a backup."
            ) from error
        if key.public != statements[-1]["key"]:
            raise ConfigurationError(f"The signing key {path} is another one than {path.stem}.json introduces.")
        return key

    def add(self, at: datetime) -> dict[str, Any]:
        """Make a new key, introduced by the one before, and return its statement; from now on it signs.

        Two processes may do so at once: the number is taken by one of them, and the other returns that one's statement.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        before, number = self.current(), len(self.statements()) + 1
        key = SigningKey.make()
        statement = introduce(key, at, number, before)
        if not put_once(self._path(number, "key"), key.pem()):
            return self._theirs(number)
        # the statement comes last: a key counts once it is introduced
        put_once(self._path(number, "json"), (canonical_json(statement) + "\n").encode())
        return statement

    def _theirs(self, number: int) -> dict[str, Any]:
        """Introduce the key that another process made, where it died before it could, or wait for nobody."""
        path = self._path(number, "json")
        if not path.exists():
            key = SigningKey.parse(self._path(number, "key").read_bytes())
            made = datetime.fromtimestamp(self._path(number, "key").stat().st_mtime).astimezone()
            put_once(path, (canonical_json(introduce(key, made, number, self.current())) + "\n").encode())
        return dict(json.loads(path.read_text()))

    def _path(self, number: int, suffix: str) -> Path:
        return self.folder / f"{number:04}.{suffix}"
