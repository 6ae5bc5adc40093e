"""Writing anew what lists sort and search by, under another key, and sealing what came before there were keys."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.ports import Clock, Job, JobQueue
from pipeline.services import access, search, summary
from pipeline.store import listing
from pipeline.store.engine import Store
from pipeline.store.resealing import seal_file, seal_others
from pipeline.store.tables import DocumentRow, FieldRow, FileRow, FileTermRow, ListCodingRow, SearchTermRow

AT_ONCE = 10
"""Files in one transaction: others wait for it to write."""
PAUSE_SECONDS = 0.1
"""At least, after each: a writer that waits looks again as often as that, and would find the next one begun."""
MOST = 500
"""Files in one job."""
RENEWED_EVERY = timedelta(days=1)
"""However much is erased: everything is written anew for it."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Relisting:
    """Keeps the promise that a key of lists goes, too, after something was erased.

    Lists go by codes of values, which somebody with their key and an old copy of the database could read. So after an
    erasure another key takes its place: all files are gone through, a few at a time, and then the old key is destroyed.
    """

    store: Store
    clock: Clock
    jobs: JobQueue
    pause: Callable[[float], None] = time.sleep

    def is_due(self, *, by: Actor) -> bool:
        """Return whether there is something to write anew."""
        access.check_may(by, Act.SWEEP)
        with self.store.reading() as session:
            row = session.get_one(ListCodingRow, 1)
            return row.newest != row.oldest or self._is_wanted(session, row)

    def renew(self, *, by: Actor) -> int:
        """Write some of it anew, and ring for the rest; return how many files were gone through."""
        access.check_may(by, Act.SWEEP)
        vault, gone_through = self.store.vault, 0
        if vault is None:
            return 0
        while gone_through < MOST:
            begun = time.monotonic()
            with self.store.writing() as session:
                row = session.get_one(ListCodingRow, 1)
                if row.newest == row.oldest and not self._begin(session, row):
                    return gone_through
                is_first = row.oldest == 0
                files = self._next(session, row)
                for file in files:
                    if is_first:
                        seal_file(session, file, vault)
                    _list_anew(session, file)
                left = len(files) or (seal_others(session, vault, AT_ONCE) if is_first else 0)
                if files:
                    row.done = files[-1].id
                newest = row.newest
            gone_through += len(files)
            if not left:
                self._finish(newest)
                return gone_through
            # others have as long to write as it did
            self.pause(max(time.monotonic() - begun, PAUSE_SECONDS))
        self.jobs.enqueue_many(Job.RELIST, [0])
        return gone_through

    def _is_wanted(self, session: Session, row: ListCodingRow) -> bool:
        if self.store.vault is None:
            return False
        if self.store.vault.find_code(row.newest) is None:  # an older version's database, or one that was restored
            return session.scalar(select(FileRow.id).limit(1)) is not None
        begun = row.begun_at
        return row.wanted_at is not None and (begun is None or self.clock.now() - begun >= RENEWED_EVERY)

    def _begin(self, session: Session, row: ListCodingRow) -> bool:
        if self.store.vault is None or not self._is_wanted(session, row):
            return False
        row.wanted_at, row.begun_at = None, self.clock.now()
        listing.begin(session, row, self.store.vault)
        return True

    def _next(self, session: Session, row: ListCodingRow) -> list[FileRow]:
        """Return the next files; those that came since it began lie under the new key already."""
        found = select(FileRow).where(FileRow.id > row.done, FileRow.id <= row.upto, FileRow.erased_at.is_(None))
        return list(session.scalars(found.order_by(FileRow.id).limit(AT_ONCE)))

    def _finish(self, newest: int) -> None:
        """Destroy the keys before the newest, then say so: killed in between, it is done once more."""
        if self.store.vault is not None:
            self.store.vault.destroy_codes(newest)
        self.store.scrub([kind.__tablename__ for kind in (DocumentRow, FileRow, SearchTermRow, FileTermRow)])
        with self.store.writing() as session:
            row = session.get_one(ListCodingRow, 1)
            if row.newest == newest:
                row.oldest = newest
        log.info("relisting.finished", generation=newest)


def _list_anew(session: Session, file: FileRow) -> None:
    search.keep_file(session, file)
    for document in session.scalars(select(DocumentRow).where(DocumentRow.file_id == file.id)):
        fields = list(session.scalars(select(FieldRow).where(FieldRow.document_id == document.id)))
        summary.keep_order(session, document)
        search.keep(session, document, fields)
