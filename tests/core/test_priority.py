"""Who is given a processor first, on this kernel: what it says of the processes themselves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.priority import BACKGROUND_PRIORITY, SHORTEST_SLICE_NS, give_way, run_soon

STARTS_ANOTHER = """
import subprocess, sys
from core.priority import run_soon
print(run_soon(), flush=True)
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
input()
child.communicate(b"")
"""


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a session of its own, as a box does."""
    words = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def slice_ns(pid: int) -> int:
    """What the kernel says of a process's slice; skips where it says nothing, or knows no slices of one's own."""
    try:
        told = re.search(r"se\.slice\s*:\s*(\d+)", Path(f"/proc/{pid}/sched").read_text())
    except OSError:
        told = None
    if told is None or tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) < (6, 12):
        pytest.skip("this kernel gives nobody a slice of his own, or does not tell")
    return int(told[1])


def test_who_is_to_run_soon_has_the_shortest_slice_and_keeps_its_priority(other: subprocess.Popen[bytes]) -> None:
    os.setpriority(os.PRIO_PROCESS, other.pid, 3)
    before = slice_ns(other.pid)
    assert run_soon(other.pid)
    assert slice_ns(other.pid) == SHORTEST_SLICE_NS < before
    assert os.getpriority(os.PRIO_PROCESS, other.pid) == 3
    assert run_soon(other.pid), "asked a second time it is no other"


def test_what_it_starts_waits_its_turn_like_everybody() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_ANOTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        child = int(process.stdout.readline())
        assert slice_ns(process.pid) == SHORTEST_SLICE_NS < slice_ns(child)
        process.communicate("\n")


def test_who_gives_way_does_so_among_sessions_too(other: subprocess.Popen[bytes]) -> None:
    give_way(other.pid)
    assert os.getpriority(os.PRIO_PROCESS, other.pid) == BACKGROUND_PRIORITY
    session = Path(f"/proc/{other.pid}/autogroup")
    if os.geteuid() == 0 and session.exists():  # an ordinary user may be told to ask again later
        assert f"nice {BACKGROUND_PRIORITY}" in session.read_text()


def test_a_policy_that_the_owner_chose_stays(other: subprocess.Popen[bytes]) -> None:
    os.sched_setscheduler(other.pid, os.SCHED_BATCH, os.sched_param(0))
    assert not run_soon(other.pid)
    assert os.sched_getscheduler(other.pid) == os.SCHED_BATCH


def test_a_process_that_has_gone_is_no_error(other: subprocess.Popen[bytes]) -> None:
    other.kill()
    other.wait()
    give_way(other.pid)
    assert not run_soon(other.pid)
