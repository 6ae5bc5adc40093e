"""One reading process as its parent sees it: started, asked, bounded, ended."""

import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import structlog

from pipeline.errors import ReaderUnavailableError
from pipeline.ports import ReadLimits
from pipeline.readers.confine import leave_parent
from pipeline.readers.frames import ClosedError, Frame, GarbledError, Kind, LateError, receive, send

log: Any = structlog.get_logger()

START_SECONDS = 30.0
LAST_KINDS = (Kind.DONE, Kind.IMAGE, Kind.ERROR)
UNAVAILABLE_SENTENCE = (
    "The reading process could not be started. Run `proofdesk doctor`; the document will be tried again."
)
DYING_SECONDS = 2.0


class ReadingProcess:
    """A confined child that reads one file at a time.

    It is forked where this process has a single thread: a queue's work horse has the libraries loaded, so the child
    costs milliseconds instead of the 0.3 s of a fresh interpreter. With several threads (web server, watcher) a fork
    could copy a held lock, and on macOS system libraries do not survive it: a fresh interpreter is started, with an
    environment that holds none of the parent's secrets.
    """

    def __init__(self, limits: ReadLimits) -> None:
        """Start it.

        Raises:
            ReaderUnavailableError: it did not come up.
        """
        self.owner = os.getpid()
        self.address_space = limits.bytes
        self.answered = 0
        self.grown = 0
        """Bytes of memory held after its last answer beyond what it began with, which it may share with its parent."""
        self.peak = 0
        """Bytes of memory it held at its largest; known once it has ended."""
        self.is_fit = True
        """False while it reads, and after an answer that another file should not follow."""
        self.ended = False
        self._status: int | None = None
        self._spawned: subprocess.Popen[bytes] | None = None
        try:
            self._start()
        except OSError as error:
            raise ReaderUnavailableError(UNAVAILABLE_SENTENCE) from error
        try:
            hello = receive(self.answers, time.monotonic() + START_SECONDS)
        except (ClosedError, LateError, GarbledError) as error:
            log.warning("reading_process_did_not_start", status=self.end())
            raise ReaderUnavailableError(UNAVAILABLE_SENTENCE) from error
        self._began_with = hello.resident
        facts: dict[str, Any] = json.loads(hello.payload)
        self.network_isolated = facts.get("network_isolated") is True

    def _start(self) -> None:
        theirs_in, self.requests = os.pipe()
        self.answers, theirs_out = os.pipe()
        try:
            if can_fork():
                self.pid = self._fork(theirs_in, theirs_out)
            else:
                self.pid = self._spawn(theirs_in, theirs_out)
        except OSError:
            self._close()
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)

    def _fork(self, requests: int, answers: int) -> int:
        # loaded before the fork, once; in a work horse its worker has done it already
        child: Any = importlib.import_module("pipeline.readers.child")
        parent = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        try:
            leave_parent((requests, answers))
            child.serve(requests, answers, self.address_space, parent)
        finally:
            # nothing of the parent's is to be flushed, finalised or run at exit here
            os._exit(0)

    def _spawn(self, requests: int, answers: int) -> int:
        # the kernel means the starting thread when it speaks of the parent's death
        main_thread = threading.current_thread() is threading.main_thread()
        arguments = (requests, answers, self.address_space, os.getpid() if main_thread else 0)
        self._spawned = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipeline.readers.child", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(requests, answers),
            env={"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
        )
        return self._spawned.pid

    def ask(self, request: dict[str, object], seconds: float) -> Iterator[Frame]:
        """Yield the answer's frames, the last one included.

        Raises:
            ClosedError: the process ended; `end()` says how.
            LateError: it took longer than `seconds`.
            GarbledError: it sent nonsense.
        """
        deadline = time.monotonic() + seconds
        send(self.requests, Frame(Kind.REQUEST, json.dumps({**request, "seconds": seconds}).encode()))
        while True:
            frame = receive(self.answers, deadline)
            if frame.kind in LAST_KINDS:
                self.answered += 1
                self.grown = frame.resident - self._began_with
                yield frame
                return
            if frame.kind is not Kind.PAGE:
                raise GarbledError
            yield frame

    def end(self) -> int | None:
        """End the process where it still runs; return its exit code, negative for the signal that ended it.

        None where it was this call that ended it. In a process forked from the owner only the pipes are let go.
        """
        if self.ended:
            return None
        self.ended = True
        if os.getpid() != self.owner:
            self._close()
            return None
        # a child that let go of its pipe is dying on its own: how is worth a moment's wait
        status = self._wait(DYING_SECONDS if self.has_let_go() else 0.0)
        self._close()
        return status

    def _wait(self, patience: float) -> int | None:
        until = time.monotonic() + patience
        try:
            while not self._is_reaped(os.WNOHANG):
                if time.monotonic() >= until:
                    os.kill(self.pid, signal.SIGKILL)
                    self._is_reaped(0)
                    return None
                time.sleep(0.001)
        except (ChildProcessError, ProcessLookupError):
            # somebody else in this process waits for any child, and got it
            return None
        return self._status

    def _is_reaped(self, options: int) -> bool:
        pid, status, usage = os.wait4(self.pid, options)
        if not pid:
            return False
        self._status = os.waitstatus_to_exitcode(status)
        self.peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        if self._spawned is not None:
            self._spawned.returncode = self._status
        return True

    def has_let_go(self) -> bool:
        """Return whether the process has closed its end of the pipe: it is dead or dying."""
        poll = select.poll()
        poll.register(self.answers, 0)
        return any(event & select.POLLHUP for _, event in poll.poll(0))

    def _close(self) -> None:
        for descriptor in (self.requests, self.answers):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self.requests = self.answers = -1


def can_fork() -> bool:
    """Return whether this process has a single thread, native ones included, on a system where forks are sound."""
    if sys.platform != "linux" or threading.active_count() != 1:
        return False
    with contextlib.suppress(OSError):
        return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - names are counted, not used
    return False
