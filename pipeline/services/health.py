from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import PipelineError
from pipeline.ports import JobQueue
from pipeline.store.engine import Store
from pipeline.store.migrate import is_current
from pipeline.store.tables import ChainHeadRow


@dataclass(frozen=True)
class Health:
    """Whether this installation can do its work; needs no log-in, so it says nothing else."""

    store: Store
    jobs: JobQueue

    def ready(self) -> tuple[bool, dict[str, str]]:
        """Return whether every part answers, and a word on each: `ok`, or what is wrong."""
        parts = {"database": self._database(), "queue": self._queue()}
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

    def _queue(self) -> str:
        try:
            self.jobs.depth()
        except PipelineError:
            return "does not answer"
        return "ok"
