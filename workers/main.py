"""Composition root of a worker process: load everything heavy, then fork a work horse for each job."""

import gc
import os
import signal
import socket
import sys
import time
from secrets import token_hex
from types import FrameType
from typing import Any

import redis
import structlog
from rq import Queue, Worker, worker_registration
from rq.job import Job
from rq.serializers import JSONSerializer

from pipeline import assembly
from pipeline.settings import Settings
from workers import jobs, log
from workers.lifeline import die_with
from workers.rq_queue import PROCESS_QUEUE, queue_url

_HEARD_SECONDS = 75
"""RQ waits for a job this long less 15 s, then says that it lives: once a minute, and it wakes for nothing else."""
_MAINTENANCE_SECONDS = 60
_AGAIN_SECONDS = 2.0

logger = structlog.get_logger()


class DeskWorker(Worker):
    """An RQ worker on one queue: its horses die with it, a flushed server hears of it again, and nobody commands it."""

    log_result_lifespan = False

    @property
    def is_stopping(self) -> bool:
        """Whether a signal asked it to stop; else its loop ended because the queue server did not answer."""
        return self._shutdown_requested_date is not None

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Say that this worker lives, and register it again: after FLUSHALL nobody is known."""
        super().heartbeat(timeout, pipeline)
        worker_registration.register(self, pipeline)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Run the job in the fork; a worker that is killed takes its horse along."""
        die_with(self.pid or 0, signal.SIGKILL)
        super().main_work_horse(job, queue)

    def subscribe(self) -> None:
        """Take no commands over the queue server: it would need a thread, and threads and forks don't mix."""

    def procline(self, message: str) -> None:
        """Leave the process title alone."""


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT: the running job is finished first, a second signal ends it too.

    RQ gives up where the queue server does not answer in time; this starts over, for as long as it takes.
    """
    log.configure("worker")
    jobs.configure(settings)
    assembly.preload(settings)
    # What is loaded by now is shared with all forks; unfrozen, their collectors would copy it page by page
    gc.collect()
    gc.freeze()
    while True:
        for sent in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sent, _leave)
        worker: DeskWorker | None = None
        try:
            worker = _worker(settings)
            logger.info("worker.listening", queue=PROCESS_QUEUE)
            worker.work(logging_level="WARNING")
        except redis.RedisError as error:
            logger.warning("worker.queue_unreachable", error=type(error).__name__, again_seconds=_AGAIN_SECONDS)
        if worker is not None and worker.is_stopping:
            logger.info("worker.stopped")
            return
        for sent in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sent, _leave)
        time.sleep(_AGAIN_SECONDS)


def _worker(settings: Settings) -> DeskWorker:
    connection = redis.Redis.from_url(queue_url(settings))
    return DeskWorker(
        [Queue(PROCESS_QUEUE, connection=connection, serializer=JSONSerializer)],
        name=f"{socket.gethostname()}.{os.getpid()}.{token_hex(4)}",
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=_HEARD_SECONDS,
        maintenance_interval=_MAINTENANCE_SECONDS,
        log_job_description=False,
    )


def _leave(signum: int, frame: FrameType | None) -> None:
    sys.exit(0)
