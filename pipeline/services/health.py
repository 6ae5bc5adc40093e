from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import PipelineError
from pipeline.ports import JobQueue
from pipeline.store.engine import Store
from pipeline.store.migrate import is_current
from pipeline.store.tables import ChainHeadRow, DocumentRow

LOOKED_AT = 100
"""Documents whose keys are looked for."""


@dataclass(frozen=True)
class Health:
    """Whether this installation can do its work; needs no log-in, so it says nothing else."""

    store: Store
    jobs: JobQueue

    def ready(self) -> tuple[bool, dict[str, str]]:
        """Return whether every part answers, and a word on each: `ok`, or what is wrong."""
        parts = {"database": self._database(), "vault": self._vault(), "queue": self._queue()}
        return all(word == "ok" for word in parts.values()), parts

    def _database(self) -> str:
        try:
            if not is_current(self.store.url):
                return "not migrated: run `proofdesk db upgrade`"
            with self.store.reading() as session:
                session.execute(select(ChainHeadRow.seq)).one()
        except SQLAlchemyError:
            return "does not answer"
        return "ok"

    def _vault(self) -> str:
        """Look for the keys of the newest documents: a vault of another time or place has none of them."""
        if self.store.vault is None:
            return "ok"
        try:
            with self.store.reading() as session:
                newest = select(DocumentRow.key).where(DocumentRow.key.is_not(None), DocumentRow.erased_at.is_(None))
                keys = set(session.scalars(newest.order_by(DocumentRow.id.desc()).limit(LOOKED_AT)))
            if self.store.vault.count(key for key in keys if key is not None) < len(keys):
                return "lacks keys of documents: restore the copy of it that belongs to this database"
        except SQLAlchemyError:
            return "does not answer"
        return "ok"

    def _queue(self) -> str:
        try:
            self.jobs.depth()
        except PipelineError:
            return "does not answer"
        return "ok"
