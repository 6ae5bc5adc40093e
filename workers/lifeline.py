"""No orphans: a child asks the kernel for a signal when the process that started it is gone."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1

# Loaded before any fork: loading a library between fork and exec is not safe
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


def die_with(parent: int, sent: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send `sent` to this process when its parent dies, however that happens; Linux only.

    Call it in the child between fork and exec, or at the top of a forked function. It outlives exec, and ends at the
    next fork. It follows the thread that forked: start children from the main thread.

    Args:
        parent: process id of the parent, taken before the fork, so that one that is dead already is noticed.
        sent: the signal; one that the child can't miss where it has nothing to put in order.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(sent), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), sent)
