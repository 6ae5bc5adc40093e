"""The fields and lists of a model learned side by side, in forks of the horse that trains."""

import os
import signal
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from pipeline.extraction.learned.tasks import Learned, Spread, Task, largest_first, learn
from workers.lifeline import die_with

FORKED_FROM = 400
"""Lessons, over all fields, from which forking pays."""


class _Here:
    """What the forks find: nothing of it is copied or sent."""

    tasks: tuple[Task, ...] = ()


def side_by_side(processes: int, forked_from: int = FORKED_FROM) -> Spread:
    """Return what learns the fields in so many processes, the largest first; the same models come out of it.

    Args:
        processes: as many as there are cores.
        forked_from: lessons, over all fields, from which it is worth while.

    The process that asks must have no thread besides its own, as a horse has not: it is forked.
    """

    def spread(_learn: object, tasks: Iterable[Task]) -> Iterable[Learned]:
        listed = tuple(tasks)
        if processes < 2 or sum(len(task.lessons) for task in listed) < forked_from:
            return [learn(task) for task in listed]
        order = largest_first(listed)
        _Here.tasks = listed
        try:
            with ProcessPoolExecutor(
                processes, mp_context=get_context("fork"), initializer=_begin, initargs=(os.getpid(),)
            ) as pool:
                results = dict(zip(order, pool.map(_learn_at, order), strict=True))
        finally:
            _Here.tasks = ()
        return [results[at] for at in range(len(listed))]

    return spread


def _begin(parent: int) -> None:
    """Die with the process that asked, and leave the signals that stop it to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    die_with(parent, signal.SIGKILL)


def _learn_at(at: int) -> Learned:
    return learn(_Here.tasks[at])
