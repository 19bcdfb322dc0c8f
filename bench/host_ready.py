"""From nothing to a host that is ready to answer, in its box."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path

from bench.figure import Effort, Figure, Measured, at_most, spread
from core.releases import lay_out
from core.strategy import Source
from sandbox.jail import spawn_runner
from sandbox.protocol import decode_control


def measure(effort: Effort) -> Measured:
    """Fresh boxes, one after the other."""
    took = []
    with tempfile.TemporaryDirectory() as folder:
        release = lay_out(Source.shipped(), Path(folder))
        for run in range(effort.of(5, 2)):
            effort.say(f"box {run + 1}")
            took.append(seconds_to_ready(release.folder))
    return Measured(
        (Figure("Host ready from cold", statistics.median(took), "s", at_most(5), f"spawn to ready; {spread(took)}"),)
    )


def seconds_to_ready(folder: Path) -> float:
    """Start one host and hear that it is ready."""
    begun = time.perf_counter()
    process, channel = spawn_runner(folder)
    with process, channel:
        channel.send(json.dumps({"nonce": "bench", "pairs": 1, "qtables": [None]}).encode())
        answer = decode_control(channel.recv(4096))
        if answer is None or answer.get("ready") != "bench":
            raise RuntimeError(f"the host did not become ready: {answer}")
        return time.perf_counter() - begun
