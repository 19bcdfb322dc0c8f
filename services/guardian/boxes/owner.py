"""Whose something is that outlives a process: a label, and whether the process behind it still runs."""

from __future__ import annotations

import os
from pathlib import Path


def owner() -> str:
    """This process, told apart from a later one of its number by when it started."""
    return f"{os.getpid()}.{_started(os.getpid())}"


def lives(label: str) -> bool:
    """Whether the process of an owner label still runs."""
    pid, _, started = label.partition(".")
    return pid.isdigit() and bool(started) and _started(int(pid)) == started


def _started(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()[19]
    except OSError:
        return ""
