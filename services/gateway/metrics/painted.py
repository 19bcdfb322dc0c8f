"""The picture as metrics: how the trader stands, at the moment of the scrape. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import UnsetType
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from core.contracts.answers import StatusShown
from core.contracts.figures import TraderStatus
from services.gateway.picture import Picture

LATENCY_US: Final = (25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 1_000_000)
COUNTS: Final = {
    "events": "Events that the deciding strategy saw.",
    "events_lost": "Events that were lost; a promise says none.",
    "events_doubled": "Events that were decided twice; a promise says none.",
    "events_refilled": "Events that were missed and asked for again.",
    "events_unanswered": "Events that no host answered.",
    "decisions": "Decisions that were made.",
    "orders": "Orders that were sent, over restarts.",
    "fills": "Trades of these, over restarts.",
    "faults": "Faults since the trader's start.",
}
"""Of the trader, by their names in its status."""
TRADING: Final = ("active", "reducing", "halted")


def painted(picture: Picture) -> Iterator[Metric]:
    """Every metric that the picture has a figure for; what nobody knows is left out, and its age says so."""
    yield _gauge("deaf", "1 while the commander cannot be heard.", picture.deaf)
    for name in ("paused", "closing", "killed"):
        yield _gauge(name, f"1 while the owner has it {name}.", getattr(picture, name))
    yield _ages(picture)
    yield _processes(picture)
    for name, rate in (("events", picture.events_per_second), ("decisions", picture.decisions_per_second)):
        if rate is not None:
            yield _gauge(f"{name}_per_second", f"{name.capitalize()} a second, lately.", rate)
    if picture.status is not None:
        yield _gauge("change_underway", "1 while a change has the road.", picture.status.underway is not None)
        yield _release(picture.status)
        if picture.status.trader is not None:
            yield from _trader(picture.status.trader, picture)


def _ages(picture: Picture) -> Metric:
    ages = _labelled("status_age_seconds", "How old the figures of the trader are.", ())
    if (age := picture.age_seconds(picture.status_ns)) is not None:
        ages.add_metric((), age)
    return ages


def _processes(picture: Picture) -> Metric:
    up = _labelled("up", "1 for a process or part that is well, 0 for one that is not.", ("process",))
    for process in picture.processes:
        if process.well is not None:
            up.add_metric((process.name,), float(process.well))
    return up


def _release(status: StatusShown) -> Metric:
    info = _labelled("release_info", "1, with what trades.", ("commit", "tree", "mode"))
    trader = status.trader
    tree = trader.slots.blue if trader is not None else ""
    info.add_metric((status.live[:12], tree[:12], trader.mode if trader is not None else ""), 1.0)
    return info


def _trader(trader: TraderStatus, picture: Picture) -> Iterator[Metric]:
    for name, about in COUNTS.items():
        yield CounterMetricFamily(f"sorte_{name}", about, value=getattr(trader, name))
    yield CounterMetricFamily("sorte_fees", "Fees that were paid, quote currency.", value=trader.fees)
    money = {"cash": ("Free and locked quote currency.", trader.cash), "equity": ("Worth of all.", trader.equity)}
    for name, (about, value) in money.items():
        if value is not None:
            yield _gauge(name, about, value)
    if not isinstance(trader.drawdown, UnsetType):
        yield _gauge("drawdown_ratio", "Fall of the equity from its peak since the trader's start.", trader.drawdown)
    yield _gauge("unreconciled", "1 until books and exchange were compared.", trader.unreconciled)
    state = _labelled("trading", "1 for the state that trading is in.", ("state",))
    for name in TRADING:
        state.add_metric((name,), float(trader.trading == name))
    yield state
    yield from _positions(trader)
    yield from _latencies(trader)
    if not isinstance(trader.feed_age_seconds, UnsetType):
        yield _feeds(trader.feed_age_seconds, picture.age_seconds(picture.status_ns) or 0.0)


def _positions(trader: TraderStatus) -> Iterator[Metric]:
    yield _gauge("open_positions", "Positions that can be sold.", trader.open_positions)
    value = _labelled("position_value", "Worth of a position, quote currency.", ("pair",))
    profit = _labelled("position_profit_ratio", "Of what was paid for it.", ("pair",))
    protected = _labelled("position_protected", "1 with a stop order at the exchange.", ("pair",))
    for each in trader.positions:
        value.add_metric((each.pair,), each.quantity * each.price)
        profit.add_metric((each.pair,), each.profit)
        protected.add_metric((each.pair,), float(each.protected is not None))
    yield from (value, profit, protected)


def _latencies(trader: TraderStatus) -> Iterator[Metric]:
    yield _histogram("decision_latency_seconds", "From a frame read to its decision.", trader.latency_counts)
    order = _labelled("order_latency_seconds", "From a frame read to its order written.", ("quantile",))
    for quantile, value in (("0.5", trader.order_latency_us.p50), ("0.99", trader.order_latency_us.p99)):
        if value is not None:
            order.add_metric((quantile,), value / 1e6)
    yield order


def _feeds(ages: Mapping[str, float], since: float) -> Metric:
    feeds = _labelled("feed_age_seconds", "Since the exchange last said something of a pair.", ("pair",))
    for pair, age in ages.items():
        feeds.add_metric((pair,), age + since)
    return feeds


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"sorte_{name}", about, value=float(value))


def _labelled(name: str, about: str, labels: Iterable[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"sorte_{name}", about, labels=tuple(labels))


def _histogram(name: str, about: str, counts_us: Mapping[int, int]) -> HistogramMetricFamily:
    """Of exact counts by whole microseconds."""
    buckets = [
        (str(bound / 1e6), float(sum(count for us, count in counts_us.items() if us <= bound))) for bound in LATENCY_US
    ]
    buckets.append(("+Inf", float(sum(counts_us.values()))))
    total = sum(us * count for us, count in counts_us.items()) / 1e6
    return HistogramMetricFamily(f"sorte_{name}", about, buckets=buckets, sum_value=total)
