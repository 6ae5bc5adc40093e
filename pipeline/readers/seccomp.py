"""A system call filter for the reading process (Linux): no network, no other programs, no writing to files.

Hostile PDFs attack the parser. Whoever wins has the parser's process: this filter leaves it nothing to do but compute
and read files. It is a list of what is refused, not of what is allowed, because C libraries change what they need;
the refused calls answer "not permitted" instead of killing, so that harmless attempts (a font cache) pass quietly.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Collection, Iterator

PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2

ALLOW = 0x7FFF0000
KILL = 0x80000000
ERRNO = 0x00050000

LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
JUMP_EQUAL = 0x15
JUMP_AT_LEAST = 0x35
JUMP_ANY_BIT = 0x45
RETURN = 0x06

NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16  # struct seccomp_data

CLONE_THREAD = 0x10000
OPEN_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000

# numbers from the kernel's tables: a name missing from a machine does not exist there
REFUSED: dict[str, dict[str, int]] = {
    "x86_64": {
        # network
        "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "sendmsg": 46, "bind": 49, "listen": 50,
        "socketpair": 53, "accept4": 288, "sendmmsg": 307,
        # other programs and processes
        "fork": 57, "vfork": 58, "execve": 59, "execveat": 322, "kill": 62, "tkill": 200, "rt_sigqueueinfo": 129,
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
        # changing files
        "truncate": 76, "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "link": 86, "unlink": 87, "symlink": 88,
        "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "lchown": 94, "mknod": 133, "mkdirat": 258,
        "mknodat": 259, "fchownat": 260, "unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266,
        "fchmodat": 268, "utimensat": 280, "renameat2": 316, "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190,
        # limits, identity, kernel
        "setrlimit": 160, "setuid": 105, "setgid": 106, "setreuid": 113, "setregid": 114, "setresuid": 117,
        "setresgid": 119, "setgroups": 116, "capset": 126, "pivot_root": 155, "chroot": 161, "mount": 165,
        "umount2": 166, "iopl": 172, "ioperm": 173, "init_module": 175, "kexec_load": 246, "add_key": 248,
        "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298, "name_to_handle_at": 303,
        "open_by_handle_at": 304, "setns": 308, "finit_module": 313, "memfd_create": 319, "bpf": 321,
        "userfaultfd": 323,
    },
    "aarch64": {
        "socket": 198, "socketpair": 199, "bind": 200, "listen": 201, "accept": 202, "connect": 203, "sendto": 206,
        "sendmsg": 211, "accept4": 242, "sendmmsg": 269,
        "execve": 221, "execveat": 281, "kill": 129, "tkill": 130, "rt_sigqueueinfo": 138, "ptrace": 117,
        "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
        "truncate": 45, "mknodat": 33, "mkdirat": 34, "unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38,
        "fchmod": 52, "fchmodat": 53, "fchownat": 54, "fchown": 55, "utimensat": 88, "renameat2": 276,
        "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7,
        "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "capset": 91, "unshare": 97, "kexec_load": 104,
        "init_module": 105, "setregid": 143, "setgid": 144, "setreuid": 145, "setuid": 146, "setresuid": 147,
        "setresgid": 149, "setgroups": 159, "setrlimit": 164, "add_key": 217, "request_key": 218, "keyctl": 219,
        "perf_event_open": 241, "name_to_handle_at": 264, "open_by_handle_at": 265, "setns": 268,
        "finit_module": 273, "memfd_create": 279, "bpf": 280, "userfaultfd": 282,
    },
}  # fmt: skip
REFUSED_EVERYWHERE = {
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "pidfd_open": 434, "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "fchmodat2": 452,
}  # fmt: skip
ACCEPTING = ("accept", "accept4")
STARTING = ("fork", "vfork", "execve", "kill")
BECOMING = ("execve",)
ABSENT = {"clone3": 435, "openat2": 437}
"""Answered with "no such call": their arguments lie in memory a filter cannot see; C libraries fall back."""

OPEN = {"x86_64": {"open": (2, 1), "openat": (257, 2)}, "aarch64": {"openat": (56, 2)}}
"""Calls that open files: their number, and the argument that holds the flags."""
CLONE = {"x86_64": 56, "aarch64": 220}
TGKILL = {"x86_64": 234, "aarch64": 131}
PRLIMIT = {"x86_64": 302, "aarch64": 261}


def install(*, accepts: bool = False, starts: bool = False, becomes: bool = False) -> bool:
    """Install the filter for the rest of this process's life; False where this system has none.

    Whatever it starts or becomes is under the filter too, and may install a stricter one on top.

    Args:
        accepts: connections may be taken on a socket that was handed over listening; it can still make none itself.
        starts: processes may be forked, run other programs, and be signalled.
        becomes: it may run another program in its own place.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in AUDIT_ARCHITECTURES or sys.maxsize < 2**32:
        return False
    allowed = {*(ACCEPTING if accepts else ()), *(STARTING if starts else ()), *(BECOMING if becomes else ())}
    code = b"".join(_program(machine, os.getpid(), allowed, forks=starts))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    return libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def _program(machine: str, own_pid: int, allowed: Collection[str], *, forks: bool) -> Iterator[bytes]:
    """Yield the filter's instructions; each rule is a test that skips its answer where it does not apply."""
    yield _load(ARCHITECTURE_AT)
    yield _step(JUMP_EQUAL, AUDIT_ARCHITECTURES[machine], 1, 0)
    yield _answer(KILL)
    yield _load(NUMBER_AT)
    if machine == "x86_64":
        yield _step(JUMP_AT_LEAST, X32_BIT, 0, 1)
        yield _refusal(errno.ENOSYS)
    refused = [number for name, number in REFUSED[machine].items() if name not in allowed]
    for number in (*refused, *REFUSED_EVERYWHERE.values()):
        yield _step(JUMP_EQUAL, number, 0, 1)
        yield _refusal(errno.EPERM)
    for number in ABSENT.values():
        yield _step(JUMP_EQUAL, number, 0, 1)
        yield _refusal(errno.ENOSYS)
    for number, argument in OPEN[machine].values():
        yield from _rule(number, argument, _step(JUMP_ANY_BIT, OPEN_TO_WRITE, 0, 1))
    if not forks:
        yield from _rule(CLONE[machine], 0, _step(JUMP_ANY_BIT, CLONE_THREAD, 1, 0))
    # abort() signals its own process; nobody else is to be signalled
    yield from _rule(TGKILL[machine], 0, _step(JUMP_EQUAL, own_pid, 1, 0))
    # asking for limits is harmless: only a pointer to new ones is refused (its low and its high half)
    yield from _rule(PRLIMIT[machine], 2, _step(JUMP_EQUAL, 0, 1, 0))
    yield from _rule(PRLIMIT[machine], 2, _step(JUMP_EQUAL, 0, 1, 0), high=True)
    yield _answer(ALLOW)


def _rule(number: int, argument: int, test: bytes, *, high: bool = False) -> Iterator[bytes]:
    """Yield instructions that refuse call `number` where `test` of one half of its argument falls through."""
    yield _step(JUMP_EQUAL, number, 0, 4)
    yield _load(ARGUMENTS_AT + 8 * argument + (4 if high else 0))
    yield test
    yield _refusal(errno.EPERM)
    yield _load(NUMBER_AT)


def _step(code: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _load(offset: int) -> bytes:
    return _step(LOAD, offset, 0, 0)


def _answer(value: int) -> bytes:
    return _step(RETURN, value, 0, 0)


def _refusal(number: int) -> bytes:
    return _answer(ERRNO | number)
