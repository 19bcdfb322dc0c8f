"""Memory that is not used any more goes back to the machine.

The C library keeps what was freed, in an arena for each thread that ever allocated, and Polars keeps its own; of the
290 to 356 MB after each of four judgements 9 to 43 were free. Two arenas are enough for us, and the rest goes back.
Elsewhere than on glibc nothing of this is done, and nothing but memory is lost.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
from collections.abc import Iterator
from typing import Final

M_ARENA_MAX: Final = -8
ARENAS: Final = 2
POLARS: Final = "_RJEM_MALLOC_CONF"
"""Polars brings an allocator of its own, which reads this when it is imported."""
POLARS_KEEPS_NOTHING: Final = "dirty_decay_ms:0,muzzy_decay_ms:0"


def be_thrifty() -> None:
    """For a process that will do heavy work in threads; at its start, before the libraries are loaded."""
    os.environ.setdefault(POLARS, POLARS_KEEPS_NOTHING)
    if (mallopt := _function("mallopt")) is not None:
        mallopt(M_ARENA_MAX, ARENAS)


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Around the imports of a process that begins: nothing of them is garbage, so none is looked for, now or later.

    To look for it takes a fifth of the time that the commander needs to be there.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def give_back() -> None:
    """Collect what is garbage, and hand free memory back. Takes some milliseconds: not for a loop that trades."""
    gc.collect()
    if (malloc_trim := _function("malloc_trim")) is not None:
        malloc_trim(0)


def _function(name: str) -> ctypes._NamedFuncPointer | None:
    """A function of the C library that this process runs on; None when it has none of that name."""
    found: ctypes._NamedFuncPointer | None = getattr(ctypes.CDLL(None), name, None)
    return found
