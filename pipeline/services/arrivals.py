"""The rows and events of files on their way in: written for a whole batch at once, because thousands are dropped."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditEvent, AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileSource, FileState
from pipeline.domain.sight import Sight, folder_of
from pipeline.errors import DocumentError
from pipeline.ports import Clock
from pipeline.services import claimed, search, visible
from pipeline.services.claimed import Claimed
from pipeline.services.entries import entry
from pipeline.services.views import ReceivedFile
from pipeline.store import events, listing
from pipeline.store.columns import Owned
from pipeline.store.engine import Store
from pipeline.store.tables import BlobRow, DocumentRow, FileRow, UserRow

# tables, not mapped objects, which cost three times as much
_files: Table = FileRow.metadata.tables[FileRow.__tablename__]
_blobs: Table = BlobRow.metadata.tables[BlobRow.__tablename__]
_documents: Table = DocumentRow.metadata.tables[DocumentRow.__tablename__]
_SETTLE = (
    update(_files)
    .where(_files.c.id == bindparam("row_id"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "state",
                "settled_at",
                "size",
                "sha256",
                "page_count",
                "duplicate_of",
                "reason_code",
                "reason",
            )
        }
    )
)


@dataclass(frozen=True)
class Entered:
    """Claimed files that have their row: its id by token."""

    ids: Mapping[str, int]
    open: Set[int]
    """Those still to be looked at."""


@dataclass(frozen=True)
class Looked:
    """What looking at a claimed file found; `error` where it goes to quarantine."""

    row_id: int
    size: int
    sha256: str | None = None
    page_count: int | None = None
    error: DocumentError | None = None


@dataclass(frozen=True)
class Arrival:
    """A file's row, as far as moving its file needs it."""

    row_id: int
    token: str
    name: str
    source: FileSource
    state: FileState
    size: int


