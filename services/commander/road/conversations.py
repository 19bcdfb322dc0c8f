"""What is open between us and an owner on one surface, over restarts: a small file each in the data folder.

The commander does not look into it; the interpreter reads and writes it. Two who answer one question at once are heard
one after the other, each with what the one before left: the second finds the question answered.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from core.files import write_whole

FOLDER: Final = "dialogues"
CONSOLE: Final = "cli"
"""The surface of who types on this machine."""
LONGEST: Final = 1 << 20
"""Bytes; what is longer no conversation of ours came to."""


class Conversation:
    """The file of one owner on one surface."""

    def __init__(self, folder: Path, owner: str, surface: str) -> None:
        name = hashlib.sha256(f"{surface}\0{owner}".encode()).hexdigest()[:32]  # a name says nothing of a file system
        self._file = folder / FOLDER / f"{name}.json"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else takes a turn in it for as long as the block runs. Raises OSError where nothing can be written."""
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._file.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def read(self) -> bytes:
        """What is kept; nothing where there is none, or it cannot be read."""
        with contextlib.suppress(OSError):
            if self._file.stat().st_size <= LONGEST:
                return self._file.read_bytes()
        return b""

    def write(self, kept: bytes) -> None:
        """Keep this. Raises OSError."""
        write_whole(self._file, kept)


def surface_of(message: str) -> str:
    """Where a message came from: what stands before the colon of its id."""
    return message.partition(":")[0]
