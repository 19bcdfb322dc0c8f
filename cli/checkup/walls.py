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

SECONDS: Final = 60.0
ROOT: Final = Path(__file__).parents[2]
WALLS: Final = {
    "FileNotFoundError": "view",
    "NotADirectoryError": "view",
    "PermissionError": "calls",
    "RuntimeError": "calls",
    "BlockingIOError": "calls",
    "MemoryError": "memory",
    "ProcessLookupError": "alone",
    "OSError": "readonly",
}
"""By what is raised, the wall that stopped it; other words are shown as they are."""
KILLED: Final = "seccomp"
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
                try:
                    with boxes.open(Source.shipped(), jit=False) as box:
                        told = box.ask("probing.probe", str, seconds=SECONDS, name=name)
                except SandboxError as error:
                    told = str(error)
                yield _finding(name, told, boxes.box.kind)
    except SandboxError as error:
        yield Finding("walls", State.FAIL, "walls_no_box", {"why": error.message})


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
