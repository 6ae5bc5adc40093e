"""Composition root of the watcher: the drop folder is scanned, settled files are claimed, and the sweep runs."""

import contextlib
import json
import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

import structlog
import watchfiles

from pipeline import assembly
from pipeline.domain.actors import Actor
from pipeline.errors import PipelineError
from pipeline.services.intake import BATCH, RESERVED
from pipeline.settings import Settings
from workers import log
from workers.folder import DropFolder
from workers.rq_queue import RqQueue

WATCHER = Actor.machine("watcher")
REPORT_NAME = "watcher.json"

_SCAN_APART_SECONDS = 0.25
_REPORT_SECONDS = 60.0
_AFTER_FAILURE_SECONDS = 5.0

logger = structlog.get_logger()


class Claims(Protocol):
    """What the watcher asks of `services.intake`."""

    def claim(self, paths: Sequence[Path], *, by: Actor) -> int: ...

    def recover(self, *, by: Actor) -> int: ...


class Sweeps(Protocol):
    """What the watcher asks of `services.sweeping`."""

    def sweep(self, *, by: Actor) -> object: ...


@dataclass
class Watcher:
    """One pass after the other: scan, claim in batches, sweep in between. It holds no list of the folder's files."""

    intake: Claims
    sweeping: Sweeps
    folder: DropFolder
    rescan_seconds: float
    sweep_seconds: float
    report_to: Path
    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    stopping: Callable[[], bool] = lambda: False
    _swept_at: float = field(default=float("-inf"), init=False)
    _reported: tuple[float, str] = field(default=(float("-inf"), ""), init=False)

    def step(self) -> float:
        """Go through the folder once and claim what is ready; return in how many seconds to look again.

        Events may bring the next look forward; nothing depends on them.
        """
        began = self.monotonic()
        taken = 0
        batch: list[Path] = []
        self.sweep_if_due()
        for path in self.folder.scan(began, self.wall()):
            batch.append(path)
            if len(batch) == BATCH:
                taken += self._claim(batch)
                batch = []
                self.sweep_if_due()
            if self.stopping():
                return 0.0
        taken += self._claim(batch)
        self._report()
        if taken:
            return _SCAN_APART_SECONDS
        if self.folder.findings.waiting:
            soon = max(self.folder.settling.settle_seconds / 2, 2 * (self.monotonic() - began), _SCAN_APART_SECONDS)
            return min(soon, self.rescan_seconds)
        return min(self.rescan_seconds, self.sweep_seconds)

    def sweep_if_due(self) -> None:
        """Do the periodic work where its time has come; its failure must not stop intake."""
        if self.monotonic() - self._swept_at < self.sweep_seconds:
            return
        self._swept_at = self.monotonic()
        try:
            self.sweeping.sweep(by=WATCHER)
        except Exception as error:  # noqa: BLE001 - told; the next sweep does what this one left
            _tell("sweep.failed", error)

    def _claim(self, batch: list[Path]) -> int:
        """Claim the batch; where that fails, one by one, so that a single bad file can't hold up the others."""
        if not batch:
            return 0
        try:
            taken = self.intake.claim(batch, by=WATCHER)
        except Exception as error:  # noqa: BLE001 - told; the files are still there, and are put off
            _tell("claim.failed", error, files=len(batch))
            if len(batch) == 1:
                self.folder.put_off(batch[0], self.monotonic())
                return 0
            return sum(self._claim([path]) for path in batch if not self.stopping())
        for path in batch:
            if os.path.lexists(path):
                self.folder.put_off(path, self.monotonic())
            else:
                self.folder.taken(path)
        return taken

    def _report(self) -> None:
        """Write what was left in the folder where `proofdesk status` and `proofdesk doctor` look for it."""
        found = self.folder.findings
        content = {
            "waiting": found.waiting,
            "left_in_place": {kind.value: count for kind, count in found.trouble.items()},
            "named": [[kind.value, name] for kind, name in found.named],
        }
        text = json.dumps(content)
        at, before = self._reported
        if text == before and self.monotonic() - at < _REPORT_SECONDS:
            return
        content |= {"at": self.wall(), "pid": os.getpid(), "host": socket.gethostname()}
        partial = self.report_to.with_suffix(f".{os.getpid()}.tmp")
        try:
            partial.write_text(json.dumps(content))
            partial.replace(self.report_to)
        except OSError as error:
            logger.warning("watcher.report_failed", error=type(error).__name__)
            return
        self._reported = (self.monotonic(), text)


