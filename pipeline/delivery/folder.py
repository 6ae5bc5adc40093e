import errno
import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from pipeline.errors import DestinationUnavailableError
from pipeline.ports import Receipt

MARKS = ".delivered"
NO_HARD_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


class FolderDestination:
    """Writes one JSON file a delivery, named by its key, once; implements `pipeline.ports.Destination`.

    The file appears whole or not at all. A mark that is written before it appears tells a repeated delivery that it was
    there, even where its reader has taken it away by then. Of a crash between mark and appearance the written file is
    left, under the name that the mark holds, and the repetition brings it out.
    """

    name = "folder"

    def __init__(self, root: Path) -> None:
        self.root = root
        with suppress(OSError):  # said when something is to be sent
            self._marks.mkdir(parents=True, exist_ok=True)

    @property
    def _marks(self) -> Path:
        return self.root / MARKS

    def send(self, key: str, payload: bytes) -> Receipt:
        final = self.root / f"{key}.json"
        sha256 = hashlib.sha256(payload).hexdigest()
        try:
            if not self._marks.is_dir():
                # made at the start: where it is gone, the folder that was mounted here is
                raise DestinationUnavailableError(
                    f"{self.root} is not there. Mount it again; restart Proofdesk if it is to be made anew."
                )
            if not self._was_sent(key, final):
                self._write(key, final, payload, sha256)
        except OSError as error:
            raise DestinationUnavailableError(
                f"The record could not be written to {self.root}: {error.strerror}. Free space, or mend its rights."
            ) from error
        return Receipt(reference=final.name, sha256=sha256)

    def _was_sent(self, key: str, final: Path) -> bool:
        """Return whether the key was delivered; one that was cut off between mark and appearance is finished first."""
        try:
            _, left = (self._marks / key).read_text().split()
        except FileNotFoundError:
            return False
        except ValueError as error:
            raise DestinationUnavailableError(
                f"{MARKS}/{key} in {self.root} is damaged, so that nobody can tell whether the record arrived. "
                "Remove it if the record did not."
            ) from error
        with suppress(FileNotFoundError):
            (self.root / left).rename(final)
            _sync(self.root)
        return True

    def _write(self, key: str, final: Path, payload: bytes, sha256: str) -> None:
        if final.exists():
            raise DestinationUnavailableError(
                f"{final.name} is in {self.root} already and not from here. Move it away; the delivery is tried again."
            )
        temporary = self.root / f".{key}.{secrets.token_hex(6)}"
        try:
            _write_synced(temporary, payload)
            _sync(self.root)
            with suppress(FileExistsError):  # another worker delivers the same at this moment
                self._mark(key, f"{sha256} {temporary.name}\n".encode())
                temporary.rename(final)
                _sync(self.root)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _mark(self, key: str, content: bytes) -> None:
        """Let the mark appear, whole or not at all: half a mark would say that the record arrived, but not under what.

        Raises:
            FileExistsError: it is there already.
        """
        mark = self._marks / key
        draft = self._marks / f".{key}.{secrets.token_hex(6)}"
        try:
            _write_synced(draft, content)
            os.link(draft, mark)
        except OSError as error:
            if error.errno not in NO_HARD_LINKS:
                raise
            if mark.exists():  # a file system without hard links: next best
                raise FileExistsError(errno.EEXIST, "marked already") from error
            draft.rename(mark)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        _sync(self._marks)


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("xb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())


def _sync(folder: Path) -> None:
    """Make what happened to the folder's names last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
