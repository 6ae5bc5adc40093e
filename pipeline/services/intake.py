import errno
import os
import shutil
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import structlog

from pipeline.domain.actors import Act, Actor
from pipeline.domain.files import FileSource, FileState
from pipeline.domain.sight import folder_of
from pipeline.errors import (
    AccessDeniedError,
    BlobStoreUnavailableError,
    DocumentError,
    DocumentTooLargeError,
    TransientError,
    UnreadableDocumentError,
)
from pipeline.ports import BlobStore, Clock, Job, JobQueue, Reader, ReadLimits
from pipeline.services import access, claimed, moving, naming, visible
from pipeline.services.arrivals import Arrival, Arrivals, Looked
from pipeline.services.claimed import CLAIMED, Claimed
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import ReceivedFile

BATCH = 64
HANDS = 8
"""Threads that look at the files of a batch: while one waits for the reading process, others copy and fsync."""
PARTIAL = ".partial"
STALE = timedelta(hours=24)
"""How old what is left of a broken-off upload is before it is removed: its sender was told that it failed."""
PROCESSED, DUPLICATES, QUARANTINE = "processed", "duplicates", "quarantine"
RESERVED = frozenset({CLAIMED, PROCESSED, DUPLICATES, QUARANTINE})
"""Folders inside the drop folder that are ours and are never scanned."""

FOLDER_OF = {
    FileState.STORED: PROCESSED,
    FileState.DUPLICATE: DUPLICATES,
    FileState.QUARANTINED: QUARANTINE,
}

log = structlog.get_logger()


