"""Bars of longer timeframes: asked for in pages, gathered on, and told to each host that starts later."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigurationError
from core.indicators import GATHERED, gather
from core.kernel import BAR, BAR_ROW, EVENT, EVENT_WIRE
from core.warming import Wanted
from core.zone import Clock
from services.trader.deepening import Deepening
from services.trader.run import refuse_unfit
from services.trader.ticks import Tick
from tests.simulator.client import in_loop
from tests.trader.examples import NOON_NS
from tests.trader.fakes import FakeExchange
from tests.trader.test_deepening import MINUTE_NS, SYMBOLS, feeding, keep, shown, taping

HOUR = 3600
HOUR_NS = 60 * MINUTE_NS
START_NS = NOON_NS + 30 * MINUTE_NS  # when the run begins: half past
CHANCE = np.random.default_rng(5)
PRICES = 100 + CHANCE.random(6_000)
VOLUMES = CHANCE.random(6_000)


class Market(FakeExchange):
    """Minutes up to the start, and the hours that they would be made into, for as long as it is said."""

    def __init__(self, minutes: int, hours: int) -> None:
        super().__init__()
        self.closed_hours = {
            symbol: [(NOON_NS - (hours - n) * HOUR_NS, *[float(n + 1)] * 4, 9.0) for n in range(hours)]
            for symbol in SYMBOLS
        }
        for symbol in SYMBOLS:
            self.closed_bars[symbol] = [row(START_NS - (minutes - n) * MINUTE_NS) for n in range(minutes)]

    async def bars(self, symbol, timeframe, *, limit, start_ns=None):
        await self._ask("bars", symbol, timeframe, limit, start_ns)
        known = (self.closed_hours if timeframe == "1h" else self.closed_bars)[symbol]
        rows = [row for row in known if start_ns is None or row[0] >= start_ns]
        return np.array(rows[-limit:] if start_ns is None else rows[:limit], BAR_ROW).view(np.recarray)


def row(open_ns: int) -> tuple[float, ...]:
    """The minute that opens then."""
    price = PRICES[open_ns // MINUTE_NS % len(PRICES)]
    volume = VOLUMES[open_ns // MINUTE_NS % len(VOLUMES)]
    return (open_ns, price, price + volume, price - volume, price, volume)


def minute(pair: int, open_ns: int) -> Tick:
    """The same as it is heard."""
    _, opened, high, low, close, volume = row(open_ns)
    end_ns = open_ns + MINUTE_NS - 1_000_000
    return Tick(pair, BAR, end_ns, close, open=opened, high=high, low=low, volume=volume)


def gathered(events: np.ndarray, pair: int) -> np.ndarray:
    """What a strategy makes of all events of a pair."""
    frame = np.zeros(GATHERED)
    for event in events[events["pair"] == pair]:
        gather(frame, np.array([event], EVENT), HOUR)
    return frame


@pytest.mark.parametrize(("wanted", "pages"), [(300, 1), (1500, 2)])
@in_loop
async def test_they_are_asked_for_in_pages_and_told_before_all_others(tmp_path: Path, wanted: int, pages: int) -> None:
    exchange = Market(100, 2000)
    async with feeding(exchange) as feed:
        with taping(tmp_path, 61) as tape:
            keep(tape, await Deepening(feed, tape, Clock("America/Sao_Paulo")).begin(61, {"1h": wanted}))
            events = shown(tape)
    assert len([asked for asked in exchange.asked if asked[0] == "bars" and "1h" in asked]) == 2 * pages
    longer, own = events[: 2 * wanted], events[2 * wanted :]
    assert set(longer["kind"]) == {HOUR}
    assert np.all(np.diff(events["sequence"]) > 0)
    assert longer["sequence"][-1] < 0 < own["sequence"][0]
    for pair in range(2):
        ours = longer[longer["pair"] == pair]
        assert ours["price"].tolist() == list(range(2001 - wanted, 2001))
        assert ours["time_ns"][-1] == NOON_NS - 1_000_000
        assert set(ours["utc_offset_s"]) == {-3 * HOUR}
        assert gathered(events, pair)[0] == wanted  # noon's is under way


@in_loop
async def test_a_host_that_starts_days_later_knows_what_one_knows_that_was_there(tmp_path: Path) -> None:
    exchange = Market(100, 400)
    async with feeding(exchange) as feed:
        with taping(tmp_path, 61) as tape:
            keep(tape, await Deepening(feed, tape, Clock("UTC")).begin(61, {"1h": 300}))
            there = shown(tape)
            later = [minute(pair, START_NS + n * MINUTE_NS) for n in range(3 * 1440) for pair in (0, 1)]
            later = [tick for tick in later if tick.pair or tick.time_ns // MINUTE_NS % 97]  # some are missing
            keep(tape, later)
            told = shown(tape)
    told = told[(told["kind"] != BAR) | (told["time_ns"] >= told["time_ns"][-1] - 61 * MINUTE_NS)]
    heard = [EVENT_WIRE.pack(0, t.time_ns, t.pair, BAR, *t[3:], *[0.0] * 3, 0, 0, 0.0, 0.0, 0) for t in later]
    all_of_it = np.concatenate([there, np.frombuffer(b"".join(heard), EVENT)])
    for pair in range(2):
        known, new = gathered(all_of_it, pair), gathered(told, pair)
        assert known[0] == 300 + 72
        assert new.tobytes() == known.tobytes()


@in_loop
async def test_a_later_release_has_them_fetched_and_more_are_put_before(tmp_path: Path) -> None:
    exchange = Market(3000, 2000)
    async with feeding(exchange) as feed:
        with taping(tmp_path, 61) as tape:
            deepening = Deepening(feed, tape, Clock("UTC"))
            keep(tape, await deepening.begin(61))
            keep(tape, [minute(pair, START_NS + n * MINUTE_NS) for n in range(40) for pair in (0, 1)])
            await deepening.deepen(61, {"1h": 20})
            assert gathered(shown(tape), 0)[0] == 21  # and the one that has closed since
            asked = len(exchange.asked)
            await deepening.deepen(61, {"1h": 20})
            assert len(exchange.asked) == asked
            await deepening.deepen(61, {"1h": 1200})
            hours = shown(tape)
            hours = hours[(hours["kind"] == HOUR) & (hours["pair"] == 1)]
    assert len(hours) == 1200
    assert hours["price"].tolist()[:-1] == list(range(802, 2001))  # and the one that has closed since
    assert np.all(np.diff(hours["time_ns"]) > 0)


def test_a_strategy_is_not_given_bars_of_which_those_that_it_counts_are_not_made() -> None:
    refuse_unfit(Wanted(35, {"4h": 95}), "1h")
    for timeframe in ("4h", "1d", "7m"):
        with pytest.raises(ConfigurationError, match="counts bars of 4h, which cannot be made of bars of"):
            refuse_unfit(Wanted(35, {"4h": 95}), timeframe)
