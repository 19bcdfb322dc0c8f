"""Who is given a processor first, on this kernel: what it says of the processes themselves."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.priority import (
    BACKGROUND_PRIORITY,
    HOST_PRIORITY,
    LONGEST_RUN_US,
    LOOP_PRIORITY,
    SHORTEST_SLICE_NS,
    give_way,
    run_next,
    shorten_slice,
)
from tests.realtime import needs_real_time

NOBODY = 65534
LOOP = """
import os, subprocess, sys
from core.priority import run_first, run_next
if int(sys.argv[1]):
    os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
run_first(realtime=sys.argv[2] == "real time")
host = subprocess.Popen(["sh", "-c", sys.argv[3]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
host.stdout.readline()
print(os.getpid(), host.pid, flush=True)
input()
run_next(host.pid)
print(flush=True)
input()
host.stdin.close()
print(host.wait(), flush=True)
"""
WAITS = "echo; cat"
RUNS_IN_CIRCLES = "echo; read nothing; while :; do :; done"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


class Loop:
    """A process that runs first, with another that it waits for."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.pid, self.host = map(int, process.stdout.readline().split())

    def goes_on(self) -> str:
        """What it says next."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@pytest.fixture
def loop(request: pytest.FixtureRequest) -> Iterator[Loop]:
    user, wants, host = request.param
    words = [sys.executable, "-c", LOOP, str(user), wants, host]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Loop(process)
        process.kill()


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a session of its own, as a box does."""
    words = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def policy(pid: int) -> tuple[int, int]:
    return os.sched_getscheduler(pid) & ~os.SCHED_RESET_ON_FORK, os.sched_getparam(pid).sched_priority


def slice_ns(pid: int) -> int:
    """What the kernel says of a process's slice; skips where it says nothing, or knows no slices of one's own."""
    try:
        told = re.search(r"se\.slice\s*:\s*(\d+)", Path(f"/proc/{pid}/sched").read_text(encoding="utf-8"))
    except OSError:
        told = None
    if told is None or tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) < (6, 12):
        pytest.skip("this kernel gives nobody a slice of his own, or does not tell")
    return int(told[1])


@needs_real_time
@pytest.mark.parametrize("loop", [(0, "real time", WAITS)], indirect=True)
def test_the_loop_runs_before_its_hosts_and_they_before_everybody(loop: Loop) -> None:
    assert policy(loop.pid) == (os.SCHED_RR, LOOP_PRIORITY)
    assert policy(loop.host) == (os.SCHED_OTHER, 0), "what it starts does not inherit that"
    loop.goes_on()
    assert policy(loop.host) == (os.SCHED_RR, HOST_PRIORITY)
    assert resource.prlimit(loop.host, resource.RLIMIT_RTTIME) == (LONGEST_RUN_US, LONGEST_RUN_US)
    assert LOOP_PRIORITY > HOST_PRIORITY


@needs_real_time
@pytest.mark.parametrize("loop", [(0, "real time", RUNS_IN_CIRCLES)], indirect=True)
def test_a_stranger_that_never_waits_does_not_keep_the_core(loop: Loop) -> None:
    loop.goes_on()
    assert int(loop.goes_on()) < 0, "killed by the kernel"


@as_root
@pytest.mark.parametrize(
    "loop",
    [(0, "short slice", WAITS), (NOBODY, "real time", WAITS)],
    indirect=True,
    ids=["not wanted", "not permitted"],
)
def test_without_real_time_both_have_the_shortest_slice(loop: Loop) -> None:
    assert policy(loop.pid) == (os.SCHED_OTHER, 0)
    assert slice_ns(loop.pid) == SHORTEST_SLICE_NS < slice_ns(loop.host)
    loop.goes_on()
    assert policy(loop.host) == (os.SCHED_OTHER, 0)
    assert slice_ns(loop.host) == SHORTEST_SLICE_NS


def test_who_has_the_shortest_slice_keeps_his_priority(other: subprocess.Popen[bytes]) -> None:
    os.setpriority(os.PRIO_PROCESS, other.pid, 3)
    before = slice_ns(other.pid)
    assert shorten_slice(other.pid)
    assert slice_ns(other.pid) == SHORTEST_SLICE_NS < before
    assert os.getpriority(os.PRIO_PROCESS, other.pid) == 3
    assert shorten_slice(other.pid), "asked a second time it is no other"


def test_who_gives_way_does_so_among_sessions_too(other: subprocess.Popen[bytes]) -> None:
    give_way(other.pid)
    assert os.getpriority(os.PRIO_PROCESS, other.pid) == BACKGROUND_PRIORITY
    session = Path(f"/proc/{other.pid}/autogroup")
    if os.geteuid() == 0 and session.exists():  # an ordinary user may be told to ask again later
        assert f"nice {BACKGROUND_PRIORITY}" in session.read_text(encoding="utf-8")


def test_a_policy_that_the_owner_chose_stays(other: subprocess.Popen[bytes]) -> None:
    os.sched_setscheduler(other.pid, os.SCHED_BATCH, os.sched_param(0))
    run_next(other.pid)
    assert os.sched_getscheduler(other.pid) == os.SCHED_BATCH


def test_a_process_that_has_gone_is_no_error(other: subprocess.Popen[bytes]) -> None:
    other.kill()
    other.wait()
    give_way(other.pid)
    run_next(other.pid)
