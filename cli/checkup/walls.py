"""The walls of the box, tried on this very machine: what a stranger's code would attempt, inside and outside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.checkup.finding import Finding, State

if TYPE_CHECKING:
    from core.settings import Settings
    from services.guardian.boxes import BoxSession

SECONDS: Final = 60.0
ROOT: Final = Path(__file__).parents[2]
WALLS: Final = {
    "ENOENT": "view",
    "ENOTDIR": "view",
    "EPERM": "calls",
    "EACCES": "rights",
    "EAGAIN": "processes",
    "ENOMEM": "memory",
    "MemoryError": "memory",
    "ESRCH": "alone",
    "EROFS": "readonly",
}
"""By what the kernel answered, the wall that stopped it; other words are shown as they are."""
KILLED: Final = "made a forbidden system call"
"""What a box says of its end when the filter ended it: no other text that may come, such as why none opens."""
NEVER_OUTSIDE: Final = ("take_memory",)
"""What would harm the machine where it succeeds."""


def walls(settings: Settings) -> Iterator[Finding]:
    """Each attempt: whether it was stopped, by what, and whether it works outside of a box."""
    from core.errors import SandboxError
    from core.strategy import Source
    from core.workspace import find
    from sandbox.tasks.probing import ATTEMPTS
    from services.guardian.boxes import open_boxes

    try:
        with open_boxes(settings.guardian, find(settings)) as boxes:
            for name in ATTEMPTS:
                with boxes.open(Source.shipped(), jit=False) as box:  # one that does not open stopped nothing
                    yield _finding(name, _told(box, name), boxes.box.kind)
    except SandboxError as error:
        yield Finding("walls", State.FAIL, "walls_no_box", {"why": error.message})


def _told(box: BoxSession, name: str) -> str:
    """What came of the attempt inside, or how the box ended of it."""
    from core.errors import SandboxError

    try:
        return box.ask("probing.probe", str, seconds=SECONDS, name=name)
    except SandboxError as error:
        return str(error)


def _finding(name: str, told: str, kind: str) -> Finding:
    outside = "untried" if name in NEVER_OUTSIDE else _outside(name)
    facts = {"attempt": name, "box": kind, "outside": outside}
    if told == "done":
        return Finding(f"wall_{name}", State.FAIL, "wall_open", facts)
    wall, raised = ("ended", "SIGSYS") if KILLED in told else (WALLS.get(told, "other"), told[:120])
    state = State.OK if wall != "other" else State.WARN
    return Finding(f"wall_{name}", state, "wall_holds", {**facts, "wall": wall, "raised": raised})


def _outside(name: str) -> str:
    """The same attempt without a box: `works`, or `fails` where this user may not do it anyway."""
    command = [sys.executable, "-m", "sandbox.tasks.probing", name]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - our own words
    except (OSError, subprocess.SubprocessError):
        return "fails"
    return "works" if done.stdout.strip() == b"done" else "fails"
