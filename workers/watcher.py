"""One pass over the drop folder after the other: scan, claim what has settled, sweep in between, report."""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

from pipeline.domain.actors import Actor
from pipeline.errors import PipelineError
from pipeline.services.intake import BATCH
from workers import log, report
from workers.folder import DropFolder

WATCHER = Actor.machine("watcher")
SCAN_APART_SECONDS = 0.25
"""Scans follow each other no faster, however many events come."""

_REPORT_SECONDS = 60.0

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
    data: Path
    """The data folder, for the report."""
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
            return SCAN_APART_SECONDS
        if self.folder.findings.waiting:
            soon = max(self.folder.settling.settle_seconds / 2, 2 * (self.monotonic() - began), SCAN_APART_SECONDS)
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
            tell("sweep.failed", error)

    def _claim(self, batch: list[Path]) -> int:
        """Claim the batch; where that fails, one by one, so that a single bad file can't hold up the others."""
        if not batch:
            return 0
        try:
            taken = self.intake.claim(batch, by=WATCHER)
        except Exception as error:  # noqa: BLE001 - told; the files are still there, and are put off
            tell("claim.failed", error, files=len(batch))
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
        try:
            report.write(self.data, content, self.wall())
        except OSError as error:
            logger.warning("watcher.report_failed", error=type(error).__name__)
            return
        self._reported = (self.monotonic(), text)


def tell(event: str, error: Exception, **ids: int) -> None:
    """Log a failure: an outage by its code, a bug by its frames."""
    if isinstance(error, PipelineError):
        logger.warning(event, code=error.code, **ids)
    else:
        logger.error(event, frames=log.frames(error), **ids)
