"""pytest in a process of its own, as a test starts it: quick to begin, and one that hangs tells where."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[1]
LONGEST_SECONDS = 200.0
"""A run takes some seconds; pytest ends the test that waits for it after 300."""


def run_pytest(
    folder: Path, *words: str, scratch: Path, jit: bool = False, seconds: float = LONGEST_SECONDS
) -> subprocess.CompletedProcess[str]:
    """What became of `pytest words` in `folder`; `scratch` is a folder of the test's own.

    Without the plugins that are installed here: one of them takes longer to load than the tests to run. With temporary
    folders of its own: else the last thing that pytest does before it ends is to throw away those of old runs, of all
    that was ever tested on this machine, while we wait.

    A run that does not end is asked where each of its threads stands, which fails the test with the answer.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment |= {} if jit else {"NUMBA_DISABLE_JIT": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    kept = scratch / f"nested-{uuid.uuid4().hex}"
    command = [sys.executable, "-X", "faulthandler", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [f"--basetemp={kept}", *words]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            out, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            standing = where(process.pid)
            process.send_signal(signal.SIGABRT)  # the fault handler answers it with the stack of every thread
            out, errors = last_words(process)
            raise AssertionError(f"pytest hangs\n{standing}\n{errors[-6000:]}\n{out[-2000:]}") from None
    return subprocess.CompletedProcess(command, process.returncode, out, errors)


def last_words(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What it still says; killed when it does not even end by that signal, and who has its pipes is not waited for."""
    for _ in range(2):
        try:
            return process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
    return "", "its output is held open by a process that it started"


def where(pid: int) -> str:
    """The processes below this one and what the kernel says of each: its state, and in which call it waits."""
    told, waiting = [], [pid]
    while waiting:
        each = waiting.pop()
        for task in sorted(Path(f"/proc/{each}/task").glob("*")):
            try:
                waiting += map(int, (task / "children").read_text(encoding="utf-8").split())
                about = (task / "stat").read_text(encoding="utf-8").rsplit(")", 1)
                told.append(f"{each}/{task.name}{about[0].partition(' ')[2]}) {about[1].split()[0]} {waits_in(task)}")
            except OSError:
                continue
    return "\n".join(told)


def waits_in(task: Path) -> str:
    """The place in the kernel where a thread waits; nothing where we may not know."""
    try:
        return (task / "wchan").read_text(encoding="utf-8")
    except OSError:
        return ""