@dataclass(frozen=True)
class Arrivals:
    """Writes what becomes of received files; repeating any of it is harmless."""

    store: Store
    clock: Clock
    type_names: frozenset[str]
    due: timedelta

    def enter(self, items: Sequence[Claimed], sizes: Mapping[str, int], by: Actor) -> Entered:
        """Give each claimed file its row, where it has none yet.

        Args:
            items: the files.
            sizes: bytes by token.
            by: who claims.
        """
        now = self.clock.now()
        with self.store.writing() as session:
            listing.current(session)  # where it is the first, it begins before there are files to write anew
            known = session.execute(
                select(_files.c.token, _files.c.id, _files.c.state).where(
                    _files.c.token.in_([item.token for item in items])
                )
            ).all()
            ids = {row.token: row.id for row in known}
            new = [item for item in items if item.token not in ids]
            senders = {} if by.is_person else _senders(session, new)
            keys = [self.store.take_key() for _ in new]
            rows = [
                {
                    "state": FileState.CLAIMED,
                    "source": item.source,
                    "token": item.token,
                    "name": _under(key, item.name),
                    "folder": folder_of(item.name),
                    "size": sizes[item.token],
                    "preset_type": self.preset_of(item.name, item.source),
                    "received_by": senders[item.token].name if item.token in senders else by.name,
                    "received_at": now,
                    "moved": False,
                    "key": key,
                }
                for item, key in zip(new, keys, strict=True)
            ]
            made = _insert(session, _files, rows)
            search.keep_file_names(session, zip(made, (item.name for item in new), strict=True))
            events.append(
                session,
                *(
                    entry(
                        AuditTag.FILE_CLAIM,
                        by,
                        now,
                        file_id=row_id,
                        facts={"source": item.source, "size": sizes[item.token]}
                        | ({"sender": senders[item.token].id} if item.token in senders else {}),
                        values={"file_name": item.name},
                    )
                    for item, row_id in zip(new, made, strict=True)
                ),
            )
        ids |= {item.token: row_id for item, row_id in zip(new, made, strict=True)}
        return Entered(ids, {row.id for row in known if row.state == FileState.CLAIMED} | set(made))

    def settle(self, looked: Sequence[Looked], by: Actor) -> list[int]:
        """Write the outcome of each file in one transaction; return the documents to ring for."""
        if not looked:
            return []
        now = self.clock.now()
        with self.store.writing() as session:
            rows = {
                row.id: row
                for row in session.execute(
                    select(
                        _files.c.id,
                        _files.c.name,
                        _files.c.folder,
                        _files.c.preset_type,
                        _files.c.received_at,
                        _files.c.key,
                    ).where(
                        _files.c.id.in_([item.row_id for item in looked]),
                        _files.c.state == FileState.CLAIMED,  # another process was quicker: its outcome stands
                    )
                )
            }
            first = _first_files(session, [item.sha256 for item in looked if item.sha256])
            written: list[AuditEvent] = []
            settled: list[dict[str, Any]] = []
            stored: list[Looked] = []
            for item in looked:
                if item.row_id not in rows:
                    continue
                outcome, tag, facts = _outcome(item, first)
                outcome["reason"] = _under(rows[item.row_id].key, outcome["reason"])
                settled.append({"row_id": item.row_id, "settled_at": now, "size": item.size, **outcome})
                written.append(entry(tag, by, now, file_id=item.row_id, facts=facts))
                if tag is AuditTag.FILE_STORE:
                    stored.append(item)
                    first[item.sha256] = item.row_id
            if settled:
                session.connection().execute(_SETTLE, settled)
            document_ids: list[int] = []
            if stored:
                blobs = [
                    {"sha256": item.sha256, "size": item.size, "file_id": item.row_id, "created_at": now}
                    for item in stored
                ]
                session.connection().execute(insert(_blobs), blobs)
                documents = [self._document(rows[item.row_id], item, now) for item in stored]
                document_ids = _insert(session, _documents, documents)
                names = [rows[item.row_id].name for item in stored]
                search.keep_names(session, zip(document_ids, names, strict=True))
            written += [
                entry(
                    AuditTag.DOCUMENT_QUEUE,
                    by,
                    now,
                    file_id=item.row_id,
                    document_id=document_id,
                    revision=1,
                    facts={"state": DocumentState.QUEUED, "preset_type": rows[item.row_id].preset_type},
                )
                for item, document_id in zip(stored, document_ids, strict=True)
            ]
            events.append(session, *written)
            return document_ids

    def preset_of(self, name: str, source: FileSource) -> str | None:
        """Return the document type that a file's folder names, if it names one: the first, of uploads the last.

        An upload's name is made here: the type that its sender chose stands behind a folder of their groups.
        """
        folders = PurePosixPath(name).parts[:-1]
        wanted = folders[0 if source is FileSource.DROP else -1].casefold() if folders else ""
        return next((known for known in self.type_names if known.casefold() == wanted), None)

    def get_received(self, token: str, sight: Sight) -> ReceivedFile:
        """Return what became of an upload, as its sender may know it.

        Args:
            token: the upload's.
            sight: the sender's: a first file with the same bytes that is outside of it is not named.
        """
        with self.store.reading() as session:
            row = session.execute(select(FileRow).where(FileRow.token == token)).scalar_one()
            document = session.scalar(select(DocumentRow.id).where(DocumentRow.file_id == row.id))
            of = row.duplicate_of
            if of is not None and sight.is_limited:
                seen = select(FileRow.id).where(FileRow.id == of, *visible.of_files(sight))
                of = session.scalar(seen)
            return ReceivedFile(
                file_id=row.id,
                name=row.name,
                state=FileState(row.state),
                document_id=document,
                duplicate_of=of,
                reason=row.reason,
            )

    def list_claimed(self, before: datetime) -> list[Arrival]:
        """Return the files claimed before that time which have no outcome yet."""
        return self._list(_files.c.state == FileState.CLAIMED, _files.c.received_at <= before)

    def list_settled(self, ids: Sequence[int]) -> list[Arrival]:
        """Return those of the files that have an outcome and still stand in the claimed folder."""
        return self._list(_files.c.id.in_(ids), _files.c.state != FileState.CLAIMED, _files.c.moved.is_(False))

    def list_done(self, tokens: Set[str]) -> Set[str]:
        """Return those of the tokens whose files have an outcome and are put away."""
        with self.store.reading() as session:
            found = session.execute(select(_files.c.token).where(_files.c.token.in_(tokens), _files.c.moved.is_(True)))
            return {row.token for row in found}

    def put_away(self, ids: Sequence[int]) -> None:
        """Record that the files have left the claimed folder."""
        if ids:
            with self.store.writing() as session:
                session.execute(update(_files).where(_files.c.id.in_(ids)).values(moved=True))

    def _list(self, *conditions: ColumnElement[bool]) -> list[Arrival]:
        columns = (_files.c.id, _files.c.token, _files.c.name, _files.c.source, _files.c.state, _files.c.size)
        with self.store.reading() as session:
            return [
                Arrival(row.id, row.token, row.name, FileSource(row.source), FileState(row.state), row.size)
                for row in session.execute(select(*columns).where(*conditions))
            ]

    def _document(self, file: Row[Any, Any, Any, Any, Any, Any], looked: Looked, now: datetime) -> dict[str, Any]:
        return {
            "state": DocumentState.QUEUED,
            "revision": 1,
            "file_id": looked.row_id,
            "page_count": looked.page_count,
            "folder": file.folder,
            "key": file.key,
            "type": file.preset_type,
            "type_fixed": file.preset_type is not None,
            "received_at": file.received_at,
            "due_at": file.received_at + self.due,
            "changed_at": now,
        }


