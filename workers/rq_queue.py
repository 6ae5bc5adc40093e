"""The doorbell over RQ: JSON, ids only, nothing kept. The database knows what is due; this only wakes a worker."""

from secrets import token_hex
from typing import Self, cast

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer
from rq.worker_registration import get_keys

from pipeline.errors import TransientError
from pipeline.ports import Job
from pipeline.settings import Settings
from workers import embedded

PROCESS_QUEUE = "process"
"""Deliveries ring here too: they are short, and each worker listens on exactly one queue."""
LEARN_QUEUE = "learn"
"""Training takes seconds to minutes: nobody's document waits behind it."""
QUEUES = (PROCESS_QUEUE, LEARN_QUEUE)

_FUNCTIONS = {
    Job.PROCESS: "workers.jobs.process",
    Job.DELIVER: "workers.jobs.deliver",
    Job.LEARN: "workers.jobs.learn",
    Job.CHECKPOINT: "workers.jobs.checkpoint",
    Job.CERTIFY: "workers.jobs.certify",
    Job.ERASE: "workers.jobs.erase",
    Job.RELIST: "workers.jobs.relist",
}
_LEARN_SECONDS = 3600
_ANSWER_SECONDS = 5.0
_KEEP_FAILED_SECONDS = 60
_CHUNK = 5000
_LOOK_THROUGH_MAX = 20_000
"""With more jobs than this waiting, no worker is idle for want of a ring: what was lost can wait as well."""

log = structlog.get_logger()


class RqQueue:
    """Implements `pipeline.ports.JobQueue` with two RQ queues: documents ring in one, trainings in the other.

    A job's id is `<job>-<document id>-<random>`: a new one for each ring, because RQ lets a finished or failed job
    with the same id stand in the way of the next.
    """

    def __init__(self, connection: redis.Redis, job_seconds: int = 900) -> None:
        self.connection = connection
        self.job_seconds = job_seconds
        self.queue = Queue(PROCESS_QUEUE, connection=connection, serializer=JSONSerializer)
        self.learn_queue = Queue(LEARN_QUEUE, connection=connection, serializer=JSONSerializer)
        self._highest: dict[Job, int] = {}

    @classmethod
    def from_url(cls, url: str, job_seconds: int = 900) -> Self:
        """Return the queue at a `redis://`, `rediss://` or `unix://` address; nothing is sent yet.

        Args:
            url: the server's address.
            job_seconds: after which a job that still runs is taken to hang and is killed.
        """
        return cls(
            redis.Redis.from_url(
                url,
                socket_timeout=_ANSWER_SECONDS,
                socket_connect_timeout=_ANSWER_SECONDS,
                # One try on a fresh connection after a restart of the server; a ring is not worth waiting for
                retry=Retry(NoBackoff(), 1),
            ),
            job_seconds,
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the queue of this installation: REDIS_URL's, else the embedded server's."""
        return cls.from_url(queue_url(settings), job_seconds(settings))

    def enqueue(self, job: Job, document_id: int) -> None:
        """Ring for one document; a ring that is lost is logged, and the sweep rings again."""
        self._ring(job, [document_id])

    def enqueue_many(self, job: Job, document_ids: list[int]) -> None:
        """Ring for many documents in one round trip, leaving out those for which a job waits already.

        So the sweep may ring for everything that is due, every few seconds, and the queue does not grow. Documents
        newer than any that this process rang for are new: for them nothing is looked through.
        """
        wanted = list(dict.fromkeys(document_ids))
        highest = self._highest.get(job)
        if not wanted:
            return
        if highest is None or min(wanted) <= highest:
            try:
                waiting = self._documents_waiting(job)
            except redis.RedisError as error:
                self._tell_lost(job, wanted, error)
                return
            wanted = [
                document_id
                for document_id in wanted
                if (highest is not None and document_id > highest)
                or (waiting is not None and document_id not in waiting)
            ]
        self._ring(job, wanted)

    def depth(self) -> int:
        """Return how many jobs wait to be done on documents.

        Raises:
            TransientError: the queue server does not answer.
        """
        try:
            return self.queue.count
        except redis.RedisError as error:
            raise _unreachable() from error

    def workers(self) -> int:
        """Return how many workers have been heard of lately.

        Raises:
            TransientError: the queue server does not answer.
        """
        return self._alive(self.queue)

    def learners(self) -> int:
        """Return how many of those that train have been heard of lately.

        Raises:
            TransientError: the queue server does not answer.
        """
        return self._alive(self.learn_queue)

    def _alive(self, queue: Queue) -> int:
        try:
            keys = get_keys(queue)
            return cast(int, self.connection.exists(*keys)) if keys else 0
        except redis.RedisError as error:
            raise _unreachable() from error

    def close(self) -> None:
        self.connection.close()

    def _ring(self, job: Job, document_ids: list[int]) -> None:
        try:
            for start in range(0, len(document_ids), _CHUNK):
                self._queue_of(job).enqueue_many(
                    Queue.prepare_data(
                        _FUNCTIONS[job],
                        args=(document_id,),
                        job_id=f"{job.value}-{document_id}-{token_hex(4)}",
                        timeout=_LEARN_SECONDS if job is Job.LEARN else self.job_seconds,
                        result_ttl=0,
                        failure_ttl=_KEEP_FAILED_SECONDS,
                        description=f"{job.value} {document_id}",
                    )
                    for document_id in document_ids[start : start + _CHUNK]
                )
                self._highest[job] = max(self._highest.get(job, 0), *document_ids[start : start + _CHUNK])
        except redis.RedisError as error:
            self._tell_lost(job, document_ids, error)

    def _documents_waiting(self, job: Job) -> set[int] | None:
        """Return the documents for which a job of this kind waits; None where too many wait to look through."""
        queue = self._queue_of(job)
        if queue.count > _LOOK_THROUGH_MAX:
            return None
        prefix = f"{job.value}-".encode()
        found: set[int] = set()
        start = 0
        while True:
            ids = cast(list[bytes], self.connection.lrange(queue.key, start, start + _CHUNK - 1))
            found.update(int(job_id.split(b"-")[1]) for job_id in ids if job_id.startswith(prefix))
            if len(ids) < _CHUNK:
                return found
            start += _CHUNK

    def _queue_of(self, job: Job) -> Queue:
        return self.learn_queue if job is Job.LEARN else self.queue

    def _tell_lost(self, job: Job, document_ids: list[int], error: redis.RedisError) -> None:
        log.warning(
            "queue.ring_lost",
            job=job.value,
            documents=len(document_ids),
            first=document_ids[0],
            error=type(error).__name__,
        )


def queue_url(settings: Settings) -> str:
    """Return the address of the queue server in force."""
    return settings.redis_url or embedded.url_of(settings)


def job_seconds(settings: Settings) -> int:
    """Return after how many seconds a job is taken to hang: reading has its own, shorter limits."""
    return int(settings.read_seconds_max * 2 + settings.images_seconds_max) + 300


def _unreachable() -> TransientError:
    return TransientError(
        "The queue server does not answer. "
        "Start it with `proofdesk up`, or check that REDIS_URL names a server that runs."
    )
