"""Whether the whole record holds as it lies in the database: the chain, and the approvals beside it."""

from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from pipeline.record.chain import ChainReport, check_chain
from pipeline.record.verify import GENESIS, Checkpoint
from pipeline.services.signed import list_unfaithful
from pipeline.store.engine import Store
from pipeline.store.stored import find_head, list_stored, snapshot

log = structlog.get_logger()


def check_record(store: Store, known: Checkpoint | None = None) -> tuple[ChainReport, tuple[str, ...]]:
    """Return what checking the chain found, and every problem of the record as a sentence.

    Args:
        store: the database.
        known: a checkpoint that the chain has to continue.
    """
    with snapshot(store) as session:
        return check_within(session, known)


def check_within(
    session: Session, known: Checkpoint | None = None, heard: Callable[[dict[str, Any]], None] = lambda said: None
) -> tuple[ChainReport, tuple[str, ...]]:
    """Return the same of the record as a session sees it, whose snapshot others look at too.

    Args:
        session: a snapshot.
        known: a checkpoint that the chain has to continue.
        heard: told what each event's text says.
    """
    try:
        report = check_chain(list_stored(session), find_head(session), known, heard)
    except DBAPIError as error:
        cause = str(error.orig)
        problem = f"The database file is damaged and cannot be read: {cause}. Restore a backup."
        report = ChainReport(events=0, seq=0, hash=GENESIS, merkle_root="", problems=(problem,), erased=0)
        return report, report.problems
    try:
        unfaithful = list_unfaithful(session)
    except (DBAPIError, ValueError) as error:  # ValueError: what a column holds is no value of its type
        log.warning("checking.illegible_approvals", error=type(error).__name__)
        unfaithful = ["Approvals, or fields of approved documents, were damaged: they cannot be read."]
    return report, (*report.problems, *unfaithful)
