"""Whether a process is there, by a lock that nobody has to take in order to look: a look can keep nobody from starting.

The file's byte is read-locked for as long as a holder lives; the kernel gives the lock back when it dies, however that
happens. The file itself stays.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FLOCK: Final = "@hhqqi4x"
"""`struct flock` of Linux on 64 bits: type, whence, start, length, pid."""


@contextlib.contextmanager
def present(file: Path) -> Iterator[None]:
    """Be there for as long as the block runs; several processes may be.

    A process may hold one file once: the locks are the process's, and closing the file anywhere in it gives them back.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH, 1)
        yield
    finally:
        os.close(descriptor)


def holder(file: Path) -> int | None:
    """The id of a process that holds `file`, as our machine counts them; None when none does. Takes no lock."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
        kind, _, _, _, pid = struct.unpack(FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    finally:
        os.close(descriptor)
    return None if kind == fcntl.F_UNLCK else int(pid)
