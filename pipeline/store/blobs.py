import hashlib
import os
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import BlobStoreUnavailableError, NotFoundError
from pipeline.ports import StoredBlob

CHUNK = 1024 * 1024
LEFT_SECONDS = 24 * 3600


class FolderBlobs:
    """Original bytes in a folder, by their SHA-256: `ab/abcdef...`; implements `pipeline.ports.BlobStore`.

    A blob is written beside its place, fsynced, and renamed into it, so that a name always means whole bytes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._temporary = root / "tmp"
        self._temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._tidy()

    def put(self, stream: BinaryIO, *, sync_name: bool = True) -> StoredBlob:
        digest = hashlib.sha256()
        size = 0
        temporary = self._temporary / secrets.token_hex(12)
        try:
            with temporary.open("xb") as target:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    target.write(chunk)
                target.flush()
                sha256 = digest.hexdigest()
                final = self._place(sha256)
                if final.exists():
                    return StoredBlob(sha256=sha256, size=size, created=False)
                os.fsync(target.fileno())
            final.parent.mkdir(parents=True, exist_ok=True)
            temporary.chmod(0o400)
            temporary.rename(final)
            if sync_name:
                _sync_folder(final.parent)
        except OSError as error:
            raise BlobStoreUnavailableError(
                f"The file could not be stored in {self.root}: {error.strerror}. Free space, or mend its rights."
            ) from error
        finally:
            with suppress(OSError):  # what went wrong is told already
                temporary.unlink(missing_ok=True)
        return StoredBlob(sha256=sha256, size=size, created=True)

    def sync_names(self, hashes: Iterable[str]) -> None:
        try:
            for folder in {self._place(sha256).parent for sha256 in hashes}:
                _sync_folder(folder)
        except OSError as error:
            raise BlobStoreUnavailableError(
                f"{self.root} could not be written: {error.strerror}. Mend the disk or the folder's rights."
            ) from error

    def path(self, sha256: str) -> Path:
        place = self._place(sha256)
        if not place.is_file():
            raise NotFoundError(f"The stored file {sha256[:12]} is missing from {self.root}. Restore it from a backup.")
        return place

    def has(self, sha256: str) -> bool:
        return self._place(sha256).is_file()

    def _tidy(self) -> None:
        """Remove what a killed process left half written a day ago."""
        for left in self._temporary.iterdir():
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > LEFT_SECONDS:
                    left.unlink()

    def _place(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
