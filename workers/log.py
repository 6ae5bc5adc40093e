"""Logging for every process: an event name and ids on standard error, never a value read from a document."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog


def configure(part: str, stream: TextIO | None = None) -> None:
    """Send this process's log to standard error: plain lines on a terminal, JSON anywhere else.

    Args:
        part: which part of Proofdesk speaks: watcher, worker, up.
        stream: where to instead of standard error.
    """
    stream = stream or sys.stderr
    structlog.contextvars.bind_contextvars(part=part)
    renderer: Any = structlog.dev.ConsoleRenderer() if stream.isatty() else structlog.processors.JSONRenderer()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_places,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Their INFO is a line or more for each job, each poll and each request
    for name in ("rq", "rq.worker", "rq.job", "rq.queue", "watchfiles", "pdfminer", "pikepdf", "alembic", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.WARNING)


def keep_to_warnings() -> None:
    """For commands whose output is an answer: only warnings are logged, and never on standard output."""
    _keep_to(logging.WARNING)


def keep_to_errors() -> None:
    """The same for commands that say themselves what is not as it should be."""
    _keep_to(logging.ERROR)


def _keep_to(level: int) -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def frames(error: BaseException) -> list[str]:
    """Return where `error` came from, innermost last, without any message.

    A message may quote what was read ("could not convert string to float: '12,30'"), so only types and places are
    told; they name the bug just as well.
    """
    told: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        kind = type(current)
        places = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(current.__traceback__)
        ]
        told = [*places, f"{kind.__module__}.{kind.__qualname__}", *told]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return told


def tell_places(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the traceback of a log entry, ours or a library's, by `frames`: no message gets into the log."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["frames"] = frames(error)
    return event
