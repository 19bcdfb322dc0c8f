"""From a frame that was read to a decision, and to the bytes of an order, through the boxed host."""

from __future__ import annotations

import time

from bench.figure import Effort, Figure, Measured, at_most
from bench.live import in_loop, live_trader, restless, trade_for

PAIRS = 20
EVENTS_PER_SECOND = 2_000


def measure(effort: Effort) -> Measured:
    """One run, after the hosts are warm."""
    return in_loop(_measure(effort))


async def _measure(effort: Effort) -> Measured:
    effort.say("starting the exchange and two hosts")
    async with live_trader(pairs=PAIRS, events_per_second=EVENTS_PER_SECOND, source=restless()) as trader:
        ready = [host.ready_seconds for host in trader.slots.hosts]
        await trade_for(2)  # the first orders fill caches that later ones find full
        trader.tally.latencies.counts.clear()
        trader.tally.order_latencies.counts.clear()
        effort.say("trading")
        begun, before = time.monotonic(), trader.slots.opened
        await trade_for(effort.of(40, 6))
        rate = (trader.slots.opened - before) / (time.monotonic() - begun)
        decisions = trader.tally.latencies.percentiles(50, 99, 99.9)
        orders = trader.tally.order_latencies.percentiles(50, 99, 99.9)
        count = trader.tally.order_latencies.counts.total()
    note = f"{count:,} orders in {rate:,.0f} events/s over {PAIRS} pairs; p99.9 {orders['p99.9']} us"
    return Measured(
        (
            Figure("Frame read to order written, boxed host, p50", _us(orders["p50"]), "us", at_most(120), note),
            Figure("... p99", _us(orders["p99"]), "us", at_most(400)),
            Figure("Frame read to decision, boxed host, p50", _us(decisions["p50"]), "us"),
            Figure("... p99", _us(decisions["p99"]), "us", note=f"p99.9 {decisions['p99.9']} us"),
            Figure(
                "Host ready from cold, two at once on two cores", max(ready), "s", note="spawn to warm, the later one"
            ),
        )
    )


def _us(value: int | None) -> float:
    return float("nan") if value is None else float(value)
