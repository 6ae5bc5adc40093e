"""Composition root of the watcher: the drop folder is scanned, settled files are claimed, and the sweep runs."""

import structlog

from pipeline import assembly
from pipeline.settings import Settings
from workers import log
from workers.folder import DropFolder
from workers.rq_queue import RqQueue
from workers.waker import Waker
from workers.watcher import WATCHER, Claims, Watcher, tell

_AFTER_FAILURE_SECONDS = 5.0

logger = structlog.get_logger()


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
            data=settings.data_path,
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
            tell("recover.failed", error)
            waker.wait(_AFTER_FAILURE_SECONDS)
        else:
            if finished:
                logger.info("watcher.recovered", files=finished)
            return
