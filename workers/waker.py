"""Sleep that a signal or an event in the drop folder ends early."""

import contextlib
import os
import selectors
import signal
import socket
import threading
import time
from pathlib import Path
from types import FrameType

import structlog
import watchfiles

from pipeline.services.intake import RESERVED
from workers.watcher import SCAN_APART_SECONDS

logger = structlog.get_logger()


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
                self._pause(min(seconds, SCAN_APART_SECONDS))
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
