"""What a ring makes a worker do: five lines each, ids only. Every job reads the state first, so twice is harmless."""

import os
import time
from collections.abc import Callable

import structlog

from pipeline import assembly
from pipeline.assembly import Services
from pipeline.domain.actors import Actor
from pipeline.errors import PipelineError
from pipeline.ports import Job
from pipeline.settings import Settings
from workers.log import frames
from workers.rq_queue import RqQueue
from workers.slate import Slate
from workers.spread import side_by_side

WORKER = Actor.machine("worker")
LEARNER = Actor.machine("learner")

log = structlog.get_logger()


class JobCrashedError(Exception):
    """A job ended with a bug; the log has its frames, and the queue server learns no more than the type."""


class _Process:
    """What this process works with: its settings, and its services, built after the fork and once."""

    settings: Settings | None = None
    services: Services | None = None
    built_in: int = 0
    slate: Slate | None = None


def configure(settings: Settings, slate: Slate | None = None) -> None:
    """Say what jobs in this process and in its forks work with; nothing is opened yet.

    Args:
        settings: the installation's.
        slate: where to write which attempt was begun, for the parent of a fork that is killed.
    """
    _Process.settings = settings
    _Process.services = None
    _Process.slate = slate


def services() -> Services:
    """Return this process's services: never those that a parent opened before the fork."""
    if _Process.services is None or _Process.built_in != os.getpid():
        settings = _Process.settings or Settings.from_env(os.environ)
        spread = side_by_side(os.cpu_count() or 1)
        _Process.services = assembly.build(settings, RqQueue.from_settings(settings), spread=spread)
        _Process.built_in = os.getpid()
    return _Process.services


def process(document_id: int) -> None:
    """Read a document; whether it worked, is tried again or failed is then in the database."""
    slate = _Process.slate or Slate.unnamed()
    run(
        Job.PROCESS,
        document_id,
        lambda: services().processing.process(
            document_id, by=WORKER, begun=lambda attempt: slate.write(document_id, attempt)
        ),
    )


def deliver(document_id: int) -> None:
    """Send a document's approvals that were not sent yet."""
    run(Job.DELIVER, document_id, lambda: services().delivering.deliver(document_id, by=WORKER))


def learn(document_id: int) -> None:
    """Train where there is something new to learn; the number is 0, no document's."""
    slate = _Process.slate or Slate.unnamed()
    run(
        Job.LEARN,
        document_id,
        lambda: services().learning.train(by=LEARNER, begun=lambda attempt: slate.write(document_id, attempt)),
    )


def checkpoint(document_id: int) -> None:
    """Let a checkpoint of the record leave the machine where one is due; the number is 0, no document's."""
    run(Job.CHECKPOINT, document_id, lambda: services().checkpointing.write_due(by=WORKER))


def certify(document_id: int) -> None:
    """Write the certificates of the days that are over and have none; the number is 0, no document's."""
    run(Job.CERTIFY, document_id, lambda: services().certifying.write_due(by=WORKER))


def erase(erasure_id: int) -> None:
    """Clear the disk of what an erasure took out of the database; the number is the erasure's."""
    run(Job.ERASE, erasure_id, lambda: services().clearing.finish(erasure_id, by=WORKER))


def relist(document_id: int) -> None:
    """Write some of what lists sort and search by anew, under another key; the number is 0, no document's."""
    run(Job.RELIST, document_id, lambda: services().relisting.renew(by=WORKER))


def bury(document_id: int, attempt: int) -> None:
    """End an attempt whose process is gone; where that fails, the sweep does it once the attempt's time is over.

    Document 0 stands for a training.
    """
    told = log.bind(document_id=document_id, attempt=attempt)
    try:
        if document_id == 0:
            services().learning.bury(attempt, by=LEARNER)
        else:
            services().processing.bury(document_id, attempt, by=WORKER)
    except PipelineError as error:
        told.warning("job.not_buried", code=error.code)
    except Exception as error:  # noqa: BLE001 - told, without what it may quote
        told.error("job.not_buried", frames=frames(error))


def run(job: Job, document_id: int, work: Callable[[], object]) -> None:
    """Do the work and log one line about it.

    The services turn a document's fault or an outage into a state and do not raise it. What comes through is refused
    on purpose (logged with its sentence's code), or is a bug.
    """
    began = time.monotonic()
    told = log.bind(job=job.value, document_id=document_id)
    try:
        work()
    except PipelineError as error:
        told.warning("job.refused", code=error.code)
    except Exception as error:  # noqa: BLE001 - told here and raised again under another name
        told.error("job.crashed", frames=frames(error))
        # Not the error itself: RQ keeps its message, which may quote what was read
        raise JobCrashedError(f"{job.value} {document_id}: {type(error).__name__}") from None
    else:
        told.info("job.done", ms=round((time.monotonic() - began) * 1000))
