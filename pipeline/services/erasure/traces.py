"""Whatever the disk holds of an erased document, and how it is removed; repeating any of it is harmless."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.domain.files import FileSource
from pipeline.ports import BlobStore, Destination
from pipeline.services import naming
from pipeline.services.engines import point, pointed
from pipeline.services.intake import DUPLICATES, PROCESSED, QUARANTINE
from pipeline.store.models import FolderModels
from pipeline.store.readings import FolderReadings
from pipeline.store.studies import FolderStudies


@dataclass(frozen=True)
class Traces:
    """The folders that anything of a document's content lies in.

    Every method raises OSError where a disk refuses, and is tried again later.
    """

    blobs: BlobStore
    readings: FolderReadings
    studies: FolderStudies
    models: FolderModels
    destinations: tuple[Destination, ...]
    drop: Path
    uploads: Path
    pages: Path
    images: Path
    """What was read on images, by their pixels: nobody can tell whose they are, so all of it goes."""
    backups: Path
    """Copies of the database made before upgrades: they hold what it held."""

    def clear(self, files: Mapping[str, int], models: Sequence[str], deliveries: Sequence[str]) -> dict[str, int]:
        """Remove it all, and return how many files of which kind went.

        Args:
            files: sizes in bytes of the document's files, by their SHA-256.
            models: versions of the models that learned from it.
            deliveries: keys under which it was delivered.
        """
        return {
            "originals": sum(self.blobs.remove(sha256) for sha256 in files),
            "dropped": self._clear_dropped(files),
            "pages": sum(_remove_tree(self.pages / sha256[:2] / sha256) for sha256 in files),
            "readings": sum(self.readings.remove(sha256) for sha256 in files) + _remove_tree(self.images),
            "studies": _remove_tree(self.studies.folder),
            "models": self._clear_models(models),
            "deliveries": sum(one.withdraw(key) for one in self.destinations for key in deliveries),
            "backups": _remove_tree(self.backups),
        }

    def find_quarantined(self, source: FileSource, name: str, file_id: int, size: int) -> dict[str, int]:
        """Return the size of a file in quarantine by the SHA-256 of its bytes; nothing where it is not there any more.

        Args:
            source: by which door it came.
            name: as it came.
            file_id: of its row.
            size: bytes, as it came.
        """
        root = self.drop if source == FileSource.DROP else self.uploads
        # its own mark first: the bare name may be another file's
        for number in (1, 0):
            path = naming.free(root / QUARANTINE / name, file_id, number)
            with suppress(OSError):
                if path.is_file() and not path.is_symlink() and path.stat().st_size == size:
                    return {_sha256(path): size}
        return {}

    def _clear_dropped(self, files: Mapping[str, int]) -> int:
        """Remove what was dropped and put aside: found by its bytes, since people may have moved or renamed it."""
        removed = 0
        sizes = set(files.values())
        for path in self._dropped():
            with suppress(FileNotFoundError):  # taken away meanwhile, by whoever looks after the folder
                if path.stat().st_size in sizes and _sha256(path) in files:
                    path.unlink()
                    removed += 1
        return removed

    def _dropped(self) -> Iterator[Path]:
        folders = [self.drop / name for name in (PROCESSED, DUPLICATES, QUARANTINE)]
        for folder in (*folders, self.uploads / QUARANTINE):
            for path in folder.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    yield path

    def _clear_models(self, versions: Sequence[str]) -> int:
        if pointed(self.models.folder) in versions:
            point(self.models.folder, None)
        return sum(_remove(self.models.path(version)) for version in versions)


def _remove(path: Path) -> int:
    """Remove a file; return 1 where it was there."""
    try:
        path.unlink()
    except FileNotFoundError:
        return 0
    return 1


def _remove_tree(folder: Path) -> int:
    """Remove whatever is in a folder, but links that lead out of it; return how many files that were."""
    if folder.is_symlink() or not folder.is_dir():
        return 0
    removed = sum(_remove(path) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    shutil.rmtree(folder, ignore_errors=True)
    return removed


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
