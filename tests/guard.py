"""Tests open no ledger and no data folder but their own: a developer may have a trader running in this very checkout.

In this process an audit hook refuses the file before it is opened; what a child of a test touched in the checkout's own
folders is found when the test ends.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
OWNERS_FOLDERS: Final = tuple(str(ROOT / name) for name in ("data", "workspace"))
LEDGERS: Final = frozenset(
    {
        "journal",
        "sorte.sqlite",
        "gateway.sqlite",
        "trades.sqlite",
        "sorte.sock",
        "sorte.lock",
        "armed",
        "KILL",
        "PAUSED",
    }
)
EVENTS: Final = frozenset({"open", "os.mkdir", "os.listdir", "os.scandir", "os.rename", "sqlite3.connect"})


class NotOursError(AssertionError):
    """A test was about to open what belongs to somebody who trades."""


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook."""
    if event not in EVENTS:
        return
    for name in arguments[: 2 if event == "os.rename" else 1]:
        if isinstance(name, str | bytes | os.PathLike) and not (event == "open" and may_lie_elsewhere(arguments)):
            path = os.path.abspath(os.fsdecode(name))  # noqa: PTH100 - hears every file that is opened
            if is_somebody_elses(path):
                raise NotOursError(f"a test may not open {path}")


def may_lie_elsewhere(arguments: tuple[Any, ...]) -> bool:
    """Whether `os.open` got one bare name: that of an entry of the folder in its `dir_fd`, of which nothing is told."""
    name, mode = os.fsdecode(arguments[0]), arguments[1]
    return mode is None and "/" not in name


def is_somebody_elses(path: str) -> bool:
    """Whether a path is a data folder of this checkout, or a ledger outside of where tests keep theirs."""
    if path.startswith(temporary()) and not path.startswith(f"{ROOT}/"):  # the checkout may lie among them itself
        return False
    in_checkout = any(path == folder or path.startswith(f"{folder}/") for folder in OWNERS_FOLDERS)
    return in_checkout or path.rpartition("/")[2] in LEDGERS


def temporary() -> str:
    """Where tests keep what they make."""
    return os.path.realpath(tempfile.gettempdir()) + "/"


def touched() -> dict[str, tuple[int, int]]:
    """The checkout's own data folders as they are now: inode and time of the last entry that came or went."""
    found = {}
    for folder in OWNERS_FOLDERS:
        try:
            about = os.stat(folder)  # noqa: PTH116 - as above
        except OSError:
            continue
        found[folder] = (about.st_ino, about.st_mtime_ns)
    return found


def install() -> None:
    """Guard this process to its end: an audit hook cannot be taken off."""
    tempfile.gettempdir()  # found by trying: asked for inside the hook for the first time, it would wait for itself
    sys.addaudithook(refuse)
