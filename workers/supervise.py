"""Child processes of one parent: started together, started again when they die, stopped in order, never orphaned.

They are forks of a parent that has loaded what they need: a part is there in milliseconds, not in the seconds that
loading costs, and all hold the libraries together. The parent opens nothing that must not be shared: no thread, no
database.
"""

import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from types import FrameType

import structlog
from setproctitle import setproctitle

from workers.lifeline import die_with

_WAIT_SECONDS_MIN = 1.0
_WAIT_SECONDS_MAX = 60.0
_STEADY_SECONDS = 60.0
"""A child that ran this long is trusted again: its next restart comes at once."""

_IMPATIENT = 2
"""Signals to stop after which nobody is waited for."""
_LAST_SECONDS = 3.0
"""How long a child has after it was asked again: a worker drops its document, and leaves it ready for the next."""

_HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

log = structlog.get_logger()


@dataclass
class Child:
    """One process to keep running.

    Args:
        name: for the log and the list of processes: web, watcher, worker-1.
        part: what it does, until it returns or raises SystemExit.
        stop_seconds: how long it may take to stop before it is killed.
    """

    name: str
    part: Callable[[], object]
    stop_seconds: float = 10.0
    process: ForkProcess | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)
    wait_seconds: float = field(default=0.0, init=False)
    start_again_at: float | None = field(default=None, init=False)

    def start(self, become: Callable[[str], None]) -> None:
        """Start it as a fork, which calls `become` with its name first.

        It shuns none of the signals to stop: they wait until its own handlers, or none, are in force.
        """
        self.process = get_context("fork").Process(target=self._run, args=(become,), name=self.name)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self.started_at = time.monotonic()
        self.start_again_at = None

    def _run(self, become: Callable[[str], None]) -> None:
        become(self.name)
        self.part()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def died(self) -> None:
        """Note that it died: it is started again, at first at once, then after ever longer waits."""
        now = time.monotonic()
        if now - self.started_at >= _STEADY_SECONDS:
            self.wait_seconds = 0.0
        self.start_again_at = now + self.wait_seconds
        self.wait_seconds = min(max(self.wait_seconds * 2, _WAIT_SECONDS_MIN), _WAIT_SECONDS_MAX)


class Supervisor:
    """Keeps children running until a signal asks to stop; it sleeps for as long as nothing happens."""

    def __init__(self, environment: Mapping[str, str], own: Iterable[int] = ()) -> None:
        """Set it up.

        Args:
            environment: the children's.
            own: descriptors that the children must not hold: what is locked by them stays locked until the last is
                closed.
        """
        self.environment = environment
        self.own = list(own)
        self.pid = os.getpid()
        self.stages: list[list[Child]] = []
        self.times_asked = 0
        self._receiver, self._sender = socket.socketpair()
        for end in (self._receiver, self._sender):
            end.setblocking(False)

    @property
    def is_stopping(self) -> bool:
        return self.times_asked > 0

    @property
    def children(self) -> list[Child]:
        return [child for stage in self.stages for child in stage]

    def listen(self) -> None:
        """Take SIGTERM, SIGINT and SIGHUP as the wish to stop, and notice children that die.

        SIGINT counts even where the shell ignores it for what it starts in the background; `nohup` is heeded.
        """
        signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        for sent in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if sent != signal.SIGHUP or signal.getsignal(sent) is not signal.SIG_IGN:
                signal.signal(sent, self._stop)
        signal.signal(signal.SIGCHLD, _notice)

    def start(self, *stage: Child) -> None:
        """Start children that are stopped together, after those of all later stages."""
        self.stages.append(list(stage))
        for child in stage:
            child.start(self._become)

    def wait(self, seconds: float) -> None:
        """Return after that many seconds, or as soon as a signal came."""
        readable, _, _ = select.select([self._receiver], [], [], max(0.0, seconds))
        if readable:
            self._receiver.recv(4096)

    def run(self, each: Callable[[], float]) -> None:
        """Keep the children running until asked to stop.

        Args:
            each: called whenever something happened; returns in how many seconds it wants to be called again.
        """
        while not self.is_stopping:
            self.look_after()
            again = each()
            now = time.monotonic()
            due = [child.start_again_at - now for child in self.children if child.start_again_at is not None]
            self.wait(min([again, *due]))

    def stop(self) -> None:
        """Stop the children, the last stage first, and return when all are gone; further signals hurry them."""
        for stage in reversed(self.stages):
            for child in stage:
                child.start_again_at = None
                if child.process is not None and child.is_running:
                    child.process.terminate()
            for child in stage:
                self._wait_for(child)

    def _wait_for(self, child: Child) -> None:
        if child.process is None:
            return
        self._wait_until_gone(child, child.stop_seconds, _IMPATIENT)
        if child.is_running:
            child.process.terminate()
            self._wait_until_gone(child, _LAST_SECONDS, _IMPATIENT + 1)
        if child.is_running:
            log.warning("up.killed", child=child.name)
            child.process.kill()
            child.process.join()

    def _wait_until_gone(self, child: Child, seconds: float, times_asked: int) -> None:
        """Return when the child is gone, when the time is over, or when we were asked that often to stop."""
        deadline = time.monotonic() + seconds
        while child.is_running and self.times_asked < times_asked and (left := deadline - time.monotonic()) > 0:
            self.wait(min(left, 1.0))

    def look_after(self) -> None:
        """Note which children died, and start again those whose wait is over."""
        now = time.monotonic()
        for child in self.children:
            if child.start_again_at is not None:
                if child.start_again_at <= now:
                    child.start(self._become)
                    log.info("up.started_again", child=child.name)
            elif not child.is_running and child.process is not None:
                child.died()
                log.warning("up.child_died", child=child.name, status=child.process.exitcode)

    def _become(self, name: str) -> None:
        """Turn the fork into a process of its own, as if it had been started by hand with the children's environment.

        Called with the signals blocked; the last thing it does is to let them in.
        """
        os.setsid()  # Ctrl-C reaches only the parent, which stops the others in order
        signal.set_wakeup_fd(-1)
        for sent in _HANDLED:
            if signal.getsignal(sent) is not signal.SIG_IGN:
                signal.signal(sent, signal.default_int_handler if sent == signal.SIGINT else signal.SIG_DFL)
        for end in (self._receiver, self._sender):
            end.close()
        for descriptor in self.own:
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(self.environment)
        setproctitle(f"proofdesk {name}")
        die_with(self.pid, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.times_asked += 1


def _notice(signum: int, frame: FrameType | None) -> None:
    """Nothing: that the signal came is written to the wake-up socket."""
