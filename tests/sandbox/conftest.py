"""Boxes for tests, each checked to leave no process behind."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import jail as jail_module
from sandbox.jail import spawn
from sandbox.limits import Jail
from sandbox.mounts import Bind, python_command
from sandbox.process import JailedProcess

INSIDE = Path(__file__).parent / "inside"
ANSWER_SECS = 20.0

Outcome = dict[str, Any]
"""`{"got": ...}`, `{"refused": why}` or `{"ended": cause}`."""


@pytest.fixture(autouse=True)
def _no_process_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After every test: no process remains in any process namespace that a box of this test had."""
    before = children()  # of other tests in this process, such as a database server
    namespaces: set[str] = set()
    learn = jail_module._await_inside

    def remember(process: JailedProcess) -> None:
        learn(process)
        with contextlib.suppress(OSError):
            namespaces.add(os.readlink(f"/proc/{process.inside_pid}/ns/pid"))  # noqa: PTH115 - as the kernel names it

    monkeypatch.setattr(jail_module, "_await_inside", remember)
    yield
    namespaces.discard(os.readlink("/proc/self/ns/pid"))  # noqa: PTH115 - likewise
    assert within(2.0, lambda: not _members(namespaces))
    assert children() <= before


def children() -> set[int]:
    """Every child of this process that was not reaped."""
    listed = (file.read_text(encoding="utf-8").split() for file in Path("/proc/self/task").glob("*/children"))
    return {int(pid) for pids in listed for pid in pids}


def within(seconds: float, true: Callable[[], bool]) -> bool:
    """Whether `true` becomes so in time."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
    return true()


def runs(pid: int) -> bool:
    """Whether `pid` is a process that still runs: not gone, and not dead and waiting for its parent to look."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def _members(namespaces: set[str]) -> list[str]:
    pids = filter(str.isdigit, os.listdir("/proc"))  # noqa: PTH208 - names are what we want
    return [pid for pid in pids if _namespace(pid) in namespaces and runs(int(pid))]


def _namespace(pid: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")  # noqa: PTH115 - likewise
    except OSError:
        return ""


@pytest.fixture
def start_probe() -> Iterator[Callable[..., tuple[JailedProcess, socket.socket]]]:
    """Start a probe in the real box and return once it is about to try; killed after the test."""
    with contextlib.ExitStack() as stack:

        def start(
            name: str, *, lock: bool = True, jail: Jail | None = None, binds: tuple[Bind, ...] = (), **arguments: Any
        ) -> tuple[JailedProcess, socket.socket]:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            stack.enter_context(ours)
            ours.settimeout(ANSWER_SECS)
            binds = binds or (Bind(INSIDE, "/strategy"),)
            box = stack.enter_context(
                spawn(python_command("/strategy/driver.py"), channel=theirs, binds=binds, jail=jail)
            )
            order(ours, name, lock=lock, arguments=arguments)
            return box, ours

        yield start


@pytest.fixture
def inside(start_probe: Callable[..., tuple[JailedProcess, socket.socket]]) -> Callable[..., Outcome]:
    """What a probe gets inside of the box."""

    def run(name: str, **arguments: Any) -> Outcome:
        box, channel = start_probe(name, **arguments)
        return answer(channel) or {"ended": f"{box.wait(5) and box.cause()}"}

    return run


@pytest.fixture
def outside() -> Callable[..., Outcome]:
    """What the same probe gets with no box around it: the positive control."""

    def run(name: str, **arguments: Any) -> Outcome:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with (
            ours,
            subprocess.Popen([sys.executable, INSIDE / "driver.py"], stdin=theirs.fileno(), stdout=-3) as process,
        ):
            theirs.close()
            ours.settimeout(ANSWER_SECS)
            order(ours, name, lock=False, arguments=arguments)
            return answer(ours) or {"ended": str(process.wait(5))}

    return run


def order(channel: socket.socket, name: str, *, lock: bool, arguments: dict[str, Any]) -> None:
    channel.send(json.dumps({"probe": name, "lock": lock, "arguments": arguments}).encode())
    ready = channel.recv(100)
    assert ready == b"ready", "the probe did not even start, so that it proves nothing"


def answer(channel: socket.socket) -> Outcome | None:
    message = channel.recv(1 << 16)
    while message == b" ":  # of the probe that passes a descriptor
        message = channel.recv(1 << 16)
    return json.loads(message) if message else None
