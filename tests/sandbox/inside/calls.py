"""Makes system calls behind a filter, each in a child of its own, and says how each ended.

Standard input: `[filter in hex or null, [[number, six arguments], ...]]`. Output: for each the errno, 0 when it
succeeded, or minus the signal that ended the child.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys

from sandbox.lock import install_filter

program, calls = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
outcomes = []
for number, *arguments in calls:
    child = os.fork()
    if child == 0:
        signal.alarm(2)  # a call that waits is ended by SIGALRM, and shows
        if program:
            install_filter(bytes.fromhex(program))
        result = libc.syscall(*(ctypes.c_long(value) for value in (number, *arguments)))
        os._exit(ctypes.get_errno() if result == -1 else 0)
    outcomes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
json.dump(outcomes, sys.stdout)
