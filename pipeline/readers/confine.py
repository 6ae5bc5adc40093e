"""What the reading process may not do: set once, before it sees its first file."""

import ctypes
import errno
import gc
import os
import resource
import signal
import socket
import sys
from typing import Any

from pipeline.readers import seccomp

OPEN_FILES_MAX = 64
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
DEFAULT_SIGNALS = (signal.SIGTERM, signal.SIGALRM, signal.SIGPROF, signal.SIGCHLD, signal.SIGHUP, signal.SIGPIPE)


def leave_parent(keep: tuple[int, ...]) -> None:
    """After a fork: close what was inherited (database, queue, log files) and forget the parent's signal handlers.

    The parent's objects are frozen out of the garbage collector: collecting a database connection would write to a
    descriptor whose number may be a document's by now.
    """
    gc.freeze()
    for number in DEFAULT_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    if hasattr(signal, "set_wakeup_fd"):
        signal.set_wakeup_fd(-1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        if standard not in keep:
            os.dup2(nothing, standard)
    start = 3
    for descriptor in sorted({*keep, os.sysconf("SC_OPEN_MAX")}):
        if descriptor >= start:
            os.closerange(start, descriptor)
            start = descriptor + 1


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies (Linux); leave at once where it is dead already.

    The kernel means the thread that started the process: only for a parent's main thread is that the same.
    """
    if sys.platform == "linux":
        _libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def confine(
    address_space: int, *, accepts: bool = False, starts: bool = False, open_files: int = OPEN_FILES_MAX
) -> bool:
    """Set limits for the rest of this process's life; return whether the network is out of reach.

    Address space, file size (nothing can be written), open files, core dumps; on Linux also the system call filter,
    or where that is refused a network namespace of its own. On macOS only the limits hold.

    Args:
        address_space: bytes.
        accepts: connections may be taken on a socket that it was given listening.
        starts: other processes and programs may be started; all limits but `narrow`'s hold for them too.
        open_files: at once.
    """
    # Ctrl-C is the parent's to answer: it goes to every process of the terminal
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, open_files)
    _limit(resource.RLIMIT_AS, address_space)
    if sys.platform == "linux":
        # not before die_with: neither a debugger of the same user nor a crash dump may look in
        _libc().prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        if not seccomp.install(accepts=accepts, starts=starts):
            _leave_network()
    return not _can_connect()


def narrow(parent: int) -> None:
    """In a fresh child of a confined process: keep nothing but the right to become another program, and die with it.

    The program that it becomes has the same limits, and no right to start or accept anything.
    """
    die_with(parent)
    seccomp.install(becomes=True)


def _limit(what: int, value: int) -> None:
    try:
        _, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(what, (value, value))
    except (OSError, ValueError):
        # macOS refuses some: the parent's clock still ends what takes too long
        return


def _leave_network() -> None:
    libc = _libc()
    if libc.unshare(CLONE_NEWNET) != 0:
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)


def _can_connect() -> bool:
    """Try it, instead of believing it: a datagram socket towards a documentation address sends nothing."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            return True
    except OSError as error:
        # without a route the machine is merely offline; inside a namespace of its own that is the point
        return error.errno not in (errno.EPERM, errno.EACCES, errno.ENETUNREACH)


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)
