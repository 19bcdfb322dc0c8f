"""Who gets a processor first when there are too few: the loop at once, the judge what is left.

Priority alone does not do it (measured on Linux 6.18 with three busy processes on two cores; how late a process that
wakes up 200 times a second runs, p99: 3.8 ms beside others of the least priority, 0.1 ms with the short slice):

- Whoever runs may finish a slice of about 3 ms, whatever the priority of who wakes up meanwhile, unless that one has
  asked for a shorter slice (EEVDF, since Linux 6.12; see sched_setattr(2) and the kernel's sched-eevdf.rst).
- Where autogroups are on, as most desktops and servers have them, a priority counts among the processes of one session
  only, and each box has one of its own; the session's own priority is what counts between them (see sched(7)).

No call needs a privilege. On a kernel that knows none of it everything runs as it would without.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from pathlib import Path
from typing import Final

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


def run_soon(pid: int = 0) -> bool:
    """Let the process `pid`, or the calling thread, run before whoever did not ask for it; False when it cannot be had.

    What it starts does not inherit it. A policy that the owner chose (real time, batch) is left alone.
    """
    number = SCHED_SETATTR.get(os.uname().machine) if sys.platform == "linux" else None
    with contextlib.suppress(ProcessLookupError):
        if number is not None and os.sched_getscheduler(pid) & ~os.SCHED_RESET_ON_FORK == os.SCHED_OTHER:
            nice = os.getpriority(os.PRIO_PROCESS, pid)
            wanted = (ATTRIBUTES.size, os.SCHED_OTHER, RESET_ON_FORK, nice, 0, SHORTEST_SLICE_NS, 0, 0, 0, 0)
            return int(ctypes.CDLL(None).syscall(number, pid, ATTRIBUTES.pack(*wanted), 0)) == 0
    return False


def give_way(pid: int) -> None:
    """Give the process `pid`, and the session that it leads, a low priority. Nothing happens when it has gone."""
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, pid, BACKGROUND_PRIORITY)
        # Without autogroups there is no such file; an ordinary user may write one each tenth of a second.
        with contextlib.suppress(FileNotFoundError, BlockingIOError, PermissionError):
            Path(f"/proc/{pid}/autogroup").write_text(str(BACKGROUND_PRIORITY))
