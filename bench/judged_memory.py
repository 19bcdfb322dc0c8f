"""What trader and commander hold in memory after one judged change after the other, as the kernel counts it."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path
from typing import Final

from bench.figure import Effort, Figure, Measured, at_most
from bench.road import Place, trading
from core.contracts.asking import Question

EVENTS_PER_SECOND: Final = 200
SENTENCE: Final = "set the cooldown to {} seconds"
SETTLE_SECONDS: Final = 1.0
"""Between the end of a change and a look: what is given back is given back by then."""


def measure(effort: Effort) -> Measured:
    """Walk the road so many times, and look after each."""
    changes = effort.of(20, 4)
    with trading(EVENTS_PER_SECOND) as place:
        trader = [resident_mb(place.process.pid)]
        commander = [resident_mb(commander_of(place))]
        for number in range(changes):
            effort.say(f"change {number + 1}")
            place.ask(Question(do="change", text=SENTENCE.format(61 + number), yes=True))
            time.sleep(SETTLE_SECONDS)
            trader.append(resident_mb(place.process.pid))
            commander.append(resident_mb(commander_of(place)))
    return Measured(
        (
            Figure("Commander after judged changes, most", max(commander), "MB", at_most(250), curve(commander)),
            Figure("Commander, second half to first", growth(commander), "x", at_most(1.1), "medians of the changes"),
            Figure("Trader after judged changes, most", max(trader), "MB", at_most(150), curve(trader)),
            Figure("Trader, second half to first", growth(trader), "x", at_most(1.1), "medians of the changes"),
        )
    )


def growth(values: list[float]) -> float:
    """The median of the later half over that of the earlier one; the start, before any change, is left out."""
    after = values[1:]
    return statistics.median(after[len(after) // 2 :]) / statistics.median(after[: len(after) // 2])


def curve(values: list[float]) -> str:
    """The whole course, the start first."""
    return "from the start: " + " ".join(f"{value:.0f}" for value in values)


def commander_of(place: Place) -> int:
    """The commander's process below the trader's."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and b"services.commander" in command_line(int(entry.name)):
            parent = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
            if int(parent) == place.process.pid:
                return int(entry.name)
    raise RuntimeError("there is no commander")


def command_line(pid: int) -> bytes:
    """The words that a process was started with; empty when it has gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def resident_mb(pid: int) -> float:
    """Resident memory of one process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
