"""Work in a process that is killed at a chosen line: nothing is flushed, closed or rolled back, as with `kill -9`."""

import os
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

WITH_EFFECTS = (
    "pipeline/services/intake.py",
    "pipeline/services/arrivals.py",
    "pipeline/services/claimed.py",
    "pipeline/services/moving.py",
    "pipeline/services/processing.py",
    "pipeline/services/approving.py",
    "pipeline/services/delivering.py",
    "pipeline/delivery/folder.py",
    "pipeline/store/blobs.py",
    "pipeline/store/draft.py",
    "pipeline/store/vault.py",
    "pipeline/sealed_file.py",
    "pipeline/store/readings.py",
    "pipeline/store/engine.py",
)
"""Modules whose lines are counted: those that change a disk or a database, and open and close transactions."""
ENDED, KILLED, BROKEN = 0, 9, 7
"""What a process ends with: its work done, at the chosen line, or on an error that the test shows."""


def run_to(work: Callable[[], object], line: int | None) -> int:
    """Do the work in a process of its own, which is killed when it reaches that line; return how many lines it ran.

    None lets it end.
    """
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        _work_and_die(work, line, writes)
    os.close(writes)
    with open(reads, encoding="utf-8") as told:  # noqa: PTH123 - it is a pipe
        said = told.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (ENDED, KILLED), said
    return int(said) if code == ENDED else line or 0


def _work_and_die(work: Callable[[], object], line: int | None, told: int) -> NoReturn:
    """Never return, and never let the test's own process see what happened here."""
    ran = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal ran
        if not frame.f_code.co_filename.endswith(WITH_EFFECTS):
            return None
        if event == "line":
            ran += 1
            if ran == line:
                os._exit(KILLED)
        return trace

    try:
        threading.settrace(trace)
        sys.settrace(trace)
        work()
        sys.settrace(None)
        os.write(told, str(ran).encode())
        os._exit(ENDED)
    except BaseException:  # noqa: BLE001 - told to the test, which fails with it
        os.write(told, traceback.format_exc().encode())
    os._exit(BROKEN)
