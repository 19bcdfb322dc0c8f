"""The road of a change, measured on the real thing: `sorte run` trades, sentences go in over its local socket.

Each change is judged by all fifteen gates in their boxes, shadows live events, is switched to and then rolled back, so
that the next one starts from the same strategy. The loop's latency is taken from the trader's own counts, in turns
while it only trades and while a judgement runs beside it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec

from bench.figure import Effort, Figure, Measured, at_most, median_ratio
from core.contracts.asking import Question
from core.contracts.told import Telling, encode_line, kind_of
from core.strategy import Source
from core.symbols import Symbols
from core.workspace import create
from services.commander.line.client import ask_over
from services.commander.line.local_socket import connect

EVENTS_PER_SECOND: Final = 100
SENTENCES: Final = (
    "set the oversold level to {}",
    "aumenta o rsi de sobrevenda para {}",
    "só compre se o volume estiver acima da média",
    "don't buy when rsi is above 70",
    "stop em 3%",
    "set the take profit to 5%",
)
Step = dict[str, Any]
LEVELS: Final = (35, 36, 34, 37, 33, 38, 32, 39, 40, 31)


def measure(effort: Effort) -> Measured:
    """Walk the road so many times."""
    changes: list[Step] = []
    backs, idle, judging = [], [], []
    with trading(EVENTS_PER_SECOND) as place:
        for number in range(effort.of(8, 2)):
            effort.say(f"change {number + 1}")
            place.p99_us()
            time.sleep(effort.of(8, 4))  # what is measured: a while of nothing but trading
            idle.append(place.p99_us())
            changes.append(place.changed(SENTENCES[0].format(LEVELS[number]), {"commit": place.p99_us}))
            judging.append(place.last_p99_us)
            backs.append(place.rolled_back(Question(do="rollback"))["switch"])
        effort.say("cold rollback")
        cold = [place.cold_rollback(changes[-2 + number % 2]["id"]) for number in range(effort.of(4, 1))]
    judged = [change["seconds"]["judge"] for change in changes]
    deployed = [sum(change["seconds"][part] for part in PARTS) for change in changes]
    edits = [change["seconds"]["edit"] * 1000 for change in changes]
    gates = gate_line(changes)
    slower = median_ratio(judging, idle)
    beside = f"median of {len(idle)} pairs; {statistics.median(judging):.0f} us, {statistics.median(idle):.0f} us"
    return Measured(
        (
            Figure("Sentence to plan, p50", understood(effort), "ms", at_most(20), "warm, six sentences in turn"),
            Figure("Plan to diff, p50", statistics.median(edits), "ms", at_most(300), span(edits, 0)),
            Figure("Diff to verdict, all gates, p50", statistics.median(judged), "s", at_most(10), span(judged)),
            Figure("Diff to verdict, all gates, slowest", max(judged), "s", at_most(15), gates),
            Figure("Confirmation to live, p50", statistics.median(deployed), "s", at_most(15), span(deployed)),
            Figure("Rollback to the warm release, p50", statistics.median(backs) * 1000, "ms", at_most(10), NEXT_EVENT),
            Figure("Rollback to a cold release", max(cold), "s", at_most(8), "a host is started and warmed up for it"),
            Figure("Trader p99 while judging, to idle", slower, "x", at_most(2), beside),
        )
    )


PARTS: Final = ("judge", "commit", "stage", "shadow", "switch")
NEXT_EVENT: Final = f"to the first event that it answers, at {EVENTS_PER_SECOND} events/s"


def understood(effort: Effort) -> float:
    """Milliseconds from a sentence to its plan, the median."""
    from services.interpreter import interpret

    symbols = Symbols.of(Source.shipped().files)
    for sentence in SENTENCES:
        interpret(sentence.format(35), symbols)
    taken = [interpret(sentence.format(35), symbols).ms for _ in range(effort.of(20, 3)) for sentence in SENTENCES]
    return statistics.median(taken)


def gate_line(changes: Sequence[Step]) -> str:
    """The median of each gate's seconds."""
    names = [gate["name"] for gate in changes[0]["verdict"]["gates"]]
    medians = {
        name: statistics.median(change["verdict"]["gates"][place]["seconds"] for change in changes)
        for place, name in enumerate(names)
    }
    return ", ".join(f"{name} {seconds:.1f}" for name, seconds in medians.items())


