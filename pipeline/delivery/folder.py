import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pipeline.errors import DestinationUnavailableError
from pipeline.ports import Receipt

MARKS = ".delivered"
DRAFTS = ".delivering"
NO_HARD_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)

_DRAFT = re.compile(r"\.(?P<key>document-\d+-revision-\d+)\.[0-9a-f]{12}")
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)
"""What a file system answers where a folder is to take the name of a mark: that is a full folder, or a file."""


class FolderDestination:
    """Writes one JSON file a delivery, named by its key, once; implements `pipeline.ports.Destination`.

    The file appears whole or not at all. A mark that is written before it appears tells a repeated delivery that it was
    there, even where its reader has taken it away by then. Of a crash between mark and appearance the written file is
    left among the drafts, under the name that the mark holds, and the repetition brings it out.
    """

    name = "folder"

    def __init__(self, root: Path, link: Callable[[Path, Path], None] = os.link) -> None:
        self.root = root
        self.link = link
        with suppress(OSError):  # said when something is to be sent
            self._marks.mkdir(parents=True, exist_ok=True)
            self._drafts.mkdir(exist_ok=True)

    @property
    def _marks(self) -> Path:
        return self.root / MARKS

    @property
    def _drafts(self) -> Path:
        return self.root / DRAFTS

    def send(self, key: str, payload: bytes) -> Receipt:
        final = self.root / f"{key}.json"
        sha256 = hashlib.sha256(payload).hexdigest()
        try:
            if not self._marks.is_dir():
                # made at the start: where it is gone, the folder that was mounted here is
                raise DestinationUnavailableError(
                    f"{self.root} is not there. Mount it again; restart Proofdesk if it is to be made anew."
                )
            is_taken = final.exists()  # looked at before the mark: a delivery that ends in between has one
            if not self._was_sent(key, final):
                self._write(key, final, payload, sha256, is_taken=is_taken)
        except OSError as error:
            raise DestinationUnavailableError(
                f"The record could not be written to {self.root}: {error.strerror}. Free space, or mend its rights."
            ) from error
        return Receipt(reference=final.name, sha256=sha256)

    def withdraw(self, key: str) -> bool:
        """Remove the delivered file where nobody took it away, and what a kill left of it; its mark stays."""
        try:
            if not self._marks.is_dir():
                raise DestinationUnavailableError(f"{self.root} is not there. Mount it again.")
            left = [draft for draft in self._drafts.glob(f".{key}.*") if _DRAFT.fullmatch(draft.name)]
            for draft in left:
                _remove(draft)
            final = self.root / f"{key}.json"
            was_there = final.exists() or bool(left)
            final.unlink(missing_ok=True)
            _sync(self.root)
        except OSError as error:
            raise DestinationUnavailableError(
                f"The record could not be removed from {self.root}: {error.strerror}. Mend its rights."
            ) from error
        return was_there

    def tidy(self, before: datetime) -> int:
        """Remove what deliveries that were killed left among the drafts before that time; return how many.

        What a mark speaks of stays: the repeated delivery brings it out. Other files than our own stay as well.
        """
        removed = 0
        with suppress(OSError):  # the folder is away, or does not let us: nothing depends on it
            for draft in self._drafts.iterdir():
                ours = _DRAFT.fullmatch(draft.name)
                if ours is None or draft.lstat().st_mtime >= before.timestamp():
                    continue
                marked = self._find_mark(ours["key"])
                if marked is not None and marked.split()[1:] == [draft.name]:
                    continue
                _remove(draft)
                removed += 1
        return removed

    def _was_sent(self, key: str, final: Path) -> bool:
        """Return whether the key was delivered; one that was cut off between mark and appearance is finished first."""
        mark = self._find_mark(key)
        if mark is None:
            return False
        try:
            _, left = mark.split()
        except ValueError as error:
            raise DestinationUnavailableError(
                f"{MARKS}/{key} in {self.root} is damaged, so that nobody can tell whether the record arrived. "
                "Remove it if the record did not."
            ) from error
        self._bring_out(left, final)
        return True

    def _bring_out(self, draft: str, final: Path) -> None:
        """Let the written record appear; where another worker did so first, it is there or was taken already."""
        with suppress(FileNotFoundError):
            (self._drafts / draft).rename(final)
            _sync(self.root)

    def _write(self, key: str, final: Path, payload: bytes, sha256: str, *, is_taken: bool) -> None:
        if is_taken:
            raise DestinationUnavailableError(
                f"{final.name} is in {self.root} already and not from here. Move it away; the delivery is tried again."
            )
        self._drafts.mkdir(exist_ok=True)
        draft = self._drafts / _draft_name(key)
        try:
            _write_synced(draft, payload)
            _sync(self._drafts)
            with suppress(FileExistsError):  # another worker delivers the same at this moment
                self._mark(key, f"{sha256} {draft.name}\n".encode())
                self._bring_out(draft.name, final)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def _find_mark(self, key: str) -> str | None:
        mark = self._marks / key
        try:
            return mark.read_text()
        except FileNotFoundError:
            return None
        except IsADirectoryError:
            return (mark / "mark").read_text()

    def _mark(self, key: str, content: bytes) -> None:
        """Let the mark appear, whole or not at all: half a mark would say that the record arrived, but not under what.

        Raises:
            FileExistsError: it is there already.
        """
        mark = self._marks / key
        draft = self._drafts / _draft_name(key)
        try:
            _write_synced(draft, content)
            self.link(draft, mark)
        except OSError as error:
            if error.errno not in NO_HARD_LINKS:
                raise
            self._mark_by_folder(key, content)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        _sync(self._marks)

    def _mark_by_folder(self, key: str, content: bytes) -> None:
        """Do it on a file system without hard links: a file would take the name from another, a folder never does."""
        draft = self._drafts / _draft_name(key)
        try:
            draft.mkdir()
            _write_synced(draft / "mark", content)
            _sync(draft)
            draft.rename(self._marks / key)
        except OSError as error:
            if error.errno in _TAKEN:
                raise FileExistsError(errno.EEXIST, "marked already") from error
            raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _draft_name(key: str) -> str:
    return f".{key}.{secrets.token_hex(6)}"


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


def _remove(path: Path) -> None:
    """Remove a draft: a record, or a mark in its folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
