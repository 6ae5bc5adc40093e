"""The OCR process as everybody else sees it: found or started, asked, bounded.

One machine runs one such process a user, however many workers ask: whoever finds none takes the lock, opens the
socket that callers connect to, and starts the process with both in its hands. The lock goes with the process, however
it ends, so there is never a second one and never a stale one. It outlives its starter (a queue's work horse lives for
one job, and loading takes a second) and ends by itself once nobody has asked for a minute.
"""

import contextlib
import fcntl
import getpass
import hashlib
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import structlog
from pydantic import ValidationError

from pipeline.errors import ReaderUnavailableError
from pipeline.readers.frames import ClosedError, Frame, GarbledError, Kind, LateError, receive, send
from pipeline.readers.ocr.choice import EngineChoice, choose
from pipeline.readers.ocr.protocol import ReadImage

log: Any = structlog.get_logger()

BACKLOG = 64
"""Callers that may wait at once; more of them try again."""
ANSWER_BYTES_MAX = 32 * 1024**2
TRIES_MAX = 6
START_SECONDS = 60.0
PAUSE_SECONDS = 0.05
SOCKET_PATH_MAX = 100
"""Bytes of a socket's path: the kernel allows some 107."""

UNAVAILABLE_SENTENCE = "The OCR process could not be started. Run `proofdesk doctor`; the document will be tried again."
BUSY_SENTENCE = "The OCR process is busy with other documents; this one will be tried again."
FOLDER_SENTENCE = (
    "The folder {0}, which the OCR process is reached through, belongs to somebody else. Remove it, or set TMPDIR to "
    "a folder of your own."
)


class PageNotReadError(Exception):
    """The OCR process gave up on one image; the message says why, for a log."""