def span(values: Sequence[float], digits: int = 1) -> str:
    """How far apart the runs lay."""
    return f"{len(values)} changes, {min(values):.{digits}f} to {max(values):.{digits}f}"


class Place:
    """A trader that runs in a workspace of its own."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.data = folder / "data"
        self.process = process
        self.last: Step = {}  # what the trader told last; once it has ended, its summary
        self._reading = threading.Thread(target=self._read)
        self._counted: dict[str, int] = {}
        self.last_p99_us = float("nan")

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.last = json.loads(line)

    def wait_until_ready(self) -> None:
        """Until it is warm; from then on what it tells is read beside."""
        for line in self.process.stdout or ():
            step: Step = json.loads(line)
            if step["kind"] == "ready":
                self._reading.start()
                return
            if step["kind"] == "error":
                raise RuntimeError(step["message"])
        raise RuntimeError("the trader ended before it was ready")

    def end(self) -> Step:
        """Stop it; answers its summary."""
        self.process.terminate()
        if self._reading.is_alive():
            self._reading.join()
        self.process.wait()
        return self.last

    def ask(self, question: Question, at_step: Mapping[str, Callable[[], object]] = MappingProxyType({})) -> Step:
        """The last line of the answer; `at_step` is what to do when a step of some kind is told."""
        connection = connect(self.data)
        if connection is None:
            raise RuntimeError("nobody listens")

        def see(step: Telling) -> None:
            if kind_of(step) in at_step:
                at_step[kind_of(step)]()

        with connection:
            answer: Step = msgspec.json.decode(encode_line(ask_over(connection, question, see, lambda _: True)))
        return answer

    def changed(self, text: str, at_step: Mapping[str, Callable[[], object]] = MappingProxyType({})) -> Step:
        """A change that became live. Raises RuntimeError when it did not."""
        final = self.ask(Question(do="change", text=text, yes=True), at_step)
        if final["state"] != "live":
            raise RuntimeError(f"a change ended {final['state']}: {final['reason']}")
        return final

    def rolled_back(self, question: Question) -> dict[str, float]:
        """How long the parts of a rollback took."""
        final = self.ask(question)
        if final["state"] != "rolled_back":
            raise RuntimeError(f"a rollback ended {final['state']}: {final['reason']}")
        seconds: dict[str, float] = final["seconds"]
        return seconds

    def cold_rollback(self, change: str) -> float:
        """Go to a change that is neither blue nor previous, and say how long that took; then come back."""
        before, begun = self.ask(Question(do="status"))["live"], time.monotonic()
        self.rolled_back(Question(do="rollback", to=change))
        taken = time.monotonic() - begun
        self.rolled_back(Question(do="rollback", to=before))
        return taken

    def p99_us(self) -> float:
        """Of the trader's latencies since it was asked last."""
        now = self.ask(Question(do="status"))["trader"]["latency_counts"]
        fresh = {int(us): count - self._counted.get(us, 0) for us, count in now.items()}
        self._counted = now
        total, seen = sum(fresh.values()), 0
        self.last_p99_us = float("nan")
        for microseconds in sorted(fresh):
            seen += fresh[microseconds]
            if seen >= total * 0.99:
                self.last_p99_us = float(microseconds)
                break
        return self.last_p99_us


@contextmanager
def trading(events_per_second: int) -> Iterator[Place]:
    """`sorte run` in a fresh workspace, warm, and no watch that ends while it is measured."""
    with tempfile.TemporaryDirectory(prefix="sorte-road-") as folder:
        workspace = Path(folder) / "w"
        create(workspace).close()
        words = [sys.executable, "-P", "-m", "cli.main", "run", "--json"]
        words += ["--events-per-second", str(events_per_second)]
        environment = {
            **os.environ,
            "SORTE_COMMANDER__WATCH_SECONDS": "600",
            "SORTE_GUARDIAN__SANDBOX": "bubblewrap",
            "SORTE_WEB__ENABLED": "false",  # what page and chat cost is in docs/gateway.md
        }
        with subprocess.Popen(words, cwd=workspace, stdout=subprocess.PIPE, env=environment) as process:
            place = Place(workspace, process)
            try:
                place.wait_until_ready()
                yield place
            finally:
                place.end()
