"""Which system calls the box may make, as data, and their compilation to a seccomp program.

Two filters, and a call must pass both once the second is in place:

- `START` is handed to bubblewrap and is in force when the interpreter is executed. It lets CPython, NumPy and Numba
  be imported by trusted code, and nothing else.
- `LOCKED` is installed by the runner when its imports are done and before any strategy file is read. From then on the
  process reads files, compiles, and speaks over one socket; it never again executes a program, starts a process or a
  thread, opens anything for writing, or signals anyone.

Both are allow-lists that were traced, not guessed: what is not named answers EPERM, so a library that only asks (such
as `isatty`) goes on. Calls that no strategy makes by accident kill the box at once, which the trader then sees. The
foreign entrances of x86 (32-bit and x32 calls) kill it in both filters.

An argument is compared through a mask of the bits that the kernel looks at, because it ignores the rest.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

CHANNEL_FD: Final = 3
"""Where the runner keeps the socket to the trader; the only descriptor that `LOCKED` sends to and receives from."""

INT: Final = 0xFFFFFFFF
"""The bits of a C `int`: the kernel ignores the upper half of the register."""
POINTER: Final = 0xFFFFFFFFFFFFFFFF

OPENS_FOR_WRITING: Final = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0o20000000
"""Open flags of which none may be set; the last is the kernel's __O_TMPFILE, without the O_DIRECTORY that libc adds."""

SYSTEM_CALLS_CHECKED: Final = 512
"""Call numbers below this are known to someone; Linux 6.18 ends at 470 on every 64-bit machine."""


@dataclass(frozen=True, slots=True)
class Argument:
    """`argument[index] & mask == value`; the index counts from 0."""

    index: int
    mask: int
    value: int


@dataclass(frozen=True, slots=True)
class Allow:
    """One call that may be made when all of `only` hold. Several `Allow` of one call are alternatives."""

    call: str
    only: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """An allow-list, and the calls that end the process; every other call answers EPERM."""

    name: str
    allowed: tuple[Allow, ...]
    killed: tuple[str, ...] = ()


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _any_use(calls: str) -> tuple[Allow, ...]:
    return tuple(Allow(call) for call in _words(calls))


def _one_of(call: str, index: int, mask: int, values: Iterable[int]) -> tuple[Allow, ...]:
    return tuple(Allow(call, (Argument(index, mask, value),)) for value in values)


_TCGETS, _FIONCLEX, _FIOCLEX = 0x5401, 0x5450, 0x5451
_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC = 0, 1, 2, 3, 1030
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38
_MADV_NORMAL, _MADV_DONTNEED, _MADV_FREE, _MADV_HUGE_OR_NOT = 0, 4, 8, (14, 15)

READING_FILES: Final = (
    *_any_use("read readv pread64 lseek close fstat stat lstat newfstatat statx access faccessat faccessat2"),
    *_any_use("readlink readlinkat getdents64 getcwd"),
    Allow("open", (Argument(1, OPENS_FOR_WRITING, 0),)),
    Allow("openat", (Argument(2, OPENS_FOR_WRITING, 0),)),
    # Python asks whether a file is a terminal, and marks its descriptors as not inherited.
    *_one_of("ioctl", 1, INT, (_TCGETS, _FIONCLEX, _FIOCLEX)),
    # Left out on purpose: F_SETFL (would make standard error block), F_SETOWN (sends signals), F_NOTIFY, leases.
    *_one_of("fcntl", 1, INT, (_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC)),
)
MEMORY: Final = (
    *_any_use("brk mmap munmap mremap mprotect"),  # LLVM maps code writable, then executable
    # How it will be read, that it is no longer wanted, large pages or not. Not among them: to share pages with equal
    # ones of others (how long a write takes then tells what they hold), to push them out, to call them broken.
    *_one_of("madvise", 2, INT, (*range(_MADV_NORMAL, _MADV_DONTNEED + 1), _MADV_FREE, *_MADV_HUGE_OR_NOT)),
)
TIME: Final = _any_use("clock_gettime clock_getres clock_nanosleep gettimeofday time nanosleep")
OWN_SIGNALS: Final = _any_use("rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall")
ABOUT_ITSELF: Final = (
    *_any_use("getpid gettid getuid geteuid getgid getegid getrusage getrandom sched_getaffinity sched_yield uname"),
    *_any_use("sysinfo futex getrlimit exit exit_group"),
    Allow("prlimit64", (Argument(2, POINTER, 0),)),  # asks for a limit; a third argument would set one
)
WRITING: Final = _any_use("write writev")  # nothing can be opened for writing: only what was handed in is reached

START: Final = Profile(
    "start",
    (
        *READING_FILES,
        *MEMORY,
        *TIME,
        *OWN_SIGNALS,
        *ABOUT_ITSELF,
        *WRITING,
        Allow("execve"),
        *_any_use("arch_prctl rseq set_robust_list set_tid_address"),  # the C library's own start
        *_any_use("dup2 dup3 recvfrom sendto getsockname getsockopt"),  # the runner puts its channel in place
        *_one_of("prctl", 0, INT, (_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP)),
    ),
)

LOCKED: Final = Profile(
    "locked",
    (
        *READING_FILES,
        *MEMORY,
        *TIME,
        *OWN_SIGNALS,
        *ABOUT_ITSELF,
        *WRITING,
        # Connected socket, no address: nothing else to send to, and no descriptors beside the bytes (sendmsg is out).
        Allow("recvfrom", (Argument(0, INT, CHANNEL_FD), Argument(4, POINTER, 0))),
        Allow("sendto", (Argument(0, INT, CHANNEL_FD), Argument(4, POINTER, 0))),
    ),
    killed=_words(
        """
        execve execveat
        socket socketpair connect bind listen accept accept4 sendmmsg recvmmsg
        ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_open pidfd_getfd pidfd_send_signal
        mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick open_tree move_mount mount_setattr
        unshare setns personality
        bpf perf_event_open io_uring_setup io_uring_enter io_uring_register userfaultfd
        init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff
        add_key request_key keyctl
        memfd_create memfd_secret open_by_handle_at name_to_handle_at
        setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset
        """
    ),
)


@cache
def compile_profile(profile: Profile, refusal: int = errno.EPERM) -> bytes:
    """The profile as an array of classic BPF instructions for this machine, as `bwrap --seccomp` and `prctl` take it.

    `refusal` is the error that a call outside of the list answers. A name that this machine or its libseccomp does not
    know is left out, which in an allow-list is the safe side.
    """
    import pyseccomp  # starts two programs to find its libraries when imported (60 ms): only the parent, only once

    program = pyseccomp.SyscallFilter(pyseccomp.ERRNO(refusal))
    program.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    program.set_attr(pyseccomp.Attr.CTL_OPTIMIZE, 2)  # a binary tree: the loop's two calls are not behind forty others
    for rule in profile.allowed:
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, rule.call) >= 0:
            tests = (pyseccomp.Arg(a.index, pyseccomp.MASKED_EQ, a.mask, a.value) for a in rule.only)
            program.add_rule(pyseccomp.ALLOW, rule.call, *tests)
    for call in profile.killed:
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, call) >= 0:
            program.add_rule(pyseccomp.KILL_PROCESS, call)
    with tempfile.TemporaryFile() as exported:
        program.export_bpf(exported)
        exported.seek(0)
        return exported.read()