class OcrClient:
    """Asks the machine's OCR process, starting it where there is none. Safe for threads and across forks."""

    def __init__(self, folder: Path | None = None, threads: int = 0, engine: EngineChoice | None = None) -> None:
        """Set up a client; nothing is started yet.

        Args:
            folder: which the process is reached through; the user's own where None.
            threads: that the process uses; 0 leaves it to the process.
            engine: what reads; RapidOCR where None.
        """
        self._folder = folder
        self._threads = threads
        self._engine = engine or choose("rapidocr")
        self.version = self._engine.version

    @property
    def folder(self) -> Path:
        if self._folder is not None:
            return self._folder
        return Path(tempfile.gettempdir()) / f"proofdesk-ocr-{_user()}"

    def read(self, image: bytes, seconds: float, patience: float) -> ReadImage:
        """Return what stands on an image.

        Args:
            image: header and grey pixels, as in `protocol`.
            seconds: that reading it may take.
            patience: seconds to wait for one's turn.

        Raises:
            PageNotReadError: it took too long, or the process gave up on it.
            ReaderUnavailableError: there is no process to ask, or its queue is too long.
        """
        with self._asked("read", seconds, patience) as (caller, _):
            try:
                send(caller.fileno(), Frame(Kind.PIXELS, image))
                answer = receive(caller.fileno(), time.monotonic() + seconds + 10.0, bytes_max=ANSWER_BYTES_MAX)
                if answer.kind is not Kind.DONE:
                    raise PageNotReadError("refused")
                return ReadImage.model_validate_json(answer.payload)
            except LateError:
                raise PageNotReadError("late") from None
            except (ClosedError, GarbledError, ValidationError) as error:
                raise PageNotReadError(type(error).__name__) from error

    def network_isolated(self) -> bool:
        """Return whether the process was seen to have no network: for `proofdesk doctor`.

        Raises:
            ReaderUnavailableError: none could be started.
        """
        return self._facts().get("network_isolated") is True

    def process_id(self) -> int:
        """Return the process's id, starting one where there is none."""
        return int(self._facts()["pid"])

    def _facts(self) -> dict[str, Any]:
        with self._asked("hello", 1.0, START_SECONDS) as (_, facts):
            return facts

    @contextlib.contextmanager
    def _asked(self, call: str, seconds: float, patience: float) -> Generator[tuple[socket.socket, dict[str, Any]]]:
        """Yield a connection whose turn has come, and what the process says of itself."""
        until = time.monotonic() + patience + START_SECONDS
        request = Frame(Kind.REQUEST, json.dumps({"call": call, "seconds": seconds}).encode())
        deaths = 0
        while time.monotonic() < until:
            caller = self._connected(until)
            with caller:
                try:
                    send(caller.fileno(), request)
                    hello = receive(caller.fileno(), until, bytes_max=4096)
                    facts: dict[str, Any] = json.loads(hello.payload)
                except LateError:
                    raise ReaderUnavailableError(BUSY_SENTENCE) from None
                except (ClosedError, GarbledError, ValueError):
                    # it ended before our turn: it makes way for a fresh one, or died of somebody else's image
                    deaths += 1
                    if deaths >= TRIES_MAX:
                        raise ReaderUnavailableError(UNAVAILABLE_SENTENCE) from None
                    time.sleep(PAUSE_SECONDS)
                    continue
                yield caller, facts
                return
        raise ReaderUnavailableError(BUSY_SENTENCE)

    def _connected(self, until: float) -> socket.socket:
        place = self._prepared() / "socket"
        started = 0
        while time.monotonic() < until:
            caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                caller.connect(str(place))
                return caller
            except OSError:
                caller.close()
            if self._start(place):
                started += 1
                if started >= TRIES_MAX:
                    raise ReaderUnavailableError(UNAVAILABLE_SENTENCE)
            else:
                # somebody is starting it, it is about to end, or too many wait
                time.sleep(PAUSE_SECONDS)
        raise ReaderUnavailableError(BUSY_SENTENCE)

    def _prepared(self) -> Path:
        """Return the folder of this version's process, made for this user alone.

        Raises:
            ReaderUnavailableError: it is somebody else's, or cannot be made.
        """
        root = self.folder
        name = hashlib.sha256(f"{self.version} {_code_stamp()}".encode()).hexdigest()[:12]
        try:
            root.mkdir(mode=0o700, exist_ok=True)
            status = root.lstat()
            mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
            if not stat.S_ISDIR(status.st_mode) or not mine or status.st_mode & 0o077:
                raise ReaderUnavailableError(FOLDER_SENTENCE.format(root))
            (root / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise ReaderUnavailableError(UNAVAILABLE_SENTENCE) from error
        if len(str(root / name / "socket").encode()) > SOCKET_PATH_MAX:
            raise ReaderUnavailableError(f"The path {root} is too long for a socket. Set TMPDIR to a shorter one.")
        return root / name

    def _start(self, place: Path) -> bool:
        """Start the process unless one is alive; return whether this call did."""
        try:
            lock = os.open(place.with_name("lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ReaderUnavailableError(UNAVAILABLE_SENTENCE) from error
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
                with contextlib.suppress(FileNotFoundError):
                    place.unlink()
                listener.bind(str(place))
                listener.listen(BACKLOG)
                self._spawn(listener.fileno(), lock)
            log.info("ocr_process_started")
            return True
        except OSError as error:
            raise ReaderUnavailableError(UNAVAILABLE_SENTENCE) from error
        finally:
            os.close(lock)

    def _spawn(self, listening: int, lock: int) -> None:
        """Start the process in a session of its own, through one that ends at once: it is nobody's child."""
        arguments = [sys.executable, "-P", "-m", "pipeline.readers.ocr.server"]
        arguments += [str(listening), str(lock), str(self._threads), *self._engine]
        starter = subprocess.Popen(
            ["/bin/sh", "-c", '"$@" </dev/null >/dev/null 2>&1 &', "sh", *arguments],
            pass_fds=(listening, lock),
            start_new_session=True,
            cwd="/",
            env={
                "PYTHONPATH": os.pathsep.join(str(Path(part).absolute()) for part in sys.path if part),
                "PYTHONDONTWRITEBYTECODE": "1",
                "LC_ALL": "C.UTF-8",
                "OPENBLAS_NUM_THREADS": "1",
                "MALLOC_ARENA_MAX": "2",
            },
        )
        starter.wait(START_SECONDS)


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()


def _code_stamp() -> str:
    """Return what tells one installation's code from another's: a newer one does not ask an older one's process."""
    own = Path(__file__).parent
    return f"{own} {max(file.stat().st_mtime_ns for file in own.glob('*.py'))}"
