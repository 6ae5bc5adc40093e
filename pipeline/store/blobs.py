import hashlib
import os
import secrets
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import BlobStoreUnavailableError, NotFoundError
from pipeline.ports import StoredBlob
from pipeline.store import draft
from pipeline.store.draft import Draft

CHUNK = 1024 * 1024
LEFT_SECONDS = 24 * 3600
_SYNCS_AT_ONCE = 8


class FolderBlobs:
    """Original bytes in a folder, by their SHA-256: `ab/abcdef...`; implements `pipeline.ports.BlobStore`.

    A blob is fsynced before it gets its name, so that a name always means whole bytes.
    """

    def __init__(self, root: Path, unnamed: bool | None = None) -> None:
        """Open the folder.

        Args:
            root: the folder; it is made if need be.
            unnamed: whether files are written without a name; None: where the file system can.
        """
        self.root = root
        self._temporary = root / "tmp"
        self._temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._unnamed = draft.can_be_unnamed(self._temporary) if unnamed is None else unnamed
        self._tidy()

    def put(self, stream: BinaryIO, *, sync_name: bool = True) -> StoredBlob:
        try:
            chunk = stream.read(CHUNK)
            digest, size = hashlib.sha256(chunk), len(chunk)
            is_whole = size < CHUNK
            final = self._place(digest.hexdigest())
            if is_whole and final.exists():
                return StoredBlob(sha256=final.name, size=size, created=False)
            # made in its own folder where that is known: a file system slows down where all files are made in one
            folder = final.parent if is_whole else self._temporary
            folder.mkdir(parents=True, exist_ok=True)
            with Draft(folder, self._temporary / secrets.token_hex(12), unnamed=self._unnamed) as target:
                while chunk:
                    target.file.write(chunk)
                    chunk = b"" if is_whole else stream.read(CHUNK)
                    digest.update(chunk)
                    size += len(chunk)
                final = self._place(digest.hexdigest())
                if final.exists():
                    return StoredBlob(sha256=final.name, size=size, created=False)
                final.parent.mkdir(parents=True, exist_ok=True)
                target.keep(final)
            if sync_name:
                _sync_folder(final.parent)
        except OSError as error:
            raise BlobStoreUnavailableError(
                f"The file could not be stored in {self.root}: {error.strerror}. Free space, or mend its rights."
            ) from error
        return StoredBlob(sha256=final.name, size=size, created=True)

    def sync_names(self, hashes: Iterable[str]) -> None:
        try:
            # side by side: each waits for the disk to flush, and a disk answers several who wait with one flush
            with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
                list(pool.map(_sync_folder, {self._place(sha256).parent for sha256 in hashes}))
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

    def remove(self, sha256: str) -> bool:
        place = self._place(sha256)
        try:
            place.unlink()
            _sync_folder(place.parent)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise BlobStoreUnavailableError(
                f"The stored file {sha256[:12]} could not be removed from {self.root}: {error.strerror}. "
                "Mend its rights."
            ) from error
        return True

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
