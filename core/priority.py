"""Who gets a processor first when there are too few: the loop at once, then its hosts; the judge has what is left.

Priority alone does not do it (Linux 6.18, two cores, a judgement beside the loop; decision 11 has the figures):

- Whoever runs keeps the core until the next tick of the clock, 4 ms at 250 Hz, unless who wakes up is of a real-time
  class, or has asked for a shorter slice (EEVDF, since Linux 6.12) and has not just run.
- Where autogroups are on, as most desktops and servers have them, a priority counts among the processes of one session
  only, and each box has one of its own; the session's own priority is what counts between them (see sched(7)).

Real time takes a privilege: root, or CAP_SYS_NICE. Without it there is the short slice, and on a kernel that knows no
such thing everything runs as it would without.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import struct
import sys
from pathlib import Path
from typing import Final

LOOP_PRIORITY: Final = 2
HOST_PRIORITY: Final = 1
"""Real-time priorities, the lowest there are: who is in no real-time class comes after both."""
LONGEST_RUN_US: Final = 1_000_000
"""A stranger's real-time process that runs for so long without ever waiting is killed by the kernel (RLIMIT_RTTIME)."""
BACKGROUND_PRIORITY: Final = 5
"""The three boxes of a judgement weigh about as much as one ordinary process. With the least priority they had nearly
nothing on a machine that is busy with other work, and gates ran out of their time.
"""
SHORTEST_SLICE_NS: Final = 100_000
"""The least that the kernel grants; a decision takes less."""
SCHED_SETATTR: Final = {"x86_64": 314, "aarch64": 274}
"""The call's number; glibc has no function for it before 2.41."""
RESET_ON_FORK: Final = 0x01
ATTRIBUTES: Final = struct.Struct("=IIQiIQQQII")
"""struct sched_attr: size, policy, flags, nice, priority, runtime, deadline, period, least and most utilisation."""


def run_first(*, realtime: bool = True) -> None:
    """Let the calling thread run before everything else; what it starts does not inherit that."""
    if not (realtime and _policy(0) == os.SCHED_OTHER and _enter_real_time(0, LOOP_PRIORITY)):
        shorten_slice(0)


def run_next(pid: int) -> None:
    """Let the process `pid`, a stranger that the calling thread waits for, run after that thread and before others."""
    with contextlib.suppress(ProcessLookupError):
        if not (_policy(0) == os.SCHED_RR and _policy(pid) == os.SCHED_OTHER and _guarded(pid)):
            shorten_slice(pid)


def _guarded(pid: int) -> bool:
    """Real time for a stranger, who may run in circles."""
    try:
        resource.prlimit(pid, resource.RLIMIT_RTTIME, (LONGEST_RUN_US, LONGEST_RUN_US))
    except OSError:
        return False
    return _enter_real_time(pid, HOST_PRIORITY)


def _enter_real_time(pid: int, priority: int) -> bool:
    try:
        os.sched_setscheduler(pid, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(priority))
    except OSError:  # not permitted, or a kernel or container that knows no such thing
        return False
    return True


def shorten_slice(pid: int) -> bool:
    """Let `pid` run before whoever did not ask for it; False when it cannot be had.

    A policy that the owner chose (real time, batch) is left alone.
    """
    number = SCHED_SETATTR.get(os.uname().machine) if sys.platform == "linux" else None
    with contextlib.suppress(ProcessLookupError):
        if number is not None and _policy(pid) == os.SCHED_OTHER:
            nice = os.getpriority(os.PRIO_PROCESS, pid)
            wanted = (ATTRIBUTES.size, os.SCHED_OTHER, RESET_ON_FORK, nice, 0, SHORTEST_SLICE_NS, 0, 0, 0, 0)
            return int(ctypes.CDLL(None).syscall(number, pid, ATTRIBUTES.pack(*wanted), 0)) == 0
    return False


def _policy(pid: int) -> int:
    return os.sched_getscheduler(pid) & ~os.SCHED_RESET_ON_FORK


def give_way(pid: int) -> None:
    """Give the process `pid`, and the session that it leads, a low priority. Nothing happens when it has gone."""
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, pid, BACKGROUND_PRIORITY)
        # Without autogroups there is no such file; an ordinary user may write one each tenth of a second.
        with contextlib.suppress(FileNotFoundError, BlockingIOError, PermissionError):
            Path(f"/proc/{pid}/autogroup").write_text(str(BACKGROUND_PRIORITY), encoding="utf-8")
