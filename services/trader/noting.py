"""What the log hears of a trader: everything that it tells, and once a minute how fast it was.

The loop pays for a tuple in a queue where it tells something, which is some times a second and never between a frame
and its order; for nothing at each event. The minute's figures are worked out in the thread that writes the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from core.telemetry import get_logger
from core.telemetry.process import each_minute, measure, watch_process
from services.trader.latency import Latencies
from services.trader.trader import Trader

LEVELS: Final = {
    "fault": "warning",
    "denied": "warning",
    "rejected": "warning",
    "unfilled": "info",
    "gate": "debug",  # the commander's own log has it
}
"""Of what is told, where it is not `info`."""
WORST: Final = frozenset({"unexpected", "day_lost", "host_given_up", "commander_given_up", "mirror_died", "banned"})
"""Causes of a fault that somebody should look into at once."""

log = get_logger()


def noted(tell: Callable[..., None]) -> Callable[..., None]:
    """`tell`, which the log hears too, after whoever watches; each line says which release decides."""
    release = ""

    def told(kind: str, /, **fields: Any) -> None:
        nonlocal release
        tell(kind, **fields)
        if kind == "host":
            watch_process("host", fields["pid"])
        elif kind == "epoch":
            release = fields["release"]
        level = "error" if fields.get("cause") in WORST else LEVELS.get(kind, "info")
        values = {named(name): value for name, value in fields.items()}
        getattr(log, level)(kind, **({"release": release} | values))

    return told


def named(name: str) -> str:
    """The name of a value in the log, whose own names it may not have."""
    return {"id": "change", "event": "event_", "level": "level_", "pid": "of"}.get(name, name)


def watch(trader: Trader) -> None:
    """Measure a trader that is warm, once a minute until it ends."""
    minute = Minute(trader)
    each_minute(lambda: measure("trading", **minute.read()))


class Minute:
    """The figures of a trader since they were read last."""

    def __init__(self, trader: Trader) -> None:
        self._trader = trader
        self._latencies = Since(trader.latencies)
        self._order_latencies = Since(trader.order_latencies)
        self._counted: dict[str, int] = {}

    def read(self) -> dict[str, Any]:
        """How much was done, and how long it took, in microseconds: from a frame to what was decided on it, or to its
        order on the wire; and of orders until they were answered, filled, and until a closing one was through.
        """
        trader = self._trader
        counted = {
            "events": trader.slots.opened,
            "decisions": trader.decisions,
            "orders": trader.portfolio.orders,
            "fills": trader.portfolio.fills,
            "faults": trader.faults,
        }
        done = {name: count - self._counted.get(name, 0) for name, count in counted.items()}
        self._counted = counted
        return done | {
            "release": trader.execution.release.tree_hash,
            "inference_us": self._latencies.percentiles(),
            "order_us": self._order_latencies.percentiles(),
            "open_positions": sum(holding.size > 0.0 for holding in list(trader.portfolio.holdings.values())),
            "trading": trader.execution.trading,
            **trader.order_times.read(),
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