class Waker:
    """Waits for a time to pass, and is woken earlier by a signal to stop or by an event in the folder."""

    def __init__(self) -> None:
        self.is_stopping = False
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._receiver, selectors.EVENT_READ)
        self._over = threading.Event()

    def listen(self) -> None:
        """Take SIGTERM and SIGINT as the wish to stop."""
        signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        for sent in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sent, self._stop)

    def watch(self, root: Path) -> None:
        """Be woken by events below the folder, where the system has them; a network mount may have none."""
        threading.Thread(target=self._watch, args=(root,), name="events", daemon=True).start()

    def wait(self, seconds: float) -> None:
        """Return after that many seconds, or soon after an event, but not sooner than scans may follow each other."""
        if self._selector.select(seconds):
            self._drain()
            if not self.is_stopping:
                self._pause(min(seconds, _SCAN_APART_SECONDS))
        self._drain()

    def close(self) -> None:
        self._over.set()
        signal.set_wakeup_fd(-1)

    def _pause(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.is_stopping and (left := deadline - time.monotonic()) > 0:
            time.sleep(left)  # ended early by no event; by a signal only after its handler ran

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._receiver.recv(4096):
                pass

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def _watch(self, root: Path) -> None:
        reserved = tuple(f"{root / name}{os.sep}" for name in RESERVED)

        def is_ours(change: watchfiles.Change, path: str) -> bool:
            return change is not watchfiles.Change.deleted and not path.startswith(reserved)

        try:
            # A coarse step: it wakes this often for as long as nothing happens
            for _ in watchfiles.watch(root, watch_filter=is_ours, step=500, debounce=1000, stop_event=self._over):
                with contextlib.suppress(BlockingIOError):
                    self._sender.send(b"e")
        except (OSError, RuntimeError) as error:
            logger.warning("watcher.no_events", error=type(error).__name__, instead="rescan")


def run(settings: Settings) -> None:
    """Watch until SIGTERM or SIGINT; the batch at hand is finished first."""
    log.configure("watcher")
    waker = Waker()
    waker.listen()
    queue = RqQueue.from_settings(settings)
    services = assembly.build(settings, queue)
    root = settings.drop_path
    root.mkdir(parents=True, exist_ok=True)
    settings.data_path.mkdir(parents=True, exist_ok=True)
    try:
        _recover(services.intake, waker)
        watcher = Watcher(
            intake=services.intake,
            sweeping=services.sweeping,
            folder=DropFolder(root, settings.settle_seconds),
            rescan_seconds=settings.rescan_seconds,
            sweep_seconds=settings.sweep_seconds,
            report_to=settings.data_path / REPORT_NAME,
            stopping=lambda: waker.is_stopping,
        )
        waker.watch(root)
        logger.info("watcher.watching", rescan_seconds=settings.rescan_seconds)
        while not waker.is_stopping:
            waker.wait(watcher.step())
    finally:
        waker.close()
        services.close()
        queue.close()
    logger.info("watcher.stopped")


def _recover(intake: Claims, waker: Waker) -> None:
    """Finish what a killed process left in the claimed folder, trying until that worked."""
    while not waker.is_stopping:
        try:
            finished = intake.recover(by=WATCHER)
        except Exception as error:  # noqa: BLE001 - told, and tried again
            _tell("recover.failed", error)
            waker.wait(_AFTER_FAILURE_SECONDS)
        else:
            if finished:
                logger.info("watcher.recovered", files=finished)
            return


def _tell(event: str, error: Exception, **ids: int) -> None:
    """Log a failure: an outage by its code, a bug by its frames."""
    if isinstance(error, PipelineError):
        logger.warning(event, code=error.code, **ids)
    else:
        logger.error(event, frames=log.frames(error), **ids)
