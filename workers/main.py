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
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from pipeline import assembly
from pipeline.assurance import fitting
from pipeline.garbage import collect_rarely
from pipeline.settings import Settings
from workers import jobs, log
from workers.lifeline import die_with
from workers.rq_queue import LEARN_QUEUE, PROCESS_QUEUE, queue_url
from workers.slate import Slate, left_behind

_HEARD_SECONDS = 75
"""RQ waits for a job this long less 15 s, then says that it lives: once a minute, and it wakes for nothing else."""
_MAINTENANCE_SECONDS = 60
_AGAIN_SECONDS = 2.0
_BURY_SECONDS = 30
"""Longer than a database may be locked; after that the sweep finds the attempt by its age."""
_LEARNER_NICENESS = 5
_CRASHED = 3
"""Exit status of a horse whose job raised: RQ's own would be 0."""

logger = structlog.get_logger()


class DeskWorker(Worker):
    """An RQ worker on one queue: its horses die with it, a flushed server hears of it again, and nobody commands it.

    A horse that dies before its time (a crash in a library, no memory left, a kill) leaves on the slate which attempt
    dies with it; that is put into the database at once, and the document's next attempt need not wait until the time of
    this one is over.
    """

    log_result_lifespan = False
    slate: Slate
    settings: Settings
    _horse_status: int | None = None
    """What the last horse ended with; None while it runs."""

    @property
    def is_stopping(self) -> bool:
        """Whether a signal asked it to stop; else its loop ended because the queue server did not answer."""
        return self._shutdown_requested_date is not None

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Say that this worker lives, and register it again: after FLUSHALL nobody is known."""
        super().heartbeat(timeout, pipeline)
        worker_registration.register(self, pipeline)

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Say that worker and job live; a queue server that is away for a while is no reason to leave the horse."""
        try:
            super().maintain_heartbeats(job, execution)
        except redis.RedisError as error:
            logger.warning("worker.queue_unreachable", error=type(error).__name__)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        self._horse_status = None
        self.slate.wipe()
        # a newer champion is loaded once here, not by each horse; one that this file does not name yet, by the horse
        if queue.name == PROCESS_QUEUE and assembly.preload_model(self.settings):
            gc.collect()
            gc.freeze()
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Run the job in the fork; a worker that is killed takes its horse along."""
        die_with(self.pid or 0, signal.SIGKILL)
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Run the job, in the fork; where it raised, the parent learns so from the exit status."""
        if not super().perform_job(job, queue, execution):
            os._exit(_CRASHED)
        return True

    def wait_for_horse(self) -> Any:
        ended = super().wait_for_horse()
        self._horse_status = ended[1]
        return ended

    def monitor_work_horse(self, job: Job, queue: Queue, execution: Execution) -> None:
        """Wait for the horse, whatever becomes of the queue server meanwhile, and bury what died with it."""
        try:
            super().monitor_work_horse(job, queue, execution)
        finally:
            if self._horse_status is None and self.horse_pid:
                self.kill_horse()
                self.wait_for_horse()
            begun = self.slate.read()
            if self._horse_status != os.EX_OK and begun is not None:
                bury(*begun)
                self.slate.wipe()

    def subscribe(self) -> None:
        """Take no commands over the queue server: it would need a thread, and threads and forks don't mix."""

    def procline(self, message: str) -> None:
        """Leave the process title alone."""


def run(settings: Settings, queue: str = PROCESS_QUEUE) -> None:
    """Work until SIGTERM or SIGINT: the running job is finished first, a second signal ends it too.

    RQ gives up where the queue server does not answer in time; this starts over, for as long as it takes.

    Args:
        settings: the installation's.
        queue: the one queue to listen on. On `learn`, the machine's other work goes first.
    """
    log.configure("worker" if queue == PROCESS_QUEUE else "learner")
    if queue == LEARN_QUEUE:
        os.nice(_LEARNER_NICENESS)
        fitting.preload()
    slates = settings.data_path / "workers"
    slate = Slate.open(slates)
    jobs.configure(settings, slate)
    assembly.preload(settings)
    # what is loaded by now is shared with all forks; unfrozen, their collectors would copy it page by page
    collect_rarely()
    for document_id, attempt in left_behind(slates):
        bury(document_id, attempt)
    try:
        _work(settings, slate, queue)
    finally:
        slate.close()


def _work(settings: Settings, slate: Slate, queue: str) -> None:
    """Work until asked to stop, starting over where the queue server is away."""
    is_told = False
    while True:
        for sent in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sent, _leave)
        worker: DeskWorker | None = None
        try:
            worker = _worker(settings, slate, queue)
            logger.info("worker.listening", queue=queue)
            is_told = False
            worker.work(logging_level="WARNING")
        except redis.RedisError as error:
            if not is_told:
                logger.warning("worker.queue_unreachable", error=type(error).__name__, again_seconds=_AGAIN_SECONDS)
            is_told = True
        if worker is not None and worker.is_stopping:
            logger.info("worker.stopped")
            return
        for sent in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sent, _leave)
        time.sleep(_AGAIN_SECONDS)


def bury(document_id: int, attempt: int) -> None:
    """Have the attempt ended, in a fork: this process must not open a database that its horses would share.

    The fork outlives this process: what died is to be known, whatever else dies.
    """
    # A further signal to stop would end this process while it waits
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    child = os.fork()
    if child != 0:
        os.waitpid(child, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_BURY_SECONDS)
        jobs.bury(document_id, attempt)
    finally:
        os._exit(os.EX_OK)


def _worker(settings: Settings, slate: Slate, queue: str) -> DeskWorker:
    connection = redis.Redis.from_url(queue_url(settings))
    worker = DeskWorker(
        [Queue(queue, connection=connection, serializer=JSONSerializer)],
        name=f"{socket.gethostname()}.{os.getpid()}.{token_hex(4)}",
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=_HEARD_SECONDS,
        maintenance_interval=_MAINTENANCE_SECONDS,
        log_job_description=False,
    )
    worker.slate, worker.settings = slate, settings
    return worker


def _leave(signum: int, frame: FrameType | None) -> None:
    sys.exit(0)
