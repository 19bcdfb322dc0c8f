"""The machine: Python, the box in which candidates run, the clock, and the disk."""

from __future__ import annotations

import ctypes
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.checkup.finding import Finding, State

if TYPE_CHECKING:
    from core.settings import Settings

OLDEST: Final = (3, 11)
FEW_GB: Final = 2.0
GB: Final = 1e9
TIMEX_WORDS: Final = 32
"""More 8-byte words than a `struct timex` has (adjtimex(2)); all zero, it only asks."""
UNSYNCHRONISED: Final = 5
BOX_SECONDS: Final = 10.0
PLAIN_BOX: Final = ("--unshare-user", "--unshare-all", "--ro-bind", "/", "/", "--cap-drop", "ALL", "true")
"""Users by name, as the box itself: root gets a box without, and then not the one that it needs."""


def python() -> Finding:
    """The interpreter."""
    facts = {"version": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    return Finding("python", State.OK if sys.version_info >= OLDEST else State.FAIL, "python", facts)


def box() -> Finding:
    """Whether a box without network can be built: bubblewrap, user namespaces, libseccomp."""
    program = shutil.which("bwrap")
    if program is None:
        return Finding("box", State.FAIL, "box_missing", {"missing": "bubblewrap"})
    try:
        import pyseccomp  # noqa: F401 - it loads the system's library
    except (ImportError, OSError, RuntimeError):
        return Finding("box", State.FAIL, "box_missing", {"missing": "libseccomp"})
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            [program, *PLAIN_BOX], capture_output=True, timeout=BOX_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("box", State.FAIL, "box_fails", {"why": type(error).__name__})
    if done.returncode != 0:
        return Finding("box", State.FAIL, "box_fails", {"why": done.stderr.decode(errors="replace").strip()[:200]})
    return Finding("box", State.OK, "box")


def clock(clock_ms: float | None) -> Finding:
    """Whether something keeps the clock right; `clock_ms` is how far the exchange's is, where it told."""
    buffer = (ctypes.c_long * TIMEX_WORDS)()
    state = ctypes.CDLL(None).adjtimex(ctypes.byref(buffer))
    zone = time.tzname[0]
    if clock_ms is not None and abs(clock_ms) > 1000:
        return Finding("clock", State.WARN, "clock_off", {"seconds": round(clock_ms / 1000, 1), "zone": zone})
    if state in (UNSYNCHRONISED, -1):
        return Finding("clock", State.WARN, "clock_alone", {"zone": zone})
    return Finding("clock", State.OK, "clock", {"zone": zone})


def disk(settings: Settings) -> Finding:
    """Room where we write."""
    folder = settings.data_dir.absolute()
    while not folder.exists() and folder != Path("/"):
        folder = folder.parent
    free = round(shutil.disk_usage(folder).free / GB, 1)
    return Finding("disk", State.OK if free >= FEW_GB else State.WARN, "disk", {"free_gb": free})
