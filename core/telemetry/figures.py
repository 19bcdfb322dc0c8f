"""What a process costs in processor and memory, read from /proc.

A processor's share is of one core, in percent, since the reading before: 200 is two cores. Memory is what is resident,
in MB (2^20 bytes); pages that processes share are counted in each.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

MB: Final = 1 << 20
TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
USER_TICKS, SYSTEM_TICKS, THREADS, STARTED, RESIDENT_PAGES = 11, 12, 17, 19, 21
"""Places in /proc/PID/stat behind the name, which may hold blanks and ends with a bracket (proc_pid_stat(5))."""


@dataclass(slots=True)
class _Process:
    name: str
    pid: int
    started: int = -1  # ticks since boot: another process may get the number later
    ticks: int = 0
    read_at: float = field(default_factory=time.monotonic)


class Processes:
    """Some processes of ours, by name and number. Only numbers are kept of one that has gone."""

    def __init__(self) -> None:
        self._known: dict[int, _Process] = {}

    def add(self, name: str, pid: int) -> None:
        """Read that one too; its share counts from here on."""
        process = _Process(name, pid)
        if (stat := _stat(pid)) is not None:
            process.started, process.ticks = stat[STARTED], stat[USER_TICKS] + stat[SYSTEM_TICKS]
            self._known[pid] = process

    def read(self) -> list[dict[str, Any]]:
        """The figures of each that is still there."""
        found = []
        for process in list(self._known.values()):
            stat = _stat(process.pid)
            if stat is None or stat[STARTED] != process.started:
                self._known.pop(process.pid, None)
            else:
                found.append(_figures(process, stat))
        return found


def _figures(process: _Process, stat: list[int]) -> dict[str, Any]:
    now, ticks = time.monotonic(), stat[USER_TICKS] + stat[SYSTEM_TICKS]
    seconds = max(now - process.read_at, 1e-3)
    share = (ticks - process.ticks) / TICKS_PER_SECOND / seconds * 100.0
    process.ticks, process.read_at = ticks, now
    return {
        "name": process.name,
        "of": process.pid,
        "cpu_percent": round(share, 1),
        "rss_mb": round(stat[RESIDENT_PAGES] * PAGE_BYTES / MB, 1),
        "threads": stat[THREADS],
    }


def _stat(pid: int) -> list[int] | None:
    """The numbers of a process; None when there is none, or on a machine that does not tell them."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = told.rpartition(")")[2].split()
    return [int(value) if value.lstrip("-").isdigit() else 0 for value in fields]
