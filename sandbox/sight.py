"""Closes every file to this process but those below a few folders, by Landlock, from inside of the box.

For a container, whose builder puts /proc, /sys, /dev and some files of /etc into it whatever it was asked for: they
name the machine's disks, its folders and its resolver. A box by bubblewrap has none of them. What is closed can still
be asked for by name (stat), but neither opened nor listed; it cannot be undone.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from typing import Final

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # on every machine, linux/landlock.h
_PATH_BENEATH: Final = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_EVERYTHING: Final = (1 << 13) - 1
"""What the first edition of Landlock knows: to execute, write, read, list, remove and make."""
_PR_SET_NO_NEW_PRIVS: Final = 38


def open_only(folders: Iterable[str]) -> bool:
    """From now on nothing can be opened or listed but what is below these folders; those that are missing are left out.

    False when this kernel has no Landlock, and then all is as it was. Raises OSError when it refuses halfway.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    about = struct.pack("Q", _EVERYTHING)
    rules = libc.syscall(_CREATE_RULESET, about, len(about), 0)
    if rules < 0:
        return False
    try:
        for folder in filter(os.path.isdir, folders):
            place = os.open(folder, os.O_PATH | os.O_CLOEXEC)
            rule = struct.pack("=Qi", _READ_FILE | _READ_DIR, place)
            _done(libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0))
            os.close(place)
        _done(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _done(libc.syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return True


def _done(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "the kernel refused to close the files")
