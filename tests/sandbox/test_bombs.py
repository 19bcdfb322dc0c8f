"""What hostile code can waste is its own box: each bomb ends at a limit or when the trader says so."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.limits import Jail
from sandbox.process import STDERR_TAIL_BYTES, JailedProcess

from .conftest import Outcome, runs, within

Probe = Callable[..., Outcome]
Start = Callable[..., tuple[JailedProcess, socket.socket]]

REPOSITORY = Path(__file__).resolve().parents[2]


def test_an_endless_loop_is_killed_from_outside_and_reaped(start_probe: Start) -> None:
    box, channel = start_probe("loop_forever")
    with pytest.raises(TimeoutError):
        box.wait(0.3)
    started = time.perf_counter()
    box.kill()
    assert time.perf_counter() - started < 10.0
    assert box.cause() == "killed by us"
    assert channel.recv(10) == b"", "the trader sees the end of the box on the channel"
    box.kill()  # once more does nothing
    assert not Path(f"/proc/{box.pid}").exists()


def test_an_endless_loop_ends_at_its_processor_time(start_probe: Start) -> None:
    box, _ = start_probe("loop_forever", jail=Jail(cpu_seconds=1))
    assert box.wait(3.0) == 128 + signal.SIGKILL
    assert box.cause() == "used up its 1 s of processor time"
    assert box.usage is not None
    assert box.usage.cpu_seconds < 1.5


def test_bubblewrap_killed_alone_takes_the_program_along(start_probe: Start) -> None:
    """Somebody else's kill of the wrong process still ends the box (PR_SET_PDEATHSIG)."""
    box, channel = start_probe("loop_forever")
    os.kill(box.pid, signal.SIGKILL)
    box.wait(2.0)
    assert channel.recv(10) == b""


def test_a_killed_trader_leaves_no_box_behind(tmp_path: Path) -> None:
    trader = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(
            """
            import socket, sys
            from pathlib import Path
            from sandbox.jail import spawn
            from sandbox.mounts import Bind, python_command
            Path(sys.argv[1], "loop.py").write_text("while True: pass")
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            binds = [Bind(Path(sys.argv[1]), "/strategy")]
            box = spawn(python_command("/strategy/loop.py"), channel=theirs, binds=binds)
            print(box.pid, box.inside_pid, flush=True)
            box.wait()
            """), str(tmp_path)],
        stdout=subprocess.PIPE, cwd=REPOSITORY,
    )  # fmt: skip
    assert trader.stdout is not None
    with trader, trader.stdout:
        pids = [int(word) for word in trader.stdout.readline().split()]
        assert len(pids) == 2
        assert all(runs(pid) for pid in pids)
        trader.kill()
    assert within(20.0, lambda: not any(runs(pid) for pid in pids))


@pytest.mark.parametrize("name", ["allocate", "allocate_and_die"])
def test_memory_ends_at_the_limit_and_not_at_the_host_s(start_probe: Start, outside: Probe, name: str) -> None:
    assert outside(name, limit_mb=512) == {"got": 512}
    started = time.perf_counter()
    box, channel = start_probe(name, jail=Jail(memory_mb=256), limit_mb=512)
    said = channel.recv(1000)
    code = box.wait(20.0)
    assert time.perf_counter() - started < 20.0
    assert b"MemoryError" in said if name == "allocate" else code == 128 + signal.SIGSEGV
    assert box.usage is not None
    # Linux carries the parent's peak over exec, so a large parent hides the box's own.
    assert box.usage.peak_rss_mb <= max(256, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def test_a_flood_of_output_blocks_nobody_and_is_kept_to_its_bound(start_probe: Start) -> None:
    box, channel = start_probe("flood_stderr", megabytes=100)
    accepted = int(channel.recv(100).split(b":")[1].rstrip(b"}"))
    assert accepted <= 128 * 1024, "a full pipe refuses; nobody drained it, and the writer went on to its end"
    box.wait(5.0)
    assert len(box.stderr_tail()) == STDERR_TAIL_BYTES
    assert box.cause() == "ended by itself"


def test_open_files_end_at_the_limit(inside: Probe, outside: Probe) -> None:
    assert outside("open_many", path=__file__, count=100) == {"got": 100}
    assert "Too many open files" in inside("open_many", path="/strategy/probes.py", count=100)["refused"]


def test_recursion_without_end_crashes_the_box_alone(inside: Probe) -> None:
    assert inside("recurse")["ended"].startswith("crashed with SIG")


def test_a_flood_on_the_channel_waits_at_the_socket_s_bound(start_probe: Start) -> None:
    """The trader that does not read holds a few hundred KB in the kernel, and is free to kill."""
    box, channel = start_probe("flood_channel")
    with pytest.raises(TimeoutError):
        box.wait(0.3)
    box.kill()
    channel.setblocking(False)
    held = 0
    while chunk := channel.recv(1 << 20):
        held += len(chunk)
    assert 0 < held < 1 << 20
