import errno
import os
import shutil
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditEvent, AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileSource, FileState
from pipeline.errors import (
    BlobStoreUnavailableError,
    DocumentError,
    DocumentTooLargeError,
    TransientError,
    UnreadableDocumentError,
)
from pipeline.ports import BlobStore, Clock, Job, JobQueue, Reader, ReadLimits
from pipeline.services import access, claimed, moving, naming
from pipeline.services.claimed import CLAIMED, Claimed
from pipeline.services.views import ReceivedFile
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.tables import BlobRow, DocumentRow, FileRow, UserRow

BATCH = 64
HANDS = 8
"""Threads that move, copy and fsync the files of a batch."""
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
class _Looked:
    """What looking at a claimed file found; `error` where it goes to quarantine."""

    row_id: int
    claimed: Claimed
    size: int
    sha256: str | None = None
    page_count: int | None = None
    error: DocumentError | None = None


@dataclass(frozen=True)
class Intake:
    """Takes files in: claimed by an atomic move, hashed, stored once, recorded, and only then rung for.

    A crash between any two steps leaves a file in the claimed folder or a row in CLAIMED; `recover` finishes both.
    """

    store: Store
    blobs: BlobStore
    reader: Reader
    queue: JobQueue
    clock: Clock
    limits: ReadLimits
    drop: Path
    uploads: Path
    type_names: frozenset[str]
    due: timedelta

    def claim(self, paths: Sequence[Path], *, by: Actor) -> int:
        """Take up to 64 settled files from the drop folder; return how many were taken.

        A file that vanished meanwhile (another watcher was quicker) or that is no regular file is left alone.
        """
        access.check_may(by, Act.RECEIVE)
        with ThreadPoolExecutor(HANDS) as pool:  # the disk answers several askers faster than one
            taken = [moved for moved in pool.map(self._move_aside, paths[:BATCH]) if moved is not None]
        self._take(taken, by)
        return len(taken)

    def receive(self, stream: BinaryIO, filename: str, *, by: Actor, document_type: str | None = None) -> ReceivedFile:
        """Take one uploaded file through the same door and say what became of it."""
        access.check_may(by, Act.RECEIVE)
        name = naming.name_of_upload(filename)
        token = claimed.new_token(by)
        relative = f"{document_type}/{name}" if document_type in self.type_names else name
        path = self.uploads / CLAIMED / token / relative
        partial = self.uploads / PARTIAL / token
        partial.parent.mkdir(parents=True, exist_ok=True)
        # `recover` takes whatever it finds under CLAIMED: only whole files may ever stand there
        try:
            with partial.open("xb") as target:
                shutil.copyfileobj(stream, target, 1024 * 1024)
            moving.into_new_folder(partial, path)
        except OSError as error:
            raise BlobStoreUnavailableError(
                f"The upload could not be kept in {self.uploads}: {error.strerror}. Free space, then send it again."
            ) from error
        finally:
            partial.unlink(missing_ok=True)
        self._take([Claimed(token, relative, path, FileSource.UPLOAD)], by)
        with self.store.reading() as session:
            row = session.execute(select(FileRow).where(FileRow.token == token)).scalar_one()
            document = session.scalar(select(DocumentRow.id).where(DocumentRow.file_id == row.id))
            return ReceivedFile(
                file_id=row.id,
                name=row.name,
                state=FileState(row.state),
                document_id=document,
                duplicate_of=row.duplicate_of,
                reason=row.reason,
            )

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
            waiting = claimed.list_left(self._root(source), source, before.timestamp(), self._name_of)
            for start in range(0, len(waiting), BATCH):
                batch = waiting[start : start + BATCH]
                self._take(batch, by)
                finished += len(batch)
        with self.store.reading() as session:
            rows = session.scalars(
                select(FileRow).where(FileRow.state == FileState.CLAIMED, FileRow.received_at <= before)
            ).all()
            lost = [(row, self._root(FileSource(row.source)) / CLAIMED / row.token / row.name) for row in rows]
        gone = [(row, path) for row, path in lost if not path.exists()]
        if gone:
            missing = UnreadableDocumentError(
                "The file disappeared from the claimed folder before it was stored. Drop it again."
            )
            self._record(
                [
                    _Looked(row.id, Claimed(row.token, row.name, path, FileSource(row.source)), row.size, error=missing)
                    for row, path in gone
                ],
                by,
            )
        return finished + len(gone)

    def _root(self, source: FileSource) -> Path:
        return self.drop if source is FileSource.DROP else self.uploads

    def _move_aside(self, path: Path) -> Claimed | None:
        """Claim one file by a rename within its file system, which only one process can win."""
        name = naming.text_of(path.relative_to(self.drop))
        token = claimed.new_token()
        target = self.drop / CLAIMED / token / name
        try:
            if not stat.S_ISREG(path.lstat().st_mode) or not moving.is_really_in(path.parent, self.drop):
                return None
            moving.into_new_folder(path, target)
        except OSError as error:  # gone, or refused (no right, too long a path): the others of the batch go on
            if not isinstance(error, FileNotFoundError):
                log.warning("intake.not_claimed", code=errno.errorcode.get(error.errno or 0, "os"))
            moving.remove_empty_up(target.parent, self.drop / CLAIMED)
            return None
        return Claimed(token, name, target, FileSource.DROP)

    def _name_of(self, token: str) -> str | None:
        with self.store.reading() as session:
            return session.scalar(select(FileRow.name).where(FileRow.token == token))

    def _take(self, items: Sequence[Claimed], by: Actor) -> None:
        """Carry claimed files through: row, bytes, outcome, folder, ring. Repeating any step is harmless."""
        if not items:
            return
        row_ids, open_rows = self._enter(items, by)
        todo = [(row_ids[item.token], item) for item in items if row_ids[item.token] in open_rows]
        with ThreadPoolExecutor(HANDS) as pool:
            looks = [pool.submit(self._look, row_id, item) for row_id, item in todo]
            looked = [found for look in looks if (found := look.result()) is not None]
        self.blobs.sync_names(item.sha256 for item in looked if item.sha256)
        document_ids = self._record(looked, by)
        self.queue.enqueue_many(Job.PROCESS, document_ids)  # a folder that refuses must not keep the bell from ringing
        self._move_on([row_ids[item.token] for item in items])

    def _enter(self, items: Sequence[Claimed], by: Actor) -> tuple[dict[str, int], set[int]]:
        """Give each claimed file its row; return row ids by token, and those still to be looked at."""
        now = self.clock.now()
        sizes = {item.token: moving.size_of(item.path) for item in items}
        with self.store.writing() as session:
            known = session.scalars(select(FileRow).where(FileRow.token.in_([item.token for item in items]))).all()
            rows = {row.token: row for row in known}
            senders = {} if by.is_person else _senders(session, [item for item in items if item.token not in rows])
            new: list[FileRow] = []
            for item in items:
                if item.token in rows:
                    continue
                row = FileRow(
                    state=FileState.CLAIMED,
                    source=item.source,
                    token=item.token,
                    name=item.name,
                    size=sizes[item.token],
                    preset_type=self._preset(item.name),
                    received_by=senders[item.token].name if item.token in senders else by.name,
                    received_at=now,
                )
                new.append(row)
                rows[item.token] = row
            session.add_all(new)
            session.flush()
            events.append(
                session,
                *(
                    AuditEvent(
                        tag=AuditTag.FILE_CLAIM,
                        at=now,
                        by=by.name,
                        by_id=by.id,
                        file_id=row.id,
                        facts={"source": row.source, "size": row.size}
                        | ({"sender": senders[row.token].id} if row.token in senders else {}),
                        values={"file_name": row.name},
                    )
                    for row in new
                ),
            )
            return {token: row.id for token, row in rows.items()}, {
                row.id for row in rows.values() if row.state == FileState.CLAIMED
            }

    def _preset(self, name: str) -> str | None:
        """Return the document type that the file's first folder names, if it names one."""
        parts = PurePosixPath(name).parts
        wanted = parts[0].casefold() if len(parts) > 1 else ""
        return next((known for known in self.type_names if known.casefold() == wanted), None)

    def _look(self, row_id: int, item: Claimed) -> _Looked | None:
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
            return _Looked(row_id, item, size, sha256=blob.sha256, page_count=probe.page_count)
        except DocumentError as error:
            return _Looked(row_id, item, size, error=error)
        except TransientError as error:
            log.warning("intake.postponed", file_id=row_id, code=error.code)
            return None
        except FileNotFoundError:
            return None  # another process took it on, or recover() will say that it's gone
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):
                return _Looked(
                    row_id,
                    item,
                    0,
                    error=UnreadableDocumentError("This is a link, not a file. Drop the document itself."),
                )
            log.warning("intake.postponed", file_id=row_id, code=errno.errorcode.get(error.errno or 0, "os"))
            return None

    def _record(self, looked: Sequence[_Looked], by: Actor) -> list[int]:
        """Write the outcome of each file in one transaction; return the documents to ring for."""
        if not looked:
            return []
        now = self.clock.now()
        written: list[AuditEvent] = []
        with self.store.writing() as session:
            rows = {
                row.id: row
                for row in session.scalars(select(FileRow).where(FileRow.id.in_([item.row_id for item in looked])))
            }
            first = _first_files(session, [item.sha256 for item in looked if item.sha256])
            blobs: list[dict[str, Any]] = []
            stored: list[FileRow] = []
            for item in looked:
                row = rows[item.row_id]
                if row.state != FileState.CLAIMED:
                    continue  # another process was quicker; its outcome stands
                row.settled_at, row.size = now, item.size
                facts: dict[str, Any] = {}
                if item.error is not None:
                    row.state, row.reason_code, row.reason = FileState.QUARANTINED, item.error.code, str(item.error)
                    tag, facts = AuditTag.FILE_QUARANTINE, {"code": item.error.code}
                elif item.sha256 in first:
                    row.state, row.sha256, row.duplicate_of = FileState.DUPLICATE, item.sha256, first[item.sha256]
                    row.page_count = item.page_count
                    tag, facts = AuditTag.FILE_DUPLICATE, {"of": row.duplicate_of, "sha256": item.sha256}
                else:
                    assert item.sha256 is not None  # noqa: S101 - no error means that it was stored
                    row.state, row.sha256, row.page_count = FileState.STORED, item.sha256, item.page_count
                    first[item.sha256] = row.id
                    blobs.append({"sha256": item.sha256, "size": item.size, "file_id": row.id, "created_at": now})
                    stored.append(row)
                    tag, facts = AuditTag.FILE_STORE, {"sha256": item.sha256, "size": item.size}
                written.append(AuditEvent(tag=tag, at=now, by=by.name, by_id=by.id, file_id=row.id, facts=facts))
            session.flush()
            # in bulk: objects of the unit of work cost three times as much, and 10,000 files are dropped at once
            document_ids: list[int] = []
            if stored:
                session.execute(insert(BlobRow), blobs)
                made = insert(DocumentRow).returning(DocumentRow.id, sort_by_parameter_order=True)
                document_ids = list(session.scalars(made, [self._document(row, now) for row in stored]))
            written += [
                AuditEvent(
                    tag=AuditTag.DOCUMENT_QUEUE,
                    at=now,
                    by=by.name,
                    by_id=by.id,
                    file_id=row.id,
                    document_id=document_id,
                    revision=1,
                    facts={"state": DocumentState.QUEUED, "preset_type": row.preset_type},
                )
                for row, document_id in zip(stored, document_ids, strict=True)
            ]
            events.append(session, *written)
            return document_ids

    def _document(self, row: FileRow, now: datetime) -> dict[str, Any]:
        return {
            "state": DocumentState.QUEUED,
            "revision": 1,
            "file_id": row.id,
            "page_count": row.page_count,
            "type": row.preset_type,
            "type_fixed": row.preset_type is not None,
            "received_at": row.received_at,
            "due_at": row.received_at + self.due,
            "changed_at": now,
        }

    def _move_on(self, row_ids: Sequence[int]) -> None:
        """Move settled files out of the claimed folder, after the commit that settled them."""
        with self.store.reading() as session:
            rows = session.scalars(
                select(FileRow).where(
                    FileRow.id.in_(row_ids), FileRow.state != FileState.CLAIMED, FileRow.moved.is_(False)
                )
            ).all()
        with ThreadPoolExecutor(HANDS) as pool:
            moved = [row.id for row, is_moved in zip(rows, pool.map(self._put_away, rows), strict=True) if is_moved]
        if moved:
            with self.store.writing() as session:
                session.execute(update(FileRow).where(FileRow.id.in_(moved)).values(moved=True))

    def _put_away(self, row: FileRow) -> bool:
        """Move one settled file to its folder; return whether that worked: recover tries again."""
        source = FileSource(row.source)
        root = self._root(source)
        path = root / CLAIMED / row.token / row.name
        try:
            if source is FileSource.UPLOAD and row.state != FileState.QUARANTINED:
                path.unlink(missing_ok=True)  # the bytes are in the blob store; nobody looks for an upload there
            else:
                moving.put_away(path, root, FOLDER_OF[FileState(row.state)], row.name, row.id)
        except OSError as error:
            log.warning("intake.not_moved", file_id=row.id, code=errno.errorcode.get(error.errno or 0, "os"))
            return False
        moving.remove_empty_up(path.parent, root / CLAIMED)
        return True


def _first_files(session: Session, hashes: Sequence[str]) -> dict[str | None, int]:
    """Return the first file of each hash that is stored already."""
    found = session.execute(select(BlobRow.sha256, BlobRow.file_id).where(BlobRow.sha256.in_(hashes)))
    return {sha256: file_id for sha256, file_id in found}


def _senders(session: Session, items: Sequence[Claimed]) -> dict[str, UserRow]:
    """Return who sent each upload, by token, where the token tells and the account exists."""
    accounts = {item.token: account for item in items if (account := claimed.sender_of(item)) is not None}
    if not accounts:
        return {}
    found = {user.id: user for user in session.scalars(select(UserRow).where(UserRow.id.in_(accounts.values())))}
    return {token: found[account] for token, account in accounts.items() if account in found}
