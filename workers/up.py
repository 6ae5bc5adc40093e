"""Everything on one machine: queue server, database, watcher, workers and web server, under one supervisor."""

import errno
import fcntl
import gc
import importlib
import os
import shutil
import socket
import sys
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import click
import structlog

from pipeline.errors import ConfigurationError
from pipeline.settings import Settings
from workers import demo, log
from workers.embedded import EmbeddedServer, is_answering, url_of
from workers.supervise import Child, Supervisor
from workers.web import APPLICATION, reachable_url

_READY_SECONDS = 60.0
_WORKER_STOP_SECONDS = 20.0
_LEARNER_STOP_SECONDS = 2.0
"""A training is begun anew by the next start: nobody need wait for its end."""
_ROOM_BYTES_MIN = 10 * 1024**2
"""A new database, its journal and the queue's file need so much."""

logger = structlog.get_logger()


def run(settings: Settings, environment: Mapping[str, str], *, with_demo: bool) -> None:
    """Run all parts until SIGTERM or SIGINT, then stop them in order: the doors, the workers, the queue server.

    Raises:
        ConfigurationError: another `up` uses the data folder, the port is taken, or a setting can't be used.
    """
    log.configure("up")
    with _only_one(settings) as lock:
        check_room(settings, shutil.disk_usage(settings.data_path).free)
        _check_port(settings)
        _make_folders(settings)
        _load(settings)
        _migrate(settings)
        supervisor = Supervisor(_environment_of(settings, environment), own=[lock])
        supervisor.listen()
        server = None if settings.redis_url else EmbeddedServer(settings)
        try:
            if server is not None:
                server.start()
            _start_children(supervisor, settings)
            if with_demo:
                fed = demo.feed(settings)
                logger.info("up.demo", documents=fed)
            _wait_until_ready(supervisor, settings)
            # last, and followed by nothing that can fail: the one-time password can't be had again
            _greet(settings, _create_first(settings), list(troubles(settings)))
            supervisor.run(server.revive if server is not None else lambda: 3600.0)
        finally:
            began = time.monotonic()
            supervisor.stop()
            if server is not None:
                server.stop()
            logger.info("up.stopped", seconds=round(time.monotonic() - began, 1))


def _start_children(supervisor: Supervisor, settings: Settings) -> None:
    worker, learner = partial(_run_command, "worker"), partial(_run_command, "worker", "--queue", "learn")
    supervisor.start(
        *(
            Child(f"worker-{number}", worker, stop_seconds=_WORKER_STOP_SECONDS)
            for number in range(1, settings.worker_processes + 1)
        ),
        *([Child("learner", learner, stop_seconds=_LEARNER_STOP_SECONDS)] if settings.learn else []),
    )
    supervisor.start(Child("watcher", partial(_run_command, "watch")), Child("web", partial(_run_command, "web")))


def _run_command(*arguments: str) -> None:
    """Run a command in this process as if it had been typed: the same settings, the same sentence when it fails."""
    from workers.cli import desk

    desk(list(arguments), prog_name="proofdesk")


def _make_folders(settings: Settings) -> None:
    """Create the drop folder and the output folder where they are missing.

    Raises:
        ConfigurationError: one of them can't be made.
    """
    for variable, folder in (("PROOFDESK_DROP", settings.drop_path), ("PROOFDESK_OUT", settings.out_path)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"The folder {folder} can't be made ({error.strerror}). "
                f"Give this user the right to, or set {variable} to another folder."
            ) from error


