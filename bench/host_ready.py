"""From nothing to a host that is ready to answer, in its box: of a release that nobody compiled yet, and of one that a
judge's box has compiled."""

from __future__ import annotations

import functools
import json
import statistics
import tempfile
import time
from pathlib import Path

from bench.figure import Effort, Figure, Measured, at_most, spread
from core.releases import lay_out
from core.strategy import Source
from sandbox.compiled import JUDGED, BoxCode
from sandbox.jail import spawn_runner
from sandbox.protocol import decode_control
from services.guardian.answers import Prepared
from services.guardian.boxes.bubblewrap import Bubblewrap
from services.guardian.preparing import make_ready
from services.trader.host import CODE_BYTES


def measure(effort: Effort) -> Measured:
    """Fresh boxes, one after the other, the two kinds in turns."""
    unknown, known = [], []
    with tempfile.TemporaryDirectory() as folder:
        release = lay_out(Source.shipped(), Path(folder))
        effort.say("the judge's box")
        with Bubblewrap(2048).open(Source.shipped()) as box:
            ask = functools.partial(box.ask, "trading.prepare", Prepared, seconds=60)
            make_ready(release.tree_hash, ask, keeps=True)
        for run in range(effort.of(5, 2)):
            effort.say(f"box {run + 1}")
            unknown.append(seconds_to_ready(release.folder))
            known.append(seconds_to_ready(release.folder, BoxCode(JUDGED).find(release.tree_hash)))
    return Measured(
        (
            Figure(
                "Host ready from cold",
                statistics.median(unknown),
                "s",
                at_most(5),
                f"spawn to ready; {spread(unknown)}",
            ),
            Figure(
                "... of a release that was judged",
                statistics.median(known),
                "s",
                at_most(0.9),
                f"likewise; {spread(known)}",
            ),
        )
    )


def seconds_to_ready(folder: Path, code: bytes = b"") -> float:
    """Start one host and hear that it is ready."""
    begun = time.perf_counter()
    process, channel = spawn_runner(folder)
    with process, channel:
        start = {"nonce": "bench", "symbols": ["BTCUSDT"], "qtables": [None], "compiled": len(code)}
        channel.send(json.dumps(start).encode())
        for first in range(0, len(code), CODE_BYTES):
            channel.send(code[first : first + CODE_BYTES])
        answer = decode_control(channel.recv(4096))
        if answer is None or answer.get("ready") != "bench":
            raise RuntimeError(f"the host did not become ready: {answer}")
        return time.perf_counter() - begun
