"""Puts a compiled seccomp program in force for this process, from inside the box, with nothing but libc.

The program arrives compiled (`sandbox.profile`), so neither libseccomp nor the compiler of filters is in the box.
"""

from __future__ import annotations

import ctypes
from typing import Final

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_INSTRUCTION_BYTES: Final = 8


class _Program(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def install_filter(program: bytes) -> None:
    """From the next system call on, `program` judges every call of this process. Cannot be undone.

    Raises OSError when the kernel refuses; the caller must then end, not go on unprotected.
    """
    count, rest = divmod(len(program), _INSTRUCTION_BYTES)
    if rest or not count:
        raise ValueError(f"a seccomp program of {len(program)} bytes is not a whole number of instructions")
    instructions = ctypes.create_string_buffer(program, len(program))
    described = _Program(count, ctypes.addressof(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(described), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "the kernel refused the seccomp filter")