def _under(key: str | None, value: str | None) -> Owned | str | None:
    """Return a value as a table, which no row owns, is given it to be sealed."""
    return value if key is None or value is None else Owned(value, key)


def _outcome(item: Looked, first: Mapping[str | None, int]) -> tuple[dict[str, Any], AuditTag, dict[str, Any]]:
    """Return the columns that settle a file, and the tag and the facts of the event that says so."""
    columns: dict[str, Any] = {
        "sha256": item.sha256,
        "page_count": item.page_count,
        "duplicate_of": None,
        "reason_code": None,
        "reason": None,
    }
    if item.error is not None:
        code = item.error.code
        quarantined = {"state": FileState.QUARANTINED, "reason_code": code, "reason": str(item.error)}
        return columns | quarantined, AuditTag.FILE_QUARANTINE, {"code": code}
    if (of := first.get(item.sha256)) is not None:
        duplicate = {"state": FileState.DUPLICATE, "duplicate_of": of}
        return columns | duplicate, AuditTag.FILE_DUPLICATE, {"of": of, "sha256": item.sha256}
    stored = {"state": FileState.STORED}
    return columns | stored, AuditTag.FILE_STORE, {"sha256": item.sha256, "size": item.size}


def _insert(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert the rows and return their ids in the same order."""
    if not rows:
        return []
    made = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(session.connection().execute(made, list(rows)).scalars())


def _first_files(session: Session, hashes: Sequence[str]) -> dict[str | None, int]:
    """Return the first file of each hash that is stored already."""
    found = session.execute(select(_blobs.c.sha256, _blobs.c.file_id).where(_blobs.c.sha256.in_(hashes)))
    return {row.sha256: row.file_id for row in found}


def _senders(session: Session, items: Sequence[Claimed]) -> dict[str, UserRow]:
    """Return who sent each upload, by token, where the token tells and the account exists."""
    accounts = {item.token: account for item in items if (account := claimed.sender_of(item)) is not None}
    if not accounts:
        return {}
    found = {user.id: user for user in session.scalars(select(UserRow).where(UserRow.id.in_(accounts.values())))}
    return {token: found[account] for token, account in accounts.items() if account in found}
