import gzip
import json
import os
import secrets
import zlib
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from pipeline.domain.pages import Reading


class FolderReadings:
    """What readers found, kept by the file's SHA-256 so that no page is read twice; a cache, safe to delete."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def find(self, sha256: str, reader: str) -> Reading | None:
        """Return the reading that `reader` (name and version) made, or None."""
        try:
            reading = Reading.model_validate_json(gzip.decompress(self._place(sha256).read_bytes()))
        except (OSError, ValidationError, EOFError, zlib.error):
            return None
        return reading if reading.reader == reader else None

    def keep(self, sha256: str, reading: Reading) -> None:
        """Keep the reading; a disk that refuses costs a second reading later, nothing else."""
        with suppress(OSError):
            self._write(sha256, reading)

    def remove(self, sha256: str) -> bool:
        """Forget a file; return whether it was known."""
        try:
            self._place(sha256).unlink()
        except FileNotFoundError:
            return False
        return True

    def _write(self, sha256: str, reading: Reading) -> None:
        place = self._place(sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{secrets.token_hex(8)}")
        text = json.dumps(reading.model_dump(mode="json"), separators=(",", ":"))
        temporary.write_bytes(gzip.compress(text.encode(), compresslevel=1))
        os.replace(temporary, place)  # noqa: PTH105 - replace is the atomic one

    def _place(self, sha256: str) -> Path:
        return self.root / sha256[:2] / f"{sha256}.json.gz"


class FolderImageReadings:
    """Implements `pipeline.ports.ImageReadings` in a folder: the same scan is not read twice; safe to delete."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, key: str) -> bytes | None:
        try:
            return gzip.decompress(self._place(key).read_bytes())
        except (OSError, EOFError, zlib.error):
            return None

    def keep(self, key: str, data: bytes) -> None:
        """Keep what was read; a disk that refuses costs a second reading later, nothing else."""
        with suppress(OSError):
            place = self._place(key)
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = place.with_name(f".{secrets.token_hex(8)}")
            temporary.write_bytes(gzip.compress(data, compresslevel=1))
            os.replace(temporary, place)  # noqa: PTH105 - replace is the atomic one

    def _place(self, key: str) -> Path:
        return self.root / key[:2] / f"{key}.json.gz"
