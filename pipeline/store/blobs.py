import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from pipeline.errors import BlobStoreUnavailableError, DamagedFileError, NotFoundError
from pipeline.ports import StoredBlob
from pipeline.sealed_file import Header, Readable, SealedFile, Sealing, find_header
from pipeline.store import draft
from pipeline.store.draft import Draft
from pipeline.store.vault import Vault

CHUNK = 1024 * 1024
LEFT_SECONDS = 24 * 3600
SEALING_SECONDS = 1.0
"""How long one call seals what lies there as it is: the watcher waits for it."""
LOOKED_MOST = 2_000
"""Files whose beginning one call looks at."""
LOOK_AGAIN_SECONDS = 7 * 24 * 3600
"""After a look at all of them: somebody may have put back a copy from before."""
_ALL_SEALED = ".all-sealed"
_SYNCS_AT_ONCE = 8

log: Any = structlog.get_logger()


class FolderBlobs:
    """Original bytes in a folder, by their SHA-256: `ab/abcdef...`; implements `pipeline.ports.BlobStore`.

    A blob is fsynced before it gets its name, so that a name always means whole bytes. Each lies sealed under a key of
    its own, which the vault has bound to its hash before `put` or `sync_names` returns: erasing destroys that key, and
    with it every copy of the folder that somebody kept. No plain byte is ever written.
    """

    def __init__(self, root: Path, vault: Vault | None = None, unnamed: bool | None = None) -> None:
        """Open the folder.

        Args:
            root: the folder; it is made if need be.
            vault: has the keys; None: bytes are stored as they are.
            unnamed: whether files are written without a name; None: where the file system can.
        """
        self.root = root
        self._vault = vault
        self._unbound: dict[str, str] = {}
        """Keys by hash that the vault is still to be told of."""
        self._left: Iterator[Path] | None = None
        self._temporary = root / "tmp"
        self._temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._unnamed = draft.can_be_unnamed(self._temporary) if unnamed is None else unnamed
        self._tidy()

    def put(self, stream: BinaryIO, *, sync_name: bool = True) -> StoredBlob:
        try:
            stored = self._put(stream)
        except OSError as error:
            raise BlobStoreUnavailableError(
                f"The file could not be stored in {self.root}: {error.strerror}. Free space, or mend its rights."
            ) from error
        if sync_name:
            self.sync_names([stored.sha256])
        return stored

    def _put(self, stream: BinaryIO) -> StoredBlob:
        chunk = stream.read(CHUNK)
        digest, size = hashlib.sha256(chunk), len(chunk)
        is_whole = size < CHUNK
        final = self._place(digest.hexdigest())
        if is_whole and final.exists():
            return self._known(final, size)
        # made in its own folder where that is known: a file system slows down where all files are made in one
        folder = final.parent if is_whole else self._temporary
        folder.mkdir(parents=True, exist_ok=True)
        with Draft(folder, self._temporary / secrets.token_hex(12), unnamed=self._unnamed) as target:
            key = self._vault.take() if self._vault is not None else None
            sealing = Sealing(target.file, key, self._vault.cipher(key)) if self._vault is not None and key else None
            while chunk:
                target.file.write(chunk) if sealing is None else sealing.write(chunk)
                chunk = b"" if is_whole else stream.read(CHUNK)
                digest.update(chunk)
                size += len(chunk)
            if sealing is not None:
                sealing.finish()
            final = self._place(digest.hexdigest())
            if final.exists():
                return self._known(final, size)
            final.parent.mkdir(parents=True, exist_ok=True)
            if not target.keep(final):
                return self._known(final, size)
        if key is not None:
            self._unbound[final.name] = key
        return StoredBlob(sha256=final.name, size=size, created=True)

    def sync_names(self, hashes: Iterable[str]) -> None:
        names = set(hashes)
        try:
            # side by side: each waits for the disk to flush, and a disk answers several who wait with one flush
            with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
                list(pool.map(_sync_folder, {self._place(sha256).parent for sha256 in names}))
        except OSError as error:
            raise BlobStoreUnavailableError(
                f"{self.root} could not be written: {error.strerror}. Mend the disk or the folder's rights."
            ) from error
        keys = {key: sha256 for sha256 in names if (key := self._unbound.get(sha256)) is not None}
        if self._vault is not None and keys:
            self._vault.bind(keys)
            for sha256 in keys.values():
                self._unbound.pop(sha256, None)

    def get(self, sha256: str) -> Readable:
        header, _ = self._look(sha256)
        if header is None:
            return self._place(sha256)
        key = self._vault.find_bound(header.key, sha256) if self._vault is not None else None
        if key is None:
            raise DamagedFileError(
                f"Nothing opens the stored file {sha256[:12]}: the vault has no key for these bytes. Restore the vault "
                "and the files from backups of the same time; what was erased stays closed."
            )
        return SealedFile(self._place(sha256), key)

    def size(self, sha256: str) -> int:
        return self._look(sha256)[1]

    def has(self, sha256: str) -> bool:
        return self._place(sha256).is_file()

    def remove(self, sha256: str) -> bool:
        place = self._place(sha256)
        try:
            self._forget(sha256)
            place.unlink()
            _sync_folder(place.parent)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise BlobStoreUnavailableError(
                f"The stored file {sha256[:12]} could not be removed from {self.root}: {error.strerror}. "
                "Mend its rights."
            ) from error
        finally:
            # whoever was just sealing it has taken another key, or sees that the file is gone
            if self._vault is not None:
                self._vault.forget(sha256)
        return True

    def seal_some(self) -> int:
        if self._vault is None:
            return 0
        if self._left is None:
            if self._was_looked_through():
                return 0
            self._left = self._list_all()
        until, sealed = time.monotonic() + SEALING_SECONDS, 0
        for _ in range(LOOKED_MOST):
            place = next(self._left, None)
            if place is None:
                self._left = None
                (self.root / _ALL_SEALED).touch()
                break
            with suppress(FileNotFoundError):  # erased meanwhile
                sealed += self._seal(place, self._vault)
            if time.monotonic() > until:
                break
        return sealed

    def _seal(self, place: Path, vault: Vault) -> bool:
        """Put sealed bytes in the place of plain ones; return False where they are sealed, or are not what came."""
        if find_header(place)[0] is not None:
            return False
        key, is_used = vault.take(), False
        # before it is used: an erasure that comes from now on destroys it, and one that came before shows
        vault.bind({key: place.name})
        try:
            with (
                place.open("rb") as plain,
                Draft(self._temporary, self._temporary / secrets.token_hex(12), unnamed=False) as target,
            ):
                sealing, digest = Sealing(target.file, key, vault.cipher(key)), hashlib.sha256()
                while chunk := plain.read(CHUNK):
                    sealing.write(chunk)
                    digest.update(chunk)
                sealing.finish()
                if digest.hexdigest() != place.name:
                    log.warning("blobs.damaged", sha256=place.name[:12])
                    return False
                is_used = True
                target.keep(place)
        finally:
            if not is_used:
                vault.destroy([key])
        _sync_folder(place.parent)
        if vault.find_bound(key, place.name) is None:
            place.unlink()  # erased meanwhile: nothing opens it, and nothing of it is to lie there
        return True

    def _look(self, sha256: str) -> tuple[Header | None, int]:
        try:
            return find_header(self._place(sha256))
        except (FileNotFoundError, NotADirectoryError):
            raise NotFoundError(
                f"The stored file {sha256[:12]} is missing from {self.root}. Restore it from a backup."
            ) from None
        except OSError as error:
            raise BlobStoreUnavailableError(
                f"The stored file {sha256[:12]} can't be read in {self.root}: {error.strerror}. Mend its rights."
            ) from error

    def _known(self, place: Path, size: int) -> StoredBlob:
        """Return what was stored before; a killed process may not have told the vault of its key."""
        with suppress(DamagedFileError):
            header = find_header(place)[0] if self._vault is not None else None
            if header is not None:
                self._unbound[place.name] = header.key
        return StoredBlob(sha256=place.name, size=size, created=False)

    def _forget(self, sha256: str) -> None:
        if self._vault is None:
            return
        with suppress(FileNotFoundError, DamagedFileError):
            header = find_header(self._place(sha256))[0]
            if header is not None:
                # not destroyed by its name: in a file that was swapped, that is another one's key
                self._vault.bind({header.key: sha256})
        self._vault.forget(sha256)

    def _list_all(self) -> Iterator[Path]:
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(path for path in folder.iterdir() if len(path.name) == hashlib.sha256().digest_size * 2)

    def _was_looked_through(self) -> bool:
        try:
            return time.time() - (self.root / _ALL_SEALED).stat().st_mtime < LOOK_AGAIN_SECONDS
        except FileNotFoundError:
            return False

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
