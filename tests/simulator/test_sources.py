"""Price sources: reproducible, regimes that differ, signals that mean something, and replay of recorded bars."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import Any

import numpy as np
import pytest

from core.errors import DataError
from core.kernel import BAR_ROW
from services.simulator import SimSettings, make_pairs
from services.simulator.generator import REGIMES, Generator
from services.simulator.sources import Move
from tests.simulator.client import BTC, ETH, MINUTE_START_MS, connected, in_loop, running, settings, within


def moves(count: int = 2_000, **changes: Any) -> list[Move]:
    chosen = settings(**{"history_bars": 20, **changes})
    generator = Generator(chosen, MINUTE_START_MS)
    return [*generator.past(), *islice(generator.live(), count)]


def test_one_seed_gives_one_market() -> None:
    assert moves() == moves()
    assert moves() != moves(seed=8)


@in_loop
async def test_two_servers_of_one_seed_stream_the_same_trades() -> None:
    seen = []
    for _ in range(2):
        async with running(settings(start_ms=MINUTE_START_MS)) as (sim, client):
            async with connected(client, f"{sim.stream_url}/ws/btcusdt@aggTrade") as s:
                first = (await s.take(10))[-1]["a"]
            seen.append((await client.get("aggTrades", symbol="BTCUSDT", fromId=1, limit=first - 5)).body)
    shared = min(map(len, seen))
    assert shared > 25
    assert seen[0][:shared] == seen[1][:shared]


def test_the_pairs_prices_lie_on_their_grid_and_quotes_never_cross() -> None:
    for move in moves(pairs=make_pairs(12)):
        assert 0 < move.bid < move.ask
        assert min(move.bid_lots, move.ask_lots) >= 1


def test_a_minutes_volume_depends_neither_on_the_event_rate_nor_on_the_speed() -> None:
    def value_per_minute(**pace: float) -> float:
        chosen = settings(pairs=(BTC,), **pace)
        generator = Generator(chosen, MINUTE_START_MS)
        list(generator.past())
        generator.walks[0].regime = REGIMES[2]
        generator.walks[0]._seconds_left = 1e9
        rows = list(islice(generator.live(), 20_000))
        return sum(row.trade_lots for row in rows) / (rows[-1].time_ms - MINUTE_START_MS)

    slow, fast = value_per_minute(events_per_second=10), value_per_minute(events_per_second=100, speed=30)
    assert 0.9 < slow / fast < 1.1


def test_regimes_differ_in_volatility_and_all_of_them_come() -> None:
    generator = Generator(settings(pairs=(BTC,)), MINUTE_START_MS)
    walk, returns = generator.walks[0], {regime.name: [] for regime in REGIMES}
    for _ in range(60_000):  # six weeks of minutes
        name, before = walk.regime.name, walk.price
        walk.advance(60.0)
        returns[name].append(walk.price / before - 1)
    spread = {name: float(np.std(values)) for name, values in returns.items()}
    assert all(len(values) > 2_000 for values in returns.values())
    assert spread["volatile"] > 1.8 * spread["trend up"] > 1.8 * spread["range"] * 0.9
    assert np.mean(returns["trend up"]) > 0 > np.mean(returns["trend down"])


def test_book_imbalance_and_aggressor_flow_tell_something_about_the_next_move() -> None:
    """Correlation with the return of the next 20 s; noise over so many samples stays below 0.02."""
    rows = moves(count=200_000, pairs=(BTC,), events_per_second=2)[21 * 6 :]
    middle = np.array([row.bid + row.ask for row in rows], dtype=float)
    ahead = 40  # moves of 0.5 s
    future = middle[ahead:] / middle[:-ahead] - 1
    sizes = np.array([(row.bid_lots - row.ask_lots) / (row.bid_lots + row.ask_lots) for row in rows])[:-ahead]
    flow = np.array([0.0 if not row.trade_lots else -1.0 if row.buyer_is_maker else 1.0 for row in rows])[:-ahead]
    traded = flow != 0
    assert 0.08 < np.corrcoef(sizes, future)[0, 1] < 0.35
    assert 0.05 < np.corrcoef(flow[traded], future[traded])[0, 1] < 0.35


RISING = (100.00, 103.00, 99.00, 102.00, 8.0)
FALLING = (102.00, 104.00, 97.50, 98.00, 4.002)


def bars(*rows: tuple[float, ...], minutes: int = 60) -> np.ndarray[Any, Any]:
    step = minutes * 60 * 10**9
    start = MINUTE_START_MS // 3_600_000 * 3_600_000 * 10**6
    return np.array([(start + index * step, *row) for index, row in enumerate(rows)], dtype=BAR_ROW)


def replaying(rows: np.ndarray[Any, Any], **changes: Any) -> SimSettings:
    return settings(pairs=(ETH,), bars={"ETHUSDT": rows}, start_prices={"ETHUSDT": Decimal(100)}, **changes)


@in_loop
async def test_replay_plays_low_before_high_in_a_rising_bar_and_high_before_low_in_a_falling_one() -> None:
    async with running(replaying(bars(RISING, FALLING), speed=36_000)) as (sim, client):
        await within(sim.finished)
        trades = (await client.get("aggTrades", symbol="ETHUSDT", fromId=1)).body
        hourly = (
            await client.get("klines", symbol="ETHUSDT", interval="1h", startTime=sim.market.source.start_ms)
        ).body
    assert [float(trade["p"]) for trade in trades] == [100, 99, 103, 102, 102, 104, 97.5, 98]
    assert [[float(value) for value in row[1:6]] for row in hourly[:2]] == [list(RISING), list(FALLING)]
    book = sim.market.pairs[0].book
    assert book.best_bid()[0] < 9_800 < book.best_ask()[0]


@in_loop
async def test_a_resting_order_meets_the_replayed_low() -> None:
    async with running(replaying(bars(RISING, FALLING), speed=7_200, latency_ms=0)) as (sim, client):
        order = await client.limit("BUY", "1", "98.00", symbol="ETHUSDT")
        await within(sim.finished)
        asked = await client.private("GET", "order", symbol="ETHUSDT", orderId=order.body["orderId"])
    assert (asked.body["status"], asked.body["cummulativeQuoteQty"]) == ("FILLED", "98.00000000")


@in_loop
async def test_past_bars_are_history_and_never_played() -> None:
    rows = bars(RISING, FALLING, RISING)
    async with running(replaying(rows[2:], past_bars={"ETHUSDT": rows[:2]}, speed=36_000)) as (sim, client):
        before = (await client.get("klines", symbol="ETHUSDT", interval="1h", limit=3)).body
        await within(sim.finished)
    assert [[float(value) for value in row[1:6]] for row in before[:2]] == [list(RISING), list(FALLING)]


@pytest.mark.parametrize(
    "rows",
    [
        bars((100, 99, 98, 98.5, 1.0)),
        bars((100, 101, 99, float("nan"), 1.0)),
        bars((0, 101, 0, 100, 1.0)),
        bars((100, 101, 99, 100, -1.0)),
        bars(RISING, FALLING)[::-1],
        bars(),
    ],
    ids=["high below open", "NaN", "zero price", "negative volume", "order", "empty"],
)
@in_loop
async def test_bars_that_cannot_be_are_refused(rows: np.ndarray[Any, Any]) -> None:
    with pytest.raises(DataError):
        async with running(replaying(rows)):
            pass