@dataclass(frozen=True)
class Intake:
    """Takes files in: claimed by an atomic move, hashed, stored once, recorded, and only then rung for.

    A crash between any two steps leaves a file in the claimed folder or a row in CLAIMED; `recover` finishes both.
    """

    arrivals: Arrivals
    blobs: BlobStore
    reader: Reader
    queue: JobQueue
    clock: Clock
    limits: ReadLimits
    drop: Path
    uploads: Path
    types: TypeShelf

    def claim(self, paths: Sequence[Path], *, by: Actor) -> int:
        """Take up to 64 settled files from the drop folder; return how many were taken.

        A file that vanished meanwhile (another watcher was quicker) or that is no regular file is left alone.
        """
        access.check_may(by, Act.RECEIVE)
        folder = claimed.new_folder()
        taken: dict[str, Claimed] = {}
        for path in paths[:BATCH]:
            item = claimed.place(self.drop, folder, naming.text_of(path.relative_to(self.drop)), FileSource.DROP)
            # two names that differ in odd bytes alone would meet in one folder: the second waits for the next batch
            if item.token not in taken and self._move_aside(path, item):
                taken[item.token] = item
        self._take(list(taken.values()), by)
        return len(taken)

    def receive(
        self,
        stream: BinaryIO,
        filename: str,
        *,
        by: Actor,
        document_type: str | None = None,
        group_folder: str | None = None,
    ) -> ReceivedFile:
        """Take one uploaded file through the same door and say what became of it.

        Args:
            stream: its bytes.
            filename: as the browser says it.
            by: who sends it.
            document_type: what it is; None, or no type here: that is found out.
            group_folder: one of the folders that the sender's groups list, which it is then filed under.

        Raises:
            AccessDeniedError: the sender could not see the document afterwards; nothing was kept.
        """
        access.check_may(by, Act.RECEIVE)
        chosen = document_type if document_type in self.arrivals.type_names else None
        name = "/".join(part for part in (group_folder, chosen, naming.name_of_upload(filename)) if part)
        self._check_allowed(name, group_folder, by)
        folder = claimed.new_folder(by)
        item = claimed.place(self.uploads, folder, name, FileSource.UPLOAD)
        partial = self.uploads / PARTIAL / folder
        partial.parent.mkdir(parents=True, exist_ok=True)
        # `recover` takes whatever it finds under CLAIMED: only whole files may ever stand there
        try:
            with partial.open("xb") as target:
                shutil.copyfileobj(stream, target, 1024 * 1024)
            moving.into_new_folder(partial, item.path)
        except OSError as error:
            raise BlobStoreUnavailableError(
                f"The upload could not be kept in {self.uploads}: {error.strerror}. Free space, then send it again."
            ) from error
        finally:
            partial.unlink(missing_ok=True)
        self._take([item], by)
        return self.arrivals.get_received(item.token, visible.sight_of(by, self.types))

    def recover(self, *, by: Actor, older_than: timedelta = timedelta(0)) -> int:
        """Finish what a killed process left half done; return how many files that were.

        Args:
            by: who asks.
            older_than: leave younger claims alone: their process may still be at work.
        """
        access.check_may(by, Act.RECEIVE)
        before = self.clock.now() - older_than
        moving.remove_older(self.uploads / PARTIAL, self.clock.now() - STALE)
        finished = 0
        for source in FileSource:
            waiting = claimed.list_left(self._root(source), source, before.timestamp(), self.arrivals.list_done)
            for start in range(0, len(waiting), BATCH):
                batch = waiting[start : start + BATCH]
                self._take(batch, by)
                finished += len(batch)
        gone = [arrival for arrival in self.arrivals.list_claimed(before) if not self._path_of(arrival).exists()]
        missing = UnreadableDocumentError(
            "The file disappeared from the claimed folder before it was stored. Drop it again."
        )
        self.arrivals.settle([Looked(arrival.row_id, arrival.size, error=missing) for arrival in gone], by)
        return finished + len(gone)

    def _check_allowed(self, name: str, group_folder: str | None, by: Actor) -> None:
        """Check that the sender may file an upload under that name.

        Raises:
            AccessDeniedError: their groups leave its folder or its type out.
        """
        allowances = by.sight.allowances or ()
        if group_folder is not None and group_folder not in {one for each in allowances for one in each.folders}:
            raise AccessDeniedError("You can't file anything under this folder. Choose one that your groups list.")
        if not visible.sight_of(by, self.types).fits(self.arrivals.preset_of(name, FileSource.UPLOAD), folder_of(name)):
            raise AccessDeniedError(
                "Your groups leave out files of this type or folder, so you could not see what becomes of it. "
                "Choose a type and a folder that a group of yours allows."
            )

    def _root(self, source: FileSource) -> Path:
        return self.drop if source is FileSource.DROP else self.uploads

    def _path_of(self, arrival: Arrival) -> Path:
        return claimed.path_of(self._root(arrival.source), arrival.token, arrival.name)

    def _move_aside(self, path: Path, item: Claimed) -> bool:
        """Claim one file by a rename within its file system, which only one process can win."""
        try:
            if not stat.S_ISREG(path.lstat().st_mode) or not moving.is_really_in(path.parent, self.drop):
                return False
            moving.into_new_folder(path, item.path)
        except OSError as error:  # gone, or refused (no right, too long a path): the others of the batch go on
            if not isinstance(error, FileNotFoundError):
                log.warning("intake.not_claimed", code=errno.errorcode.get(error.errno or 0, "os"))
            moving.remove_empty_up(item.path.parent, self.drop / CLAIMED)
            return False
        return True

    def _take(self, items: Sequence[Claimed], by: Actor) -> None:
        """Carry claimed files through: row, bytes, outcome, folder, ring. Repeating any step is harmless."""
        if not items:
            return
        entered = self.arrivals.enter(items, {item.token: moving.size_of(item.path) for item in items}, by)
        todo = [(entered.ids[item.token], item) for item in items if entered.ids[item.token] in entered.open]
        with ThreadPoolExecutor(HANDS) as pool:
            looks = [pool.submit(self._look, row_id, item) for row_id, item in todo]
            looked = [found for look in looks if (found := look.result()) is not None]
        self.blobs.sync_names(item.sha256 for item in looked if item.sha256)
        document_ids = self.arrivals.settle(looked, by)
        self.queue.enqueue_many(Job.PROCESS, document_ids)  # a folder that refuses must not keep the bell from ringing
        self._move_on(list(entered.ids.values()))

    def _look(self, row_id: int, item: Claimed) -> Looked | None:
        """Probe and store one file; None where it can't be done now, and `recover` will try again."""
        size = 0
        try:
            descriptor = os.open(item.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as stream:
                before = os.fstat(stream.fileno())
                size = before.st_size
                if not stat.S_ISREG(before.st_mode):
                    raise UnreadableDocumentError("This is no regular file. Drop the document itself.")
                if size > self.limits.file_bytes:
                    raise DocumentTooLargeError(
                        f"The file has {size / 1e6:.0f} MB; the limit is {self.limits.file_bytes / 1e6:.0f} MB. "
                        "Split it, or raise PROOFDESK_FILE_BYTES_MAX."
                    )
                probe = self.reader.probe(item.path, self.limits)
                blob = self.blobs.put(stream, sync_name=False)
                after = os.fstat(stream.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or blob.size != size:
                log.warning("intake.still_written", file_id=row_id)
                return None
            return Looked(row_id, size, sha256=blob.sha256, page_count=probe.page_count)
        except DocumentError as error:
            return Looked(row_id, size, error=error)
        except TransientError as error:
            log.warning("intake.postponed", file_id=row_id, code=error.code)
            return None
        except FileNotFoundError:
            return None  # another process took it on, or recover() will say that it's gone
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):
                link = UnreadableDocumentError("This is a link, not a file. Drop the document itself.")
                return Looked(row_id, 0, error=link)
            log.warning("intake.postponed", file_id=row_id, code=errno.errorcode.get(error.errno or 0, "os"))
            return None

    def _move_on(self, row_ids: Sequence[int]) -> None:
        """Move settled files out of the claimed folder, after the commit that settled them."""
        arrivals = self.arrivals.list_settled(row_ids)
        self.arrivals.put_away([arrival.row_id for arrival in arrivals if self._put_away(arrival)])
        for folder, source in {(self._path_of(arrival).parent, arrival.source) for arrival in arrivals}:
            moving.remove_empty_up(folder, self._root(source) / CLAIMED)

    def _put_away(self, arrival: Arrival) -> bool:
        """Move one settled file to its folder; return whether that worked: recover tries again."""
        root, path = self._root(arrival.source), self._path_of(arrival)
        try:
            if arrival.source is FileSource.UPLOAD and arrival.state is not FileState.QUARANTINED:
                path.unlink(missing_ok=True)  # the bytes are in the blob store; nobody looks for an upload there
            else:
                moving.put_away(path, root, FOLDER_OF[arrival.state], arrival.name, arrival.row_id)
        except OSError as error:
            log.warning("intake.not_moved", file_id=arrival.row_id, code=errno.errorcode.get(error.errno or 0, "os"))
            return False
        return True
