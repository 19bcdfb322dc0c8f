"""What the log hears of a trader: everything that it tells, and once a minute how fast it was.

The loop pays for a tuple in a queue where it tells something, which is some times a second and never between a frame
and its order; for nothing at each event. The minute's figures are worked out in the thread that writes the log.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from core.contracts.events import Denied, EpochBegan, FaultTold, HostReady, Rejected
from core.contracts.told import GateHeld, Tell, Telling, fields_of, kind_of
from core.telemetry import get_logger
from core.telemetry.process import each_minute, measure, watch_process
from services.trader.latency import Latencies
from services.trader.window import Window

WORST: Final = frozenset({"unexpected", "day_lost", "host_given_up", "commander_given_up", "mirror_died", "banned"})
"""Causes of a fault that somebody should look into at once."""

log = get_logger()


def noted(tell: Tell) -> Tell:
    """`tell`, which the log hears too, after whoever watches; each line says which release decides."""
    release = ""

    def hear(told: Telling) -> None:
        nonlocal release
        tell(told)
        match told:
            case HostReady(pid=pid):
                watch_process("host", pid)
            case EpochBegan():
                release = told.release
        values = {named(name): value for name, value in fields_of(told).items()}
        getattr(log, level_of(told))(kind_of(told), **({"release": release} | values))

    return hear


def level_of(told: Telling) -> str:
    """How much somebody should care."""
    match told:
        case FaultTold(cause=cause) if cause in WORST:
            return "error"
        case FaultTold() | Denied() | Rejected():
            return "warning"
        case GateHeld():
            return "debug"  # the commander's own log has it
        case _:
            return "info"


def named(name: str) -> str:
    """The name of a value in the log, whose own names it may not have."""
    return {"id": "change", "event": "event_", "level": "level_", "pid": "of"}.get(name, name)


def watch(window: Window) -> None:
    """Measure a trader that is warm, once a minute until it ends."""
    minute = Minute(window)
    each_minute(lambda: measure("trading", **minute.read()))


class Minute:
    """The figures of a trader since they were read last."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._latencies = Since(window.latencies)
        self._order_latencies = Since(window.order_latencies)
        self._counted: dict[str, int] = {}

    def read(self) -> dict[str, Any]:
        """How much was done, and how long it took, in microseconds: from a frame to what was decided on it, or to its
        order on the wire; and of orders until they were answered, filled, and until a closing one was through.
        """
        work = self._window.work()
        counted = {name: getattr(work, name) for name in ("events", "decisions", "orders", "fills", "faults")}
        done = {name: count - self._counted.get(name, 0) for name, count in counted.items()}
        self._counted = counted
        return done | {
            "release": work.release,
            "inference_us": self._latencies.percentiles(),
            "order_us": self._order_latencies.percentiles(),
            "open_positions": work.open_positions,
            "trading": work.trading,
            **self._window.order_times.read(),
        }


class Since:
    """Percentiles of what a histogram counted since they were asked for last."""

    def __init__(self, latencies: Latencies) -> None:
        self._latencies = latencies
        self._before: Counter[int] = Counter(latencies.counts)

    def percentiles(self) -> dict[str, int | None]:
        """In microseconds; None when nothing was counted."""
        now = Counter(self._latencies.counts)
        new = Latencies()
        new.counts = now - self._before
        self._before = now
        return dict(new.percentiles(50, 99, 100))
