"""System calls by their number, and what was planted for the attempts. Travels into the box beside each family."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import sys
from collections.abc import Callable
from typing import Final

MARKS: Final = "/tmp/sorte-marks"
"""A folder where whatever is made is a mark; another one at each attempt."""
SECRETS: Final = "/tmp/sorte-secrets"
"""A folder with what was planted: `secret`, and `door`, a socket where somebody listens."""
DOOR: Final = ('127.0.0.1', 22)  # fmt: skip
"""A port of the machine where somebody listens; another one at each attempt."""
OWN: Final = "/strategy" if os.path.isdir("/strategy") else sys.argv[-1]
"""The folder of the strategy: in a box, and where it is loaded without one."""
VICTIM: Final = int("1")
"""A process outside of the box: who makes the attempt be made."""
PLANTED: Final = b"planted"
"""What a secret begins with."""
LATER: Final = "later"
"""What an attempt answers that is made when nobody looks any more: only its mark tells."""
NEVER_LOOKED: Final = (errno.EPERM, errno.EACCES, errno.ENOSYS)
"""What is answered before anybody looked at what the call said."""

NUMBERS: Final = {
    "mincore": 27, "shmget": 29, "shmctl": 31, "clone": 56, "fork": 57, "semget": 64, "semctl": 66, "msgget": 68,
    "msgctl": 71, "ptrace": 101, "syslog": 103, "setfsuid": 122, "capget": 125, "rt_sigqueueinfo": 129, "ustat": 136,
    "sysfs": 139, "mlock": 149, "mlockall": 151, "modify_ldt": 154, "pivot_root": 155, "adjtimex": 159, "acct": 163,
    "settimeofday": 164, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170,
    "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179,
    "tkill": 200, "io_setup": 206, "io_destroy": 207, "remap_file_pages": 216, "timer_create": 222,
    "clock_settime": 227, "tgkill": 234, "set_mempolicy": 238, "get_mempolicy": 239, "mq_open": 240, "mq_unlink": 241,
    "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250, "ioprio_set": 251, "migrate_pages": 256,
    "unshare": 272, "get_robust_list": 274, "move_pages": 279, "timerfd_create": 283, "signalfd4": 289,
    "perf_event_open": 298, "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304,
    "clock_adjtime": 305, "setns": 308, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313,
    "sched_getattr": 315, "seccomp": 317, "memfd_create": 319, "kexec_file_load": 320, "bpf": 321, "execveat": 322,
    "membarrier": 324, "pkey_alloc": 330, "pidfd_send_signal": 424, "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "fspick": 433, "pidfd_open": 434, "openat2": 437, "pidfd_getfd": 438, "process_madvise": 440,
    "mount_setattr": 442, "landlock_create_ruleset": 444, "memfd_secret": 447, "futex_waitv": 449, "listmount": 458,
    "lsm_get_self_attr": 459, "io_uring_setup": 425,
}  # fmt: skip
"""Of arch/x86/entry/syscalls/syscall_64.tbl; from 424 on they are the same on every machine."""

libc: Final = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char]) -> int:
    """What the kernel answers; OSError when that is an error."""
    result: int = libc.syscall(
        ctypes.c_long(NUMBERS[name]), *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments)
    )
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def reach(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char]) -> None:
    """Make a call that can only fail, as its arguments are nonsense; OSError when nobody looked at them."""
    try:
        call(name, *arguments)
    except OSError as error:
        if error.errno in NEVER_LOOKED:
            raise


def done(result: int) -> int:
    """What a function of the C library answered; OSError when that is -1."""
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def expect(what: object) -> None:
    """OSError when there is nothing: what was asked for was not got."""
    if not what:
        raise OSError(errno.ENODATA, "nothing was got")


def show(secret: bytes) -> None:
    """OSError when that is not what was planted."""
    expect(secret.startswith(PLANTED))


def mark(name: str = "mark") -> str:
    """Where a mark would be."""
    return f"{MARKS}/{name}"


def run_code(code: bytes) -> int:
    """Run machine code of x86 in this process."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return int(ctypes.CFUNCTYPE(ctypes.c_long)(address)())


def in_child(act: Callable[[], object]) -> None:
    """Make an attempt that changes its own process in a child where there can be one, so that it ends with it."""
    if "SORTE_PATH" in os.environ:
        act()
        return
    if (child := os.fork()) == 0:
        try:
            act()
        except OSError as error:
            os._exit(error.errno or 1)
        os._exit(0)
    if status := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise OSError(status, "in the child")


def tried(attempt: Callable[[], object]) -> str:
    """`done` when it went through, `later` when that shows later, else what stopped it."""
    try:
        return LATER if attempt() == LATER else "done"
    except OSError as error:
        return f"{type(error).__name__} {errno.errorcode.get(error.errno or 0, '')}".strip()
    except BaseException as error:  # noqa: BLE001 - whatever stops it
        return f"{type(error).__name__}: {error}"[:200]


def say_done() -> list[str]:
    """The arguments after a program's name with which this interpreter says that it runs."""
    return [sys.executable, "-c", "print('done')"]
