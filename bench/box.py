"""What the strategy's box costs: starting one, a host until it is ready, and one event through it.

    python -m bench.box

The round trip is measured with a parent that blocks, once with both processes free to run anywhere, and once on one
core, where a message is handed over without waking a sleeping processor. The bare figure is the same exchange with two
Python processes, no box and no kernel call.
"""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.kernel import DECISION, EVENT, QUOTE
from sandbox.jail import spawn, spawn_runner
from sandbox.limits import Jail
from sandbox.mounts import Bind, python_command

STARTS = 50
EVENTS = 20_000
WARM_EVENTS = 1_000
STRATEGY = Path(__file__).resolve().parents[1] / "strategy"


def main() -> None:
    print(f"start of a box, call of spawn      {spread(start_seconds(), 1e3)} ms")
    for cores in (os.sched_getaffinity(0), {min(os.sched_getaffinity(0))}):
        os.sched_setaffinity(0, cores)
        print(f"on {len(cores)} core(s)")
        print(f"  bare exchange                    {spread(bare_seconds(), 1e6)} us")
        measure_host()


def spread(seconds: list[float], scale: float) -> str:
    p50, p99 = np.percentile(np.array(seconds) * scale, [50, 99])
    return f"p50 {p50:8.2f}  p99 {p99:8.2f}"


def start_seconds() -> list[float]:
    """From the call of `spawn` to its return, the program being executed behind its filter."""
    taken = []
    with TemporaryDirectory() as folder:
        Path(folder, "nothing.py").write_text("", encoding="utf-8")
        for _ in range(STARTS):
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            started = time.perf_counter()
            box = spawn(python_command("/strategy/nothing.py"), channel=theirs, binds=[Bind(Path(folder), "/strategy")])
            taken.append(time.perf_counter() - started)
            box.wait()
            ours.close()
    return taken[1:]  # the first also compiles the filters


def bare_seconds() -> list[float]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        ours.close()
        message, answer = bytearray(EVENT.itemsize + 1), bytes(DECISION.itemsize)
        while theirs.recv_into(message):
            theirs.send(answer)
        os._exit(0)
    theirs.close()
    taken = round_trips(ours, lambda _: bytes(EVENT.itemsize))
    ours.close()
    os.waitpid(child, 0)
    return taken


def measure_host() -> None:
    started = time.perf_counter()
    box, channel = spawn_runner(STRATEGY, jail=Jail())
    with box, channel:
        channel.send(json.dumps({"nonce": "00", "symbols": ["BTCUSDT"], "qtables": [None]}).encode())
        ready = json.loads(channel.recv(4096))
        print(f"  host, spawn to ready             {time.perf_counter() - started:.2f} s")
        print(f"  of that, compiling               {ready['compile_seconds']:.2f} s")
        status = Path(f"/proc/{box.inside_pid}/status").read_text(encoding="utf-8")
        for name in ("VmRSS", "VmHWM", "VmSize", "VmPeak"):
            kilobytes = re.search(rf"{name}:\s+(\d+)", status)
            print(f"  {name:<8}                         {int(kilobytes[1]) / 1024 if kilobytes else 0:.0f} MB")
        events = np.zeros(1, EVENT)
        events["kind"], events["advice"] = QUOTE, np.nan
        for name in ("price", "bid", "ask", "bid_size", "ask_size"):
            events[name] = 100.0

        def numbered(sequence: int) -> bytes:
            events["sequence"] = events["time_ns"] = sequence
            return events.tobytes()

        print(f"  an event through the host        {spread(round_trips(channel, numbered), 1e6)} us")
        batch = np.repeat(events, 256).tobytes()
        print(f"  256 events in one message        {spread(round_trips(channel, lambda _: batch, 2_000), 1e6)} us")


def round_trips(channel: socket.socket, message: Callable[[int], bytes], count: int = EVENTS) -> list[float]:
    taken = []
    for sequence in range(1, count + 1):
        sent = message(sequence)
        started = time.perf_counter()
        channel.send(sent)
        channel.recv(65536)
        taken.append(time.perf_counter() - started)
    return taken[WARM_EVENTS:]


if __name__ == "__main__":
    main()