def troubles(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each thing outside that is not as it should be; all that does not need it works."""
    for folder, why, rights in (
        (settings.drop_path, "Nothing can be taken from", os.R_OK | os.W_OK | os.X_OK),
        (settings.out_path, "Nothing can be delivered to", os.W_OK | os.X_OK),
    ):
        if not os.access(folder, rights):
            yield f"{why} {folder}: give this user the right to write there. It is tried again until then."
    if settings.redis_url and not is_answering(settings.redis_url):
        yield (
            "The queue server does not answer: check that REDIS_URL is right and its server runs. "
            "Documents are taken in meanwhile, and read once it is there."
        )


def _load(settings: Settings) -> None:
    """Load what the children need, once for all of them; nothing here starts a thread or opens a database.

    Raises:
        ConfigurationError: a document type or its folder is not there, or can't be read.
    """
    from pipeline import assembly

    assembly.check_types(settings)
    assembly.preload(settings)
    for module in ("workers.main", "workers.watch", "workers.web", APPLICATION.partition(":")[0]):
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # what is shared with all forks stays so: their collectors would copy it page by page


def _migrate(settings: Settings) -> None:
    from pipeline import assembly  # loaded here: what is refused before needs no database library

    copy = assembly.upgrade(settings)
    if copy is not None:
        logger.info("database.upgraded", copy=str(copy))


def _create_first(settings: Settings) -> tuple[str, str | None] | None:
    """Create the first account; return its name and one-time password where that just happened."""
    from pipeline import assembly
    from workers.rq_queue import RqQueue

    queue = RqQueue.from_settings(settings)
    services = assembly.build(settings, queue)
    try:
        return services.accounts.ensure_first(settings.admin_password)
    finally:
        services.close()
        queue.close()


def _environment_of(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the children's environment: the parent's, with addresses spelled out and without the first password."""
    inherited = {name: value for name, value in environment.items() if name != "PROOFDESK_ADMIN_PASSWORD"}
    return inherited | {
        "PROOFDESK_DATA": str(settings.data_path),
        "REDIS_URL": settings.redis_url or url_of(settings),
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def _only_one(settings: Settings) -> Generator[int]:
    """Hold the data folder for this process; yield the descriptor that does.

    Raises:
        ConfigurationError: it can't be written, or another `up` holds it.
    """
    path = settings.data_path / "up.lock"
    try:
        settings.data_path.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = path.open("a+")
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {settings.data_path} can't be written ({error.strerror}). "
            "Give this user the right to, or set PROOFDESK_DATA to another folder."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(
                f"Proofdesk already runs on the data folder {settings.data_path}. "
                "Stop it first, or set PROOFDESK_DATA to another folder."
            ) from error
        yield lock.fileno()


def check_room(settings: Settings, free_bytes: int) -> None:
    """Check that the data folder's disk has room for a start; what runs already waits for room by itself.

    Raises:
        ConfigurationError: it has not.
    """
    if free_bytes < _ROOM_BYTES_MIN:
        raise ConfigurationError(
            f"The disk that holds {settings.data_path} is full. Make room on it, "
            "or set PROOFDESK_DATA to a folder on another disk."
        )


def _check_port(settings: Settings) -> None:
    """Check that the web server will get its port.

    Raises:
        ConfigurationError: something else has it, or this user may not have it.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"Something else already listens on {where}. Stop it, or set PROOFDESK_PORT to a free port."
            ) from error
        raise ConfigurationError(
            f"The web server can't listen on {where} ({error.strerror}). Set PROOFDESK_HOST and PROOFDESK_PORT anew."
        ) from error


def _wait_until_ready(supervisor: Supervisor, settings: Settings) -> None:
    """Return once the web server answers, or earlier where asked to stop; where it takes too long, say so."""
    deadline = time.monotonic() + _READY_SECONDS
    opener = build_opener(ProxyHandler({}))
    while not supervisor.is_stopping and time.monotonic() < deadline:
        try:
            with opener.open(f"{reachable_url(settings)}/healthz", timeout=2):
                return
        except (URLError, OSError):
            supervisor.look_after()
            supervisor.wait(0.1)
    if not supervisor.is_stopping:
        logger.warning("up.web_not_ready", after_seconds=_READY_SECONDS, see="the log above, or proofdesk doctor")


def _greet(settings: Settings, first: tuple[str, str | None] | None, notes: Sequence[str]) -> None:
    """Say where everything is; the one-time password appears here and nowhere else, and only this once."""
    lines = [
        "",
        f"  Proofdesk is running at  {reachable_url(settings)}",
        f"  Drop documents into      {settings.drop_path}",
        f"  Approved records go to   {settings.out_path}",
    ]
    if first is not None:
        name, password = first
        lines.append(f"  Log in as                {name}")
        lines.append(
            f"  One-time password        {password}   (shown only now; you choose your own when you log in)"
            if password
            else "  Password                 the one in PROOFDESK_ADMIN_PASSWORD"
        )
    lines += ["  Stop it with             Ctrl-C", ""]
    lines += [line for note in notes for line in (f"  {note}", "")]
    click.echo("\n".join(lines))
    sys.stdout.flush()
